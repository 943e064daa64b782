"""Masks that come as single slices (PNG, or DICOM images with 0 and one other value): from files to segments.

A PNG has no place of its own: the role file of the data set says which image each slice belongs to, and that image says
where it lies (row M11). Nothing is tried until it fits: what does not agree is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.geometry import Geometry, find_reorientation
from pipeline.readers.identity_match import check_identity
from pipeline.readers.mask_object import MaskObject, MaskReference, OpenMask, RawSegment, clean_name
from pipeline.readers.slice_files import Plane, SliceHeader, read_header, read_plane
from pipeline.readers.slice_folders import SliceFolders, numbers_in_names
from pipeline.study import Finding, Severity
from pipeline.volume import Mask

SAME_PLACE_VOXELS = 0.1
MAX_VALUES = 256
"""More grey values than this are a picture, not labels."""

Volume = NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class _Target:
    """The image's grid, as far as single slices are placed on it."""

    grid: Geometry

    @property
    def normal(self) -> NDArray[np.float64]:
        first, second = np.delete(self.grid.axes, self.grid.slice_axis, axis=0)
        normal = np.cross(first, second)
        return np.asarray(normal / np.linalg.norm(normal))

    def corners(self, number: int) -> NDArray[np.float64]:
        """Return LPS mm of the four corner pixels of one slice; the axes of the grid, the sliced one of length 1."""
        ends = [[0, size - 1] for size in self.grid.shape]
        ends[self.grid.slice_axis] = [number]
        index = np.stack(np.meshgrid(*ends, indexing="ij"), axis=-1)
        return self.grid.to_world(index.reshape(-1, 3).astype(np.float64)).reshape(index.shape)

    def number_of(self, plane: Plane) -> int | None:
        """Return which slice a plane lies on; None when it lies outside the grid.

        Raises
        ------
        StudyRefused
            ``GRID_OFF`` when it lies between two slices.
        """
        index = np.zeros((self.grid.shape[self.grid.slice_axis], 3))
        index[:, self.grid.slice_axis] = np.arange(len(index))
        heights = self.grid.to_world(index) @ self.normal
        away = np.abs(heights - plane.position @ self.normal)
        gap = float(np.abs(np.diff(heights)).min())
        nearest = int(away.argmin())
        if away[nearest] <= SAME_PLACE_VOXELS * gap:
            return nearest
        if nearest in (0, len(heights) - 1) and away[nearest] > (1 - SAME_PLACE_VOXELS) * gap:
            return None
        raise StudyRefused("GRID_OFF", "The mask slices lie between the slices of the image.")


def open_slice_masks(slices: SliceFolders) -> OpenMask:
    """Open the mask slices of one series; they are read on the grid of its image."""
    return OpenMask("mask slices", None, lambda grid: _read_object(slices, grid))


def _read_object(slices: SliceFolders, grid: Geometry | None) -> MaskObject:
    if grid is None:
        raise StudyRefused("AFFINE_NONE", "The mask slices have no image that says where they lie.")
    target, images = _Target(grid), [read_header(path) for path in slices.images]
    segments: list[RawSegment] = []
    sources: list[tuple[Path, str]] = []
    for name, paths in slices.masks:
        headers = _bind(slices, name, paths, images)
        volume, digests = _stack(slices, paths, headers, target)
        segments += _segments(slices, name, volume, grid)
        sources += zip(paths, digests, strict=True)
    return MaskObject("mask slices", tuple(segments), tuple(sources), by_name=True, findings=_describe(slices))


def _describe(slices: SliceFolders) -> tuple[Finding, ...]:
    if not slices.beside:
        return ()
    message = f"{slices.beside} images of another phase share the masks; they were not measured."
    return (Finding("PAIR_SERIES", Severity.INFO, message),)


def _bind(slices: SliceFolders, name: str, paths: Sequence[Path], images: Sequence[SliceHeader]) -> list[SliceHeader]:
    """Return the place of every mask slice: its image's, or its own where the layout says that it states one.

    Raises
    ------
    StudyRefused
        ``AFFINE_NONE`` when it is not certain which slice belongs to which image, ``PAIR_PATIENT`` when a mask slice
        names another patient than the images.
    """
    if len(paths) != len(images):
        raise StudyRefused(
            "AFFINE_NONE",
            f"{_called(name)} has {len(paths)} slices and the image series {len(images)}: which slice belongs to which "
            "image is not known; fetch the missing files.",
        )
    if slices.layout.form == "dicom":
        own = [read_header(path) for path in paths]
        for header in own:
            check_identity(images[0].identity, MaskReference(header.identity))
        if slices.layout.bind == "position" and all(header.plane is not None for header in own):
            return own
    if slices.layout.bind == "order":
        _check_numbering(name, paths, slices.images)
        return list(images)
    return _bind_by_number(name, paths, slices.images, images)


def _check_numbering(name: str, paths: Sequence[Path], images: Sequence[Path]) -> None:
    """Refuse slices whose numbers leave one out where those of the images do not: the order no longer says which."""
    first, second = numbers_in_names(paths), numbers_in_names(images)
    even = [len(set(np.diff(numbers))) == 1 for numbers in (first, second) if numbers is not None]
    if len(even) == 2 and even[0] != even[1]:
        raise StudyRefused(
            "AFFINE_NONE",
            f"{_called(name)} and the image series are not numbered alike: a slice is missing in one of them, another "
            "one is too many; fetch the data again.",
        )


