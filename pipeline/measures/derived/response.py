"""Response to treatment: today's diameters, products and volumes against earlier ones of the clinical record."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.measurement import Inputs, Measurement
from pipeline.measures.derived.deriving import Derived, FormulaWords
from pipeline.measures.derived.terms import Held, Missing, Read, Term, collect, evaluate, measured, positive, recorded

TARGETS = 2
"""RECIST 1.1: at most two target lesions in one organ."""
PERCENT, CHANGE = "%", "100 (now - before) / before"
NOTHING_LEFT = Term(0.0, 0.0, 0.0)
"""Sum over the lesions where it is confirmed that there is none."""
UNKNOWN = "TARGETS_UNKNOWN: the record does not say which lesions were the targets, nor their sum today"


def derive_response(inputs: Inputs, formulas: FormulaWords) -> Derived:
    """Return the changes in percent, and the growth in mm, of what the record has an earlier value of.

    Today's sum of target diameters is the record's own; or that of the two largest lesions, where the record says that
    these are the targets; or 0, where it is confirmed that no lesion is left. Without any of these it is not known; the
    two largest lesions bound it from above.
    """
    return Derived(collect(*_sums(inputs), *_enhancing(inputs.study), *_wholes(inputs), *_attenuation(inputs.study)))


def change_percent(now: float, before: float) -> float:
    """Return 100 (now - before) / before, exact where the numbers are."""
    return 100 * (now - before) / before


def _sums(inputs: Inputs) -> Iterator[Measurement]:
    held, today = inputs.study, _target_sum(inputs)
    for word in ("baseline", "nadir"):
        name = f"{word}_sum_of_diameters_mm"
        if name in held:
            yield _change(f"target_sum_change_from_{word}_percent", today, recorded(held, name), name)
            yield _growth(f"target_sum_growth_from_{word}_mm", today, recorded(held, name))
    if "baseline_sum_of_diameters_mm" in held:
        before = recorded(held, "baseline_sum_of_diameters_mm")
        yield _change("two_largest_change_from_baseline_percent", two_largest(inputs), before, "baseline sum")


def _target_sum(inputs: Inputs) -> Read:
    held = inputs.study
    if "current_sum_of_diameters_mm" in held:
        return recorded(held, "current_sum_of_diameters_mm")
    same = held.get("targets_are_two_largest")
    told = (same is not None and same.value is True) or (inputs.lesions_known and not inputs.lesions)
    return two_largest(inputs) if told else Missing(UNKNOWN)


def two_largest(inputs: Inputs) -> Read:
    """Return the sum of the longest diameters of the two largest lesions in the liver, measurable or not."""
    terms = _of_lesions(inputs, "longest_diameter_mm")
    if isinstance(terms, Missing):
        return terms
    if not terms:
        return NOTHING_LEFT
    value, low, high = (
        sum(sorted(ends, reverse=True)[:TARGETS])
        for ends in zip(*((t.value, t.low, t.high) for t in terms), strict=True)
    )
    return Term(value, low, high, True, tuple(dict.fromkeys(mask for t in terms for mask in t.masks)))


def _of_lesions(inputs: Inputs, name: str) -> list[Term] | Missing:
    """Return one number of every lesion in the liver, or why they are not all known."""
    if not inputs.lesions_known:
        return Missing(inputs.lesions_reason or "LESIONS_UNKNOWN: it is not known which lesions there are")
    read = [measured(held, name) for held in inputs.lesions.values()]
    missing = next((each for each in read if isinstance(each, Missing)), None)
    return missing if missing is not None else [each for each in read if isinstance(each, Term)]


def _enhancing(held: Held) -> Iterator[Measurement]:
    for word in ("baseline", "nadir"):
        name = f"{word}_enhancing_sum_mm"
        if name in held:
            now = recorded(held, "enhancing_sum_mm")
            yield _change(f"enhancing_sum_change_from_{word}_percent", now, recorded(held, name), name)


def _wholes(inputs: Inputs) -> Iterator[Measurement]:
    """Yield the changes of what is added up over all lesions: products of diameters, and volume."""
    held = inputs.study
    for word in ("baseline", "nadir"):
        for what, now in (
            ("product_sum", _products(inputs)),
            ("lesion_volume", measured(held, "total_lesion_volume_ml")),
        ):
            name = f"{word}_{what}_{'mm2' if what == 'product_sum' else 'ml'}"
            if name in held:
                yield _change(f"{what}_change_from_{word}_percent", now, recorded(held, name), name)


def _products(inputs: Inputs) -> Read:
    terms = _of_lesions(inputs, "bidimensional_product_mm2")
    if isinstance(terms, Missing):
        return terms
    if not terms:
        return NOTHING_LEFT
    sums = (sum(t.value for t in terms), sum(t.low for t in terms), sum(t.high for t in terms))
    return Term(*sums, True, tuple(dict.fromkeys(mask for t in terms for mask in t.masks)))


def _attenuation(held: Held) -> Iterator[Measurement]:
    if "baseline_attenuation_hu" in held:
        now, before = recorded(held, "attenuation_hu"), recorded(held, "baseline_attenuation_hu")
        yield _change("attenuation_change_percent", now, before, "baseline_attenuation_hu")


def _change(name: str, now: Read, before: Read, of: str) -> Measurement:
    method = f"{CHANGE}; interval from today's alone"
    return evaluate(name, PERCENT, change_percent, (now, before), method, lambda _, earlier: positive(of)(earlier))


def _growth(name: str, now: Read, before: Read) -> Measurement:
    return evaluate(name, "mm", lambda a, b: a - b, (now, before), "now - before; interval from today's alone")
