"""The verdicts of a study from what was measured and its clinical record; none where a finding withholds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pipeline.lesion import LesionStatus, StudyMeasurements
from pipeline.measurement import Fact, Inputs, Measurement, Quantity
from pipeline.measures.derived import FormulaWords, derive
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


def formula_words(catalogue: Catalogue, profile: str) -> FormulaWords:
    """Return the words and numbers that a profile sets, by the parameter's name: formulas may ask for any of them."""
    settled = catalogue.under(profile).parameters
    words = {name: each.value for name, each in settled.items() if isinstance(each.value, str)}
    numbers = {name: each.number for name, each in settled.items() if each.number is not None}
    return FormulaWords(words, numbers)


def add_derived(
    measured: StudyMeasurements, clinical: ClinicalRecord, catalogue: Catalogue, profile: str
) -> StudyMeasurements:
    """Return the measurements with everything that follows from them and the clinical record by a formula."""
    before = rule_inputs(measured, clinical)
    after = derive(before, formula_words(catalogue, profile))
    new = {name: each for name, each in after.study.items() if each is not before.study.get(name)}
    lesions = (
        replace(lesion, measurements={**lesion.measurements, **_measurements(after.lesions.get(lesion.id, {}))})
        for lesion in measured.lesions
    )
    return replace(
        measured,
        lesions=tuple(lesions),
        measurements={**measured.measurements, **_measurements(new)},
        facts={**measured.facts, **{name: each for name, each in new.items() if isinstance(each, Fact)}},
    )


def _measurements(held: Mapping[str, Quantity]) -> dict[str, Measurement]:
    return {name: each for name, each in held.items() if isinstance(each, Measurement)}
