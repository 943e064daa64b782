"""The optimistic bound of a resection that takes every lesion with a margin and nothing else, computed again."""

from __future__ import annotations

import re
from dataclasses import replace

from pipeline.report import Report
from pipeline.verify.liver import Boundaries
from pipeline.verify.number import Number, absent
from pipeline.verify.places import largest_slice
from pipeline.verify.plans_adopted import why_unplanned
from pipeline.verify.plans_field import Field
from pipeline.verify.solid import Solid, together, without
from pipeline.verify.study_files import SecondReading
from pipeline.verify.terms import Terms, above_zero, combine

BOUND = re.compile(r"sparing_remnant_([\d.]+)mm_ml")
ALWAYS = ("sparing_remnant_1mm_ml", "sparing_remnant_10mm_ml")
"""Bounds that every report states (catalogue VOL-10); a site's profile may have others beside them."""
MARGIN = re.compile(r"farther than ([\d.]+) mm from every lesion")
SHARE = "parenchyma_sparing_remnant_percent"


def bound_numbers(
    second: SecondReading, report: Report, total: Solid | None, lesions: dict[str, Solid], codes: tuple[str, ...]
) -> dict[str, Number]:
    """Return what stays of the liver tissue beyond each margin for which a report states it, or should.

    Parameters
    ----------
    codes
        Why liver or lesions are not known.
    """
    margins = {name: float(found[1]) for name in {*ALWAYS, *report.measurements} if (found := BOUND.fullmatch(name))}
    why = why_unplanned(report, codes)
    if total is None or why:
        return {name: absent(*why, "NO_LIVER") for name in margins}
    reach = dict.fromkeys(lesions, max(margins.values(), default=0.0))
    field = Field(total, {}, lesions, reach)
    bounds = Boundaries(total, together([*lesions.values()]) if lesions else None)
    return {name: _leave(second, field, bounds, margin) for name, margin in margins.items()}


def _leave(second: SecondReading, field: Field, bounds: Boundaries, margin_mm: float) -> Number:
    taken = field.nothing()
    for name in field.lesions:
        taken |= field.within(name, margin_mm)
    left = without(field.total, field.bare(taken)) if taken.any() else field.total
    number = bounds.move(left if left.count else None).number(lambda v: v.remnant)
    if not left.count:
        return number
    uids = left.grid is second.image.grid and second.image.grid.slice_axis == 0
    return replace(number, slices=largest_slice(second.image, left), uids=uids)


def share_number(terms: Terms) -> dict[str, Number]:
    """Return the bound by the estimated total liver volume, or by the functional liver where that is not known."""
    published = terms.report.measurements.get(SHARE)
    stated = None if published is None else MARGIN.search(published.method)
    if published is None or stated is None:
        return {SHARE: absent()}
    part = terms.image(f"sparing_remnant_{stated[1]}mm_ml")
    estimated = terms.image("estimated_total_liver_volume_ml")
    functional = estimated.value is None and "FORMULA_OTHER" not in estimated.codes
    whole = terms.image("functional_liver_volume_ml") if functional else estimated
    found = combine(lambda v, w: 100 * v / w, "+-", part, whole, valid=above_zero(whole))
    if functional and found.high is not None and found.value is not None:
        found = replace(found, high=max(min(found.high, 100.0), found.value))
    return {SHARE: found}
