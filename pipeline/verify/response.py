"""Changes against earlier values of the record, computed again: as a quotient less one, sizes picked by selection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import fsum

from pipeline.report import Report
from pipeline.verify.number import Number, absent
from pipeline.verify.terms import Terms, above_zero, combine

Inside = Sequence[Mapping[str, Number]]
Named = tuple[str, Number]


def response_formulas(terms: Terms, inside: Inside, known: tuple[str, ...]) -> dict[str, Number]:
    """Return what follows from each earlier value that the record states, and nothing where it states none.

    Parameters
    ----------
    inside
        Numbers of each lesion in the liver.
    known
        Codes of why it is not known which lesions there are.
    """
    return dict([*_sums(terms, inside, known), *_others(terms, inside, known)])


def _sums(terms: Terms, inside: Inside, known: tuple[str, ...]) -> Iterator[Named]:
    pair = _pair(inside, known)
    now = _targets(terms, pair)
    for when in ("baseline", "nadir"):
        field = f"{when}_sum_of_diameters_mm"
        if field in terms.report.facts:
            before = terms.field(field)
            yield f"target_sum_change_from_{when}_percent", _change(now, before)
            yield f"target_sum_growth_from_{when}_mm", combine(lambda n, b: -(b - n), "+-", now, before)
            if when == "baseline":
                yield "two_largest_change_from_baseline_percent", _change(pair, before)


def _targets(terms: Terms, pair: Number) -> Number:
    facts = terms.report.facts
    if "current_sum_of_diameters_mm" in facts:
        return terms.field("current_sum_of_diameters_mm")
    same = facts.get("targets_are_two_largest")
    told = (same is not None and same.value is True) or pair.value == 0
    return pair if told else absent("TARGETS_UNKNOWN")


def _pair(inside: Inside, known: tuple[str, ...]) -> Number:
    """Return the sum of the two longest diameters; each end is that of its own two longest."""
    if known or not inside:
        return absent(*known) if known else Number(0.0)
    sizes = [each["longest_diameter_mm"] for each in inside]
    if any(size.value is None for size in sizes):
        return absent(*(code for size in sizes for code in size.codes))
    ends = []
    for name in ("value", "low", "high"):
        rest = [getattr(size, name) or 0.0 for size in sizes]
        first = rest.pop(rest.index(max(rest)))
        ends.append(first + max(rest, default=0.0))
    return Number(ends[0], ends[1], ends[2])


def _others(terms: Terms, inside: Inside, known: tuple[str, ...]) -> Iterator[Named]:
    held = terms.report.facts
    products, volume = _products(inside, known), terms.image("total_lesion_volume_ml")
    for when in ("baseline", "nadir"):
        if f"{when}_enhancing_sum_mm" in held:
            now = terms.field("enhancing_sum_mm")
            yield f"enhancing_sum_change_from_{when}_percent", _change(now, terms.field(f"{when}_enhancing_sum_mm"))
        if f"{when}_product_sum_mm2" in held:
            yield f"product_sum_change_from_{when}_percent", _change(products, terms.field(f"{when}_product_sum_mm2"))
        if f"{when}_lesion_volume_ml" in held:
            yield f"lesion_volume_change_from_{when}_percent", _change(volume, terms.field(f"{when}_lesion_volume_ml"))
    if "baseline_attenuation_hu" in held:
        yield (
            "attenuation_change_percent",
            _change(terms.field("attenuation_hu"), terms.field("baseline_attenuation_hu")),
        )


def _products(inside: Inside, known: tuple[str, ...]) -> Number:
    if known or not inside:
        return absent(*known) if known else Number(0.0)
    each = [lesion["bidimensional_product_mm2"] for lesion in inside]
    if any(one.value is None for one in each):
        return absent(*(code for one in each for code in one.codes))
    ends = [fsum(getattr(one, name) or 0.0 for one in each) for name in ("value", "low", "high")]
    return Number(ends[0], ends[1], ends[2])


def _change(now: Number, before: Number) -> Number:
    return combine(lambda n, b: n / b * 100 - 100, "+-", now, before, valid=above_zero(before))


LATEST: Mapping[str, str] = {
    "visits_after_resection": "last_liver_resection_date",
    "visits_after_ablation": "last_liver_ablation_date",
    "visits_after_radiation": "last_liver_radiation_date",
}
MONTHS: Mapping[str, tuple[int, ...]] = {
    "visits_after_resection": (6, 12, 18, 24, 36, 48, 60),
    "visits_after_ablation": (3, 6, 9, 12, 16, 20, 24, 30, 36, 42, 48, 54, 60),
    "visits_after_radiation": (3,),
}
"""Calendar months after the treatment at which a visit is due at the latest."""


def check_visits(report: Report) -> Iterator[str]:
    """Yield which visits of a report are not those that follow from the day of the last treatment."""
    for name, field in LATEST.items():
        fact, day = report.facts.get(name), report.facts.get(field)
        stated = day is not None and isinstance(day.value, str)
        if (fact is not None and fact.value is not None) != stated:
            yield f"{name} does not stand beside {field}"
        elif fact is not None and day is not None and isinstance(fact.value, tuple):
            due = [_split(str(day.value), months) for months in MONTHS[name]]
            given = [tuple(int(part) for part in text[:10].split("-")) for text in fact.value]
            monthly = given[1:] if name == "visits_after_ablation" else given
            if [each[:2] for each in monthly] != due:
                yield f"{name}: the months are not those that follow from {field}"


def _split(day: str, months: int) -> tuple[int, int]:
    """Return year and month that lie so many calendar months after a day."""
    count = int(day[:4]) * 12 + int(day[5:7]) - 1 + months
    return count // 12, count % 12 + 1
