"""``livermetry check`` says what a run would do, and a run does it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import nibabel
import pydicom
import pytest
from typer.testing import CliRunner

from pipeline.check import StudyCheck, check_studies
from pipeline.cli.app import app
from pipeline.cli.preparation import CheckRequest, prepare_check
from pipeline.errors import StudyRefused
from pipeline.settings import load_settings
from tests.end_to_end.conftest import SAMPLES, Run, read_reports

SMALL = SAMPLES / "studies" / "synthetic_mr"
REFUSED = sorted(path.name for path in (SAMPLES / "refused").iterdir() if path.is_dir())


def checked(*arguments: object) -> tuple[int, dict]:
    """Run the command, with the names of folders, and return its exit code and its JSON."""
    done = CliRunner().invoke(app, ["check", *map(str, arguments), "--json", "--folders"])
    return done.exit_code, json.loads(done.stdout)


@pytest.fixture(scope="module")
def samples() -> dict[str, dict]:
    """The check of every sample study by its folder, as JSON."""
    code, found = checked(SAMPLES / "studies")
    assert code == 0
    return {Path(each["folder"]).parts[0]: each for each in found["studies"]}


def light_in(findings: list[dict]) -> str:
    """Return the light of a report from its findings, by the words of docs/report.md."""
    severities = {each["severity"] for each in findings}
    return "red" if "refused" in severities else "amber" if "warning" in severities else "green"


def test_a_check_finds_what_the_run_finds(samples: dict[str, dict], sample_run: Run) -> None:
    """The same findings in the same order, those made while measuring too, and so the same light."""
    assert samples.keys() == sample_run.reports.keys()
    for folder, found in samples.items():
        report = sample_run.reports[folder]
        assert found["findings"] == report["findings"], folder
        assert found["light"] == light_in(report["findings"]), folder
        assert found["key"] == report["key"]
    made_while_measuring = {"FOV_CUT", "LESION_TOUCH", "LESION_OUTSIDE", "NO_LIVER", "LESION_THIN", "LESION_SPECK"}
    assert made_while_measuring & {each["code"] for found in samples.values() for each in found["findings"]}


@pytest.mark.hazard("G19")
def test_a_liver_cut_by_the_scan_is_red_in_a_check_as_in_a_run(run: Callable[..., Run], tmp_path: Path) -> None:
    """What only measuring shows: the upper slices are missing, so that the liver touches the border."""
    source = Path(shutil.copytree(SMALL.parent / "lits_like", tmp_path / "in" / "study"))
    for path in source.rglob("*.nii*"):
        image = nibabel.load(path)
        nibabel.save(image.slicer[:, :, : image.shape[2] // 2], path)
    _, found = checked(tmp_path / "in")
    (report,) = run(tmp_path / "in").reports.values()
    (one,) = found["studies"]
    assert "FOV_CUT" in {each["code"] for each in one["findings"]}
    assert one["light"] == light_in(report["findings"]) == "red"
    assert one["findings"] == report["findings"]


def test_pictures_that_a_run_cannot_draw_are_told_by_a_check(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pixels that cannot be decoded: the same warning and the same light, although a check draws nothing."""

    def refuse(*_: object) -> None:
        raise StudyRefused("TRANSFER_SYNTAX", "The pixels cannot be decoded.")

    monkeypatch.setattr("pipeline.drawing.read_image", refuse)
    _, found = checked(SMALL)
    (report,) = run(SMALL).reports.values()
    (one,) = found["studies"]
    assert one["light"] == light_in(report["findings"]) == "amber"
    assert one["findings"] == report["findings"]
    assert "TRANSFER_SYNTAX" in {each["code"] for each in one["findings"]}


def test_a_check_names_the_image_and_the_roles_that_the_run_measures(samples: dict[str, dict], sample_run: Run) -> None:
    """Grid, why this image, every structure with its role, what gave it, and its voxels."""
    for folder, found in samples.items():
        report = sample_run.reports[folder]
        for name in ("modality", "shape", "spacing_mm", "chosen_by", "candidates"):
            assert found["image"][name] == report["image"][name], (folder, name)
        assert found["image"]["chosen_by"]
        mapped = [(s["number"], s["role"], s["mapped_by"], s["voxels"]) for s in found["structures"]]
        assert mapped == [(s["number"], s["role"], s["mapped_by"], s["voxels"]) for s in report["structures"]]
        for one, recorded in zip(found["structures"], report["structures"], strict=True):
            assert one["volume_ml"] == pytest.approx(recorded["volume_ml"]["value"], rel=1e-12)


