"""What local treatments ask and images or record say in another way: bile ducts or their proxy, metal in the field."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.measurement import Fact, Inputs, Measurement, Quantity
from pipeline.measures.derived.deriving import FORMULA, Derived, FormulaWords
from pipeline.measures.derived.terms import Held, collect

BASIS, DISTANCE, PROXY_FLAG = "central_bile_duct_basis", "dist_central_bile_duct_mm", "PROXY_PORTAL"
METAL = "metal_in_field"
NO_METAL = ("biliary_stent_or_anastomosis", "metal_implant_near")
"""Fields that are both false where there is no metal in the field of a treatment."""


def derive_local_treatments(inputs: Inputs, formulas: FormulaWords) -> Derived:
    """Return what the distance to the central bile ducts was measured to, and that there is no metal in the field.

    - ``central_bile_duct_basis``: ``drawn``, or ``proxy_portal`` where trunk and first branches of the portal vein
      stand in for the ducts;
    - ``metal_in_field``: false where the record states neither a stent or anastomosis nor metal near the liver.
    """
    readings = [held[DISTANCE] for held in inputs.lesions.values() if DISTANCE in held]
    return Derived(collect(*_find_basis(readings), *_find_metal(inputs.study)))


def _find_basis(readings: list[Quantity]) -> Iterable[Fact]:
    known = [each for each in readings if isinstance(each, Measurement) and each.value is not None]
    if known:
        proxy = any(PROXY_FLAG in each.flags for each in known)
        yield Fact(BASIS, "proxy_portal" if proxy else "drawn", source=f"{FORMULA}{DISTANCE}")
    elif readings and readings[0].reason is not None:
        yield Fact(BASIS, None, readings[0].reason, source=f"{FORMULA}{DISTANCE}")


def _find_metal(held: Held) -> Iterable[Fact]:
    stated = [held.get(name) for name in NO_METAL]
    source = f"{FORMULA}{', '.join(NO_METAL)}"
    if all(fact is not None and fact.value is False for fact in stated):
        yield Fact(METAL, False, source=source)
    elif METAL in held:
        yield Fact(METAL, None, "NOT_GIVEN: not in the clinical record", source=source)
