"""Volumes of liver, lesions and remnant, and the ratios made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pipeline.measurement import Location, Measurement
from pipeline.measures.liver_volumes import LiverState, LiverVolumes

LIVER, TUMOUR, REMNANT = "liver", "lesion", "remnant"
NO_LIVER = "NO_LIVER: no liver mask holds a voxel"


@dataclass(frozen=True)
class Quantity:
    """One quantity of the liver's volumes: its formula in mL, and what it is made of."""

    name: str
    unit: str
    formula: Callable[[LiverState], float]
    method: str
    masks: tuple[str, ...]


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

    @property
    def functional(self) -> str | None:
        """Why what needs the whole liver and its lesions cannot be published."""
        return self.total or self.lesions


@dataclass(frozen=True)
class Places:
    """Slices in which liver, lesions and remnant are largest."""

    total: Location | None = None
    lesions: Location | None = None
    remnant: Location | None = None


def percent(part: float, whole: float) -> float:
    """Return a part in percent of a whole; 0 of nothing (a state that its boundary's move has emptied)."""
    return 100 * part / whole if whole > 0 else 0.0


LESION_VOLUME = Quantity(
    "total_lesion_volume_ml", "mL", lambda s: s.lesions, "union of the lesions in the liver", (TUMOUR,)
)
TOTAL_VOLUME = Quantity(
    "total_liver_volume_ml",
    "mL",
    lambda s: s.total,
    "liver mask with the lesions in the liver, whether drawn into it or left out",
    (LIVER, TUMOUR),
)
FUNCTIONAL_VOLUME = Quantity(
    "functional_liver_volume_ml",
    "mL",
    lambda s: s.functional,
    "total liver volume less the lesions in the liver",
    (LIVER, TUMOUR),
)
BURDEN = Quantity(
    "tumour_burden_percent",
    "%",
    lambda s: percent(s.lesions, s.total),
    "lesions / total liver volume; the boundary they share moves once",
    (LIVER, TUMOUR),
)
REMNANT_PERCENT = Quantity(
    "remnant_percent",
    "%",
    lambda s: percent(s.remnant, s.functional),
    "remnant / functional liver volume; capsule and lesion surfaces move together, the cut face by itself",
    (REMNANT, LIVER, TUMOUR),
)
REMOVED_PERCENT = Quantity(
    "removed_percent",
    "%",
    lambda s: 100 - percent(s.remnant, s.total),
    "1 - remnant / total liver volume",
    (REMNANT, LIVER, TUMOUR),
)


def measure_volumes(volumes: LiverVolumes | None, reasons: Reasons, places: Places) -> list[Measurement]:
    """Return lesion volume, total and functional liver volume, and tumour burden.

    TLV = liver with intrahepatic lesions; functional = TLV - lesions; burden = lesions / TLV (docs/measurements.md).
    """
    return [
        measure_quantity(volumes, LESION_VOLUME, reasons.lesions, places.lesions),
        measure_quantity(volumes, TOTAL_VOLUME, reasons.total, places.total),
        measure_quantity(volumes, FUNCTIONAL_VOLUME, reasons.functional, places.total),
        measure_quantity(volumes, BURDEN, reasons.functional, places.lesions),
    ]


def measure_remnant(
    volumes: LiverVolumes | None, reasons: Reasons, places: Places, method: str, masks: tuple[str, ...]
) -> list[Measurement]:
    """Return remnant volume, its share of the functional liver, and the share of the whole liver that is removed.

    Parameters
    ----------
    method
        How the remnant was obtained.
    masks
        The structures that it comes from.
    """
    volume = Quantity("remnant_volume_ml", "mL", lambda s: s.remnant, method, masks)
    return [
        measure_quantity(volumes, volume, reasons.remnant, places.remnant),
        measure_quantity(volumes, replace(REMNANT_PERCENT, masks=masks), reasons.ratio, places.remnant),
        measure_quantity(volumes, replace(REMOVED_PERCENT, masks=masks), reasons.ratio, places.remnant),
    ]


def measure_quantity(
    volumes: LiverVolumes | None, quantity: Quantity, reason: str | None, location: Location | None = None
) -> Measurement:
    """Return one quantity with its interval, or without a value and with its reason."""
    name, unit, method, masks = quantity.name, quantity.unit, quantity.method, quantity.masks
    if volumes is None or reason is not None:
        return Measurement(name, None, unit, reason=reason or NO_LIVER, method=method, masks=masks)
    method = f"{method}; {volumes.basis}" if volumes.basis else method
    value, interval = volumes.value(quantity.formula), volumes.interval(quantity.formula)
    return Measurement(name, value, unit, interval.low, interval.high, None, method, masks, location)
