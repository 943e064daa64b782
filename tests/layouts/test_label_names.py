"""What label numbers mean: from a file beside them where the role file says so, and never guessed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import StudyRefused
from pipeline.readers import Naming, find_studies, load_namings, read_study
from pipeline.readers.layouts.label_names import read_label_names
from pipeline.structures import Role
from pipeline.study import Study
from tests.layouts import replicas
from tests.layouts.replicas import GRID, ct_values, label_map, shape_of
from tests.readers.conftest import ROOT, codes_of
from tests.readers.test_volume_files import write

DECATHLON = '{"labels": {"0": "background", "1": "liver", "2": "cancer"}}'
GOOD = [
    ("dataset.json", DECATHLON, {0: "background", 1: "liver", 2: "cancer"}),
    ("dataset.json", '{"labels": {"background": 0, "liver": 1, "whole": [1, 2]}}', {0: "background", 1: "liver"}),
    ("dseg.tsv", "index\tname\n1\tliver\n7\ttumor\n", {1: "liver", 7: "tumor"}),
    ("dseg.tsv", "\ufeffname\tcolor\tindex\nliver\t#f00\t3\n", {3: "liver"}),
]
BAD = [
    ("dataset.json", "{"),
    ("dataset.json", "[]"),
    ("dataset.json", '{"labels": [1]}'),
    ("dataset.json", '{"names": {}}'),
    ("dataset.json", '{"labels": {"1": "liver", "1": "spleen"}}'),
    ("dataset.json", '{"labels": {"liver": 1, "spleen": 1}}'),
    ("dataset.json", "[" * 100_000),
    ("dataset.json", " " * (2 << 20)),
    ("dseg.tsv", "a\tb\n1\t2\n"),
    ("dseg.tsv", "index\tname\none\tliver\n"),
    ("dseg.tsv", "index\tname\n1\n"),
    ("dseg.tsv", "index\tname\n1\tliver\n1\tspleen\n"),
    ("dseg.tsv", ""),
]


@pytest.fixture(scope="session")
def namings() -> dict[str, Naming]:
    return load_namings(ROOT / "configs" / "roles")


def read_below(folder: Path, namings: dict[str, Naming], naming: str | None = None) -> list[Study]:
    return [read_study(files) for files in find_studies(folder, namings, naming)]


@pytest.mark.parametrize(("name", "text", "expected"), GOOD)
def test_names_of_numbers(tmp_path: Path, name: str, text: str, expected: dict[int, str]) -> None:
    """Both forms of nnU-Net and the Decathlon, and the table of BIDS; regions name no single number."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_label_names([tmp_path / "absent.json", tmp_path / name]) == expected


@pytest.mark.hazard("M15")
@pytest.mark.parametrize(("name", "text"), BAD)
def test_names_that_cannot_be_read_are_refused(tmp_path: Path, name: str, text: str) -> None:
    """Half a description is worse than none."""
    (tmp_path / name).write_text(text)
    with pytest.raises(StudyRefused) as error:
        read_label_names([tmp_path / name])
    assert error.value.code == "LABEL_UNKNOWN"


def test_names_without_a_file_are_none(tmp_path: Path) -> None:
    """The numbers stay without a name."""
    assert read_label_names([tmp_path / "dataset.json"]) == {}


def remove_json(root: Path) -> None:
    (root / "Dataset017_Abdomen" / "dataset.json").unlink()


def rename_liver(root: Path) -> None:
    path = root / "Dataset017_Abdomen" / "dataset.json"
    path.write_text(json.dumps({"labels": {"background": 0, "spleen": 1, "Segment_2": 2, "tumor": 4}}))


@pytest.mark.hazard("M15")
@pytest.mark.parametrize(("spoil", "unknown"), [(remove_json, 3), (rename_liver, 1)])
def test_numbers_without_a_known_name_are_left_out(
    tmp_path: Path, namings: dict[str, Naming], spoil: Callable[[Path], None], unknown: int
) -> None:
    """Without dataset.json no number of an nnU-Net data set means anything."""
    replicas.nnunet(tmp_path)
    spoil(tmp_path)
    for study in read_below(tmp_path, namings):
        assert len(study.unmapped) == unknown
        assert Role.LIVER not in {segment.role for segment in study.segments}
        assert "LABEL_UNKNOWN" in codes_of(study)


