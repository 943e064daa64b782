"""Which structures of a study lack slices, and what a reader of its numbers has to know about it."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.measures.gaps import count_missing_slices, has_gaps
from pipeline.measures.grids import same_grid, unite
from pipeline.structures import Role
from pipeline.study import Finding, Segment, Severity, Study
from pipeline.volume import Mask

CODE = "MASK_GAP"
SEVERAL = (Role.LESION, Role.BENIGN_LESION, Role.ABLATION_ZONE)
"""Roles of which one mask may hold several bodies: empty slices between them mean nothing by themselves."""


def find_missing(study: Study) -> tuple[int, ...]:
    """Return how many slices are missing inside each segment of a study, in their order."""
    lesions = [segment.mask for segment in study.segments_of(Role.LESION) if not segment.mask.is_empty]
    return tuple(0 if segment.role in SEVERAL else count_missing(segment.mask, lesions) for segment in study.segments)


def count_missing(mask: Mask, lesions: Sequence[Mask]) -> int:
    """Return how many slices are missing inside a structure; not those that lesions fill, which it may leave out."""
    if mask.is_empty or not has_gaps(mask):
        return 0
    near = [lesion for lesion in lesions if same_grid(lesion.grid, mask.grid)]
    return count_missing_slices(mask, unite(near) if near else None)


def state_missing(name: str, slices: int) -> str:
    """Return the reason for numbers of a structure in which slices are missing, ``CODE: sentence``."""
    one = "slice inside it is" if slices == 1 else "slices inside it are"
    return f"{CODE}: the {name} mask is not complete: {slices} {one} empty; draw or export them and run again"


def flag_sparse(segments: Sequence[Segment], touched: Sequence[tuple[Role, tuple[str, ...]]]) -> tuple[Finding, ...]:
    """Return what puts ``RT_GAP`` beside quantities of structures drawn on every second, third ... slice.

    The reader has told which these are; here are the quantities that they go into.
    """
    roles = {segment.role for segment in segments if max(segment.mask.steps) > 1}
    touches = tuple(dict.fromkeys(name for role, quantities in touched if role in roles for name in quantities))
    return (Finding("RT_GAP", Severity.WARNING, "Drawn on every second, third ... slice.", touches),) if touches else ()


def check_missing(
    segments: Sequence[Segment], missing: Sequence[int], touched: Sequence[tuple[Role, tuple[str, ...]]]
) -> tuple[Finding, ...]:
    """Return a finding for all structures in which slices are missing.

    Parameters
    ----------
    missing
        Number of missing slices of each segment.
    touched
        The quantities that a structure of a role goes into.
    """
    found = [(segment, slices) for segment, slices in zip(segments, missing, strict=True) if slices]
    if not found:
        return ()
    roles = {segment.role for segment, _ in found}
    names = ", ".join(f"'{segment.name}' ({slices})" for segment, slices in found[:8])
    more = f" and {len(found) - 8} more" if len(found) > 8 else ""
    message = (
        f"Empty slices lie inside structures, with the structure above and below: {names}{more}. Frames may be "
        "missing; volumes are of what is drawn."
    )
    touches = tuple(dict.fromkeys(name for role, quantities in touched if role in roles for name in quantities))
    return (Finding(CODE, Severity.WARNING, message, touches),)
