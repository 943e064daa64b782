"""What rules may read, from a stored report: the same as a run gave them from the images."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.lesion import LesionStatus
from pipeline.measurement import Inputs, Quantity
from pipeline.reassessment.stored import StoredReport


def inputs_of(report: StoredReport) -> Inputs:
    """Return what the verdicts of a report were given from (``pipeline.judging.rule_inputs``).

    Which lesions there are is known exactly where the report counts them.
    """
    lesions: dict[str, Mapping[str, Quantity]] = {
        lesion.id: {**lesion.measurements, **lesion.facts}
        for lesion in report.lesions
        if lesion.status is LesionStatus.INTRAHEPATIC
    }
    study: dict[str, Quantity] = {**report.facts, **report.measurements}
    count = report.measurements.get("lesion_count")
    total = report.measurements.get("total_liver_volume_ml")
    if count is None:
        return Inputs(study, lesions, False, "LESIONS_UNKNOWN: the report does not count the lesions")
    if count.reason is not None:
        return Inputs(study, lesions, False, count.reason)
    if total is not None and total.reason is not None:
        return Inputs(study, lesions, False, f"{total.reason}; it may hold more lesions")
    return Inputs(study, lesions, True, None)
