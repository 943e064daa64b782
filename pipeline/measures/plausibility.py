"""Whether measured volumes can be those of a liver: a mask in wrong units or of something else shows here."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.measurement import Measurement
from pipeline.study import Finding, Severity

TOUCHED = ("total_liver_volume_ml", "functional_liver_volume_ml", "tumour_burden_percent", "remnant_percent")


def check_liver_volume(
    measurements: Mapping[str, Measurement], smallest_ml: float, largest_ml: float
) -> tuple[Finding, ...]:
    """Return the finding ``MASK_IMPLAUSIBLE`` when a whole liver is smaller or larger than livers are.

    Parameters
    ----------
    measurements
        Those of the study, by name.
    smallest_ml, largest_ml
        What is believed of a total liver volume, in mL.
    """
    total = measurements["total_liver_volume_ml"].value
    if total is None or smallest_ml <= total <= largest_ml:
        return ()
    message = (
        f"The liver measures {total:.4g} mL; livers have {smallest_ml:g} to {largest_ml:g} mL. "
        "Check the units of the grid and whether the mask is of the liver; no number was changed."
    )
    return (Finding("MASK_IMPLAUSIBLE", Severity.WARNING, message, TOUCHED),)
