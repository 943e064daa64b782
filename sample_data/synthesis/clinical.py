"""Clinical records of the made-up patients, under the catalogue's names with the unit in the name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from synthesis.identity import Examination

Value: TypeAlias = str | int | float

CT_RECORD: Mapping[str, Value] = {
    "age_years": 60,
    "sex": "female",
    "height_cm": 172,
    "weight_kg": 74,
    "ecog": 1,
    "asa": 2,
    "life_expectancy_weeks": 52,
    "bilirubin_total_mg_dl": 0.8,
    "albumin_g_l": 39,
    "inr": 1.1,
    "platelets_10e9_l": 182,
    "creatinine_mg_dl": 0.9,
    "ascites": "none",
    "encephalopathy_grade": 0,
    "portal_hypertension": "false",
    "cirrhosis": "false",
    "chemo_weeks_total": 16,
    "primary_type": "colon",
    "extrahepatic_disease": "none",
}
"""Sixteen weeks of chemotherapy make the liver an injured one (more than 12), whose remnant needs 30 %."""


def write_clinical(path: Path, exam: Examination, record: Mapping[str, Value]) -> None:
    """Write a record as YAML, bound to its study by Study Instance UID and patient identifier."""
    lines = [
        "# A made-up record of a made-up patient, for the phantom beside it.",
        f'study_instance_uid: "{exam.study_instance_uid}"',
        f"patient_id: {exam.patient_id}",
        *(f"{name}: {value}" for name, value in record.items()),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
