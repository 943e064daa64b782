"""The verdicts of a study from what was measured and its clinical record; none where a finding withholds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pipeline.lesion import Lesion, LesionStatus, StudyMeasurements
from pipeline.measurement import Fact, Inputs, Measurement, Quantity
from pipeline.measures.derived import FormulaWords, derive
from pipeline.rules import Catalogue
from pipeline.rules.assessment import assess_evaluation, evaluate
from pipeline.rules.side_by_side import compare_profiles
from pipeline.study import ClinicalRecord, Finding
from pipeline.verdict import Assessment
from pipeline.withholding import why_no_verdicts

_BY_LIVER_ESTIMATE = frozenset(
    (
        *("estimated_total_liver_volume_ml", "standardized_remnant_percent"),
        *("remnant_index_difference_percent", "functional_to_estimated_liver_percent"),
    )
)
BY_FORMULA = {
    "bsa_formula": _BY_LIVER_ESTIMATE | {"body_surface_area_m2", "remnant_per_body_surface_ml_m2"},
    "etlv_formula": _BY_LIVER_ESTIMATE,
}
"""What is measured by each formula that is asked for before the verdicts."""


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
    inputs = rule_inputs(measured, clinical)
    asked = evaluate(catalogue, profile, inputs)
    assessment = assess_evaluation(catalogue.version, asked)
    compared = compare_profiles(
        catalogue,
        lambda name: inputs if name == profile else inputs_under(inputs, catalogue, profile, name),
        (profile, *(name for name in catalogue.profiles if name != profile)),
        {profile: assessment.verdicts},
        asked,
    )
    return replace(assessment, side_by_side=compared)


def inputs_under(inputs: Inputs, catalogue: Catalogue, measured_under: str, profile: str) -> Inputs:
    """Return what rules may read under another profile than that of the run: formulas are that profile's.

    What was measured by a formula that the profile has another one for is not known.
    """
    other = [name for name in BY_FORMULA if catalogue.formula(profile, name) != catalogue.formula(measured_under, name)]
    forgotten = {
        name: _forget(inputs.study[name], formula)
        for formula in other
        for name in BY_FORMULA[formula] & set(inputs.study)
    }
    return derive(replace(inputs, study={**inputs.study, **forgotten}), formula_words(catalogue, profile))


def _forget(quantity: Quantity, formula: str) -> Quantity:
    reason = f"FORMULA_OTHER: this profile has another {formula} than the one by which it was measured"
    if isinstance(quantity, Fact):
        return replace(quantity, value=None, reason=reason)
    return replace(quantity, value=None, low=None, high=None, reason=reason)


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
    lesions = (_add_to_lesion(lesion, after.lesions.get(lesion.id, {})) for lesion in measured.lesions)
    return replace(
        measured,
        lesions=tuple(lesions),
        measurements={**measured.measurements, **_measurements(new)},
        facts={**measured.facts, **{name: each for name, each in new.items() if isinstance(each, Fact)}},
    )


def _add_to_lesion(lesion: Lesion, held: Mapping[str, Quantity]) -> Lesion:
    facts = {name: each for name, each in held.items() if isinstance(each, Fact)}
    measurements = {**lesion.measurements, **_measurements(held)}
    return replace(lesion, measurements=measurements, facts={**lesion.facts, **facts})


def _measurements(held: Mapping[str, Quantity]) -> dict[str, Measurement]:
    return {name: each for name, each in held.items() if isinstance(each, Measurement)}
