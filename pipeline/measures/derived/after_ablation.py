"""What the planned ablations leave of the remnant, where a resection is combined with ablation of what stays."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.measurement import Inputs, Measurement
from pipeline.measures.derived.deriving import Derived, FormulaWords
from pipeline.measures.derived.lesion_sizes import PLANNED
from pipeline.measures.derived.terms import Held, Missing, Term, collect, evaluate, measured, positive

VOLUME = "remnant_after_ablation_ml"
REMOVED = "resection_margin_mm"
"""A lesion that has a resection margin is removed by the plan: it is not ablated."""
SHARES = (
    ("remnant_after_ablation_percent", "functional_liver_volume_ml", "remnant_percent"),
    (
        "standardized_remnant_after_ablation_percent",
        "estimated_total_liver_volume_ml",
        "standardized_remnant_percent",
    ),
)
"""Each share, the volume that it is a share of, and the same share before ablation."""
METHOD = (
    "remnant less the planned ablation volumes of the lesions that the plan leaves, each less its lesion; low end with "
    "whole spheres, high end as if they took nothing; overlaps count twice"
)


def derive_after_ablation(inputs: Inputs, formulas: FormulaWords) -> Derived:
    """Return the remnant after the planned ablations: volume, share of the functional liver, standardised share.

    The lesions are no part of the remnant, so that an ablation takes its sphere less the lesion. How much of a sphere
    lies outside the remnant is not known: the value counts all of it, and the interval reaches from there.
    """
    after = _remnant_after(inputs)
    term = measured({VOLUME: after}, VOLUME)
    found = [_share(inputs.study, name, term, whole, before) for name, whole, before in SHARES]
    return Derived(collect(after, *found))


def _share(held: Held, name: str, after: Term | Missing, whole: str, before: str) -> Measurement:
    """Return what is left as a share of a volume, where the same share before ablation is known."""
    known = measured(held, before)
    part = known if isinstance(known, Missing) else after
    terms = (part, measured(held, whole))
    method = f"{VOLUME} / {whole}"
    return evaluate(name, "%", lambda v, w: 100 * v / w, terms, method, lambda _, w: positive(whole)(w))


def _remnant_after(inputs: Inputs) -> Measurement:
    remnant = measured(inputs.study, "remnant_volume_ml")
    if isinstance(remnant, Missing):
        return Measurement(VOLUME, None, "mL", reason=remnant.reason, method=METHOD)
    if not inputs.lesions_known:
        reason = inputs.lesions_reason or "LESIONS_UNKNOWN: it is not known which lesions there are"
        return Measurement(VOLUME, None, "mL", reason=reason, method=METHOD)
    left = [held for held in inputs.lesions.values() if REMOVED not in held]
    zones, lesions = ([measured(held, name) for held in left] for name in (PLANNED, "volume_ml"))
    missing = next((each for each in (*zones, *lesions) if isinstance(each, Missing)), None)
    if missing is not None:
        return Measurement(VOLUME, None, "mL", reason=missing.reason, method=METHOD)
    return _subtract(remnant, [term for term in zones if isinstance(term, Term)], lesions)


def _subtract(remnant: Term, zones: Sequence[Term], lesions: Sequence[Term | Missing]) -> Measurement:
    """Return the remnant less the zones, never below zero."""
    own = [lesion.value for lesion in lesions if isinstance(lesion, Term)]
    taken = sum(max(zone.value - volume, 0.0) for zone, volume in zip(zones, own, strict=True))
    most = sum(zone.high for zone in zones)
    low, high = max(remnant.low - most, 0.0), remnant.high
    method = f"{METHOD}; {len(zones)} lesion(s)"
    flags = tuple(dict.fromkeys(flag for term in (remnant, *zones) for flag in term.flags))
    value = max(remnant.value - taken, 0.0)
    return Measurement(VOLUME, value, "mL", min(low, value), high, None, method, remnant.masks, None, flags)
