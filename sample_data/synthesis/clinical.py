"""Clinical records of the made-up patients, under the names of ``configs/clinical.yaml`` with the unit in the name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from synthesis.identity import Examination

Value: TypeAlias = str | int | float

CT_RECORD: Mapping[str, Value] = {
    "date": "2024-06-10",
    "age_years": 60,
    "sex": "female",
    "height_cm": 172,
    "weight_kg": 74,
    "ecog": 1,
    "asa": 2,
    "charlson": 6,
    "decompensated_comorbidity": "false",
    "life_expectancy_weeks": 52,
    "fit_general_anaesthesia": "true",
    "anticoagulation_stoppable": "true",
    "pregnant": "false",
    "bilirubin_total_mg_dl": 0.8,
    "albumin_g_l": 39,
    "inr": 1.1,
    "platelets_10e9_l": 182,
    "creatinine_mg_dl": 0.9,
    "cea_ng_ml": 24,
    "ascites": "none",
    "encephalopathy_grade": 0,
    "portal_hypertension": "false",
    "varices": "false",
    "cirrhosis": "false",
    "fibrosis_stage": "0",
    "primary_type": "colon",
    "primary_in_situ": "false",
    "primary_resected_r0": "true",
    "histology_confirmed": "true",
    "extrahepatic_disease": "none",
    "chemo_lines": 1,
    "chemo_weeks_total": 16,
    "recist_response": "PR",
    "prior_hepatectomy": "false",
    "biliary_stent_or_anastomosis": "false",
    "mdt_reviewed": "true",
    "surgeon_r0_expected": "true",
    "all_disease_treatable": "true",
    "resection_is_major": "true",
    "remnant_inflow_ok": "true",
    "remnant_outflow_ok": "true",
    "remnant_biliary_ok": "true",
    "remnant_segments_preserved": 4,
    "portal_inflow_blocked": "false",
    "hepatic_veins_blocked": "false",
    "planned_margin_mm": "2",
}
"""Sixteen weeks of chemotherapy make the liver an injured one (more than 12), whose remnant needs 30 %.

The last rows are what a surgeon would state about the planned right hepatectomy; nothing is said on radiotherapy plans.
"""


def identify_dicom(exam: Examination) -> Mapping[str, Value]:
    """Return the identity of a study that carries its own: Study Instance UID and patient identifier."""
    return {"study_instance_uid": f'"{exam.study_instance_uid}"', "patient_id": exam.patient_id}


def write_clinical(path: Path, identity: Mapping[str, Value], record: Mapping[str, Value]) -> None:
    """Write a record as YAML; files without an identity (NIfTI, NRRD) are bound by ``study``, their folder's name."""
    rows = [f"{name}: {value}" for name, value in {**identity, **record}.items()]
    lines = ["# A made-up record of a made-up patient, for the phantom beside it.", *rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
