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
SHARES = {
    "parenchyma_sparing_remnant_percent": "functional_liver_volume_ml",
    "standardized_parenchyma_sparing_remnant_percent": "estimated_total_liver_volume_ml",
}


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


def share_numbers(terms: Terms) -> dict[str, Number]:
    """Return the bound as a share of the functional liver, and of the estimated total liver volume."""
    return {name: _share(terms, name, whole) for name, whole in SHARES.items()}


def _share(terms: Terms, name: str, name_of_whole: str) -> Number:
    published = terms.report.measurements.get(name)
    stated = None if published is None else MARGIN.search(published.method)
    if published is None or stated is None:
        return absent()
    part, whole = terms.image(f"sparing_remnant_{stated[1]}mm_ml"), terms.image(name_of_whole)
    found = combine(lambda v, w: 100 * v / w, "+-", part, whole, valid=above_zero(whole))
    if name == "parenchyma_sparing_remnant_percent" and None not in (found.high, found.value):
        found = replace(found, high=max(min(found.high or 0.0, 100.0), found.value or 0.0))
    return found
