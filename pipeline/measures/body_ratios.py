"""Remnant and functional liver against the size of the body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pipeline.measurement import Fact, Measurement
from pipeline.measures.body_size import missing_reason, number_of
from pipeline.measures.liver_volumes import LiverVolumes
from pipeline.measures.volumetry import LIVER, REMNANT, TUMOUR, Places, Quantity, Reasons, measure_quantity, percent

ML_PER_KG = 1000.0
"""1 mL of liver weighs about 1 g (Truant, J Am Coll Surg 2007)."""
NO_INTERVAL = "the estimate carries no interval"
METHODS = {
    "standardized_remnant_percent": (
        f"remnant / estimated total liver volume; interval from the remnant alone, {NO_INTERVAL}"
    ),
    "remnant_to_body_weight_percent": "remnant in g (1 mL is about 1 g) / body weight; interval from the remnant alone",
    "remnant_per_body_surface_ml_m2": "remnant / body surface area; interval from the remnant alone",
    "remnant_index_difference_percent": (
        f"difference of standardized remnant and remnant percent, in points; {NO_INTERVAL}"
    ),
    "functional_to_estimated_liver_percent": f"functional / estimated total liver volume; {NO_INTERVAL}",
}
"""How each quantity is obtained, in a few words."""


def measure_body_ratios(
    volumes: LiverVolumes | None,
    reasons: Reasons,
    places: Places,
    body: tuple[Measurement, Measurement],
    facts: Mapping[str, Fact],
    masks: tuple[str, ...],
) -> list[Measurement]:
    """Return remnant and functional liver by estimated total liver volume, body weight and body surface area.

    sFLR = remnant / estimated total liver volume (Vauthey, Surgery 2000). Neither the estimate nor body weight and
    surface have an interval: those of the ratios come from the masks alone.

    Parameters
    ----------
    body
        Body surface area, m2, and estimated total liver volume, mL.
    facts
        Of the clinical record: ``weight_kg``.
    masks
        The structures that the remnant comes from.
    """
    surface, estimated = body
    ratio, functional = reasons.ratio or estimated.reason, reasons.functional or estimated.reason
    by_size = _size_quantities(1.0 if estimated.value is None else estimated.value)
    missing = missing_reason(facts, "weight_kg")
    weightless = None if missing is None else f"{missing[0]}: {missing[1]}"
    by_weight = _weight_quantity(1.0 if missing else number_of(facts, "weight_kg"))
    by_surface = _surface_quantity(1.0 if surface.value is None else surface.value)
    standardized, by_weight, by_surface, difference = (
        replace(each, masks=masks) for each in (by_size[0], by_weight, by_surface, by_size[1])
    )
    return [
        measure_quantity(volumes, standardized, ratio, places.remnant),
        measure_quantity(volumes, by_weight, reasons.ratio or weightless, places.remnant),
        measure_quantity(volumes, by_surface, reasons.ratio or surface.reason, places.remnant),
        take_size(measure_quantity(volumes, difference, ratio, places.remnant)),
        measure_quantity(volumes, by_size[2], functional, places.total),
    ]


def take_size(measurement: Measurement) -> Measurement:
    """Return the size of a signed quantity; its interval starts at 0 where the sign can change."""
    if measurement.value is None or measurement.low is None or measurement.high is None:
        return measurement
    low, high = sorted((abs(measurement.low), abs(measurement.high)))
    low = 0.0 if measurement.low < 0 < measurement.high else low
    return replace(measurement, value=abs(measurement.value), low=low, high=high)


def _size_quantities(estimated_ml: float) -> tuple[Quantity, Quantity, Quantity]:
    """Return standardized remnant, its difference from the remnant percent, and functional to estimated liver."""
    standardized = Quantity(
        "standardized_remnant_percent",
        "%",
        lambda s: percent(s.remnant, estimated_ml),
        METHODS["standardized_remnant_percent"],
        (REMNANT, LIVER, TUMOUR),
    )
    difference = Quantity(
        "remnant_index_difference_percent",
        "%",
        lambda s: percent(s.remnant, estimated_ml) - percent(s.remnant, s.functional),
        METHODS["remnant_index_difference_percent"],
        (REMNANT, LIVER, TUMOUR),
    )
    functional = Quantity(
        "functional_to_estimated_liver_percent",
        "%",
        lambda s: percent(s.functional, estimated_ml),
        METHODS["functional_to_estimated_liver_percent"],
        (LIVER, TUMOUR),
    )
    return standardized, difference, functional


def _weight_quantity(weight_kg: float) -> Quantity:
    """Return the remnant's weight in percent of body weight."""
    return Quantity(
        "remnant_to_body_weight_percent",
        "%",
        lambda s: percent(s.remnant, weight_kg * ML_PER_KG),
        METHODS["remnant_to_body_weight_percent"],
        (REMNANT, LIVER, TUMOUR),
    )


def _surface_quantity(surface_m2: float) -> Quantity:
    """Return the remnant's volume by body surface area (Shirabe, J Am Coll Surg 1999)."""
    return Quantity(
        "remnant_per_body_surface_ml_m2",
        "mL/m2",
        lambda s: s.remnant / surface_m2,
        METHODS["remnant_per_body_surface_ml_m2"],
        (REMNANT, LIVER, TUMOUR),
    )
