"""A study of LiTS's size to measure whole: 512 x 512 x 400 CT, 25 lesions, vessel trees, segments, organs, in a SEG.

Usage: ``python -m benchmarks.lits_study [SLICES] [LESIONS]`` prints the folder: ``study`` (``ct`` and ``seg.dcm``) and
``truth.json``. Written once into the folder for temporary files; nothing of it is a patient's. The body is 400 mm
high whatever the number of slices: more of them are thinner, and the liver has more voxels. The CT is averaged over
each slice's thickness, as a scanner does; masks are what lies at the middle of a slice.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.lits_anatomy import GALLBLADDER, LIVER, ORGANS, REMNANT, SEGMENTS, VESSELS, place_lesions
from benchmarks.lits_files import Drawn, write_images, write_masks
from benchmarks.lits_image import LESION_HU, NOISE_HU, paint_body
from benchmarks.lits_shapes import Floats, Solid
from pipeline.geometry import CANONICAL_AXES, Geometry

CACHE = Path(tempfile.gettempdir()) / "livermetry-benchmark-lits"
FIELD_MM = (400.0, 409.6, 409.6)
SLAB = 8
"""Slices made at once."""
SAMPLE_MM = 1.0
"""Distance of the samples that are averaged over a slice of the CT; a slice of this thickness or less has one."""


@dataclass(frozen=True)
class Plan:
    """What is to be written: slices, pixels along each side of one, lesions."""

    slices: int = 400
    pixels: int = 512
    lesions: int = 25

    @property
    def name(self) -> str:
        """Return the folder's name."""
        return f"{self.slices}x{self.pixels}_{self.lesions}_lesions"

    @property
    def grid(self) -> Geometry:
        """Return the grid, centred on the frame's origin: 1 x 0.8 x 0.8 mm for 400 slices of 512."""
        shape = (self.slices, self.pixels, self.pixels)
        steps = CANONICAL_AXES * (np.array(FIELD_MM) / shape)[:, None]
        affine = np.eye(4)
        affine[:3, :3] = steps.T
        affine[:3, 3] = -(np.array(shape) - 1) / 2 @ steps
        return Geometry(shape, affine, 0)

    @property
    def samples(self) -> int:
        """Return how many samples along the head-foot axis a slice of the CT is the mean of."""
        return max(1, round(FIELD_MM[0] / self.slices / SAMPLE_MM))

    @property
    def solids(self) -> Mapping[str, Solid]:
        """Return every structure by the label it has in the SEG."""
        lesions: dict[str, Solid] = {f"lesion {n}": solid for n, solid in enumerate(place_lesions(self.lesions), 1)}
        segments: dict[str, Solid] = {f"liver segment {n}": solid for n, solid in SEGMENTS.items()}
        others: dict[str, Solid] = {"liver remnant": REMNANT, **VESSELS, "gallbladder": GALLBLADDER, **ORGANS}
        return {"liver": LIVER, **lesions, **segments, **others}


def write_once(plan: Plan | None = None, cache: Path = CACHE) -> Path:
    """Return the folder of a study, written if it is not there."""
    plan = plan or Plan()
    folder = cache / plan.name
    done, version = folder / "done", _version()
    if not done.exists() or done.read_text() != version:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as half:
            _write(Path(half) / plan.name, plan)
            (Path(half) / plan.name / "done").write_text(version)
            shutil.rmtree(folder, ignore_errors=True)
            (Path(half) / plan.name).rename(folder)
    return folder


