"""Volumes of liver, lesions and remnant, and the ratios made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipeline.measurement import Fact, Location, Measurement
from pipeline.measures.body_size import missing_reason, number_of
from pipeline.measures.liver_volumes import LiverState, LiverVolumes

ML_PER_KG = 1000.0
"""1 mL of liver weighs about 1 g."""


@dataclass(frozen=True)
class Quantity:
    """One quantity of the liver's volumes: its formula, and why it is not published where it is not."""

    name: str
    unit: str
    formula: Callable[[LiverState], float]
    method: str
    masks: tuple[str, ...]
    reason: str | None = None
    location: Location | None = None


@dataclass(frozen=True)
class Reasons:
    """Why groups of quantities cannot be published, ``CODE: sentence``; None where they can.

    Parameters
    ----------
    total, lesions
        Whole liver; lesions in it.
    remnant, ratio
        Remnant's volume; its ratios.
    """

    total: str | None
    lesions: str | None
    remnant: str | None
    ratio: str | None


@dataclass(frozen=True)
class Places:
    """Slices in which liver, lesions and remnant are largest."""

    total: Location | None = None
    lesions: Location | None = None
    remnant: Location | None = None


LIVER, TUMOUR, REMNANT = "liver", "lesion", "remnant"


def measure_volumes(volumes: LiverVolumes | None, reasons: Reasons, places: Places) -> list[Measurement]:
    """Return total and functional liver volume, lesion volume and tumour burden.

    TLV = liver with intrahepatic lesions; functional = TLV - lesions; burden = lesions / TLV (docs/measurements.md).
    """
    functional = reasons.total or reasons.lesions
    both = (LIVER, TUMOUR)
    quantities = (
        Quantity(
            "total_lesion_volume_ml",
            "mL",
            lambda s: s.lesions,
            "union of the lesions in the liver",
            (TUMOUR,),
            reasons.lesions,
            places.lesions,
        ),
        Quantity(
            "total_liver_volume_ml",
            "mL",
            lambda s: s.total,
            "liver mask with the lesions in the liver, whether drawn into it or left out",
            both,
            reasons.total,
            places.total,
        ),
        Quantity(
            "functional_liver_volume_ml",
            "mL",
            lambda s: s.functional,
            "total liver volume less the lesions in the liver",
            both,
            functional,
            places.total,
        ),
        Quantity(
            "tumour_burden_percent",
            "%",
            lambda s: _percent(s.lesions, s.total),
            "lesions / total liver volume; the boundary they share moves once",
            both,
            functional,
            places.lesions,
        ),
    )
    return [_measure(volumes, quantity) for quantity in quantities]


def measure_remnant(volumes: LiverVolumes | None, reasons: Reasons, places: Places, method: str) -> list[Measurement]:
    """Return remnant volume, its share of the functional liver, and the share of the whole liver that is removed."""
    three = (REMNANT, LIVER, TUMOUR)
    where = places.remnant
    quantities = (
        Quantity("remnant_volume_ml", "mL", lambda s: s.remnant, method, three, reasons.remnant, where),
        Quantity(
            "remnant_percent",
            "%",
            lambda s: _percent(s.remnant, s.functional),
            "remnant / functional liver volume; capsule and lesion surfaces move together, the cut face by itself",
            three,
            reasons.ratio,
            where,
        ),
        Quantity(
            "removed_percent",
            "%",
            lambda s: 100 - _percent(s.remnant, s.total),
            "1 - remnant / total liver volume",
            three,
            reasons.ratio,
            where,
        ),
    )
    return [_measure(volumes, quantity) for quantity in quantities]


def measure_against_body(
    volumes: LiverVolumes | None, reasons: Reasons, places: Places, estimated: Measurement, facts: Mapping[str, Fact]
) -> list[Measurement]:
    """Return remnant and functional liver against body size: by estimated liver volume and by body weight.

    sFLR = remnant / estimated total liver volume (Vauthey 2000). The estimate has no interval: that of the ratio
    comes from the masks alone.
    """
    size = estimated.value or 1.0
    weightless = _sentence(missing_reason(facts, "weight_kg"))
    weight = 1.0 if weightless else number_of(facts, "weight_kg")
    ratio = reasons.ratio or estimated.reason
    functional = reasons.total or reasons.lesions or estimated.reason
    three, note = (REMNANT, LIVER, TUMOUR), "the estimate carries no interval"
    quantities = (
        Quantity(
            "standardized_remnant_percent",
            "%",
            lambda s: _percent(s.remnant, size),
            f"remnant / estimated total liver volume; interval from the remnant alone, {note}",
            three,
            ratio,
            places.remnant,
        ),
        Quantity(
            "remnant_to_body_weight_percent",
            "%",
            lambda s: _percent(s.remnant, weight * ML_PER_KG),
            "remnant in g (1 mL is about 1 g) / body weight; interval from the remnant alone",
            three,
            reasons.ratio or weightless,
            places.remnant,
        ),
        Quantity(
            "remnant_index_difference_percent",
            "%",
            lambda s: abs(_percent(s.remnant, size) - _percent(s.remnant, s.functional)),
            f"difference of standardized remnant and remnant percent, in points; {note}",
            three,
            ratio,
        ),
        Quantity(
            "functional_to_estimated_liver_percent",
            "%",
            lambda s: _percent(s.functional, size),
            f"functional / estimated total liver volume; {note}",
            (LIVER, TUMOUR),
            functional,
        ),
    )
    return [_measure(volumes, quantity) for quantity in quantities]


def _measure(volumes: LiverVolumes | None, quantity: Quantity) -> Measurement:
    """Return one quantity with its interval, or its reason."""
    masks, reason = quantity.masks, quantity.reason
    if reason is not None or volumes is None:
        reason = reason or "NO_LIVER: no liver mask holds a voxel"
        return Measurement(quantity.name, None, quantity.unit, reason=reason, method=quantity.method, masks=masks)
    value, interval = volumes.value(quantity.formula), volumes.interval(quantity.formula)
    return Measurement(
        quantity.name,
        value,
        quantity.unit,
        low=interval.low,
        high=interval.high,
        method=quantity.method,
        masks=masks,
        location=quantity.location,
    )


def _percent(part: float, whole: float) -> float:
    """Return a part in percent of a whole; 0 of nothing (a state that its boundary's move has emptied)."""
    return 100 * part / whole if whole > 0 else 0.0


def _sentence(missing: tuple[str, str] | None) -> str | None:
    """Return a reason as ``CODE: sentence``."""
    return None if missing is None else f"{missing[0]}: {missing[1]}"
