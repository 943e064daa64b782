"""One file that holds a whole grid (NIfTI, NRRD, MetaImage), as its format's module opens it: grid first, then voxels.

Arrays are indexed as the file stores them (i, j, k); affines map these indices to LPS mm. Voxels are read in slabs of
a few planes: what a file unpacks to is never held as a whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.geometry import Box, Geometry, Index3, canonical_geometry
from pipeline.study import Finding, Severity

MAX_VOXELS = 2**29
"""Voxels of a grid, all layers together: 512 x 512 pixels and 2048 slices."""
MAX_LAYERS = 1024
GRID_TOLERANCE = 0.1
ROUNDING = 1e-6
Array: TypeAlias = NDArray[np.integer[Any]] | NDArray[np.floating[Any]]
Affine: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class LabelHeader:
    """What a file says of one of its labels (``.seg.nrrd``): value, layer, name, codes."""

    value: int
    name: str
    layer: int = 0
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Slab:
    """A few planes along k of one layer, shape (i, j, planes); ``first`` is the k of the first of them."""

    layer: int
    first: int
    voxels: Array


@dataclass(frozen=True, eq=False)
class VolumeFile:
    """A grid stored in one file.

    Parameters
    ----------
    affines
        The grid's affines in LPS mm; more than one when the file contradicts itself (NIfTI sform and qform).
    slabs
        Reads the voxels plane by plane, of every layer, where k is at least and below two indices.
    labels
        The labels the file describes itself; none for plain label maps and images.
    layers
        How many values each voxel has: more than one for label files of a structure a channel, and for time series.
    beside
        The files beside it that hold its voxels, and the SHA-256 of each.
    """

    path: Path
    sha256: str
    shape: Index3
    affines: tuple[Affine, ...]
    slabs: Callable[[int, int], Iterator[Slab]]
    labels: tuple[LabelHeader, ...] = ()
    findings: tuple[Finding, ...] = ()
    layers: int = 1
    beside: tuple[tuple[Path, str], ...] = ()

    @property
    def sources(self) -> tuple[tuple[Path, str], ...]:
        """Every file that it is made of, and the SHA-256 of each."""
        return ((self.path, self.sha256), *self.beside)

    def check_single(self) -> None:
        """Check that each voxel has one value, as an image's has.

        Raises
        ------
        StudyRefused
            ``GEOM_SLICES`` for time series and channels: which of them is meant is not known.
        """
        if self.layers > 1:
            raise StudyRefused(
                "GEOM_SLICES",
                f"The image holds {self.layers} volumes (a time series or channels); give the one that counts.",
            )

    def load(self, box: Box | None = None, kind: np.dtype[Any] | None = None) -> Array:
        """Return the voxels of a box, or all of them, as numbers of a type; shape (layers, i, j, k).

        Raises
        ------
        StudyRefused
            ``TRUNCATED`` when they are damaged.
        """
        i, j, k = box if box is not None else (slice(0, size) for size in self.shape)
        out: Array | None = None
        for slab in self.slabs(k.start, k.stop):
            if out is None:
                sizes = (self.layers, i.stop - i.start, j.stop - j.start, k.stop - k.start)
                out = np.zeros(sizes, dtype=kind or slab.voxels.dtype, order="F")
            first = slab.first - k.start
            out[slab.layer, :, :, first : first + slab.voxels.shape[2]] = slab.voxels[i, j]
        assert out is not None
        return out

    def geometries(self) -> list[Geometry]:
        """Return the grid of each affine, in the order the file stores its voxels; slices run along k."""
        return [Geometry(self.shape, affine, slice_axis=2) for affine in self.affines]


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes.

    Raises
    ------
    StudyRefused
        ``TRUNCATED`` when it cannot be read.
    """
    try:
        state = path.stat()
        return _digest(path, state.st_size, state.st_mtime_ns)
    except OSError as error:
        raise StudyRefused("TRUNCATED", f"A file cannot be read ({type(error).__name__}).") from None


@lru_cache(maxsize=1024)
def _digest(path: Path, size: int, changed: int) -> str:
    """Return a file's digest; ``size`` and ``changed`` say of which state, as a file is opened often."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_affine(affine: Affine, kind: str) -> Affine:
    """Return an affine that places its grid in the patient.

    Raises
    ------
    StudyRefused
        ``AFFINE_NONE`` when it is the identity, as written by tools that know no place, or no affine at all.
    """
    steps = affine[:3, :3]
    if not np.isfinite(affine).all() or abs(np.linalg.det(steps)) < 1e-9:
        raise StudyRefused("AFFINE_NONE", f"The {kind} states no usable grid in the patient (no or a flat affine).")
    if np.allclose(np.abs(steps), np.eye(3)) and np.allclose(affine[:3, 3], 0):
        raise StudyRefused(
            "AFFINE_NONE",
            f"The {kind} has the identity as affine: its place and voxel size in the patient were lost; "
            "convert it again from the original.",
        )
    return affine


def describe_place(affine: Affine, kind: str) -> tuple[Finding, ...]:
    """Flag a grid of spacings alone: along the patient's axes and with its first voxel exactly at zero (row M11)."""
    steps = affine[:3, :3]
    off_axis = np.abs(steps - np.diag(np.diag(steps))).max() / np.abs(steps).max()
    if np.any(affine[:3, 3]) or off_axis > ROUNDING:
        return ()
    message = (
        f"The {kind} lies along the patient's axes and begins exactly at zero, as files do that keep spacings and lost "
        "their place: sides and axial planes may be wrong."
    )
    return (Finding("AFFINE_NONE", Severity.WARNING, message),)


def check_shape(sizes: list[int], kind: str, layers: int = 1) -> Index3:
    """Return the three sizes of a grid.

    Raises
    ------
    StudyRefused
        ``GEOM_SLICES`` when it is not three-dimensional, ``LIMIT_PIXELS`` when it is too large to hold.
    """
    if len(sizes) != 3 or min(*sizes, layers) < 1:
        raise StudyRefused("GEOM_SLICES", f"The {kind} is not a three-dimensional grid.")
    if sizes[0] * sizes[1] * sizes[2] * layers > MAX_VOXELS or layers > MAX_LAYERS:
        raise StudyRefused("LIMIT_PIXELS", f"The {kind} claims more voxels than can be held.")
    return sizes[0], sizes[1], sizes[2]


def native_box(geometry: Geometry, box: Box) -> Box:
    """Return the box of the file's own indices that a canonical box is."""
    turn = canonical_geometry(geometry)[1]
    spans = [slice(0, 0)] * 3
    for part, axis, flip in zip(box, turn.order, turn.flipped, strict=True):
        size = geometry.shape[axis]
        spans[axis] = slice(size - part.stop, size - part.start) if flip else slice(part.start, part.stop)
    return spans[0], spans[1], spans[2]


def canonical_start(geometry: Geometry, start: Index3, sizes: tuple[int, ...]) -> Index3:
    """Return the canonical index of the first voxel of a box of the file's own indices, by its start and sizes."""
    turn = canonical_geometry(geometry)[1]
    a, b, c = (
        geometry.shape[axis] - start[axis] - sizes[axis] if flip else start[axis]
        for axis, flip in zip(turn.order, turn.flipped, strict=True)
    )
    return a, b, c
