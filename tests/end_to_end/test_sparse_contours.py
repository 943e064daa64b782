"""Structure sets drawn on every second or third slice: joined with lesions drawn on all slices, and measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from pipeline.lesion import StudyMeasurements
from pipeline.measures import measure_study
from pipeline.measures.missing_slices import CODE
from pipeline.readers import Naming, StudyFiles, find_studies, load_namings, read_study
from pipeline.study import ClinicalRecord, Study
from tests import liver_phantom
from tests.phantoms import Ellipsoid, make_grid
from tests.readers.build_dicom import write_series
from tests.readers.build_rtstruct import Outline, write_rtstruct

ROOT = Path(__file__).parents[2]
GRID = make_grid((36, 44, 56), (5.0, 5.0, 5.0), center_mm=(7.0, -14.0, 12.0))
SOLIDS = {"liver": liver_phantom.LIVER, **{f"lesion {n}": each for n, each in enumerate(liver_phantom.LESIONS, 1)}}
Rois = Mapping[str, Sequence[Outline]]


def outline(solid: Ellipsoid) -> list[Outline]:
    """Return the ellipses in which the slices of the grid cut a solid."""
    a, b, c = solid.semi_axes_mm
    x, y, z = solid.center_mm
    angle = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    found = []
    for number in range(GRID.shape[0]):
        height = GRID.to_world(np.array([[number, 0.0, 0.0]]))[0][2]
        scale = 1 - ((height - z) / c) ** 2
        if scale > 0.01:
            points = [x + a * scale**0.5 * np.cos(angle), y + b * scale**0.5 * np.sin(angle), np.full(120, height)]
            found.append(Outline(np.stack(points, axis=1), number))
    return found


WHOLE = {name: outline(solid) for name, solid in SOLIDS.items()}


@pytest.fixture(scope="session")
def namings() -> dict[str, Naming]:
    return load_namings(ROOT / "configs" / "roles")


@pytest.fixture
def measure(tmp_path: Path, namings: dict[str, Naming]) -> Callable[[Rois], tuple[Study, StudyMeasurements]]:
    def write_and_measure(rois: Rois) -> tuple[Study, StudyMeasurements]:
        write_rtstruct(tmp_path / "rt.dcm", write_series(tmp_path / "ct", GRID), rois)
        (files,) = find_studies(tmp_path, namings)
        return read_study(files), measure_read(files)

    return write_and_measure


def measure_read(files: StudyFiles) -> StudyMeasurements:
    """Read a study and measure it without a clinical record."""
    return measure_study(
        read_study(files),
        ClinicalRecord(),
        min_lesion_mm=3.0,
        connectivity=26,
        bsa_formula="mosteller",
        etlv_formula="vauthey_bsa",
    )


def thinned(names: Sequence[str], step: int, phase: int = 0) -> Rois:
    """Return all structures, some of them on every step-th slice of the image only."""
    return {
        name: [each for each in outlines if name not in names or (each.slice or 0) % step == phase]
        for name, outlines in WHOLE.items()
    }


@pytest.mark.hazard("M30")
@pytest.mark.parametrize(
    ("names", "step", "phase"),
    [
        (["liver"], 2, 0),
        (["liver"], 2, 1),
        (["liver"], 3, 1),
        (["lesion 1"], 2, 0),
        (["lesion 1"], 2, 1),
        (list(WHOLE), 2, 0),
        (list(WHOLE), 2, 1),
        (list(WHOLE), 3, 1),
    ],
)
def test_sparse_contours_are_measured_with_honest_intervals(
    names: list[str], step: int, phase: int, measure: Callable[[Rois], tuple[Study, StudyMeasurements]]
) -> None:
    """Liver, lesions and largest diameter: the solid's own size lies inside the interval, and RT_GAP stands beside."""
    _, found = measure(thinned(names, step, phase))
    values = found.measurements
    lesions = sum(each.volume_mm3 for each in liver_phantom.LESIONS) / 1000
    truths = {
        "total_liver_volume_ml": liver_phantom.LIVER.volume_mm3 / 1000,
        "total_lesion_volume_ml": lesions,
        "functional_liver_volume_ml": liver_phantom.LIVER.volume_mm3 / 1000 - lesions,
        "lesion_count": 3,
        "largest_diameter_mm": 30.0,
        "largest_3d_diameter_mm": 30.0,
    }
    for name, truth in truths.items():
        each = values[name]
        assert each.value is not None, each.reason
        assert each.low is not None
        assert each.high is not None
        assert each.low <= truth <= each.high, name
    assert values["total_liver_volume_ml"].value == pytest.approx(truths["total_liver_volume_ml"], rel=0.02)
    assert "RT_GAP" in values["total_lesion_volume_ml" if "lesion 1" in names else "total_liver_volume_ml"].flags
    assert ("RT_GAP" in values["lesion_count"].flags) == ("lesion 1" in names)
    assert {finding.code for finding in found.findings} <= {"LESION_THIN"}


@pytest.mark.hazard("M30")
def test_wider_steps_make_wider_intervals(measure: Callable[[Rois], tuple[Study, StudyMeasurements]]) -> None:
    """A liver on every third slice is three times less sure along the body; its lesions are as sure as before."""
    _, whole = measure(WHOLE)
    _, sparse = measure(thinned(["liver"], 3, 1))
    width = [
        (each.high or 0) - (each.low or 0)
        for each in (m.measurements["total_liver_volume_ml"] for m in (whole, sparse))
    ]
    assert width[1] > 1.5 * width[0]
    assert sparse.measurements["total_lesion_volume_ml"] == pytest.approx(whole.measurements["total_lesion_volume_ml"])


@pytest.mark.hazard("M30")
def test_lesions_of_one_contour_take_the_step_of_the_whole_set(
    measure: Callable[[Rois], tuple[Study, StudyMeasurements]],
) -> None:
    """All structures on even slices: one contour stands for two slices as the others do, and is told to be thin."""
    sparse = thinned(list(WHOLE), 2)
    rois = {**sparse, "lesion 3": sparse["lesion 3"][:1]}
    study, found = measure(rois)
    small = next(each.mask for each in study.segments if each.name == "lesion 3")
    assert small.steps == (2, 1, 1)
    area = np.pi * np.prod([np.ptp(rois["lesion 3"][0].points[:, axis]) / 2 for axis in (0, 1)])
    lesion = next(each for each in found.lesions if each.label.startswith("lesion 3"))
    assert lesion.measurements["volume_ml"].value == pytest.approx(area * 10 / 1000, rel=0.01)
    assert "LESION_THIN" in lesion.measurements["volume_ml"].flags


@pytest.mark.hazard("M30")
def test_an_irregular_missing_contour_stays_a_gap(measure: Callable[[Rois], tuple[Study, StudyMeasurements]]) -> None:
    """Every second contour missing in half of the liver is no regular drawing: no total, and the reason."""
    liver = WHOLE["liver"]
    _, found = measure({**WHOLE, "liver": [*liver[:12], *liver[12::2]]})
    total = found.measurements["total_liver_volume_ml"]
    assert total.value is None
    assert (total.reason or "").startswith(CODE)
