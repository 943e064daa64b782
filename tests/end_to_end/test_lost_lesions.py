"""Lesions that a structure set declares and that cannot be measured, beside others that can: the count says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import nibabel
import numpy as np
import pytest

from pipeline.lesion import StudyMeasurements
from pipeline.readers import Naming, find_studies
from pipeline.study import Severity, Study
from tests.end_to_end.test_sparse_contours import GRID, WHOLE, Rois, measure, measure_read, namings
from tests.readers import conftest
from tests.readers.build_dicom import LESION, LIVER, write_seg, write_series
from tests.readers.build_rtstruct import Outline

__all__ = ["measure", "namings"]

Measure = Callable[[Rois], tuple[Study, StudyMeasurements]]
TOUCHED = ("lesion_count", "total_lesion_volume_ml", "largest_diameter_mm", "tumour_burden_percent")
MIDDLE = GRID.to_world(np.array([[14.0, 0.0, 0.0]]))[0][2]


def drawn(kind: str) -> Sequence[Outline]:
    """Return contours of lesion 3 that bound no area, or no pixel centre."""
    if kind.startswith("OPEN"):
        return [Outline(each.points, each.slice, kind) for each in WHOLE["lesion 3"]]
    if kind == "POINT":
        return [Outline(np.array([[-55.0, 20.0, MIDDLE]]), 14, "POINT")]
    corners = np.array([[0.0, 0.0], [0.8, 0.0], [0.8, 0.8]])
    start = GRID.to_world(np.array([[14.0, 20.0, 12.0]]))[0] + np.array([1.0, 1.0, 0.0])
    return [Outline(start + np.column_stack([corners, np.zeros(3)]), 14)]


@pytest.mark.hazard("M31")
@pytest.mark.parametrize("kind", ["POINT", "less than a pixel"])
def test_a_lesion_smaller_than_a_pixel_is_in_the_high_end_of_the_count(kind: str, measure: Measure) -> None:
    """Two lesions are measured, a third is a point: two to three of them, and the flag beside every total."""
    study, found = measure({**WHOLE, "lesion 3": drawn(kind)})
    count = found.measurements["lesion_count"]
    assert (count.value, count.low, count.high) == (2, 2, 3)
    assert all("RT_POINT" in found.measurements[name].flags for name in TOUCHED)
    volumes = dict(zip([each.name for each in study.segments], found.structure_volumes, strict=True))
    assert volumes["lesion 3"].value is None
    assert (volumes["lesion 3"].reason or "").startswith("RT_POINT")


@pytest.mark.hazard("M31")
@pytest.mark.parametrize("kind", ["OPEN_PLANAR", "OPEN_NONPLANAR"])
def test_a_lesion_of_open_lines_leaves_the_lesions_unknown(kind: str, measure: Measure) -> None:
    """It may be the largest of all: no count, no diameter, no burden; the liver that holds it is measured."""
    _, found = measure({**WHOLE, "lesion 3": drawn(kind)})
    for name in TOUCHED:
        assert found.measurements[name].value is None
        assert (found.measurements[name].reason or "").startswith("RT_POINT")
    assert found.measurements["total_liver_volume_ml"].value is not None
    assert not found.lesions_known
    assert [each.severity for each in found.findings if each.code == "RT_POINT"] == [Severity.REFUSED]


@pytest.mark.hazard("M23")
@pytest.mark.hazard("M31")
def test_lesions_of_points_alone_are_not_confirmed_to_be_none(measure: Measure) -> None:
    """Neither absent nor empty: something is drawn, and none of it can be measured."""
    _, found = measure({"liver": WHOLE["liver"], "lesion 3": drawn("POINT")})
    assert (found.measurements["lesion_count"].reason or "").startswith("RT_POINT")
    assert found.facts["lesion_state"].value == "absent"


@pytest.mark.hazard("M31")
def test_points_of_other_structures_change_no_number_of_lesions(measure: Measure) -> None:
    """An isocentre and a spleen of one point are no lesions."""
    _, found = measure({**WHOLE, "isocenter": drawn("POINT"), "spleen": drawn("POINT")})
    count = found.measurements["lesion_count"]
    assert (count.value, count.low, count.high, count.flags) == (3, 3, 3, ())


@pytest.mark.hazard("M23")
def test_a_lesion_without_contours_beside_drawn_ones_is_told_beside_the_count(measure: Measure) -> None:
    """Declared and not drawn: three lesions, flagged; a spleen without contours changes nothing."""
    _, found = measure({**WHOLE, "lesion 4": []})
    assert found.measurements["lesion_count"].flags == ("EMPTY_LESIONS",)
    assert any(each.code == "EMPTY_LESIONS" and "lesion 4" in each.message for each in found.findings)


@pytest.mark.hazard("M23")
def test_an_organ_without_contours_says_nothing_of_lesions(measure: Measure) -> None:
    """As exports that declare every organ they know."""
    _, found = measure({**WHOLE, "spleen": []})
    assert found.measurements["lesion_count"].flags == ()


@pytest.mark.hazard("M23")
def test_a_lesion_segment_without_frames_is_told_beside_the_count(tmp_path: Path, namings: dict[str, Naming]) -> None:
    """The same in a DICOM SEG: the second lesion segment is declared and has no frame."""
    masks = {name: (array, LIVER if name == "Liver" else LESION) for name, array in conftest.balls().items()}
    nothing = np.zeros(conftest.GRID.shape, dtype=bool)
    series = write_series(tmp_path / "ct", conftest.GRID)
    write_seg(tmp_path / "seg.dcm", series, {**masks, "Lesion 2": (nothing, LESION)})
    (files,) = find_studies(tmp_path, namings)
    assert measure_read(files).measurements["lesion_count"].flags == ("EMPTY_LESIONS",)


@pytest.mark.hazard("M23")
def test_an_empty_lesion_file_is_told_beside_the_count(tmp_path: Path, namings: dict[str, Naming]) -> None:
    """The same in NIfTI files, one a structure."""
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ np.array(conftest.GRID.affine)[:, [2, 1, 0, 3]]
    masks = {**conftest.balls(), "Lesion 2": np.zeros(conftest.GRID.shape, dtype=bool)}
    (tmp_path / "segmentations").mkdir()
    for name, array in masks.items():
        image = nibabel.Nifti1Image(array.T.astype(np.uint8), affine)
        nibabel.save(image, tmp_path / "segmentations" / f"{name.lower().replace(' ', '_')}.nii.gz")
    nibabel.save(nibabel.Nifti1Image(np.zeros(array.T.shape, dtype=np.int16), affine), tmp_path / "ct.nii.gz")
    (files,) = find_studies(tmp_path, namings)
    assert measure_read(files).measurements["lesion_count"].flags == ("EMPTY_LESIONS",)
