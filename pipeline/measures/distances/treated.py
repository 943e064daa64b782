"""What the ablations that were done achieved: the smallest margin and shell share over all treated lesions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.lesion import Lesion, LesionStatus
from pipeline.measurement import Measurement
from pipeline.measures.distances.ablation import MARGIN, SHELL

COUNT = "treated_lesion_count"
SMALLEST = {"smallest_ablation_margin_mm": (MARGIN, "mm"), "smallest_ablation_shell_6mm_percent": (SHELL, "%")}
"""Quantities over all treated lesions, each with that of one lesion and its unit."""


def summarise_treated(lesions: Sequence[Lesion], reason: str | None) -> tuple[Measurement, ...]:
    """Return the number of treated lesions, and over all of them the smallest margin and share of the 6 mm shell.

    The count is known where there is one, whatever keeps untreated ones from being known; without a treated lesion it
    is all that is said. A smallest value is not known while that of one treated lesion is not.

    Parameters
    ----------
    lesions
        Every lesion, with its distances.
    reason
        Why it is not known which lesions there are, ``CODE: sentence``.
    """
    treated = [lesion for lesion in lesions if lesion.status is LesionStatus.TREATED]
    if not treated and reason is not None:
        return (Measurement(COUNT, None, "1", reason=reason),)
    if not treated:
        return (_count(treated),)
    return (_count(treated), *(_smallest(name, of, unit, treated) for name, (of, unit) in SMALLEST.items()))


def _count(treated: Sequence[Lesion]) -> Measurement:
    number = float(len(treated))
    masks = (*dict.fromkeys(lesion.label for lesion in treated), "ablation_zone")
    return Measurement(COUNT, number, "1", number, number, None, "lesions in an ablation zone", masks)


def _smallest(name: str, of: str, unit: str, treated: Sequence[Lesion]) -> Measurement:
    """Return the smallest of one quantity; its interval is that of the smallest ends."""
    held = {lesion.id: lesion.measurements[of] for lesion in treated}
    known = {id_: one for id_, one in held.items() if one.value is not None}
    missing = [id_ for id_ in held if id_ not in known]
    which, best = min(known.items(), key=lambda item: item[1].value or 0.0, default=("", None))
    if missing or best is None:
        reason = f"{held[missing[0]].reason} ({', '.join(missing)})"
        if best is not None:
            reason += f"; of the others the smallest is {best.value:.1f} {unit} ({which})"
        return Measurement(name, None, unit, reason=reason)
    low = min(one.low for one in known.values() if one.low is not None)
    high = min(one.high for one in known.values() if one.high is not None)
    flags = tuple(dict.fromkeys(code for one in known.values() for code in one.flags))
    method = f"smallest {of} of the treated lesions: {which}"
    return replace(best, name=name, low=low, high=high, method=method, flags=flags)
