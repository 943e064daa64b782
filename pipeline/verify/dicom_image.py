"""The grid of an image: of DICOM from the positions its images state (PS3.3 C.7.6.2); its pixels by SimpleITK."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset

from pipeline.verify.grid import Floats, Grid, Ints, canonical
from pipeline.verify.itk_files import file_grid, load_array
from pipeline.verify.problems import NotSupported, Unreadable

EVEN_FRACTION, EVEN_MM = 0.01, 0.05
"""Gaps within 1 % or 0.05 mm of their median are one spacing (docs/measurements.md, *Volumes*)."""


@dataclass(frozen=True, eq=False)
class Plane:
    """One image, or one frame: where it lies and which it is."""

    path: Path
    uid: str
    frame: int | None
    position: Floats
    row: Floats
    column: Floats
    spacing: tuple[float, float]
    shape: tuple[int, int]
    thickness: float | None


@dataclass(frozen=True, eq=False)
class SourceImage:
    """An image as its files state it, in canonical orientation; ``planes`` in the order of its slices (DICOM)."""

    grid: Grid
    planes: tuple[Plane, ...] = ()
    path: Path | None = None


def read_planes(path: Path) -> list[Plane]:
    """Return the planes of a DICOM image file: one, or one a frame."""
    header = pydicom.dcmread(path, stop_before_pixels=True)
    if "PerFrameFunctionalGroupsSequence" not in header:
        return [_plane(path, header, header, None)]
    shared = header.SharedFunctionalGroupsSequence[0] if "SharedFunctionalGroupsSequence" in header else Dataset()
    groups = header.PerFrameFunctionalGroupsSequence
    return [_plane(path, header, _flat(shared, group), number) for number, group in enumerate(groups)]


def _flat(*groups: Dataset) -> Dataset:
    """Return the attributes of functional groups as those of a single image; later groups win."""
    flat = Dataset()
    for group in groups:
        for name in ("PlanePositionSequence", "PlaneOrientationSequence", "PixelMeasuresSequence"):
            if name in group:
                flat.update(group[name].value[0])
    return flat


def _plane(path: Path, header: Dataset, place: Dataset, frame: int | None) -> Plane:
    try:
        cosines = np.array(place.ImageOrientationPatient, dtype=float)
        spacing = (float(place.PixelSpacing[0]), float(place.PixelSpacing[1]))
        position = np.array(place.ImagePositionPatient, dtype=float)
    except (AttributeError, TypeError, ValueError):
        raise Unreadable("an image does not state where it lies") from None
    thickness = float(place.SliceThickness) if place.get("SliceThickness") else None
    shape = (int(header.Rows), int(header.Columns))
    uid = str(header.SOPInstanceUID)
    return Plane(path, uid, frame, position, cosines[:3], cosines[3:], spacing, shape, thickness)


def stack_planes(planes: Sequence[Plane]) -> SourceImage:
    """Return planes ordered along their normal, and the grid they make."""
    first = planes[0]
    normal = np.cross(first.row, first.column)
    ordered = sorted(planes, key=lambda plane: float(plane.position @ normal))
    if len(ordered) < 2:
        raise NotSupported("the image has a single slice")
    positions = np.array([plane.position for plane in ordered])
    gaps = np.diff(positions @ normal)
    usual = float(np.median(gaps))
    even = bool(np.abs(gaps - usual).max() <= max(EVEN_MM, EVEN_FRACTION * usual))
    steps = np.array(
        [
            (positions[-1] - positions[0]) / (len(ordered) - 1),
            ordered[0].column * first.spacing[0],
            ordered[0].row * first.spacing[1],
        ]
    )
    shape = (len(ordered), *first.shape)
    native = Grid(shape, positions[0], steps, 0, None if even else positions, ordered[0].thickness)
    grid, order, turned = canonical(native)
    backwards = turned[order.index(0)]
    return SourceImage(grid, tuple(ordered[::-1] if backwards else ordered))


def read_pixels(image: SourceImage, low: Ints, high: Ints) -> Floats:
    """Return pixel values (HU for CT) from canonical index ``low`` to ``high``, both included, by SimpleITK."""
    a, b = low, high
    if image.path is not None:
        return np.asarray(
            _turn_file(image.path, load_array(image.path).astype(np.float64))[
                tuple(slice(i, j + 1) for i, j in zip(a, b, strict=True))
            ]
        )
    _, order, turned = canonical(_native(image))
    if order != (0, 1, 2):
        whole = np.stack(list(_slices(image.planes)))
        return np.asarray(_turn_planes(image, whole)[tuple(slice(i, j + 1) for i, j in zip(a, b, strict=True))])
    block = np.stack(list(_slices(image.planes[a[0] : b[0] + 1])))
    block = block[:, :: -1 if turned[1] else 1, :: -1 if turned[2] else 1]
    return np.asarray(block[:, a[1] : b[1] + 1, a[2] : b[2] + 1])


def _slices(planes: Sequence[Plane]) -> Iterator[Floats]:
    several: dict[Path, Floats] = {}
    for plane in planes:
        if plane.path not in several:
            several = {plane.path: load_array(plane.path).astype(np.float64)}
        yield several[plane.path][plane.frame or 0]


def _native(image: SourceImage) -> Grid:
    """Return the grid with the planes in canonical slice order and rows and columns as stored."""
    first = image.planes[0]
    step = image.grid.steps[image.grid.slice_axis]
    steps = np.array([step, first.column * first.spacing[0], first.row * first.spacing[1]])
    return Grid((len(image.planes), *first.shape), first.position, steps)


def _turn_planes(image: SourceImage, whole: Floats) -> Floats:
    _, order, turned = canonical(_native(image))
    return np.asarray(whole.transpose(order)[tuple(slice(None, None, -1 if turn else 1) for turn in turned)])


def _turn_file(path: Path, whole: Floats) -> Floats:
    _, order, turned = canonical(file_grid(path))
    return np.asarray(whole.transpose(order)[tuple(slice(None, None, -1 if turn else 1) for turn in turned)])
