"""One file that holds a whole grid (NIfTI, NRRD), as its format's module opens it: grid first, voxels when asked for.

Arrays are indexed as the file stores them (i, j, k); affines map these indices to LPS mm.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.geometry import Box, Geometry, Index3, canonical_geometry

MAX_VOXELS = 2**31
GRID_TOLERANCE = 0.1
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
class VolumeFile:
    """A grid stored in one file.

    Parameters
    ----------
    affines
        The grid's affines in LPS mm; more than one when the file contradicts itself (NIfTI sform and qform).
    load
        Reads the voxels: the part of a box, or all of them for None; shape (layers, i, j, k).
    labels
        The labels the file describes itself; none for plain label maps and images.
    """

    path: Path
    sha256: str
    shape: Index3
    affines: tuple[Affine, ...]
    load: Callable[[Box | None], Array]
    labels: tuple[LabelHeader, ...] = ()

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
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise StudyRefused("TRUNCATED", f"A file cannot be read ({type(error).__name__}).") from None


def check_complete(path: Path, start: int, needed: int, packed: bool) -> None:
    """Check that a file holds all its voxels without keeping them.

    Parameters
    ----------
    start
        Bytes before the packed stream for NRRD, 0 when the whole file is packed.
    needed
        Bytes that must be there from ``start`` on, unpacked.
    packed
        Whether they are packed with gzip. The length that ends a gzip stream (RFC 1952, ISIZE) usually settles it; when
        it does not, the stream is unpacked piece by piece.

    Raises
    ------
    StudyRefused
        ``TRUNCATED`` when the file ends before its voxels do.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, io.SEEK_END) - start
            file.seek(-min(4, size), io.SEEK_END)
            ending = int.from_bytes(file.read(4), "little")
            complete = ending == needed % 2**32 if packed else size >= needed
            if packed and not complete:
                file.seek(start)
                complete = _unpacked_size(file, needed) >= needed
    except (OSError, zlib.error, EOFError):
        complete = False
    if not complete:
        raise StudyRefused("TRUNCATED", "A NIfTI or NRRD file ends before its voxels do.")


def _unpacked_size(file: IO[bytes], limit: int) -> int:
    """Return how many bytes a gzip stream unpacks to, counting no further than ``limit``."""
    total = 0
    with gzip.GzipFile(fileobj=file) as stream:
        while total < limit and (piece := stream.read(1 << 20)):
            total += len(piece)
    return total


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


def check_shape(sizes: list[int], kind: str) -> Index3:
    """Return the three sizes of a grid.

    Raises
    ------
    StudyRefused
        ``GEOM_SLICES`` when it is not three-dimensional, ``LIMIT_PIXELS`` when it is too large to hold.
    """
    while len(sizes) > 3 and sizes[-1] == 1:
        sizes = sizes[:-1]
    if len(sizes) != 3 or min(sizes) < 1:
        raise StudyRefused("GEOM_SLICES", f"The {kind} is not a three-dimensional grid.")
    if sizes[0] * sizes[1] * sizes[2] > MAX_VOXELS:
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
