"""`livermetry run` as a user meets it: same bytes, exit codes, no identity in what it prints, safe verdicts."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli.preparation import RunRequest
from pipeline.cli.run_command import run_command
from tests.end_to_end.conftest import ROOT, SAMPLES, Run

STUDIES = SAMPLES / "studies"


@pytest.fixture(scope="session")
def formats(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The synthetic study written as NIfTI and as NRRD with the same voxels."""
    folder = tmp_path_factory.mktemp("formats")
    subprocess.run([sys.executable, str(SAMPLES / "generate.py"), "--formats", str(folder)], check=True, cwd=ROOT)
    return folder


def test_segmentation_nifti_and_nrrd_give_the_same_numbers(run, formats: Path, sample_run: Run) -> None:
    """One study in three formats: every measured number is equal."""
    records = list(run(formats).reports.values())
    assert len(records) == 2
    reference = sample_run.reports["synthetic_ct"]
    for record in records:
        assert record["status"] == "done", record["findings"]
        assert len(record["lesions"]) == len(reference["lesions"])
        for ours, theirs in zip(reference["lesions"], record["lesions"], strict=True):
            assert_same(ours["measurements"], theirs["measurements"])
        without_body_size = {
            name: value
            for name, value in reference["measurements"].items()
            if record["measurements"][name]["value"] is not None or value["value"] is None
        }
        assert {"total_liver_volume_ml", "remnant_percent", "tumour_burden_percent"} <= set(without_body_size)
        assert_same(without_body_size, record["measurements"])


def assert_same(ours: dict, theirs: dict) -> None:
    for name, measurement in ours.items():
        for end in ("value", "low", "high"):
            expected = measurement[end]
            found = theirs[name][end]
            assert found == (expected if expected is None else pytest.approx(expected, rel=1e-5, abs=1e-6)), name


def test_the_same_input_gives_the_same_bytes(run) -> None:
    """Records hold no clock and no path of the machine; two workers change nothing."""
    first = run(STUDIES / "synthetic_mr")
    again = run(STUDIES / "synthetic_mr", jobs=2)
    for name in ("report.json", "report.html"):
        (ours,) = first.output.glob(f"*/{name}")
        (theirs,) = again.output.glob(f"*/{name}")
        assert ours.read_bytes() == theirs.read_bytes()
    text = next(first.output.glob("*/report.json")).read_text()
    assert str(ROOT) not in text


def test_studies_measured_in_workers_are_those_measured_in_one_process(run, sample_run: Run) -> None:
    """`--jobs` changes the time a run takes, nothing else."""
    result = run(STUDIES, jobs=2)
    assert result.reports == sample_run.reports
    assert (result.output / "studies.csv").read_bytes() == (sample_run.output / "studies.csv").read_bytes()


@pytest.mark.hazard("S20")
def test_nothing_printed_names_the_patient(run) -> None:
    """Lines and paths hold the opaque key; name, identifier and folder stay inside the reports."""
    result = run(STUDIES / "synthetic_ct")
    identity = result.reports["synthetic_ct"]["identity"]
    for secret in (identity["patient_id"], identity["patient_name"], identity["study_instance_uid"]):
        assert secret not in result.printed
        assert not [path for path in result.output.rglob("*") if secret in str(path.relative_to(result.output))]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"profile": "boldest"}, "no profile is called boldest"),
        ({"config": Path("absent.yaml")}, "absent.yaml:1: cannot be read"),
        ({"roles": "unheard_of"}, "unheard_of"),
        ({"clinical": Path("absent.csv")}, "absent.csv"),
    ],
)
def test_wrong_configuration_ends_with_exit_code_2_before_anything_is_read(run, options: dict, said: str) -> None:
    """The problem is named, and no output is written."""
    result = run(STUDIES / "lits_like", **options)
    assert result.code == 2
    assert said in result.printed
    assert not result.output.exists()


def test_an_input_without_studies_is_a_wrong_use(run, tmp_path: Path) -> None:
    """An empty folder is not a run of nothing that succeeded."""
    empty = tmp_path / "empty"
    empty.mkdir()
    assert run(empty).code == 2
    assert run(tmp_path / "absent").code == 2