def _bind_by_number(
    name: str, paths: Sequence[Path], files: Sequence[Path], images: Sequence[SliceHeader]
) -> list[SliceHeader]:
    first, second = numbers_in_names(paths), numbers_in_names(files)
    if first is None or second is None or sorted(first) != sorted(second) or len(set(first)) < len(first):
        raise StudyRefused(
            "AFFINE_NONE", f"The numbers in the names of {_called(name, False)} are not those of the images."
        )
    by_number = dict(zip(second, images, strict=True))
    return [by_number[number] for number in first]


def _stack(
    slices: SliceFolders, paths: Sequence[Path], headers: Sequence[SliceHeader], target: _Target
) -> tuple[Volume, list[str]]:
    """Return the values of mask slices on the image's grid, and the SHA-256 of each file."""
    volume: Volume = np.zeros(target.grid.shape, dtype=np.uint16)
    used: set[int] = set()
    digests = []
    for path, header in zip(paths, headers, strict=True):
        content = path.read_bytes()
        digests.append(hashlib.sha256(content).hexdigest())
        if header.plane is None:
            raise StudyRefused("GEOM_ORIENT", "An image states no place, so that its mask slice has none either.")
        values = read_plane(content, slices.layout, header.plane.shape)
        number = target.number_of(header.plane)
        if number is None:
            if values.any():
                raise StudyRefused("GRID_OTHER", "A mask slice lies outside the image.")
            continue
        if number in used:
            raise StudyRefused("PAIR_AMBIGUOUS", "Two mask slices of one structure lie at one place.")
        used.add(number)
        spans = [slice(None)] * 3
        spans[target.grid.slice_axis] = slice(number, number + 1)
        volume[tuple(spans)] = _turn(values, header.plane, number, target)
    return volume, digests


def _turn(values: Volume, plane: Plane, number: int, target: _Target) -> Volume:
    """Return one plane of rows and columns as the image's grid holds it.

    Raises
    ------
    StudyRefused
        ``GEOM_MATRIX`` when it has another size, ``GRID_OFF`` when its corners lie elsewhere than the image's.
    """
    grid = target.grid
    affine = np.eye(4)
    affine[:3, 0] = grid.axes[grid.slice_axis]
    affine[:3, 1], affine[:3, 2] = plane.row_step, plane.column_step
    turn = find_reorientation(Geometry((1, *plane.shape), affine, 0))
    flips = [slice(None, None, -1) if flip else slice(None) for flip in turn.flipped]
    flips[grid.slice_axis] = slice(None)
    turned = values[None].transpose(turn.order)[tuple(flips)]
    expected = [1 if axis == grid.slice_axis else size for axis, size in enumerate(grid.shape)]
    if list(turned.shape) != expected:
        raise StudyRefused("GEOM_MATRIX", "A mask slice has another number of rows or columns than the images.")
    corners = plane.corners()[None].transpose(*turn.order, 3)[tuple(flips)]
    off = np.linalg.norm(corners - target.corners(number), axis=-1).max()
    if off > SAME_PLACE_VOXELS * float(grid.spacing_mm.min()):
        raise StudyRefused("GRID_OFF", f"A mask slice lies {off:.1f} mm off the image it belongs to.")
    return np.asarray(turned)


def _segments(slices: SliceFolders, name: str, volume: Volume, grid: Geometry) -> list[RawSegment]:
    """Return the structures that the values of a volume mean.

    Raises
    ------
    StudyRefused
        ``LABEL_NONINT`` when a structure has several values, or labels are as many as the grey values of a picture.
    """
    values = [int(value) for value in np.flatnonzero(np.bincount(volume.ravel()))]
    values = [value for value in values if value]
    if name:
        if len(values) > 1:
            raise StudyRefused(
                "LABEL_NONINT", f"{_called(name)} holds {len(values)} values where one means set: it is no mask."
            )
        return [RawSegment(clean_name(name), Mask.from_array(grid, volume > 0))]
    numbers = {value: _number_of(value, slices) for value in values}
    if len(set(numbers.values())) > MAX_VALUES:
        raise StudyRefused("LABEL_NONINT", "The mask slices hold grey values, not labels.")
    table = np.zeros(max(values, default=0) + 1, dtype=np.uint16)
    table[list(numbers)] = list(numbers.values())
    labels = table[volume]
    return [
        RawSegment(f"label {number}", Mask.from_array(grid, labels == number), number)
        for number in sorted(set(numbers.values()))
    ]


def _number_of(value: int, slices: SliceFolders) -> int:
    """Return the label number that a grey value stands for: that of its range, else its own."""
    ranges = slices.layout.ranges.items()
    return next((number for number, (low, high) in ranges if low <= value <= high), value)


def _called(name: str, start: bool = True) -> str:
    text = f"the mask of {clean_name(name)}" if name else "the label map in slices"
    return text[0].upper() + text[1:] if start else text
