"""A mask that cannot be shown to be the patient's: its numbers stand, flagged; no verdict is given on them."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest
from typer.testing import CliRunner

from pipeline.cli.app import app
from pipeline.measurement import Measurement, absent
from pipeline.study import Finding, Severity, TrafficLight, light_of
from pipeline.withholding import TRUSTED, VERDICTS, refuse_unproved, say_withheld, why_no_verdicts
from tests.end_to_end.conftest import ROOT, SAMPLES, Run

FAULT = Finding("MASK_MIRRORED", Severity.WARNING, "It lies mirrored.", ("lesion_count",), 1500.0)
OUTSIDE = replace(FAULT, code="MASK_OUTSIDE_BODY", at_stake_ml=90.0)
WORDS = "Verdicts are withheld."


@pytest.fixture(scope="module")
def mirrored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The synthetic study as NIfTI, every mask stored front to back."""
    folder = tmp_path_factory.mktemp("mirrored")
    subprocess.run([sys.executable, str(SAMPLES / "generate.py"), "--formats", str(folder)], check=True, cwd=ROOT)
    for path in (folder / "nifti" / "masks").glob("*.nii.gz"):
        image = nibabel.load(path)
        voxels = np.ascontiguousarray(np.flip(np.asarray(image.dataobj), 1))
        nibabel.save(nibabel.Nifti1Image(voxels, image.affine, image.header), path)
    return folder / "nifti"


@pytest.mark.hazard("M21")
def test_a_mirrored_mask_gives_numbers_with_flags_and_no_verdict(run: Callable[..., Run], mirrored: Path) -> None:
    """Red; page, table, record and printed line say that the verdicts are withheld, and for which code."""
    done = run(mirrored)
    (report,) = done.reports.values()
    assert (report["status"], report["traffic_light"], report["assessment"]) == ("done", "red", None)
    assert report["assessment_reason"].startswith("MASK_MIRRORED: ")
    total = report["measurements"]["total_liver_volume_ml"]
    assert total["value"] > 0
    assert "MASK_MIRRORED" in total["flags"]
    page = next(done.output.glob("*/report.html")).read_text(encoding="utf-8")
    place = page.index(WORDS)
    assert "MASK_MIRRORED" in page[place : place + 200]
    assert page.index("Treatments by published criteria") < place < page.index("Six numbers")
    (row,) = csv.DictReader((done.output / "studies.csv").read_text(encoding="utf-8").splitlines())
    assert row["verdicts_withheld"].startswith("MASK_MIRRORED: ")
    assert not [name for name in row if name.startswith("verdict_")]
    assert "withheld: MASK_MIRRORED" in done.printed


@pytest.mark.hazard("M21")
def test_a_site_that_trusts_its_masks_gets_verdicts_and_keeps_the_warning(
    run: Callable[..., Run], mirrored: Path, tmp_path: Path
) -> None:
    """Situs inversus: the finding stays a warning that says so, and the report prints the setting."""
    config = tmp_path / "site.yaml"
    config.write_text("trust_masks: true\n")
    (report,) = run(mirrored, config=config).reports.values()
    assert report["assessment"]["verdicts"]
    assert report["assessment_reason"] is None
    assert report["provenance"]["settings"]["trust_masks"] is True
    (found,) = (each for each in report["findings"] if each["code"] == "MASK_MIRRORED")
    assert found["severity"] == "warning"
    assert found["message"].endswith(TRUSTED)


@pytest.mark.parametrize("code", ["MASK_MIRRORED", "MASK_OTHER_PATIENT"])
def test_masks_that_may_be_anothers_refuse_verdicts_and_keep_what_they_touch(code: str) -> None:
    (found,) = refuse_unproved([replace(FAULT, code=code)], 1500.0, 10.0, trusted=False)
    assert found.severity is Severity.REFUSED
    assert found.touches == (VERDICTS, "lesion_count")
    assert light_of([found]) is TrafficLight.RED
    assert why_no_verdicts([found]) == f"{code}: {found.message}"


@pytest.mark.parametrize(("liver_ml", "refused"), [(1000.0, False), (900.0, True), (None, True)])
def test_a_liver_outside_the_body_refuses_from_its_share_on(liver_ml: float | None, refused: bool) -> None:
    """90 mL of 1000 is 9 %, of 900 is 10 %; without the liver's volume nothing proves that the share is small."""
    (found,) = refuse_unproved([OUTSIDE], liver_ml, 10.0, trusted=False)
    assert (found.severity is Severity.REFUSED) is refused
    assert (why_no_verdicts([found]) is not None) is refused


@pytest.mark.parametrize("code", ["HU_RANGE", "MASK_SHIFTED", "MASK_CUT", "MASK_MARGIN"])
def test_other_faults_of_a_mask_stay_warnings(code: str) -> None:
    finding = replace(FAULT, code=code)
    assert refuse_unproved([finding], 1500.0, 10.0, trusted=False) == (finding,)


def test_a_check_says_that_the_verdicts_would_be_withheld(mirrored: Path) -> None:
    """Ready, exit code 0, red: the first line says what a run would keep back, the JSON names it."""
    done = CliRunner().invoke(app, ["check", str(mirrored)])
    assert done.exit_code == 0
    assert "  ready, the verdicts withheld  red" in done.stdout.splitlines()[0]
    found = json.loads(CliRunner().invoke(app, ["check", str(mirrored), "--json"]).stdout)["studies"][0]
    assert (found["status"], found["withheld"]) == ("ready", ["verdicts"])


def test_what_is_withheld_is_counted_in_words() -> None:
    """One, several, and nothing but volumes of structures; what was never asked for (NO_REMNANT) is not withheld."""
    cut = absent("total_liver_volume_ml", "mL", "FOV_CUT", "the liver is cut")
    count = absent("lesion_count", "1", "FOV_CUT", "the liver is cut")
    remnant = absent("remnant_volume_ml", "mL", "NO_REMNANT", "there is no remnant mask")
    found = [Finding("FOV_CUT", Severity.WARNING, "It is cut.")]
    largest = {"largest_diameter_mm": Measurement("largest_diameter_mm", 20.0, "mm")}
    one = {"total_liver_volume_ml": cut, "remnant_volume_ml": remnant}
    assert say_withheld("done", found, {**one, **largest}) == "done, 1 quantity withheld"
    bare = say_withheld("done", found, {**one, "lesion_count": count})
    assert bare == "done, 2 quantities withheld, nothing but volumes of structures is left"
    assert say_withheld("done", (), largest) == "done"
