"""What is said of all lesions in the liver together, computed again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from pipeline.report import Report
from pipeline.verify.components import count_pieces, split
from pipeline.verify.gaps import join_parts
from pipeline.verify.lesion_numbers import LesionNumbers
from pipeline.verify.lesions import least_ml
from pipeline.verify.number import Number, absent, bounded
from pipeline.verify.obstacles import Codes
from pipeline.verify.solid import together

ENDS = ("value", "low", "high")


def total_numbers(inside: Sequence[LesionNumbers], known: Codes, report: Report) -> dict[str, Number]:
    """Return number, largest diameters, sum of targets and burden score of the lesions in the liver."""
    names = ("largest_diameter_mm", "largest_3d_diameter_mm", "sum_of_target_diameters_mm", "tumour_burden_score")
    if known:
        return {name: absent(*known) for name in ("lesion_count", *names)}
    count = _count(inside, report)
    if not inside:
        return {"lesion_count": count, **{name: absent("NO_LESION") for name in names}}
    largest = _largest(inside, "longest_diameter_mm")
    d, n = largest, count
    score = bounded(math.hypot(_of(d, end) / 10, _of(n, end)) for end in ENDS)
    return {
        "lesion_count": count,
        "largest_diameter_mm": largest,
        "largest_3d_diameter_mm": _largest(inside, "max_3d_diameter_mm"),
        "sum_of_target_diameters_mm": _targets(inside),
        "tumour_burden_score": score,
    }


def _of(number: Number, end: str) -> float:
    value = getattr(number, end)
    return float(value) if value is not None else 0.0


def _largest(inside: Sequence[LesionNumbers], name: str) -> Number:
    """Return the largest of one diameter; its interval ends at the largest low and the largest high end."""
    numbers = [each.numbers[name] for each in inside]
    first = max(numbers, key=lambda number: number.value or 0.0)
    return replace(first, low=max(_of(n, "low") for n in numbers), high=max(_of(n, "high") for n in numbers))


def _targets(inside: Sequence[LesionNumbers]) -> Number:
    """Return the sum of the two longest diameters of measurable lesions (RECIST 1.1)."""
    numbers = [each.numbers["longest_diameter_mm"] for each in inside if each.measurable]
    if not numbers:
        return absent("NO_TARGET")
    chosen = sorted(numbers, key=lambda number: -(number.value or 0.0))[:2]
    return bounded(sum(_of(number, end) for number in chosen) for end in ENDS)


def _count(inside: Sequence[LesionNumbers], report: Report) -> Number:
    """Return the number of lesions: from 26-connected, joined across missing slices, to 6-connected without necks."""
    smallest = report.provenance.settings.get("min_lesion_mm")
    least = least_ml(float(smallest)) * 1000 if isinstance(smallest, int | float) else 0.0
    solids = [each.lesion.solid for each in inside]
    low = high = 0
    for grid in {id(solid.grid) for solid in solids}:
        low += len(split(together([solid for solid in solids if id(solid.grid) == grid]), 26))
    for label in {each.lesion.label for each in inside}:
        members = [each.lesion.solid for each in inside if each.lesion.label == label]
        low -= len(members) - len(join_parts(together(members), members)[0]) if len(members) > 1 else 0
    for solid in solids:
        high += sum(count_pieces(part, least / solid.grid.voxel_mm3) for part in split(solid, 26))
    return Number(float(len(solids)), float(min(low, len(solids))), float(max(high, len(solids))))
