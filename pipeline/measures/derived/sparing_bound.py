"""The optimistic bound of a parenchyma-sparing remnant (catalogue VOL-10), by the profile's margin."""

from __future__ import annotations

from dataclasses import replace

from pipeline.measurement import Inputs, Measurement
from pipeline.measures.derived.deriving import Derived, FormulaWords
from pipeline.measures.derived.terms import Held, Missing, Term, collect, evaluate, measured, positive, setting

SHARE, STANDARDIZED = "parenchyma_sparing_remnant_percent", "standardized_parenchyma_sparing_remnant_percent"
MARGIN = "sparing_bound_margin_mm"
WHOLES = {SHARE: "functional_liver_volume_ml", STANDARDIZED: "estimated_total_liver_volume_ml"}
"""What each is a share of, as the remnant itself is of the same two."""
WHOLE = 100.0
METHOD = "optimistic bound: liver tissue farther than {margin:g} mm from every lesion / {whole}"


def derive_sparing_bound(inputs: Inputs, formulas: FormulaWords) -> Derived:
    """Return ``parenchyma_sparing_remnant_percent`` and ``standardized_parenchyma_sparing_remnant_percent``.

    Liver tissue farther than the profile's ``sparing_bound_margin_mm`` from every lesion
    (``sparing_remnant_<margin>mm_ml``), over the functional liver, and over the estimated total liver volume.
    """
    margin = setting(formulas, MARGIN)
    if isinstance(margin, Missing):
        return Derived(collect(*(Measurement(name, None, "%", reason=margin.reason) for name in WHOLES)))
    return Derived(collect(*(_share(inputs.study, name, margin) for name in WHOLES)))


def _share(held: Held, name: str, margin: Term) -> Measurement:
    whole = WHOLES[name]
    terms = (measured(held, f"sparing_remnant_{margin.value:g}mm_ml"), measured(held, whole))
    method = METHOD.format(margin=margin.value, whole=whole)
    found = evaluate(name, "%", lambda v, w: 100 * v / w, terms, method, lambda _, w: positive(whole)(w))
    return _bound(found) if name == SHARE else found


def _bound(found: Measurement) -> Measurement:
    """Return a share of the functional liver, of which the remnant is a part: at most all of it."""
    value, low, high = (None if each is None else min(each, WHOLE) for each in (found.value, found.low, found.high))
    return replace(found, value=value, low=low, high=high)
