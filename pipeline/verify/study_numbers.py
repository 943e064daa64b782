"""The numbers of a whole study, computed again: all lesions together, the liver, its remnant, their ratios."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.measurement import Fact
from pipeline.report import Report
from pipeline.verify.body import body_numbers, positive
from pipeline.verify.couinaud import (
    Division,
    divide,
    leave_segments,
    refused_plan,
    segment_numbers,
    spleen_number,
)
from pipeline.verify.lesion_numbers import LesionNumbers, volume_number
from pipeline.verify.liver import Liver, Remnant, Volumes, find_remnant, move_boundaries, unite, without_lesions
from pipeline.verify.margins import plan_numbers, treated_numbers
from pipeline.verify.number import Number, absent
from pipeline.verify.obstacles import Codes, Obstacles, find_obstacles, lesion_codes, liver_codes
from pipeline.verify.places import largest_slice
from pipeline.verify.plan_masks import find_specimen
from pipeline.verify.plans_adopted import find_planned
from pipeline.verify.segment_order import is_contradictory
from pipeline.verify.solid import Solid, together
from pipeline.verify.study_files import SecondReading
from pipeline.verify.totals import total_numbers

Resections = Mapping[str, tuple[str, ...]]
Row = tuple[Callable[[Volumes], float], Codes, Solid | None]
"""Formula of a quantity, why it may not be published, and the solid that shows where it is seen."""


@dataclass(frozen=True, eq=False)
class LiverParts:
    """The total liver, its lesions, segments and remnant, and why groups of numbers may not be published."""

    total: Solid | None
    tumour: Solid | None
    division: Division
    remnant: Remnant
    codes: Obstacles


def find_parts(
    second: SecondReading, lesions: Sequence[LesionNumbers], report: Report, resections: Resections
) -> LiverParts:
    """Return the parts of the liver.

    Parameters
    ----------
    resections
        Couinaud segments that named resections remove, by name.
    """
    found = [each.lesion for each in lesions]
    inside = [each for each in lesions if each.lesion.status == "intrahepatic"]
    liver = second.first("liver")
    tumour = unite([each.lesion.solid for each in inside if liver is not None and each.lesion.solid.grid is liver.grid])
    total = None if liver is None else together([liver, *([tumour] if tumour else [])])
    known = lesion_codes(second, found, report.facts)
    whole = liver_codes(second, total, found)
    division = _put_in_order(divide(second, total if whole in ((), ("FOV_CUT",)) else None), total, report)
    removed = find_planned(report, resections)
    kept = second.first("remnant")
    specimen, unusable = find_specimen(second, report.facts)
    refused = unusable or (() if specimen else refused_plan(report.facts))
    drawn = (kept, None if kept else specimen)
    remnant = Remnant(codes=refused) if refused and not kept else _remnant(drawn, total, tumour, division, removed)
    planned = removed is not None or bool(unusable)
    codes = find_obstacles(second, known, whole, remnant, planned=planned or kept is not None or specimen is not None)
    return LiverParts(total, tumour, division, remnant, codes)


def _put_in_order(division: Division, total: Solid | None, report: Report) -> Division:
    """Return a division with why no plan by it is followed, unless the site says that its masks are right."""
    settings = report.provenance.settings
    percent = settings.get("segment_order_percent")
    if total is None or not division.parts or settings.get("trust_masks") is True or not isinstance(percent, float):
        return division
    wrong = is_contradictory(division.parts, total, percent)
    return replace(division, order=("SEGMENT_ORDER",)) if wrong else division


def study_numbers(
    second: SecondReading, lesions: Sequence[LesionNumbers], liver: LiverParts, report: Report
) -> dict[str, Number]:
    """Return every number of a study but those of single lesions and structures."""
    inside = [each for each in lesions if each.lesion.status == "intrahepatic"]
    total, remnant, codes = liver.total, liver.remnant, liver.codes
    area, expected = body_numbers(report)
    numbers = {"body_surface_area_m2": area, "estimated_total_liver_volume_ml": expected}
    numbers |= total_numbers(inside, codes.lesions, report)
    numbers["remnant_lesion_volume_ml"] = _lesions_left(second, remnant, codes)
    numbers |= segment_numbers(second, liver.division, codes.total)
    numbers["spleen_volume_ml"] = spleen_number(second)
    of_lesions = [each.numbers for each in inside]
    plan = tuple(code for code in codes.remnant if remnant.whole is None)
    kept = remnant.whole is not None
    numbers |= plan_numbers(of_lesions, codes.lesions, plan, report.facts, kept=kept)
    numbers |= treated_numbers([each.numbers for each in lesions if each.lesion.status == "treated"], codes.lesions)
    if total is None:
        return numbers | {name: absent(*codes.total, *codes.remnant, *expected.codes) for name in _LIVER_NAMES}
    parts = move_boundaries(total, liver.tumour, remnant.kept)
    return numbers | _liver_numbers(second, parts, codes, (area, expected), report.facts)


_LIVER_NAMES = (
    "total_lesion_volume_ml",
    "total_liver_volume_ml",
    "functional_liver_volume_ml",
    "tumour_burden_percent",
    "functional_to_estimated_liver_percent",
    "remnant_volume_ml",
    "remnant_percent",
    "removed_percent",
    "standardized_remnant_percent",
    "remnant_to_body_weight_percent",
    "remnant_index_difference_percent",
    "remnant_per_body_surface_ml_m2",
)


def _remnant(
    drawn: tuple[Solid | None, Solid | None],
    total: Solid | None,
    tumour: Solid | None,
    division: Division,
    removed: tuple[str, ...] | None,
) -> Remnant:
    """Return the remnant by the first way in which it is given: mask, resection mask, segments removed."""
    mask, specimen = drawn
    if mask is None and specimen is None and removed is None:
        return Remnant(codes=("NO_REMNANT", "EMPTY_REMNANT"))
    if total is None:
        return Remnant(codes=("NO_LIVER",))
    if mask is not None or specimen is not None or removed is None:
        return find_remnant(mask, specimen, total, tumour)
    left, codes = leave_segments(total, division, removed)
    return Remnant(codes=codes) if left is None else without_lesions(left, tumour)


def _percent(part: float, whole: float) -> float:
    return 100 * part / whole if whole > 0 else 0.0


def _liver_numbers(
    second: SecondReading, parts: Liver, codes: Obstacles, body: tuple[Number, Number], facts: Mapping[str, Fact]
) -> dict[str, Number]:
    """Return volumes and ratios of liver, lesions and remnant."""
    area, expected = body
    size, weight = expected.value or 1.0, positive(facts, "weight_kg")
    functional, no_size = codes.total or codes.lesions, expected.codes
    by_weight = () if weight else (*why_missing(facts, "weight_kg"),)
    heavy = 1000 * (weight or 1.0)
    table: dict[str, Row] = {
        "total_lesion_volume_ml": (lambda v: v.lesions, codes.lesions, parts.lesions),
        "total_liver_volume_ml": (lambda v: v.total, codes.total, parts.total),
        "functional_liver_volume_ml": (lambda v: v.functional, functional, parts.total),
        "tumour_burden_percent": (lambda v: _percent(v.lesions, v.total), functional, parts.lesions),
        "functional_to_estimated_liver_percent": (
            lambda v: _percent(v.functional, size),
            (*functional, *no_size),
            parts.total,
        ),
        "remnant_volume_ml": (lambda v: v.remnant, codes.remnant, parts.remnant),
        "remnant_percent": (lambda v: _percent(v.remnant, v.functional), codes.ratio, parts.remnant),
        "removed_percent": (lambda v: 100 - _percent(v.remnant, v.total), codes.ratio, parts.remnant),
        "standardized_remnant_percent": (lambda v: _percent(v.remnant, size), (*codes.ratio, *no_size), parts.remnant),
        "remnant_to_body_weight_percent": (
            lambda v: _percent(v.remnant, heavy),
            (*codes.ratio, *by_weight),
            parts.remnant,
        ),
    }
    surface = area.value or 1.0
    table["remnant_per_body_surface_ml_m2"] = (
        lambda v: v.remnant / surface,
        (*codes.ratio, *area.codes),
        parts.remnant,
    )
    found = {name: _at(second, parts.number(how), why, solid) for name, (how, why, solid) in table.items()}
    found["remnant_index_difference_percent"] = _at(
        second, _difference(parts, size), (*codes.ratio, *no_size), parts.remnant
    )
    return found


def _difference(parts: Liver, size: float) -> Number:
    """Return by how many points standardized remnant and remnant percent differ, whichever is larger."""

    def formula(v: Volumes) -> float:
        return _percent(v.remnant, size) - _percent(v.remnant, v.functional)

    signed = parts.number(formula)
    low, high = signed.low or 0.0, signed.high or 0.0
    ends = sorted((abs(low), abs(high)))
    return Number(abs(signed.value or 0.0), 0.0 if low < 0 < high else ends[0], ends[1])


def _at(second: SecondReading, number: Number, why: Codes, solid: Solid | None) -> Number:
    if why:
        return absent(*why)
    if solid is None or not solid.count:
        return number
    own = solid.grid is second.image.grid and second.image.grid.slice_axis == 0
    return replace(number, slices=largest_slice(second.image, solid), uids=own)


def why_missing(facts: Mapping[str, Fact], name: str) -> Codes:
    """Return codes of why the clinical record does not give a number."""
    fact = facts.get(name)
    return ("CLIN_MISSING", *((fact.reason.split(":")[0],) if fact is not None and fact.reason else ()))


def _lesions_left(second: SecondReading, remnant: Remnant, codes: Obstacles) -> Number:
    """Return the volume of lesions within the remnant."""
    known = remnant.kept is not None or remnant.lesions is not None
    blocked = [code for code in codes.remnant if code != "FOV_CUT"]
    if not known or (blocked and remnant.kept is not None):
        return absent(*codes.remnant)
    if remnant.lesions is None:
        return Number(0.0, 0.0, 0.0)
    own = remnant.lesions.grid is second.image.grid and second.image.grid.slice_axis == 0
    return volume_number(remnant.lesions, largest_slice(second.image, remnant.lesions), own=own)
