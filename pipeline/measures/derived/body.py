"""Body size, and remnant and functional liver against it, from the measured volumes and the clinical record.

Without a change of either these are the very numbers of the run. With another height, weight, formula or volume they
are computed anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from pipeline.measurement import Fact, Inputs, Measurement
from pipeline.measures.body_ratios import METHODS, ML_PER_KG, take_size
from pipeline.measures.body_size import measure_body
from pipeline.measures.derived.deriving import Derived, FormulaWords
from pipeline.measures.derived.terms import Held, Missing, Read, collect, evaluate, measured, recorded
from pipeline.measures.volumetry import percent

REMNANT, FUNCTIONAL, SHARE = "remnant_volume_ml", "functional_liver_volume_ml", "remnant_percent"
SAME = 1e-12
"""Relative difference below which two numbers are the same one."""


def derive_body(inputs: Inputs, formulas: FormulaWords) -> Derived:
    """Return body surface area, estimated liver volume, and every ratio that rests on them or on the weight."""
    held = inputs.study
    if REMNANT not in held or SHARE not in held or FUNCTIONAL not in held:
        return Derived()
    surface, estimated = measure_body(
        _body_facts(held),
        bsa_formula=formulas.words["bsa_formula"],
        etlv_formula=formulas.words["etlv_formula"],
    )
    ratios = _ratios(held, surface, estimated)
    difference = _difference(held, next(each for each in ratios if each.name == "standardized_remnant_percent"))
    found = collect(surface, estimated, *ratios, difference)
    return Derived({name: _keep(held, new) for name, new in found.items() if isinstance(new, Measurement)})


def _body_facts(held: Held) -> Mapping[str, Fact]:
    """Return height and weight as the record, or whoever supposes another one, gives them."""
    found = {name: held[name] for name in ("height_cm", "weight_kg") if name in held}
    return {name: Fact(name, each.value, each.reason, each.unit) for name, each in found.items()}


def _ratios(held: Held, surface: Measurement, estimated: Measurement) -> list[Measurement]:
    """Return the ratios to body size, each without a value where its parts have none."""
    share = measured(held, SHARE)
    remnant = share if isinstance(share, Missing) else measured(held, REMNANT)
    functional, size = measured(held, FUNCTIONAL), measured({"size": estimated}, "size")
    weight, area = recorded(held, "weight_kg"), measured({"area": surface}, "area")
    rows: tuple[tuple[str, str, Callable[..., float], Read, Read], ...] = (
        ("standardized_remnant_percent", "%", percent, remnant, size),
        ("remnant_to_body_weight_percent", "%", _by_weight, remnant, weight),
        ("remnant_per_body_surface_ml_m2", "mL/m2", lambda part, whole: part / whole, remnant, area),
        ("functional_to_estimated_liver_percent", "%", percent, functional, size),
    )
    return [
        evaluate(name, unit, formula, (part, whole), METHODS[name], _check_whole)
        for name, unit, formula, part, whole in rows
    ]


def _by_weight(remnant_ml: float, weight_kg: float) -> float:
    return percent(remnant_ml, weight_kg * ML_PER_KG)


def _check_whole(_: float, whole: float) -> str | None:
    return None if whole > 0 else "height and weight must be above zero"


def _difference(held: Held, standardized: Measurement) -> Measurement:
    """Return by how many points both indices of the remnant differ.

    Their boundaries move together in the run. Here each end of one meets each end of the other: a wider interval.
    """
    name = "remnant_index_difference_percent"
    terms = (measured({name: standardized}, name), measured(held, SHARE))
    return take_size(evaluate(name, "%", lambda one, other: one - other, terms, METHODS[name]))


def _keep(held: Held, new: Measurement) -> Measurement:
    """Return what the run measured where its value is the same; else the new one, shown where the old one is."""
    old = held.get(new.name)
    if not isinstance(old, Measurement):
        return new
    if old.value is None and new.value is None:
        return replace(old, reason=new.reason) if (old.reason or "").startswith(("CLIN", "BODY_SIZE")) else old
    if old.value is not None and new.value is not None and _same(old.value, new.value) and old.method:
        return old
    shown = old if old.value is not None else held.get(REMNANT)
    location = shown.location if isinstance(shown, Measurement) and new.value is not None else None
    masks, flags = old.masks or new.masks, tuple(dict.fromkeys((*old.flags, *new.flags)))
    return replace(new, location=location, masks=masks, flags=flags)


def _same(old: float, new: float) -> bool:
    return abs(old - new) <= SAME * max(abs(old), abs(new))
