"""Label numbers of a role file: they hold for its label maps, and for no file that is another's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.readers.layouts.naming import Naming, load_naming, load_namings
from pipeline.readers.layouts.roles import map_roles
from pipeline.readers.mask_object import MaskObject, RawSegment
from pipeline.structures import Role
from pipeline.study import Study
from pipeline.volume import Mask
from tests.layouts.replicas import GRID, ct_values, label_map, shape_of
from tests.layouts.test_label_names import read_below
from tests.readers.conftest import codes_of
from tests.readers.test_volume_files import write

OWN = """
name: own
description: d
source: s
extends: generic
labels: {1: liver, 2: lesion}
"""


@pytest.fixture(scope="module")
def namings() -> dict[str, Naming]:
    """Return the shipped role files."""
    return load_namings(Path("configs/roles"))


def put(folder: Path, **masks: np.ndarray) -> None:
    write(folder / "ct.nii.gz", ct_values(), GRID)
    for name, voxels in masks.items():
        write(folder / f"{name}.nii.gz", voxels.astype(np.uint8), GRID)


def is_left_out(study: Study, name: str) -> bool:
    return [each.name for each in study.unmapped] == [name] and "LABEL_UNKNOWN" in codes_of(study)


@pytest.mark.hazard("M15")
@pytest.mark.parametrize("chosen", [None, "totalsegmentator", "lits"])
@pytest.mark.parametrize("name", ["Tumormaske_KM", "roi_mask_late"])
def test_a_loose_file_is_called_by_its_name_and_by_no_number(
    tmp_path: Path, namings: dict[str, Naming], name: str, chosen: str | None
) -> None:
    """Its 1 is neither the spleen of TotalSegmentator nor the liver of LiTS."""
    put(tmp_path, **{name: shape_of("lesion_1"), "liver": shape_of("liver")})
    (study,) = read_below(tmp_path, namings, chosen)
    assert is_left_out(study, name)
    assert {segment.role for segment in study.segments} == {Role.LIVER}


@pytest.mark.hazard("M15")
@pytest.mark.parametrize("chosen", ["totalsegmentator", "lits"])
@pytest.mark.parametrize("name", ["Tumormaske_KM", "seg", "befund_mask"])
def test_a_file_of_one_number_alone_is_no_label_map(
    tmp_path: Path, namings: dict[str, Naming], name: str, chosen: str
) -> None:
    """Nor with nothing beside it: any file of one structure holds a 1."""
    put(tmp_path, **{name: shape_of("lesion_1")})
    (study,) = read_below(tmp_path, namings, chosen)
    assert is_left_out(study, name)
    assert not study.segments


@pytest.mark.hazard("M15")
@pytest.mark.parametrize("name", ["Tumormaske_KM", "GTV_mask_v2", "Metastases label KM"])
def test_numbered_lesions_are_no_organs(tmp_path: Path, namings: dict[str, Naming], name: str) -> None:
    """1 and 2 in a file called by lesions are two of them."""
    put(tmp_path, **{name: label_map({"lesion_1": 1, "lesion_2": 2})})
    (study,) = read_below(tmp_path, namings, "lits")
    assert [each.number for each in study.unmapped] == [1, 2]
    assert not study.segments


@pytest.mark.hazard("M15")
def test_of_two_label_maps_no_one_is_guessed(tmp_path: Path, namings: dict[str, Naming]) -> None:
    """Two files of numbers, and the names of both in what is listed."""
    put(tmp_path, first_seg_a=label_map({"liver": 1, "lesions": 2}), second_seg_b=label_map({"lesion_1": 1}))
    (study,) = read_below(tmp_path, namings, "lits")
    assert not study.segments
    assert [each.name for each in study.unmapped] == ["first_seg_a label 1", "first_seg_a label 2", "second_seg_b"]


def test_two_files_of_unknown_name_are_told_apart(tmp_path: Path, namings: dict[str, Naming]) -> None:
    """Each by its own name, in the finding too."""
    put(tmp_path, liver=shape_of("liver"), mymask1=shape_of("lesion_1"), mymask2=shape_of("lesion_2"))
    (study,) = read_below(tmp_path, namings)
    assert [each.name for each in study.unmapped] == ["mymask1", "mymask2"]
    assert any("mymask1, mymask2" in finding.message for finding in study.findings)


@pytest.mark.parametrize("name", ["seg", "totalseg", "case7_segmentation"])
def test_a_label_map_of_several_numbers_is_read(tmp_path: Path, namings: dict[str, Naming], name: str) -> None:
    """With the table that the user names."""
    put(tmp_path, **{name: label_map({"liver": 1, "lesions": 2})})
    (study,) = read_below(tmp_path, namings, "lits")
    assert [segment.role for segment in study.segments] == [Role.LIVER, Role.LESION]


@pytest.mark.parametrize(("files", "read"), [("", False), ("files: {labels: [seg]}\n", True)])
def test_a_role_file_may_say_which_files_its_numbers_are_for(
    tmp_path: Path, namings: dict[str, Naming], files: str, read: bool
) -> None:
    """Then a liver without lesions is one: its only number is the liver's; else the finding says what to write."""
    (tmp_path / "own.yaml").write_text(OWN + files)
    own = load_naming(tmp_path / "own.yaml", namings)
    folder = tmp_path / "study"
    put(folder, seg=shape_of("liver"))
    (study,) = read_below(folder, {**namings, "own": own}, "own")
    assert [segment.role for segment in study.segments if not segment.mask.is_empty] == [Role.LIVER] * read
    assert any("files: labels" in finding.message for finding in study.findings) is not read


@pytest.mark.hazard("M15")
@pytest.mark.parametrize(("count", "line"), [(2, "labels: {1: ROLE, 2: ROLE}"), (9, "6: ROLE, ...}")])
def test_numbers_that_nothing_explains_are_shown_as_a_line_to_write(
    tmp_path: Path, namings: dict[str, Naming], count: int, line: str
) -> None:
    """The commonest file of one's own: the finding holds what a role file needs, and where an example is."""
    voxels = np.zeros(GRID.shape, dtype=np.uint8)
    voxels[2:5, 2:5, 1 : count + 1] = np.arange(1, count + 1)
    put(tmp_path, seg=voxels)
    (study,) = read_below(tmp_path, namings)
    assert not study.segments
    (finding,) = [each for each in study.findings if "`labels:" in each.message]
    assert line in finding.message
    assert "docs/roles.md" in finding.message
    assert "--roles" in finding.message


@pytest.mark.hazard("M15")
@pytest.mark.parametrize("chosen", ["totalsegmentator", "lits"])
@pytest.mark.parametrize("name", ["Herd 3", "Segment_1"])
def test_the_number_of_a_drawing_tool_is_no_label(namings: dict[str, Naming], name: str, chosen: str) -> None:
    """Segment 1 of a DICOM SEG or of 3D Slicer is the first that was drawn, not the spleen and not the liver."""
    drawn = MaskObject("seg", (RawSegment(name, Mask.from_array(GRID, shape_of("lesion_1")), 1),), ())
    mapped = map_roles([drawn], namings[chosen])
    assert not mapped.segments
    assert [each.name for each in mapped.unmapped] == [name]