def _version() -> str:
    """Return the SHA-256 of what writes a study: one of another making is written again."""
    sources = sorted(Path(__file__).parent.glob("lits_*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


def _write(folder: Path, plan: Plan) -> None:
    grid, solids = plan.grid, plan.solids
    masks = {name: draw(solid, grid) for name, solid in solids.items()}
    series = write_images(folder / "study" / "ct", grid, paint(plan, masks))
    write_masks(folder / "study" / "seg.dcm", series, grid, masks)
    truth = {name: _truth_of(solids[name], drawn, grid) for name, drawn in masks.items()}
    (folder / "truth.json").write_text(json.dumps(truth, indent=1), encoding="utf-8")


def _truth_of(solid: Solid, drawn: Drawn, grid: Geometry) -> dict[str, float | None]:
    """Return the closed-form volume (None for trees), and what the grid holds of it, in mL."""
    exact = getattr(solid, "volume_mm3", None)
    cell = float(np.prod(np.array(FIELD_MM) / grid.shape))
    return {"volume_ml": exact / 1000 if exact else None, "voxels": drawn.count, "drawn_ml": drawn.count * cell / 1000}


def _coordinates(grid: Geometry) -> tuple[NDArray[np.float64], ...]:
    """Return z, y and x of the slices, rows and columns in LPS mm."""
    axes = np.diag(np.array(FIELD_MM) / grid.shape)
    return tuple((np.arange(n) - (n - 1) / 2) * step for n, step in zip(grid.shape, np.diag(axes), strict=True))


def draw(solid: Solid, grid: Geometry) -> Drawn:
    """Return the voxels whose centres lie in a solid."""
    at = _coordinates(grid)
    low, high = solid.box_mm
    ranges = []
    for values, axis in zip(at, (2, 1, 0), strict=True):
        found = np.flatnonzero((values >= low[axis]) & (values <= high[axis]))
        ranges.append(slice(int(found[0]), int(found[-1]) + 1) if len(found) else slice(0, 0))
    z, y, x = (values[part] for values, part in zip(at, ranges, strict=True))
    voxels = np.zeros((len(z), len(y), len(x)), dtype=bool)
    for first in range(0, len(z), SLAB):
        voxels[first : first + SLAB] = solid.contains(*_open(x, y, z[first : first + SLAB]))
    return Drawn(tuple(part.start for part in ranges), voxels)  # type: ignore[arg-type]


def _open(x: NDArray[np.float64], y: NDArray[np.float64], z: NDArray[np.float64]) -> tuple[Floats, Floats, Floats]:
    columns, rows, slices = (values.astype(np.float32) for values in (x, y, z))
    return columns[None, None], rows[None, :, None], slices[:, None, None]


def paint(plan: Plan, masks: Mapping[str, Drawn]) -> Iterator[NDArray[np.int16]]:
    """Yield the stored values (HU + 1000) of each slice: the mean over its thickness, and noise."""
    fine = replace(plan, slices=plan.slices * plan.samples).grid
    z, y, x = _coordinates(fine)
    rng = np.random.default_rng(7)
    solids = {name: solid for name, solid in plan.solids.items() if name.startswith("lesion")}
    lesions = [masks[name] if plan.samples == 1 else draw(solid, fine) for name, solid in solids.items()]
    for first in range(0, len(z), SLAB * plan.samples):
        slab = _paint_slab(x, y, z[first : first + SLAB * plan.samples], first, lesions)
        slab = slab.reshape(-1, plan.samples, *slab.shape[1:]).mean(axis=1)
        slab += np.float32(NOISE_HU) * rng.standard_normal(slab.shape, dtype=np.float32)
        yield from (np.clip(np.rint(slab), -1000, 3000) + 1000).astype(np.int16)


def _paint_slab(
    x: NDArray[np.float64], y: NDArray[np.float64], z: NDArray[np.float64], first: int, lesions: list[Drawn]
) -> NDArray[np.float32]:
    """Return HU of a slab from its first slice on, lesions with it, without noise."""
    slab = paint_body(*_open(x, y, z))
    for lesion in lesions:
        _stamp(slab, first, lesion)
    return slab


def _stamp(slab: NDArray[np.float32], first: int, drawn: Drawn) -> None:
    """Set the values of a lesion in the slices of a slab that hold it."""
    start, row, column = drawn.offset
    depth, height, width = drawn.voxels.shape
    low, high = max(first, start), min(first + len(slab), start + depth)
    if low < high:
        part = slab[low - first : high - first, row : row + height, column : column + width]
        part[drawn.voxels[low - start : high - start]] = LESION_HU


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    print(write_once(Plan(slices=numbers[0] if numbers else 400, lesions=numbers[1] if len(numbers) > 1 else 25)))
