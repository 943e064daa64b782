"""An image that no body fits is refused; warnings stand beside the numbers that they touch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.errors import StudyRefused
from pipeline.lesion import Lesion, LesionStatus, StudyMeasurements
from pipeline.measurement import Measurement
from pipeline.measures.field_of_view import refuse_impossible_size
from pipeline.measures.flagging import EVERY_SIZE, flag_measured
from pipeline.study import Finding, ImageSeries, Severity
from pipeline.volume import Mask
from tests.phantoms import make_grid


@pytest.mark.hazard("M12")
@pytest.mark.parametrize("scale", [0.001, 0.1, 10.0, 1000.0])
@pytest.mark.parametrize("pixel_mm", [0.55, 0.7, 0.98])
def test_a_body_in_another_unit_is_refused(scale: float, pixel_mm: float) -> None:
    """Fields of view of 282 to 502 mm, read as if m, cm or um were mm."""
    grid = make_grid((60, 512, 512), (5.0 * scale, pixel_mm * scale, pixel_mm * scale))
    with pytest.raises(StudyRefused) as refusal:
        refuse_impossible_size(ImageSeries("CT", grid, ()), 60.0, 1000.0)
    assert refusal.value.code == "AFFINE_UNIT"


@pytest.mark.parametrize(
    ("shape", "spacing"),
    [
        ((60, 512, 512), (5.0, 0.98, 0.98)),
        ((100, 256, 256), (1.0, 0.39, 0.39)),
        ((900, 512, 512), (2.0, 1.52, 1.52)),
        ((30, 1100, 300), (6.0, 1.7, 1.7)),
        ((5, 200, 60), (5.0, 0.7, 0.7)),
    ],
    ids=["adult", "newborn", "whole body, widest field of view", "coronal whole-body MR", "strip around a liver"],
)
def test_bodies_are_not(shape: tuple[int, int, int], spacing: tuple[float, float, float]) -> None:
    """From a newborn's 100 mm to a whole body's 1.9 m."""
    refuse_impossible_size(ImageSeries("CT", make_grid(shape, spacing), ()), 60.0, 1000.0)


def test_a_part_cut_out_of_a_dicom_image_is_no_wrong_unit() -> None:
    """DICOM states lengths in mm and nothing else."""
    grid = make_grid((4, 16, 16), (1.25, 0.5, 0.5))
    refuse_impossible_size(ImageSeries("CT", grid, (), sop_instance_uids=("1.2",) * 4), 60.0, 1000.0)


def test_a_warning_stands_beside_every_number_it_touches() -> None:
    """Structures and lesions bear it as the study's quantities do; a note is borne by none."""
    one = Measurement("volume_ml", 1.0, "mL", flags=("MASK_GAP",))
    total = Measurement("total_liver_volume_ml", 1.0, "mL")
    mask = Mask.from_array(make_grid((3, 3, 3)), np.ones((3, 3, 3), dtype=np.bool_))
    lesion = Lesion("L1", LesionStatus.INTRAHEPATIC, mask, "lesion", measurements={"volume_ml": one})
    measured = StudyMeasurements((lesion,), (one,), (True,), {total.name: total}, {}, (), lesions_known=True)
    said = Finding("MASK_IMPLAUSIBLE", Severity.WARNING, "", (total.name, *EVERY_SIZE))
    found = flag_measured(replace(measured, findings=(said,)), [Finding("NOTE", Severity.INFO, "", EVERY_SIZE)])
    assert found.measurements[total.name].flags == ("MASK_IMPLAUSIBLE",)
    assert found.structure_volumes[0].flags == ("MASK_GAP", "MASK_IMPLAUSIBLE")
    assert found.lesions[0].measurements["volume_ml"].flags == ("MASK_GAP", "MASK_IMPLAUSIBLE")
