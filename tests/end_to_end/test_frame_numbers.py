"""Where a measurement lies in an image of several frames: its SOPInstanceUID alone names no slice."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest

from tests.end_to_end.conftest import Run
from tests.readers import conftest, test_enhanced


@pytest.mark.hazard("G23")
@pytest.mark.parametrize("order", [range(14), np.random.default_rng(3).permutation(14).tolist()])
def test_a_location_names_the_frame(tmp_path: Path, run: Callable[..., Run], order: list[int]) -> None:
    """The frame with that number, from 1, lies where the ends of the diameter lie, in whatever order frames are."""
    path = test_enhanced.write_study(tmp_path / "study", order=order)
    done = run(tmp_path / "study")
    (report,) = done.reports.values()
    (lesion,) = report["lesions"]
    location = lesion["measurements"]["longest_diameter_mm"]["location"]
    image = pydicom.dcmread(path)
    assert location["sop_instance_uid"] == image.SOPInstanceUID
    frame = image.PerFrameFunctionalGroupsSequence[location["frame_number"] - 1]
    z = frame.PlanePositionSequence[0].ImagePositionPatient[2]
    assert [end[2] for end in location["points_mm"]] == pytest.approx([z, z], abs=1e-3)
    numbers = report["image"]["frame_numbers"]
    assert numbers[location["slice_index"]] == location["frame_number"]
    assert sorted(numbers) == list(range(1, 15))
    (row,) = csv.DictReader((done.output / "lesions.csv").read_text(encoding="utf-8-sig").splitlines())
    assert row["frame_number"] == str(location["frame_number"])


def test_a_single_image_has_no_frame_number(tmp_path: Path, run: Callable[..., Run]) -> None:
    """Its SOPInstanceUID says it all."""
    conftest.write_study(tmp_path / "study")
    (report,) = run(tmp_path / "study").reports.values()
    location = report["lesions"][0]["measurements"]["longest_diameter_mm"]["location"]
    assert location["sop_instance_uid"]
    assert location["frame_number"] is None
    assert report["image"]["frame_numbers"] == []
