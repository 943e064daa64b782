"""The volumes that planned ablations take, and what they leave of the remnant, computed again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import fsum, pi

from pipeline.report import LesionRecord, Report
from pipeline.verify.lesion_numbers import LesionNumbers
from pipeline.verify.number import Number, absent
from pipeline.verify.terms import Terms, above_zero, combine, total

PLANNED, IDEAL = "planned_ablation_volume_ml", "ideal_ablation_volume_ml"
MARGIN = re.compile(r"^margin ([\d.]+) mm: ")


def add_planned(report: Report, lesions: Sequence[LesionNumbers]) -> list[LesionNumbers]:
    """Return the lesions with the planned ablation volumes of those in the liver; margins as the methods state them."""
    records = {record.id: record for record in report.lesions}
    return [
        replace(each, numbers=each.numbers | _planned(records.get(each.lesion.id), each.numbers))
        if each.lesion.status == "intrahepatic"
        else each
        for each in lesions
    ]


def _planned(record: LesionRecord | None, numbers: Mapping[str, Number]) -> dict[str, Number]:
    axial, spatial = numbers["longest_diameter_mm"], numbers["max_3d_diameter_mm"]
    high = max(axial.high or axial.value or 0.0, spatial.high or spatial.value or 0.0)
    diameter = Number(axial.value, axial.low, high, axial.codes)
    return {name: _sphere(record, name, diameter) for name in (PLANNED, IDEAL)}


def _sphere(record: LesionRecord | None, name: str, diameter: Number) -> Number:
    """Return 4/3 pi r^3 of the radius and the margin, mL."""
    published = None if record is None else record.measurements.get(name)
    stated = None if published is None else MARGIN.match(published.method)
    if stated is None:
        return absent("FORMULA_DOMAIN")
    margin_cm = float(stated[1]) / 10
    valid = above_zero(diameter)
    return combine(lambda d: 4 / 3 * pi * (d / 20 + margin_cm) ** 3, "+", diameter, valid=valid)


def ablation_formulas(
    terms: Terms, inside: Sequence[Mapping[str, Number]], known: tuple[str, ...]
) -> dict[str, Number]:
    """Return what the planned ablations of all lesions in the liver take and leave, and the ratio of lesion sizes.

    Parameters
    ----------
    inside
        Numbers of each lesion in the liver.
    known
        Codes of why it is not known which lesions there are.
    """
    liver = terms.image("total_liver_volume_ml")
    names = ("lesion_size_ratio", "largest_planned_ablation_volume_ml", "planned_ablation_percent")
    if known or not inside:
        found = {name: absent(*known, *(() if known else ("NO_LESION",))) for name in names}
    else:
        zones = [each[PLANNED] for each in inside]
        share = combine(lambda z, w: z / w * 100, "+-", total(zones), liver, valid=above_zero(liver))
        found = dict(zip(names, (_ratio(inside), _largest(zones), share), strict=True))
    return found | _after(terms, inside, known)


def _largest(terms: Sequence[Number]) -> Number:
    if any(term.value is None for term in terms):
        return absent(*(code for term in terms for code in term.codes))
    ends = [[getattr(term, name) or 0.0 for term in terms] for name in ("value", "low", "high")]
    return Number(max(ends[0]), max(ends[1]), max(ends[2]))


def _ratio(inside: Sequence[Mapping[str, Number]]) -> Number:
    """Return the largest diameter by the smallest; never below 1."""
    sizes = [each["longest_diameter_mm"] for each in inside]
    long = _largest(sizes)
    ends = [[getattr(size, name) or 0.0 for size in sizes] for name in ("value", "low", "high")]
    short = Number(min(ends[0]), min(ends[1]), min(ends[2]))
    ratio = combine(lambda a, b: a / b, "+-", long, short, valid=above_zero(long, short))
    return ratio if ratio.low is None else replace(ratio, low=max(ratio.low, 1.0))


def _after(terms: Terms, inside: Sequence[Mapping[str, Number]], known: tuple[str, ...]) -> dict[str, Number]:
    """Return the remnant less the planned ablations of what the plan leaves, and its shares."""
    remnant = terms.image("remnant_volume_ml")
    left = [each for each in inside if "resection_margin_mm" not in each]
    zones, own = [each[PLANNED] for each in left], [each["volume_ml"].value or 0.0 for each in left]
    codes = (*remnant.codes, *known, *(code for zone in zones for code in zone.codes))
    after = absent(*codes)
    if remnant.value is not None and not known and all(zone.value is not None for zone in zones):
        taken = fsum(max((zone.value or 0.0) - volume, 0.0) for zone, volume in zip(zones, own, strict=True))
        value = max(remnant.value - taken, 0.0)
        lowest = max((remnant.low or 0.0) - fsum(zone.high or 0.0 for zone in zones), 0.0)
        after = Number(value, min(lowest, value), remnant.high)
    found = {"remnant_after_ablation_ml": after}
    for name, whole, before in SHARES:
        part, size = terms.image(before), terms.image(whole)
        part = after if part.value is not None else part
        found[name] = combine(lambda v, w: v / w * 100, "+-", part, size, valid=above_zero(size))
    return found


SHARES = (
    ("remnant_after_ablation_percent", "functional_liver_volume_ml", "remnant_percent"),
    (
        "standardized_remnant_after_ablation_percent",
        "estimated_total_liver_volume_ml",
        "standardized_remnant_percent",
    ),
)
