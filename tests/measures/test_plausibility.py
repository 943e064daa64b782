"""A liver volume that no liver has is flagged, and masks that are not what their names say."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import Geometry
from pipeline.measurement import Measurement, absent
from pipeline.measures.plausibility import check_liver_volume, check_structures
from pipeline.structures import Role
from pipeline.study import Finding, Identity, ImageSeries, Segment, Severity, Study
from pipeline.volume import Mask

GRID = Geometry((20, 20, 20), np.array([[0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1.0]]))


@pytest.mark.hazard("M21")
@pytest.mark.parametrize(
    ("total_ml", "flagged"), [(0.615, True), (399.9, True), (400.0, False), (1500.0, False), (30000.0, True)]
)
def test_a_total_volume_that_no_liver_has_is_flagged(total_ml: float, flagged: bool) -> None:
    """A grid in cm read as mm, or a mask of the whole body: said beside the number, which stays."""
    measured = {"total_liver_volume_ml": Measurement("total_liver_volume_ml", total_ml, "mL")}
    findings = check_liver_volume(measured, 400.0, 8000.0)
    assert [finding.code for finding in findings] == ["MASK_IMPLAUSIBLE"] * flagged


def test_a_volume_that_is_not_known_is_not_judged() -> None:
    """A cut or missing liver has its own finding."""
    measured = {"total_liver_volume_ml": absent("total_liver_volume_ml", "mL", "FOV_CUT", "the liver is cut")}
    assert check_liver_volume(measured, 400.0, 8000.0) == ()


def cube(start: int, stop: int) -> Mask:
    array = np.zeros((20, 20, 20), dtype=np.bool_)
    array[start:stop, start:stop, start:stop] = True
    return Mask.from_array(GRID, array)


def told(modality: str = "CT", **masks: Mask) -> dict[str, Finding]:
    """Return the findings on segments given as role, or role and number, by code."""
    segments = tuple(Segment(Role(name.rstrip("0123456789")), name, mask) for name, mask in masks.items())
    study = Study("k", "", Identity(), ImageSeries(modality, GRID, ()), "", ("m",), segments)
    return {finding.code: finding for finding in check_structures(study)}


def test_a_lesion_drawn_twice_is_told_with_how_often() -> None:
    """Three segments with the same voxels are one lesion, counted two times too often; others are left in peace."""
    found = told(lesion1=cube(2, 6), lesion2=cube(2, 6), lesion3=cube(2, 6), lesion4=cube(10, 14))
    assert set(found) == {"LESION_TWICE"}
    assert "too high by 2" in found["LESION_TWICE"].message
    assert found["LESION_TWICE"].at_stake_ml == pytest.approx(2 * 4**3 / 1000)
    assert told(lesion1=cube(2, 6), lesion2=cube(2, 7)) == {}


def test_lesions_or_a_remnant_that_are_the_liver_are_told() -> None:
    """A lesion that covers the liver, and a remnant of the whole of it, are each said; parts of it are not."""
    assert set(told(liver=cube(2, 18), lesion=cube(2, 18), remnant=cube(2, 18))) == {
        "LESION_IS_LIVER",
        "REMNANT_IS_LIVER",
    }
    assert told(liver=cube(2, 18), lesion=cube(4, 8), remnant=cube(2, 16)) == {}


def test_an_image_of_unknown_modality_is_noted() -> None:
    """Neither CT nor MR: a note, as values are not checked and pictures are windowed by percentiles."""
    assert [finding.severity for finding in told("unknown").values()] == [Severity.INFO]
    assert told("MR") == {}
