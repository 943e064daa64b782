"""Major resections of disease on both sides: the parts, and every lesion outside of them treated as well."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np

from pipeline.ground import Flags, Ground
from pipeline.plan import Choices, Plan, Requirement
from pipeline.planning.named import parts_of_segments, segments_of
from pipeline.planning.search import search
from pipeline.planning.space import clears
from pipeline.planning.stages import is_major, split_stages
from pipeline.planning.zones import lesion_parts
from pipeline.resection import Resections

SIDES = ("right_hepatectomy", "left_hepatectomy")
"""Named resections whose segments are the two sides; segment 1 is neither."""
MOST = 0.5
"""Share of the lesions, or of their volume, that a resection has to clear to count as the one of its side."""


def list_both_sides(
    ground: Ground, names: Sequence[str], resections: Resections, choices: Choices, requirement: Requirement
) -> tuple[Plan, ...]:
    """Return each named major resection with every lesion outside of its parts treated.

    They are the standard plans of disease on both sides, in one stage or two, also where plans that take less liver
    beat them. The resection clears half of the lesions or of their volume, and more lesions than any smaller one whose
    parts it holds. Of the ways to treat the other lesions the first in the order of reading is taken
    (``scoring.sort_key``); a resection is left out where no lesion is outside of it, or one would stay untreated.
    """
    if not all(
        _holds_lesion(ground, segments_of(resections.named[side])) for side in SIDES if side in resections.named
    ):
        return ()
    return tuple(_complete(ground, _find_major(ground, names, resections, choices), resections, choices, requirement))


def _holds_lesion(ground: Ground, segments: Collection[str]) -> bool:
    """Tell whether a voxel of a lesion lies in a part of these segments; the halves of 4 count as 4."""
    numbers = {segment[0] for segment in segments}
    among = [not numbers.isdisjoint(segment[0] for segment in part.segments) for part in ground.parts]
    return bool(lesion_parts(ground)[:, among].any())


def _find_major(
    ground: Ground, names: Sequence[str], resections: Resections, choices: Choices
) -> tuple[tuple[str, ...], ...]:
    """Return the parts of the major resections that clear enough."""
    margin_mm = choices.wedge_margins_mm[0] if choices.wedge_margins_mm else 0.0
    volumes = [float(ground.atoms.volume_ml[ground.atoms.lesion == each].sum()) for each in range(len(ground.lesions))]
    cleared: dict[tuple[str, ...], Flags] = {}
    for name in names:
        parts = parts_of_segments(ground, segments_of(resections.named[name]))
        if not isinstance(parts, str) and is_major(ground, Plan(parts), resections):
            cleared[parts] = clears(ground, parts, margin_mm).cleared
    return tuple(
        parts
        for parts, flags in cleared.items()
        if max(flags.mean(), np.dot(flags, volumes) / sum(volumes)) >= MOST
        and not any(set(less) < set(parts) and cleared[less].sum() >= flags.sum() for less in cleared)
    )


def _complete(
    ground: Ground,
    majors: Sequence[tuple[str, ...]],
    resections: Resections,
    choices: Choices,
    requirement: Requirement,
) -> Iterator[Plan]:
    for parts in majors:
        found = search(ground, choices, requirement, parts.__eq__, 1).every
        if found and not found[0].untreated and split_stages(ground, found[0], resections):
            yield found[0]
