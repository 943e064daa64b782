"""Changes against earlier studies, visits and the image itself come out again, and each that is altered is found."""

from __future__ import annotations

import json
import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.preparation import RunRequest
from pipeline.cli.run_command import run_command
from tests.verify.conftest import SAMPLES
from tests.verify.test_formulas import problems

REPLACED = ("prior_", "last_liver", "recist")
MORE = """
prior_liver_treatments:
  - {type: mwa, date: 2023-01-31}
  - {type: resection, date: 2022-05-01}
  - {type: sirt, date: 2021-11-30}
baseline_sum_of_diameters_mm: 120
nadir_sum_of_diameters_mm: 60
targets_are_two_largest: true
baseline_product_sum_mm2: 5000
nadir_product_sum_mm2: 2500
baseline_lesion_volume_ml: 200
nadir_lesion_volume_ml: 40
enhancing_sum_mm: 40
baseline_enhancing_sum_mm: 50
nadir_enhancing_sum_mm: 35
attenuation_hu: 60
baseline_attenuation_hu: 80
"""
NAMES = (
    *(
        f"{what}_change_from_{when}_percent"
        for what in ("target_sum", "product_sum", "lesion_volume", "enhancing_sum")
        for when in ("baseline", "nadir")
    ),
    *("target_sum_growth_from_baseline_mm", "target_sum_growth_from_nadir_mm", "attenuation_change_percent"),
    "two_largest_change_from_baseline_percent",
)


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """The report of the phantom with earlier values in its record, and the folder of its study."""
    root = tmp_path_factory.mktemp("response")
    study = root / "in" / "synthetic_ct"
    shutil.copytree(SAMPLES / "synthetic_ct", study)
    held = (study / "clinical.yaml").read_text(encoding="utf-8").split("\n")
    kept = [line for line in held if not line.startswith(REPLACED)]
    (study / "clinical.yaml").write_text("\n".join(kept) + MORE, encoding="utf-8")
    run_command(RunRequest(root / "in", root / "out", wanted=frozenset({"json"})))
    path = next((root / "out").glob("*/report.json"))
    return json.loads(path.read_text(encoding="utf-8")), root / "in"


def test_everything_comes_out_again(record: tuple[dict[str, Any], Path]) -> None:
    """Every change has a value here, and both calculators say the same; slices of the phantom are 3 mm."""
    report, studies = record
    assert [name for name in NAMES if report["measurements"][name]["value"] is None] == []
    assert report["facts"]["image_modality"]["value"] == "CT"
    assert report["facts"]["image_slice_mm"]["value"] == 3
    assert problems(report, studies) == set()


ALTERED = {
    "image_modality": "MR",
    "image_slice_mm": 5.0,
    "visits_after_radiation": ["2022-03-28 first CT or MRI"],
    "visits_after_resection": ["2022-11-01 CEA"],
}


def test_what_is_altered_is_found(record: tuple[dict[str, Any], Path]) -> None:
    """One per cent more of each change; another modality, other slices, a visit in another month, too few of them."""
    report, studies = deepcopy(record[0]), record[1]
    for name in NAMES:
        report["measurements"][name]["value"] *= 1.01
    for name, value in ALTERED.items():
        report["facts"][name]["value"] = value
    found = problems(report, studies)
    assert [name for name in (*NAMES, *ALTERED) if not any(name in problem for problem in found)] == []
