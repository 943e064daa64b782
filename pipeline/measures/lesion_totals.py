"""What is measured of all lesions in the liver together: number, largest diameters, RECIST sum, tumour burden score."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from pipeline.lesion import Lesion
from pipeline.measurement import Measurement
from pipeline.measures.lesion_measures import lesion_value
from pipeline.measures.uncertainty import Interval

LIVER_TARGETS = 2
"""RECIST 1.1: at most two target lesions in one organ."""
MM_PER_CM = 10.0
NO_LESION = "NO_LESION: it is confirmed that there is no lesion, so there is nothing to measure"
UNITS = {
    "lesion_count": "1",
    "largest_diameter_mm": "mm",
    "largest_3d_diameter_mm": "mm",
    "sum_of_target_diameters_mm": "mm",
    "tumour_burden_score": "1",
}


def measure_lesion_totals(lesions: Sequence[Lesion], count: Interval, reason: str | None) -> list[Measurement]:
    """Return the quantities of all intrahepatic lesions together.

    Parameters
    ----------
    lesions
        The measured intrahepatic lesions.
    count
        Interval of their number.
    reason
        Why it is not known which lesions there are; then nothing is published.
    """
    if reason is not None:
        return [Measurement(name, None, unit, reason=reason) for name, unit in UNITS.items()]
    number = _count(lesions, count)
    if not lesions:
        return [number, *(Measurement(name, None, unit, reason=NO_LESION) for name, unit in list(UNITS.items())[1:])]
    largest = _largest("largest_diameter_mm", "longest_diameter_mm", lesions)
    in_space = _largest("largest_3d_diameter_mm", "max_3d_diameter_mm", lesions)
    return [number, largest, in_space, _sum_targets(lesions), _burden_score(largest, count, len(lesions))]


def _count(lesions: Sequence[Lesion], interval: Interval) -> Measurement:
    """Return the number of lesions."""
    method = "lesions in the liver; interval from 26-connected to 6-connected with one-voxel necks cut"
    value = float(len(lesions))
    masks = tuple(dict.fromkeys(lesion.label for lesion in lesions))
    return Measurement("lesion_count", value, "1", low=interval.low, high=interval.high, method=method, masks=masks)


def _largest(name: str, of: str, lesions: Sequence[Lesion]) -> Measurement:
    """Return the largest of one diameter over all lesions; its interval is that of the largest ends."""
    values = [lesion_value(lesion.measurements, of) for lesion in lesions]
    first = max(range(len(lesions)), key=lambda n: (values[n][0], -n))
    source = lesions[first].measurements[of]
    low, high = max(interval.low for _, interval in values), max(interval.high for _, interval in values)
    method = f"largest {of} of the lesions in the liver: {lesions[first].id}"
    return replace(source, name=name, low=low, high=high, method=method)


def _sum_targets(lesions: Sequence[Lesion]) -> Measurement:
    """Return the sum of the longest diameters of the target lesions: the largest measurable ones (RECIST 1.1)."""
    name, of = "sum_of_target_diameters_mm", "longest_diameter_mm"
    measurable = [lesion for lesion in lesions if lesion.facts["measurable"].value]
    if not measurable:
        return Measurement(name, None, "mm", reason="NO_TARGET: no lesion in the liver is measurable by RECIST 1.1")
    ordered = sorted(measurable, key=lambda lesion: -lesion_value(lesion.measurements, of)[0])
    targets = ordered[:LIVER_TARGETS]
    parts = [lesion_value(lesion.measurements, of) for lesion in targets]
    ids = ", ".join(lesion.id for lesion in targets)
    return Measurement(
        name,
        sum(value for value, _ in parts),
        "mm",
        low=sum(interval.low for _, interval in parts),
        high=sum(interval.high for _, interval in parts),
        method=f"sum of the longest diameters of at most two measurable lesions (RECIST 1.1): {ids}",
        masks=tuple(dict.fromkeys(lesion.label for lesion in targets)),
    )


def _burden_score(largest: Measurement, count: Interval, number: int) -> Measurement:
    """Return the tumour burden score sqrt(d^2 + n^2), d the largest diameter in cm, n the number (Sasaki 2018)."""
    assert largest.value is not None
    assert largest.low is not None
    assert largest.high is not None
    return Measurement(
        "tumour_burden_score",
        math.hypot(largest.value / MM_PER_CM, number),
        "1",
        low=math.hypot(largest.low / MM_PER_CM, count.low),
        high=math.hypot(largest.high / MM_PER_CM, count.high),
        method="sqrt(d^2 + n^2), d the largest diameter in cm, n the number of lesions",
        masks=largest.masks,
    )
