"""What the tests of the readers share: the shipped role files, and one study of a ball in a series."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.geometry import Geometry
from pipeline.readers import Naming, StudyFiles, find_studies, load_namings, read_study
from pipeline.study import Study
from tests.phantoms import make_grid, sample_array, sphere
from tests.readers.build_dicom import LESION, LIVER, write_seg, write_series

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
GRID = make_grid((14, 20, 24), (3.0, 1.25, 1.0))
LESION_BALL = sphere(6.0, (1.0, -1.0, 2.0))
LIVER_BALL = sphere(10.0, (0.0, 0.0, 1.0))

Volume = NDArray[np.bool_]


@pytest.fixture(scope="session")
def namings() -> dict[str, Naming]:
    return load_namings(ROOT / "configs" / "roles")


@pytest.fixture
def find(namings: dict[str, Naming]) -> Callable[[Path], tuple[StudyFiles, ...]]:
    """Find the studies below a folder with the shipped role files."""
    return lambda folder: find_studies(folder, namings)


@pytest.fixture
def read(find: Callable[[Path], tuple[StudyFiles, ...]]) -> Callable[[Path], Study]:
    """Read the only study below a folder."""

    def read_only(folder: Path) -> Study:
        (files,) = find(folder)
        return read_study(files)

    return read_only


@pytest.fixture
def refusal(find: Callable[[Path], tuple[StudyFiles, ...]]) -> Callable[[Path], StudyRefused]:
    """Read the only study below a folder and return why it is refused."""

    def refused(folder: Path) -> StudyRefused:
        (files,) = find(folder)
        with pytest.raises(StudyRefused) as error:
            read_study(files)
        return error.value

    return refused


def balls(grid: Geometry = GRID) -> dict[str, Volume]:
    return {"Liver": sample_array(LIVER_BALL, grid), "Lesion 1": sample_array(LESION_BALL, grid)}


def write_study(folder: Path, grid: Geometry = GRID, **options: object) -> list[Path]:
    """Write a CT series and the SEG of a liver and a lesion."""
    paths = write_series(folder / "ct", grid, **options)  # type: ignore[arg-type]
    masks = balls(grid)
    write_seg(folder / "seg.dcm", paths, {"Liver": (masks["Liver"], LIVER), "Lesion 1": (masks["Lesion 1"], LESION)})
    return paths


def codes_of(study: Study) -> list[str]:
    return [finding.code for finding in study.findings]


def volumes_ml(study: Study) -> dict[str, float]:
    """Return voxels times |det| of every segment."""
    return {s.name: s.mask.count * s.mask.grid.voxel_volume_mm3 / 1000 for s in study.segments}
