"""The future liver remnant: what of its mask counts, and whether it can be measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.measures.grids import count_shared, same_grid
from pipeline.measures.missing_slices import count_missing, state_missing
from pipeline.measures.shares import take_common, take_off
from pipeline.structures import Role
from pipeline.study import Finding, Severity, Study
from pipeline.volume import Mask

FLAGGED_OUTSIDE, REFUSED_OUTSIDE = 0.01, 0.10
"""Share of a remnant outside the liver above which it is flagged, and above which its ratios are refused."""
REMNANT_QUANTITIES = (
    "remnant_volume_ml",
    "remnant_percent",
    "standardized_remnant_percent",
    "remnant_to_body_weight_percent",
    "removed_percent",
    "remnant_index_difference_percent",
)


@dataclass(frozen=True, eq=False)
class Remnant:
    """The remnant of a study.

    Parameters
    ----------
    kept
        Remnant within the liver, without lesions; None when it cannot be told.
    lesions
        Lesions that lie in it; None when it cannot be told.
    outside
        Part of the remnant mask that lies outside the liver, 0 to 1.
    reason
        Why it cannot be measured, ``CODE: sentence``.
    ratio_reason
        Why its ratios cannot be trusted.
    method
        How it was obtained.
    """

    kept: Mask | None = None
    lesions: Mask | None = None
    outside: float = 0.0
    reason: str | None = None
    ratio_reason: str | None = None
    method: str = ""


def find_remnant(study: Study, total: Mask | None, lesions: Mask | None, blocked: str | None) -> Remnant:
    """Find the remnant: its mask cut to the liver, or the liver without a resection mask; without the lesions in it.

    Parameters
    ----------
    total
        Liver with intrahepatic lesions.
    lesions
        Their union; None when there is none.
    blocked
        Why liver or lesions are not known, if they are not.
    """
    drawn = _first(study, Role.REMNANT)
    given = drawn if drawn is not None else _first(study, Role.RESECTION)
    if given is None:
        return Remnant(reason=_why_none(study))
    if blocked is not None or total is None:
        return Remnant(reason=blocked or "NO_LIVER: no liver mask holds a voxel")
    if not same_grid(given.grid, total.grid):
        return Remnant(reason="GRID_OTHER: remnant and liver are drawn on different grids and are not joined")
    slices = count_missing(given, [] if lesions is None else [lesions])
    if slices:
        return Remnant(reason=state_missing("remnant" if drawn is not None else "resection", slices))
    if drawn is not None:
        return _from_mask(drawn, total, lesions)
    return _from_resection(given, total, lesions)


def check_remnant(remnant: Remnant, lesions_ml: float | None) -> tuple[Finding, ...]:
    """Return what a reader of the remnant's numbers has to know: part of it outside the liver, lesions in it."""
    findings = []
    if remnant.outside > FLAGGED_OUTSIDE:
        message = f"{100 * remnant.outside:.1f} % of the remnant lies outside the liver and is cut off"
        if remnant.ratio_reason is not None:
            message += "; its ratios are not given"
        findings.append(Finding("FLR_OUTSIDE", Severity.WARNING, f"{message}.", REMNANT_QUANTITIES))
    if lesions_ml:
        message = (
            f"{lesions_ml:.1f} mL of lesions lie in the remnant and are taken off it; they need their own treatment."
        )
        findings.append(
            Finding("FLR_LESION", Severity.WARNING, message, (*REMNANT_QUANTITIES, "remnant_lesion_volume_ml"))
        )
    return tuple(findings)


def _from_mask(drawn: Mask, total: Mask, lesions: Mask | None) -> Remnant:
    """Return the remnant of a remnant mask."""
    outside = (drawn.count - count_shared(drawn, total)) / drawn.count
    cut = take_common(drawn, total)
    if cut.is_empty:
        return Remnant(reason="FLR_OUTSIDE: no part of the remnant lies in the liver")
    refused = None
    if outside > REFUSED_OUTSIDE:
        refused = f"FLR_OUTSIDE: {100 * outside:.0f} % of the remnant lies outside the liver, more than 10 %"
    method = "remnant mask within the liver, less the lesions in it"
    return _without_lesions(cut, lesions, outside, refused, method)


def _from_resection(specimen: Mask, total: Mask, lesions: Mask | None) -> Remnant:
    """Return the remnant that a planned resection leaves."""
    if count_shared(specimen, total) == 0:
        return Remnant(reason="FLR_OUTSIDE: no part of the resection lies in the liver")
    left = take_off(total, specimen)
    if left.is_empty:
        return Remnant(reason="EMPTY_REMNANT: the resection mask holds the whole liver")
    return _without_lesions(left, lesions, 0.0, None, "liver less the resection mask, less the lesions left in it")


def _without_lesions(
    remnant: Mask, lesions: Mask | None, outside: float, ratio_reason: str | None, method: str
) -> Remnant:
    """Return a remnant with the lesions in it taken off."""
    nothing = Mask(remnant.grid, (0, 0, 0), np.zeros((0, 0, 0), dtype=np.bool_))
    inside = nothing if lesions is None else take_common(remnant, lesions)
    kept = take_off(remnant, lesions)
    if kept.is_empty:
        return Remnant(lesions=inside, reason="EMPTY_REMNANT: nothing of the remnant is left without its lesions")
    return Remnant(kept, inside, outside, None, ratio_reason, method)


def _first(study: Study, role: Role) -> Mask | None:
    """Return the first mask of a role that holds a voxel."""
    return next((segment.mask for segment in study.segments_of(role) if not segment.mask.is_empty), None)


def _why_none(study: Study) -> str:
    """Return why there is no remnant to measure."""
    if study.segments_of(Role.REMNANT, Role.RESECTION):
        return "EMPTY_REMNANT: the remnant or resection mask is declared and empty"
    return "NO_REMNANT: no remnant or resection mask is given"
