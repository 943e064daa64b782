"""Quantities by formula in a report: each comes out again by other arithmetic, and each that is altered is found."""

from __future__ import annotations

import json
import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.preparation import RunRequest
from pipeline.cli.run_command import run_command
from pipeline.report import Report
from pipeline.verify import verify_report
from tests.verify.conftest import HERE, SAMPLES

REPLACED = (
    "bilirubin",
    "albumin",
    "inr",
    "creatinine",
    "cea",
    "interval",
    "primary_",
    "liver_mets",
    "pve",
    "sbrt",
    "lung",
)
MORE = """
bilirubin_total_mg_dl: 1.2
albumin_g_l: 35
inr: 1.2
creatinine_mg_dl: 1.9
sbrt_dose_gy: 50
sbrt_fractions: 5
sirt_activity_gbq: 2
lung_shunt_percent: 10
lung_mass_kg: 0.9
liver_native_hu: 35
spleen_native_hu: 50
cea_ng_ml: 50
cea_max_ng_ml: 200
primary_resection_date: 2023-01-10
liver_mets_diagnosis_date: 2024-02-29
pve_date: 2024-05-01
prior_remnant_volume_ml: 300
"""
NAMES = (
    *("albi_score", "meld_score", "sbrt_bed10_gy", "sbrt_bed3_gy", "sbrt_eqd2_10_gy", "sbrt_eqd2_3_gy"),
    *("sirt_lung_dose_gy", "liver_spleen_difference_hu", "cea_fall_percent", "interval_months", "lesion_size_ratio"),
    *("degree_of_hypertrophy_percent", "kinetic_growth_rate_percent_per_week", "remnant_growth_percent"),
    *("remnant_growth_percent_per_day", "largest_planned_ablation_volume_ml", "planned_ablation_percent"),
    *("remnant_after_ablation_ml", "remnant_after_ablation_percent", "standardized_remnant_after_ablation_percent"),
)


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """The report of the phantom with a full clinical record, and the folder of its study."""
    root = tmp_path_factory.mktemp("formulas")
    study = root / "in" / "synthetic_ct"
    shutil.copytree(SAMPLES / "synthetic_ct", study)
    held = (study / "clinical.yaml").read_text(encoding="utf-8").split("\n")
    kept = [line for line in held if not line.startswith(REPLACED)]
    (study / "clinical.yaml").write_text("\n".join(kept) + MORE, encoding="utf-8")
    run_command(RunRequest(root / "in", root / "out", wanted=frozenset({"json"})))
    path = next((root / "out").glob("*/report.json"))
    return json.loads(path.read_text(encoding="utf-8")), root / "in"


def problems(record: dict[str, Any], studies: Path) -> set[str]:
    outcome = verify_report(Report.model_validate(record), studies, HERE)
    return {line.name for line in outcome.lines if line.problems} | set(outcome.problems)


def test_every_quantity_by_formula_comes_out_again(record: tuple[dict[str, Any], Path]) -> None:
    """All of them have a value here, and both calculators say the same."""
    found, studies = record
    assert all(found["measurements"][name]["value"] is not None for name in NAMES)
    assert problems(found, studies) == set()


def test_an_altered_quantity_is_found(record: tuple[dict[str, Any], Path]) -> None:
    """Half a percent more is too much for each of them; so is a field of the record that was changed afterwards."""
    found, studies = record
    altered = deepcopy(found)
    altered["assessment"] = None
    for name in NAMES:
        altered["measurements"][name]["value"] *= 1.005
    assert set(NAMES) <= problems(altered, studies)
    changed = deepcopy(found)
    changed["facts"]["albumin_g_l"]["value"] = 36.0
    assert "albi_score" in problems(changed, studies)


def test_an_altered_ablation_plan_of_a_lesion_is_found(record: tuple[dict[str, Any], Path]) -> None:
    """The volume, or the margin that its method states."""
    found, studies = record
    for change in ("value", "method"):
        altered = deepcopy(found)
        plan = altered["lesions"][0]["measurements"]["planned_ablation_volume_ml"]
        plan[change] = (
            plan["value"] * 1.005 if change == "value" else plan["method"].replace("margin 5 mm", "margin 6 mm")
        )
        assert "lesion L1/planned_ablation_volume_ml" in problems(altered, studies)
