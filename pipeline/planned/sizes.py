"""What a remnant is measured against, and every index of a remnant of some size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.measurement import Inputs, Quantity
from pipeline.measures.body_ratios import ML_PER_KG

VOLUMES = ("total_liver_volume_ml", "functional_liver_volume_ml")
STANDARDIZED, MEASURED = "standardized_remnant_percent", "remnant_percent"


@dataclass(frozen=True)
class Sizes:
    """Volumes in mL and the body that a remnant is compared with.

    Parameters
    ----------
    total_ml, functional_ml
        Liver with its lesions, and without.
    estimated_ml
        Liver volume expected from body size; None where height or weight is not known (``estimated_reason``).
    weight_kg, surface_m2
        Of the body; None where not known.
    """

    total_ml: float
    functional_ml: float
    estimated_ml: float | None = None
    weight_kg: float | None = None
    surface_m2: float | None = None
    estimated_reason: str | None = None

    @property
    def index(self) -> str:
        """The index in which a remnant is stated first: standardised, or measured without body size."""
        return MEASURED if self.estimated_ml is None else STANDARDIZED

    @property
    def whole_ml(self) -> float:
        """What ``index`` is a share of."""
        return self.functional_ml if self.estimated_ml is None else self.estimated_ml

    @property
    def largest_ml(self) -> float:
        """A volume that no threshold in percent lies beyond."""
        return max(self.total_ml, self.functional_ml, self.estimated_ml or 0.0)


def read_sizes(inputs: Inputs) -> Sizes | str:
    """Return the sizes of a study, or why the liver's volume is not known, ``CODE: sentence``."""
    total, functional = (
        _number(inputs.study, name) for name in ("total_liver_volume_ml", "functional_liver_volume_ml")
    )
    if total is None or functional is None or functional <= 0:
        names = ("functional_liver_volume_ml", "total_liver_volume_ml")
        reasons = (inputs.study[name].reason for name in names if name in inputs.study)
        return next((each for each in reasons if each), "NO_LIVER: the volume of the liver is not known")
    estimated = inputs.study.get("estimated_total_liver_volume_ml")
    return Sizes(
        total,
        functional,
        _number(inputs.study, "estimated_total_liver_volume_ml"),
        _number(inputs.study, "weight_kg"),
        _number(inputs.study, "body_surface_area_m2"),
        None if estimated is None else estimated.reason,
    )


def find_indices(sizes: Sizes, remnant_ml: float) -> dict[str, float | None]:
    """Return every index of a remnant, by its name (docs/measurements.md); None for one that is not known."""
    measured = 100 * remnant_ml / sizes.functional_ml
    standardized = None if sizes.estimated_ml is None else 100 * remnant_ml / sizes.estimated_ml
    return {
        "remnant_volume_ml": remnant_ml,
        MEASURED: measured,
        STANDARDIZED: standardized,
        "removed_percent": 100 - 100 * remnant_ml / sizes.total_ml,
        "remnant_to_body_weight_percent": _share(100 * remnant_ml / ML_PER_KG, sizes.weight_kg),
        "remnant_per_body_surface_ml_m2": _share(remnant_ml, sizes.surface_m2),
        "remnant_index_difference_percent": None if standardized is None else abs(standardized - measured),
    }


def _share(part: float, whole: float | None) -> float | None:
    return None if whole is None else part / whole


def _number(held: Mapping[str, Quantity], name: str) -> float | None:
    quantity = held.get(name)
    value = None if quantity is None else quantity.value
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