@pytest.mark.hazard("M15")
def test_a_dataset_json_is_not_asked_where_the_layout_does_not_say_so(
    tmp_path: Path, namings: dict[str, Naming]
) -> None:
    """Beside an image and a label map of plain names it describes something else."""
    write(tmp_path / "ct.nii.gz", ct_values(), GRID)
    write(tmp_path / "labels.nii.gz", label_map({"liver": 1, "lesions": 2}), GRID)
    (tmp_path / "dataset.json").write_text('{"labels": {"1": "liver", "2": "tumor"}}')
    (study,) = read_below(tmp_path, namings)
    assert not study.segments
    assert [each.name for each in study.unmapped] == ["label 1", "label 2"]


def test_the_finding_shows_the_names_and_what_to_do(tmp_path: Path, namings: dict[str, Naming]) -> None:
    """Names as they are, a few of them, without long numbers; and where role files are explained."""
    write(tmp_path / "image.nii.gz", ct_values(), GRID)
    for name in ("Leber_AW", "Herd 12345678", *(f"extra {i}" for i in range(6))):
        write(tmp_path / f"{name}.nii.gz", shape_of("liver").astype(np.uint8), GRID)
    (study,) = read_below(tmp_path, namings)
    (finding,) = [each for each in study.findings if each.code == "LABEL_UNKNOWN"]
    assert "Leber_AW" in finding.message
    assert "and 2 more" in finding.message
    assert "--roles" in finding.message
    assert "docs/roles.md" in finding.message
    assert "12345678" not in finding.message


@pytest.mark.hazard("M15")
@pytest.mark.parametrize("chosen", [None, "lits"])
@pytest.mark.parametrize("labels", [{"0": "background", "1": "tumor", "2": "liver"}, {"spleen": 1, "liver": 2}])
def test_a_data_set_that_was_numbered_anew_is_refused(
    tmp_path: Path, namings: dict[str, Naming], labels: dict[str, str | int], chosen: str | None
) -> None:
    """Its own dataset.json says so; the numbers that the Decathlon gave would be another structure's."""
    replicas.task03(tmp_path)
    (tmp_path / "Task03_Liver" / "dataset.json").write_text(json.dumps({"labels": labels}))
    for files in find_studies(tmp_path, namings, chosen):
        with pytest.raises(StudyRefused) as error:
            read_study(files)
        assert error.value.code in ("LABEL_CONFLICT", "NO_MASK")


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Segmentation-liver-label", "liver"), ("Segmentation_Liver", "liver"), ("liver-label", "liver"),
        ("Segmentation-tumor_1", "lesion"), ("LIVER_seg", "liver"), ("segs/portal_vein", "portal_vein"),
    ],
)  # fmt: skip
def test_exports_of_single_segments_are_known(tmp_path: Path, namings: dict[str, Naming], name: str, role: str) -> None:
    """Names that 3D Slicer and people give to a file of one structure."""
    write(tmp_path / "ct.nii.gz", ct_values(), GRID)
    write(tmp_path / f"{name}.nrrd", shape_of("liver").astype(np.uint8), GRID)
    (study,) = read_below(tmp_path, namings)
    assert [segment.role.value for segment in study.segments] == [role]


