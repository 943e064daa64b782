"""The optimistic bound of a parenchyma-sparing remnant (catalogue VOL-10), by the profile's margin."""

from __future__ import annotations

from dataclasses import replace

from pipeline.measurement import Inputs, Measurement
from pipeline.measures.derived.deriving import Derived, FormulaWords
from pipeline.measures.derived.terms import Held, Missing, collect, evaluate, measured, positive, setting

NAME, MARGIN = "parenchyma_sparing_remnant_percent", "sparing_bound_margin_mm"
ESTIMATED, FUNCTIONAL = "estimated_total_liver_volume_ml", "functional_liver_volume_ml"
OTHER_FORMULA = "FORMULA_OTHER"
WHOLE = 100.0
METHOD = "optimistic bound: liver tissue farther than {margin:g} mm from every lesion / {whole}"


def derive_sparing_bound(inputs: Inputs, formulas: FormulaWords) -> Derived:
    """Return ``parenchyma_sparing_remnant_percent``.

    Liver tissue farther than the profile's ``sparing_bound_margin_mm`` from every lesion
    (``sparing_remnant_<margin>mm_ml``), over the estimated total liver volume, or over the functional liver where body
    size is not known.
    """
    margin = setting(formulas, MARGIN)
    if isinstance(margin, Missing):
        return Derived(collect(Measurement(NAME, None, "%", reason=margin.reason)))
    part = measured(inputs.study, f"sparing_remnant_{margin.value:g}mm_ml")
    whole = _choose_whole(inputs.study)
    method = METHOD.format(margin=margin.value, whole=whole)
    terms = (part, measured(inputs.study, whole))
    found = evaluate(NAME, "%", lambda v, w: 100 * v / w, terms, method, lambda _, w: positive(whole)(w))
    return Derived(collect(_bound(found) if whole == FUNCTIONAL else found))


def _bound(found: Measurement) -> Measurement:
    """Return a share of the functional liver, of which the remnant is a part: at most all of it."""
    value, low, high = (None if each is None else min(each, WHOLE) for each in (found.value, found.low, found.high))
    return replace(found, value=value, low=low, high=high)


def _choose_whole(held: Held) -> str:
    """Return what the remnant is a share of: the functional liver only where nothing can be estimated."""
    estimated = measured(held, ESTIMATED)
    unknown = isinstance(estimated, Missing) and not estimated.reason.startswith(OTHER_FORMULA)
    return FUNCTIONAL if unknown else ESTIMATED
