"""The verdicts of a study from what was measured and its clinical record; none where a finding withholds them."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.lesion import LesionStatus, StudyMeasurements
from pipeline.measurement import Inputs, Quantity
from pipeline.rules import Catalogue, assess
from pipeline.study import ClinicalRecord, Finding
from pipeline.verdict import Assessment
from pipeline.withholding import why_no_verdicts


def judge(
    measured: StudyMeasurements,
    clinical: ClinicalRecord,
    findings: tuple[Finding, ...],
    catalogue: Catalogue,
    profile: str,
) -> Assessment | None:
    """Return the verdicts, or None where record or masks may be another patient's (``pipeline.withholding``)."""
    if why_no_verdicts(findings) is not None:
        return None
    return assess(catalogue, profile, rule_inputs(measured, clinical))


def rule_inputs(measured: StudyMeasurements, clinical: ClinicalRecord) -> Inputs:
    """Return what rules may read: the study's quantities, the clinical facts and every intrahepatic lesion's own.

    Where the whole liver is not known (cut by the scan, slices missing), neither is whether there are more lesions.
    """
    lesions: dict[str, Mapping[str, Quantity]] = {
        lesion.id: {**lesion.measurements, **lesion.facts}
        for lesion in measured.lesions
        if lesion.status is LesionStatus.INTRAHEPATIC
    }
    study: dict[str, Quantity] = {**clinical.facts, **measured.measurements, **measured.facts}
    total = measured.measurements["total_liver_volume_ml"]
    if measured.lesions_known and total.reason is not None:
        return Inputs(study, lesions, False, f"{total.reason}; it may hold more lesions")
    return Inputs(study, lesions, measured.lesions_known, measured.lesions_reason)
