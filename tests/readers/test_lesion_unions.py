"""All lesions drawn once more as one beside the lesions one by one, in every form (row M04)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import StudyRefused
from pipeline.readers.layouts.lesion_unions import settle_unions
from pipeline.structures import Role
from pipeline.study import Segment, Severity, Study
from pipeline.volume import Mask
from tests.phantoms import make_grid, sample_array, sphere
from tests.readers.build_dicom import LESION, LIVER, write_seg, write_series
from tests.readers.build_rtstruct import Outline, ball_outlines, write_rtstruct
from tests.readers.conftest import GRID, balls, codes_of
from tests.readers.test_volume_files import ct_values, write

Read = Callable[[Path], Study]
Refusal = Callable[[Path], StudyRefused]
CENTERS = ((-4.0, -1.0, 2.0), (5.0, 0.0, 2.0))
FIRST, SECOND = (sample_array(sphere(3.5, center), GRID) for center in CENTERS)
OTHER = sample_array(sphere(3.5, (0.0, 6.0, -8.0)), GRID)


def write_files(folder: Path, **masks: np.ndarray) -> Path:
    write(folder / "ct.nii.gz", ct_values())
    for name, mask in {"liver": balls()["Liver"], **masks}.items():
        write(folder / f"{name}.nii.gz", mask.astype(np.uint8))
    return folder


def write_segments(folder: Path, **masks: np.ndarray) -> Path:
    paths = write_series(folder / "ct", GRID)
    drawn = {name: (mask, LESION) for name, mask in masks.items()}
    write_seg(folder / "s.dcm", paths, {"Liver": (balls()["Liver"], LIVER), **drawn})
    return folder


@pytest.mark.hazard("M04")
@pytest.mark.parametrize("make", [write_files, write_segments], ids=["files", "SEG"])
def test_lesions_one_by_one_count_and_their_union_does_not(
    tmp_path: Path, read: Read, make: Callable[..., Path]
) -> None:
    """Two lesions are two, and the report says that the third structure holds both."""
    study = read(make(tmp_path, tumor=FIRST | SECOND, tumor_1=FIRST, tumor_2=SECOND))
    assert [each.name for each in study.segments_of(Role.LESION)] == ["tumor_1", "tumor_2"]
    assert "SEG_OVERLAP" not in codes_of(study)
    (finding,) = (each for each in study.findings if each.code == "PAIR_AMBIGUOUS")
    assert finding.severity is Severity.WARNING
    assert "lesion_count" in finding.touches


@pytest.mark.hazard("M04")
def test_the_union_of_gross_tumour_volumes_is_none(tmp_path: Path, read: Read) -> None:
    """GTV, GTV1 and GTV2 of a plan, as exact circles."""
    paths = write_series(tmp_path / "ct", GRID)
    first, second = (ball_outlines(GRID, 3.5, center)[0] for center in CENTERS)
    rois: dict[str, list[Outline]] = {"GTV": [*first, *second], "GTV1": first, "GTV2": second}
    write_rtstruct(tmp_path / "rt.dcm", paths, rois)
    study = read(tmp_path)
    assert [each.name for each in study.segments_of(Role.LESION)] == ["GTV1", "GTV2"]
    assert "PAIR_AMBIGUOUS" in codes_of(study)


@pytest.mark.hazard("M04")
@pytest.mark.parametrize("make", [write_files, write_segments], ids=["files", "SEG"])
def test_a_structure_that_holds_more_than_the_numbered_lesions_is_refused(
    tmp_path: Path, refusal: Refusal, make: Callable[..., Path]
) -> None:
    """A third lesion is drawn in it alone, or it is one lesion and the numbered one a part of it."""
    refused = refusal(make(tmp_path, tumor=FIRST | SECOND | OTHER, tumor_1=FIRST, tumor_2=SECOND))
    assert refused.code == "PAIR_AMBIGUOUS"
    assert "2 numbered lesions" in refused.message


@pytest.mark.parametrize("make", [write_files, write_segments], ids=["files", "SEG"])
def test_a_lesion_without_a_number_apart_from_the_others_counts(
    tmp_path: Path, read: Read, make: Callable[..., Path]
) -> None:
    """It holds none of them."""
    study = read(make(tmp_path, tumor=OTHER, tumor_1=FIRST, tumor_2=SECOND))
    assert len(study.segments_of(Role.LESION)) == 3
    assert "PAIR_AMBIGUOUS" not in codes_of(study)


def slab(grid_shape: tuple[int, int, int], stop: int, name: str, spacing: float = 1.0) -> Segment:
    """Return a lesion of the first voxels along the last axis, of a grid whose voxels there are ``spacing`` mm long."""
    grid = make_grid(grid_shape, (1.0, 1.0, spacing))
    return Segment(Role.LESION, name, Mask(grid, (0, 0, 0), np.ones((*grid_shape[:2], stop), dtype=np.bool_)), 0)


@pytest.mark.parametrize(("stop", "union"), [(17, False), (18, True), (20, True)])
def test_nine_tenths_in_both_directions(stop: int, union: bool) -> None:
    """17 of 20 voxels of the whole are drawn one by one: refused; 18 of 20 are nine tenths."""
    whole, part = slab((2, 2, 20), 20, "tumor"), slab((2, 2, 20), stop, "tumor 1")
    if not union:
        with pytest.raises(StudyRefused, match="1 numbered"):
            settle_unions([whole, part])
        return
    assert [each.name for each in settle_unions([whole, part])[0]] == ["tumor 1"]


def test_other_objects_and_empty_lesions_are_no_union() -> None:
    """Two objects are told apart elsewhere; a declared empty lesion holds nothing."""
    whole, part = slab((2, 2, 20), 20, "tumor"), slab((2, 2, 20), 20, "tumor 1")
    elsewhere = Segment(Role.LESION, "tumor", whole.mask, 1)
    assert settle_unions([elsewhere, part]) == ([elsewhere, part], [])
    empty = slab((2, 2, 20), 0, "tumor 2")
    assert settle_unions([part, empty]) == ([part, empty], [])
