"""Errors of volume and diameters on solids of known size: ours, SimpleITK's, scikit-image's, pyradiomics'."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from skimage.measure import marching_cubes, regionprops

from pipeline.measures.diameters import find_3d_diameter, find_axial_diameters
from pipeline.measures.volumes import mask_volume_ml
from pipeline.volume import Mask
from tests.accuracy.trials import Trial, trials

HEAD = np.array([0.0, 0.0, 1.0])
RADIOMICS = Path(__file__).with_name("pyradiomics.csv")
PEER_TRIALS, PEER_SIZES_MM = 2, (6, 8, 10, 20)
"""Placements and sizes that the peers measure too: their diameters take minutes on the largest."""
MOST_CORNERS = 5000
"""Corners of a mesh from which on scikit-image's 3D diameter takes gigabytes: it is left out."""
QUANTITIES = ("volume", "longest", "max_3d")


@dataclass(frozen=True)
class Reading:
    """What one calculator read of one trial; truth and values in mL and mm, nan where it has no such number."""

    trial: Trial
    calculator: str
    truth: Mapping[str, float]
    values: Mapping[str, float]

    def error(self, quantity: str) -> float:
        """Return value - truth."""
        return self.values.get(quantity, float("nan")) - self.truth[quantity]


def read_all(count: int = 10) -> Iterator[Reading]:
    """Yield the readings of every trial, on every core; an empty mask reads a volume of 0."""
    with ProcessPoolExecutor() as pool:
        for found in pool.map(read_trial, trials(count=count), chunksize=10):
            yield from found


def read_trial(trial: Trial) -> list[Reading]:
    """Return what every calculator reads of one trial: the peers where it is one of theirs."""
    solid, mask = trial.solid(), trial.mask()
    longest = solid.plane_diameters_mm(HEAD)[0]
    truth = {"volume": solid.volume_mm3 / 1000, "longest": longest, "max_3d": solid.max_3d_mm}
    found = [Reading(trial, "livermetry", truth, _read_ours(mask))]
    if mask.is_empty or trial.number >= PEER_TRIALS or trial.size_mm not in PEER_SIZES_MM:
        return found
    found += [
        Reading(trial, "SimpleITK", truth, _read_simpleitk(mask)),
        Reading(trial, "scikit-image", truth, _read_skimage(mask)),
    ]
    stored = read_radiomics().get(name_of(trial))
    return found if stored is None else [*found, Reading(trial, "pyradiomics", truth, stored)]


def name_of(trial: Trial) -> str:
    """Return the name of a trial in the table of pyradiomics' values."""
    return f"{trial.kind}/{trial.size_mm:g}/{trial.steps[0]:g}/{trial.number}"


def peer_trials() -> list[Trial]:
    """Return the trials that the peers measure."""
    return [trial for trial in trials(PEER_SIZES_MM, PEER_TRIALS) if not trial.mask().is_empty]


def read_radiomics() -> dict[str, dict[str, float]]:
    """Return pyradiomics' values of the trials, as the command wrote them; none where it never ran."""
    if not RADIOMICS.exists():
        return {}
    with RADIOMICS.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    return {row["trial"]: {name: float(row[name]) for name in QUANTITIES} for row in rows}


def radiomics_version() -> str:
    """Return the version of pyradiomics that the stored values come from."""
    return RADIOMICS.read_text(encoding="utf-8").splitlines()[0].lstrip("# ") if RADIOMICS.exists() else "not run"


def _read_ours(mask: Mask) -> dict[str, float]:
    if mask.is_empty:
        return {"volume": 0.0}
    long = find_axial_diameters(mask)[0].length_mm
    return {"volume": mask_volume_ml(mask), "longest": long, "max_3d": find_3d_diameter(mask).length_mm}


def _read_simpleitk(mask: Mask) -> dict[str, float]:
    """Return physical size, Feret's diameter, and the largest one of a slice alone."""
    voxels, steps = np.pad(mask.voxels, 1).astype(np.uint8), mask.grid.spacing_mm
    slices = [_feret(plane, steps[1:]) for plane in voxels if plane.any()]
    volume, largest = _label_shape(voxels, steps)
    return {"volume": volume / 1000, "longest": max(slices), "max_3d": largest}


def _feret(plane: np.ndarray, steps: np.ndarray) -> float:
    return _label_shape(plane, steps)[1]


def _label_shape(voxels: np.ndarray, steps: np.ndarray) -> tuple[float, float]:
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing([float(step) for step in steps[::-1]])
    statistics = sitk.LabelShapeStatisticsImageFilter()
    statistics.ComputeFeretDiameterOn()
    statistics.Execute(image)
    return float(statistics.GetPhysicalSize(1)), float(statistics.GetFeretDiameter(1))


def _read_skimage(mask: Mask) -> dict[str, float]:
    """Return the volume within marching cubes' mesh, regionprops' largest Feret diameter, and that of a slice alone."""
    voxels, steps = np.pad(mask.voxels, 1).astype(np.uint8), mask.grid.spacing_mm
    corners, faces, _, _ = marching_cubes(voxels, 0.5, spacing=tuple(steps))  # type: ignore[no-untyped-call]
    volume = (
        abs(float(np.einsum("ij,ij->", corners[faces[:, 0]], np.cross(corners[faces[:, 1]], corners[faces[:, 2]])))) / 6
    )
    planes = [regionprops(plane, spacing=tuple(steps[1:]))[0] for plane in voxels if plane.any()]  # type: ignore[no-untyped-call]
    found = {"volume": volume / 1000, "longest": max(float(plane.feret_diameter_max) for plane in planes)}
    if len(corners) > MOST_CORNERS:
        return found
    whole = regionprops(voxels, spacing=tuple(steps))[0]  # type: ignore[no-untyped-call]
    try:
        return found | {"max_3d": float(whole.feret_diameter_max)}
    except ValueError:  # bodies without a convex hull in space
        return found