def test_an_output_that_cannot_be_made_is_a_wrong_use(tmp_path: Path) -> None:
    """No traceback, and exit code 2: nothing was measured."""
    (tmp_path / "file").write_text("in the way")
    request = RunRequest(STUDIES / "lits_like", tmp_path / "file" / "out")
    assert run_command(request) == 2


def test_all_wrong_settings_are_said_at_once(run, tmp_path: Path) -> None:
    """Two problems in two files are two lines."""
    config = tmp_path / "site.yaml"
    config.write_text("min_lesion_mm: none\n")
    result = run(STUDIES / "lits_like", config=config, profile="boldest")
    assert result.code == 2
    assert "min_lesion_mm" in result.printed
    assert "boldest" in result.printed


def test_two_studies_of_one_patient_are_measured_apart_and_say_so(run, tmp_path: Path) -> None:
    """No change over time is computed; both reports carry the finding."""
    pydicom = pytest.importorskip("pydicom")
    for date in ("20240101", "20240601"):
        folder = Path(shutil.copytree(STUDIES / "synthetic_mr", tmp_path / "two" / date))
        for path in folder.rglob("*.dcm"):
            dataset = pydicom.dcmread(path)
            dataset.StudyInstanceUID = f"1.2.3.{date}"
            dataset.StudyDate = date
            dataset.save_as(path)
    result = run(tmp_path / "two")
    assert result.code == 0
    for report in result.reports.values():
        assert "TWO_DATES" in {finding["code"] for finding in report["findings"]}


def test_a_study_keeps_its_key_alone_and_among_others(run, formats: Path) -> None:
    """A NIfTI study has one key, whether its own folder or the one above is the input."""
    alone = run(formats / "nifti").reports["nifti"]["key"]
    assert run(formats).reports["nifti"]["key"] == alone


def test_the_command_runs_as_installed(tmp_path: Path) -> None:
    """The entry point, as a shell calls it, with a machine-readable summary."""
    command = [str(Path(sys.executable).parent / "livermetry"), "run", str(STUDIES / "real_ct_liver"), str(tmp_path)]
    done = subprocess.run([*command, "--json"], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["counts"] == {"done": 1, "refused": 0, "failed": 0}
    assert Path(summary["studies"][0]["report"]).is_file()


def test_an_unexpected_error_fails_one_study_and_says_nothing_private(run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others go on; the report names the kind of error and where, never its text."""
    import pipeline.study_run as study_run

    def explode(*_: object, **__: object) -> None:
        raise RuntimeError("Doe^Jane")

    monkeypatch.setattr(study_run, "measure_study", explode)
    result = run(STUDIES / "real_ct_liver")
    assert result.code == 1
    (report,) = result.reports.values()
    assert report["status"] == "failed"
    assert "RuntimeError" in report["findings"][0]["message"]
    assert "Doe" not in result.printed + json.dumps(report["findings"])


@pytest.mark.hazard("G19")
def test_a_liver_cut_by_the_scan_settles_no_verdict(run, formats: Path, tmp_path: Path) -> None:
    """Lesions outside the scan are not known: even with a full record no treatment is eligible or conditional."""
    nibabel = pytest.importorskip("nibabel")
    cut = Path(shutil.copytree(formats / "nifti", tmp_path / "cut" / "nifti"))
    for path in cut.rglob("*.nii.gz"):
        image = nibabel.load(path)
        nibabel.save(image.slicer[:, :, image.shape[2] // 2 :], path)
    (report,) = run(tmp_path / "cut").reports.values()
    assert report["measurements"]["total_liver_volume_ml"]["reason"].startswith("FOV_CUT")
    assert report["facts"]["ecog"]["value"] == 1
    outcomes = {verdict["treatment"]: verdict["outcome"] for verdict in report["assessment"]["verdicts"]}
    assert not set(outcomes.values()) & {"eligible", "conditional"}
