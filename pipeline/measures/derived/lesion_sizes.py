"""What follows from the diameters of the lesions: their size ratio, and the volumes that ablating them would take."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from pipeline.measurement import Inputs, Measurement
from pipeline.measures.derived.deriving import Derived, FormulaWords
from pipeline.measures.derived.terms import Held, Missing, Read, Term, collect, evaluate, measured, positive, setting

MM3_PER_ML = 1000.0
LIVER = "total_liver_volume_ml"
PLANNED, IDEAL = "planned_ablation_volume_ml", "ideal_ablation_volume_ml"
MARGINS = {PLANNED: "ablation_margin_mm", IDEAL: "ablation_ideal_margin_mm"}
"""The margin, by the name of the profile's parameter, that each planned volume is grown by."""
SPHERE = (
    "sphere of the longest axial diameter and twice the margin; the high end from the larger of axial and 3D diameter"
)
NO_LESION = "NO_LESION: it is confirmed that there is no lesion, so there is nothing to measure"


def derive_lesion_sizes(inputs: Inputs, formulas: FormulaWords) -> Derived:
    """Return the size ratio of the lesions, the planned ablation volumes, the largest, and their share of the liver."""
    lesions = {id_: plan_ablations(held, formulas) for id_, held in inputs.lesions.items()}
    planned = [each[PLANNED] for each in lesions.values()]
    return Derived(collect(_size_ratio(inputs), _largest(inputs, planned), _share(inputs, planned)), lesions)


def why_no_lesions(inputs: Inputs) -> str | None:
    """Return why nothing can be said of all lesions together; None where it can."""
    if not inputs.lesions_known:
        return inputs.lesions_reason or "LESIONS_UNKNOWN: it is not known which lesions there are"
    return None if inputs.lesions else NO_LESION


def plan_ablations(held: Held, formulas: FormulaWords) -> dict[str, Measurement]:
    """Return the spheres that ablate a lesion with the profile's margin, and with the ideal one, in mL."""
    diameter = target_diameter(held)
    found = {}
    for name, parameter in MARGINS.items():
        margin = setting(formulas, parameter)
        start = "" if isinstance(margin, Missing) else f"margin {margin.value:g} mm: "
        method = f"{start}{SPHERE}"
        found[name] = evaluate(name, "mL", sphere_ml, (diameter, margin), method, _check_diameter)
    return found


def _check_diameter(diameter_mm: float, _: float) -> str | None:
    return positive("longest_diameter_mm")(diameter_mm)


def target_diameter(held: Held) -> Read:
    """Return the longest axial diameter; its high end is that of the 3D diameter where that is larger."""
    axial, spatial = measured(held, "longest_diameter_mm"), measured(held, "max_3d_diameter_mm")
    if isinstance(axial, Missing) or isinstance(spatial, Missing):
        return axial
    return replace(axial, high=max(axial.high, spatial.high), bounded=axial.bounded or spatial.bounded)


def sphere_ml(diameter_mm: float, margin_mm: float) -> float:
    """Return the volume of a sphere of a diameter grown by a margin on both sides (catalogue ABL-17)."""
    return math.pi / 6 * (diameter_mm + 2 * margin_mm) ** 3 / MM3_PER_ML


def _size_ratio(inputs: Inputs) -> Measurement:
    """Return largest / smallest longest diameter (BMC Cancer 2022;22, s12885-022-09199-8)."""
    name, method = "lesion_size_ratio", "largest / smallest longest axial diameter of the lesions in the liver"
    reason = why_no_lesions(inputs)
    if reason is not None:
        return Measurement(name, None, "1", reason=reason, method=method)
    sizes = [measured(held, "longest_diameter_mm") for held in inputs.lesions.values()]
    terms = (_extreme(sizes, largest=True), _extreme(sizes, largest=False))
    ratio = evaluate(
        name, "1", lambda long, short: long / short, terms, method, positive("the largest", "the smallest")
    )
    return ratio if ratio.low is None else replace(ratio, low=max(ratio.low, 1.0))


def _extreme(sizes: Iterable[Read], *, largest: bool) -> Read:
    """Return the largest or smallest of several numbers, its ends those of the largest or smallest ends."""
    choose = max if largest else min
    known: list[Term] = []
    for size in sizes:
        if isinstance(size, Missing):
            return size
        known.append(size)
    first = choose(known, key=lambda term: term.value)
    low, high = choose(term.low for term in known), choose(term.high for term in known)
    return replace(first, low=low, high=high, bounded=any(term.bounded for term in known))


def _share(inputs: Inputs, volumes: list[Measurement]) -> Measurement:
    """Return all planned ablation volumes together as a share of the total liver; where they overlap, counted twice."""
    name, method = "planned_ablation_percent", f"sum of {PLANNED} of the lesions in the liver / total liver volume"
    reason = why_no_lesions(inputs)
    if reason is not None:
        return Measurement(name, None, "%", reason=reason, method=method)
    zones = [measured({PLANNED: each}, PLANNED) for each in volumes]
    liver = measured(inputs.study, LIVER)
    terms = (add(zones), liver)
    return evaluate(name, "%", lambda v, w: 100 * v / w, terms, method, lambda _, w: positive(LIVER)(w))


def add(terms: Iterable[Read]) -> Read:
    """Return the sum of several numbers, its ends the sums of theirs."""
    known: list[Term] = []
    for term in terms:
        if isinstance(term, Missing):
            return term
        known.append(term)
    value, low, high = (sum(ends) for ends in zip(*((t.value, t.low, t.high) for t in known), strict=True))
    masks = tuple(dict.fromkeys(mask for term in known for mask in term.masks))
    flags = tuple(dict.fromkeys(flag for term in known for flag in term.flags))
    return Term(value, low, high, any(term.bounded for term in known), masks, flags)


def _largest(inputs: Inputs, volumes: list[Measurement]) -> Measurement:
    """Return the largest planned ablation volume of a lesion."""
    name, method = "largest_planned_ablation_volume_ml", f"largest {PLANNED} of the lesions in the liver"
    reason = why_no_lesions(inputs) or next((each.reason for each in volumes if each.reason is not None), None)
    if reason is not None:
        return Measurement(name, None, "mL", reason=reason, method=method)
    term = _extreme([measured({PLANNED: each}, PLANNED) for each in volumes], largest=True)
    return evaluate(name, "mL", float, (term,), method)