def test_what_gave_a_structure_its_role_is_told(samples: dict[str, dict]) -> None:
    """A label number in the LiTS-like study, codes in the synthetic CT, a name where the code says less."""
    by_name = {each["name"]: each["mapped_by"] for each in samples["synthetic_ct"]["structures"]}
    assert by_name["Liver"] == "code SCT:10200004"
    assert by_name["Liver_Remnant"].startswith("name")
    assert {each["mapped_by"] for each in samples["lits_like"]["structures"]} == {"label 1", "label 2"}
    assert samples["lits_like"]["naming"] == "lits"


def test_the_clinical_record_is_counted(samples: dict[str, dict]) -> None:
    """A study with a record beside it, and one without."""
    found = samples["synthetic_ct"]["clinical"]
    assert (found["source"], found["place"]) == ("study", 1)
    assert not found["in_table"]
    assert found["known"] > 10
    assert samples["real_ct_crlm"]["clinical"]["place"] is None


def test_the_row_of_a_clinical_table_is_named(tmp_path: Path) -> None:
    """The line of the study's record, one value known and one not usable, and the record of nobody here."""
    table = tmp_path / "clinical.csv"
    table.write_text("study,ecog,bilirubin_total_mg_dl\nsomeone else,1,\nlits_like,1,1000000\n")
    code, found = checked(SMALL.parent, "--clinical", table)
    (one,) = (each for each in found["studies"] if each["folder"].startswith("lits_like"))
    assert code == 0
    assert (one["clinical"]["source"], one["clinical"]["place"], one["clinical"]["unusable"]) == ("run", 3, 1)
    assert one["clinical"]["in_table"]
    assert found["clinical_unused"] == [2]
    assert one["light"] == "amber"


@pytest.mark.parametrize("study", REFUSED)
def test_a_refused_study_is_refused_alike(run: Callable[..., Run], study: str) -> None:
    """Exit code 1, red, and the findings of the run's report, in its order."""
    code, found = checked(SAMPLES / "refused" / study)
    result = run(SAMPLES / "refused" / study)
    (report,) = result.reports.values()
    (one,) = found["studies"]
    assert code == result.code == 1
    assert (one["status"], one["light"]) == ("refused", "red")
    assert one["findings"] == report["findings"]
    assert found["counts"] == {"ready": 0, "refused": 1, "failed": 0}


def test_a_study_without_a_set_voxel_is_refused_as_by_a_run(run: Callable[..., Run], tmp_path: Path) -> None:
    """Every structure unknown: both say NOTHING_MEASURED first."""
    source = Path(shutil.copytree(SMALL, tmp_path / "in" / "study"))
    for path in source.rglob("*.dcm"):
        dataset = pydicom.dcmread(path)
        for number, segment in enumerate(dataset.get("SegmentSequence", [])):
            segment.SegmentLabel = f"thing {number}"
            del segment.SegmentedPropertyTypeCodeSequence
            segment.pop("SegmentDescription", None)
        if dataset.Modality == "SEG":
            dataset.save_as(path)
    code, found = checked(tmp_path / "in")
    (report,) = run(tmp_path / "in").reports.values()
    (one,) = found["studies"]
    assert (code, one["status"], one["light"]) == (1, "refused", "red")
    assert one["findings"][0] == report["findings"][0]
    assert one["findings"][0]["code"] == "NOTHING_MEASURED"
    assert all(each["role"] is None for each in one["structures"])


def test_the_lines_say_what_the_json_says() -> None:
    """Key, light, image and why, each structure with its role, and the count at the end."""
    done = CliRunner().invoke(app, ["check", str(SMALL), "--folders"])
    lines = done.stdout.splitlines()
    assert done.exit_code == 0
    assert lines[0].split()[1:] == ["ready", "green", "synthetic_mr"]
    assert any("image: MR" in line and "chosen: the masks name it" in line for line in lines)
    assert sum("lesion (by code SCT:" in line for line in lines) == 3
    assert lines[-1] == "1 study: 1 ready. Nothing was written."


@pytest.mark.hazard("S20")
@pytest.mark.parametrize("known", [False, True], ids=["unknown structures", "known structures"])
@pytest.mark.parametrize("as_json", [False, True])
def test_a_check_prints_no_identity(tmp_path: Path, as_json: bool, known: bool) -> None:
    """A name planted in identity, descriptions, segment labels and folders appears nowhere."""
    source = Path(shutil.copytree(SMALL, tmp_path / "in" / "Canary_Bird_ID777" / "MR of Canary"))
    for path in source.rglob("*.dcm"):
        dataset = pydicom.dcmread(path)
        dataset.PatientName, dataset.PatientID = "Canary^Bird", "ID777"
        dataset.SeriesDescription = "liver of Canary ID777"
        for number, segment in enumerate(dataset.get("SegmentSequence", [])):
            segment.SegmentLabel = f"CANARY_{number}"
            if not known and number:
                del segment.SegmentedPropertyTypeCodeSequence
                del segment.SegmentedPropertyCategoryCodeSequence
            segment.pop("SegmentDescription", None)
        dataset.save_as(path)
    done = CliRunner().invoke(app, ["check", str(tmp_path / "in"), *(["--json"] if as_json else [])])
    assert done.exit_code == 0
    assert "canary" not in done.output.casefold()
    assert "777" not in done.output


