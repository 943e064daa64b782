"""Signs of an injured liver: a spleen that has grown, and a fatty liver in images."""

from __future__ import annotations

import operator
from collections.abc import Callable

from pipeline.measurement import Fact, Inputs, Measurement, absent
from pipeline.measures.derived.deriving import FORMULA, Derived, FormulaWords
from pipeline.measures.derived.terms import (
    Missing,
    Read,
    collect,
    evaluate,
    is_stated,
    measured,
    positive,
    recorded,
    setting,
)

STEATOSIS = "steatosis_by_imaging"
BY_IMAGING = f"{FORMULA}unenhanced CT or MRI fat fraction"
NO_IMAGING = "neither liver_native_hu with spleen_native_hu nor liver_pdff_percent is known, and no sign is"
OXALIPLATIN = ("oxaliplatin", "folfox", "capox", "xelox", "flox", "folfirinox", "folfoxiri", "soxiri", "sox")
"""Words for drugs and schemes that hold oxaliplatin."""


def derive_liver_quality(inputs: Inputs, formulas: FormulaWords) -> Derived:
    """Return the change of the spleen, what images say of steatosis, and suspected sinusoidal injury.

    ``sinusoidal_injury_or_cash`` is given as true where the record does not speak of it, oxaliplatin was given and the
    spleen has grown by ``spleen_growth_percent`` or more (Overman 2010); it is never given as false.
    """
    spleen = evaluate(
        "spleen_change_percent",
        "%",
        lambda now, before: 100 * (now - before) / before,
        (measured(inputs.study, "spleen_volume_ml"), recorded(inputs.study, "spleen_baseline_ml")),
        "spleen volume now / that before chemotherapy - 1",
        lambda now, before: positive("spleen_baseline_ml")(before),
    )
    fatty = _steatosis(inputs, formulas)
    found = collect(
        _difference(inputs), spleen, fatty, _at_least(fatty, setting(formulas, "steatosis_moderate_percent"))
    )
    injury = _injury(inputs, spleen, setting(formulas, "spleen_growth_percent"))
    return Derived({**found, **({injury.name: injury} if injury is not None else {})})


def _difference(inputs: Inputs) -> Measurement:
    """Return liver less spleen on unenhanced CT, HU."""
    return evaluate(
        "liver_spleen_difference_hu",
        "[hnsf'U]",
        lambda liver, spleen: liver - spleen,
        (recorded(inputs.study, "liver_native_hu"), recorded(inputs.study, "spleen_native_hu")),
        "liver less spleen, both on unenhanced CT",
    )


def _steatosis(inputs: Inputs, formulas: FormulaWords) -> Fact:
    """Return whether images show at least moderate steatosis; false only where a whole method speaks against it."""
    liver, fat = recorded(inputs.study, "liver_native_hu"), recorded(inputs.study, "liver_pdff_percent")
    difference = recorded({"difference": _difference(inputs)}, "difference")
    dark = _compare(liver, setting(formulas, "steatosis_liver_hu"), operator.lt)
    darker = _compare(difference, setting(formulas, "steatosis_difference_hu"), operator.le)
    fatty = _compare(fat, setting(formulas, "steatosis_pdff_percent"), operator.ge)
    if True in (dark, darker, fatty):
        return Fact(STEATOSIS, True, source=BY_IMAGING)
    if fatty is False or (dark is False and darker is False):
        return Fact(STEATOSIS, False, source=BY_IMAGING)
    return Fact(STEATOSIS, None, reason=f"CLIN_MISSING: {NO_IMAGING}", source=BY_IMAGING)


def _compare(term: Read, limit: Read, holds: Callable[[float, float], bool]) -> bool | None:
    return None if isinstance(term, Missing) or isinstance(limit, Missing) else holds(term.value, limit.value)


def _at_least(fatty: Fact, moderate: Read) -> Measurement:
    """Return the degree of steatosis that imaging shows at least, %: a lower bound, never a degree itself."""
    name, method = "steatosis_at_least_percent", "lower bound: imaging shows at least moderate steatosis"
    if fatty.value is True:
        return evaluate(name, "%", float, (moderate,), method)
    if fatty.value is False:
        return absent(name, "%", "NO_SIGN", "imaging shows no sign of steatosis, which does not exclude it")
    assert fatty.reason is not None
    return Measurement(name, None, "%", reason=fatty.reason)


def _injury(inputs: Inputs, spleen: Measurement, growth: Read) -> Fact | None:
    """Return suspected sinusoidal injury, where the record does not speak of it."""
    name = "sinusoidal_injury_or_cash"
    if is_stated(inputs, name):
        return None
    grown = _compare(measured({spleen.name: spleen}, spleen.name), growth, operator.ge)
    if grown is True and _had_oxaliplatin(inputs):
        return Fact(name, True, source=f"{FORMULA}the spleen has grown under oxaliplatin")
    if name not in inputs.study:
        return None
    return Fact(
        name, None, reason=f"CLIN_MISSING: {name} is not in the clinical record", source=f"{FORMULA}not suspected"
    )


def _had_oxaliplatin(inputs: Inputs) -> bool:
    agents = inputs.study.get("chemo_agents")
    if agents is None or not isinstance(agents.value, tuple):
        return False
    return any(word in agent.casefold() for agent in agents.value for word in OXALIPLATIN)
