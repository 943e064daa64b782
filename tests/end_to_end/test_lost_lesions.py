"""Lesions that a structure set declares and that cannot be measured, beside others that can: the count says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from pipeline.lesion import StudyMeasurements
from pipeline.study import Study
from tests.end_to_end.test_sparse_contours import GRID, WHOLE, Rois, measure, namings
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