@pytest.mark.parametrize(("folder", "name"), [(SMALL, "synthetic_mr"), (SAMPLES / "refused", "missing_slice")])
def test_folders_are_named_only_where_they_are_asked_for(folder: Path, name: str) -> None:
    """In lines and in JSON, of a study that can be measured and of refused ones."""
    for extra in ([], ["--json"]):
        assert name not in CliRunner().invoke(app, ["check", str(folder), *extra]).output
        assert name in CliRunner().invoke(app, ["check", str(folder), *extra, "--folders"]).output
    found = json.loads(CliRunner().invoke(app, ["check", str(folder), "--json"]).output)
    assert {each["folder"] for each in found["studies"]} == {None}


@pytest.mark.parametrize(("content", "said"), [({}, "empty folder"), ({"a.txt": "x"}, "no study found")])
def test_an_input_without_a_study_is_wrong_use(tmp_path: Path, content: dict[str, str], said: str) -> None:
    """Exit code 2; what would be recognised is said."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name, text in content.items():
        (folder / name).write_text(text)
    done = CliRunner().invoke(app, ["check", str(folder)])
    assert done.exit_code == 2
    assert said in done.output
    if content:
        assert "DICOM" in done.output
        assert "docs/roles.md" in done.output


def test_a_wrong_setting_is_wrong_use(tmp_path: Path) -> None:
    """A rule that is none is said with its line; nothing is read."""
    config = tmp_path / "site.yaml"
    config.write_text("series_preference:\n  - word: [portal]\n  - slices: max\n")
    done = CliRunner().invoke(app, ["check", str(SMALL), "--config", str(config)])
    assert done.exit_code == 2
    assert "site.yaml:2: series_preference.0.word is no condition of a rule" in done.output
    assert "site.yaml:3: series_preference.1.slices" in done.output


def test_a_check_writes_nothing(tmp_path: Path) -> None:
    """The input is as before, file by file."""
    source = Path(shutil.copytree(SMALL, tmp_path / "in"))
    before = {path: path.stat().st_mtime_ns for path in source.rglob("*")}
    assert CliRunner().invoke(app, ["check", str(source)]).exit_code == 0
    assert {path: path.stat().st_mtime_ns for path in source.rglob("*")} == before
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_an_unexpected_error_fails_one_study_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are checked; the finding holds nothing of the error's text."""
    prepared = prepare_check(CheckRequest(SAMPLES / "refused"))
    from pipeline import check

    known = check.examine_study

    def fail_once(files: object, context: object) -> object:
        if files is prepared.studies[0]:
            raise ValueError("Canary^Bird")
        return known(files, context)  # type: ignore[arg-type]

    monkeypatch.setattr(check, "examine_study", fail_once)
    found: list[StudyCheck] = list(check_studies(prepared.studies, prepared.context))
    assert [each.status for each in found] == ["failed", "refused", "refused"]
    assert found[0].findings[0].code == "INTERNAL_ERROR"
    assert "Canary" not in found[0].findings[0].message


def test_the_report_says_why_its_image_was_chosen(run: Callable[..., Run]) -> None:
    """In the record and on the page."""
    result = run(SMALL)
    (folder,) = (path for path in result.output.iterdir() if path.is_dir())
    assert read_reports(result.output)["synthetic_mr"]["image"]["chosen_by"] == "the masks name it"
    assert "the masks name it" in (folder / "report.html").read_text(encoding="utf-8")


def page() -> str:
    return (SAMPLES.parent / "docs" / "checking.md").read_text(encoding="utf-8")


def test_the_page_lists_every_key_of_the_json(samples: dict[str, dict]) -> None:
    """The table of docs/checking.md names each key, and the parts of each part."""
    study = samples["synthetic_ct"]
    text = page().partition("## As JSON")[2].partition("##")[0]
    named = set(re.findall(r"`(\w+)`", text))
    keys = set(study) | set(study["image"]) | set(study["structures"][0]) | set(study["clinical"])
    assert keys | {"code", "severity", "message", "touches", "at_stake_ml"} <= named


def test_the_rules_of_the_page_are_settings(tmp_path: Path) -> None:
    """The example can be given with --config as it stands."""
    (text,) = re.findall(r"```yaml\n(.*?)```", page(), re.DOTALL)
    config = tmp_path / "site.yaml"
    config.write_text(text)
    settings = load_settings(config)
    assert len(settings.series_preference) == 5
    assert len(settings.mask_preference) == 3