@pytest.mark.parametrize("task", ["liver_segments", "liver_vessels", "liver_lesions", "mr", ""])
def test_label_maps_of_totalsegmentator_tasks_are_named(tmp_path: Path, namings: dict[str, Naming], task: str) -> None:
    """The numbers of each task are its own: 1 is a segment, a vessel, a lesion or the spleen."""
    write(tmp_path / "ct.nii.gz", ct_values(), GRID)
    write(tmp_path / "segmentations.nii.gz", label_map({"liver": 1, "lesions": 2}), GRID)
    name = "_".join(part for part in ("totalsegmentator", task) if part)
    (study,) = read_below(tmp_path, namings, name)
    roles = {"liver_segments": "segment_1", "liver_vessels": "liver_vessel", "liver_lesions": "lesion"}
    first = [segment.role.value for segment in study.segments if segment.number == 1 and not segment.mask.is_empty]
    assert first == [roles.get(task, "spleen")]


def two_masks(folder: Path, *names: str) -> None:
    write(folder / "ct.nii.gz", ct_values(), GRID)
    write(folder / "liver.nii.gz", shape_of("liver").astype(np.uint8), GRID)
    for number, name in enumerate(names, 1):
        shape = "lesion_1" if number == 1 else "lesion_2"
        write(folder / f"{name}.nii.gz", shape_of(shape).astype(np.uint8), GRID)


@pytest.mark.hazard("M04")
@pytest.mark.parametrize("names", [("tumor", "lesions"), ("lesion", "lesions"), ("mets", "metastases")])
def test_two_files_for_all_lesions_are_refused(
    tmp_path: Path, namings: dict[str, Naming], names: tuple[str, str]
) -> None:
    """Whether they are two readers or two halves is not guessed, even where they do not overlap."""
    two_masks(tmp_path, *names)
    with pytest.raises(StudyRefused) as error:
        read_below(tmp_path, namings)
    assert error.value.code == "PAIR_AMBIGUOUS"
    assert all(name in error.value.message for name in names)


@pytest.mark.hazard("M04")
def test_numbered_files_of_lesions_are_one_each(tmp_path: Path, namings: dict[str, Naming]) -> None:
    """tumor_1 beside tumor_2 are two lesions, not two answers."""
    two_masks(tmp_path, "tumor_1", "tumor_2")
    (study,) = read_below(tmp_path, namings)
    assert [segment.role for segment in study.segments] == [Role.LIVER, Role.LESION, Role.LESION]


MINE = "name: mine\ndescription: d\nsource: s\nextends: generic\nnames: {liver: [liver corrected]}\n"


@pytest.mark.hazard("M04")
@pytest.mark.parametrize(
    ("prefer", "kept"),
    [
        ("prefer: {lesion: [lesions, tumor], liver: [liver corrected]}", ["lesions", "liver_corrected"]),
        ("prefer: {lesion: [tumor], liver: [liver_corrected, liver]}", ["liver_corrected", "tumor"]),
    ],
)
def test_a_configured_precedence_decides_and_is_told(
    tmp_path: Path, namings: dict[str, Naming], prefer: str, kept: list[str]
) -> None:
    """The first preferred name that the study has counts; the report names it and what was left out."""
    (tmp_path / "mine.yaml").write_text(MINE + prefer + "\n")
    from pipeline.readers import load_naming

    mine = load_naming(tmp_path / "mine.yaml", namings)
    two_masks(tmp_path / "study", "tumor", "lesions")
    write(tmp_path / "study" / "liver_corrected.nii.gz", shape_of("liver").astype(np.uint8), GRID)
    (study,) = read_below(tmp_path / "study", namings | {"mine": mine}, "mine")
    assert sorted(segment.name for segment in study.segments) == kept
    told = [each.message for each in study.findings if each.code == "PAIR_AMBIGUOUS"]
    assert len(told) == 2
    assert all(any(name in message for message in told) for name in kept)


@pytest.mark.hazard("M04")
def test_without_a_precedence_two_livers_are_refused(tmp_path: Path, namings: dict[str, Naming]) -> None:
    """Neither the newer nor the larger one is taken."""
    two_masks(tmp_path)
    write(tmp_path / "whole_liver.nii.gz", shape_of("liver").astype(np.uint8), GRID)
    with pytest.raises(StudyRefused) as error:
        read_below(tmp_path, namings)
    assert error.value.code == "PAIR_AMBIGUOUS"
