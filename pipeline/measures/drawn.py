"""What is drawn of a structure that several roles make up, and what is wrong with its masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.measures.grids import group_by_grid, unite
from pipeline.structures import Role
from pipeline.study import Study
from pipeline.volume import Mask


@dataclass(frozen=True, eq=False)
class Drawn:
    """A structure as drawn.

    Parameters
    ----------
    roles
        Those that are drawn.
    masks
        Their masks that hold a voxel, one by one.
    flags
        ``MASK_GAP`` where slices are missing in one of them, ``RT_GAP`` where one was drawn on every k-th slice.
    """

    roles: tuple[Role, ...]
    masks: tuple[Mask, ...]
    flags: tuple[str, ...]

    @property
    def bodies(self) -> tuple[Mask, ...]:
        """What they are together, one mask for each grid that they are drawn on."""
        return tuple(unite([self.masks[number] for number in group]) for group in group_by_grid(self.masks))


def find_drawn(study: Study, missing: Sequence[int], roles: Sequence[Role]) -> Drawn | None:
    """Return what is drawn of some roles; None where nothing is.

    Parameters
    ----------
    missing
        How many slices are missing in each of the study's segments.
    """
    found = [
        (segment, slices)
        for segment, slices in zip(study.segments, missing, strict=True)
        if segment.role in roles and not segment.mask.is_empty
    ]
    if not found:
        return None
    masks = tuple(segment.mask for segment, _ in found)
    wrong = {"MASK_GAP": any(slices for _, slices in found), "RT_GAP": any(max(mask.steps) > 1 for mask in masks)}
    flags = tuple(code for code, holds in wrong.items() if holds)
    return Drawn(tuple(dict.fromkeys(segment.role for segment, _ in found)), masks, flags)
