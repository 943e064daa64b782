"""Masks that come as single slices (PNG, or DICOM images with 0 and one other value): from files to segments.

A PNG has no place of its own: the role file of the data set says which image each slice belongs to, and that image says
where it lies (row M11). Nothing is tried until it fits: what does not agree is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.geometry import Geometry
from pipeline.readers.identity_match import check_identity
from pipeline.readers.layouts.slice_files import SliceHeader, read_content, read_header, read_plane
from pipeline.readers.layouts.slice_folders import SliceFolders, numbers_in_names
from pipeline.readers.layouts.slice_grid import Plane16, SliceGrid
from pipeline.readers.mask_object import MaskObject, MaskReference, OpenMask, RawSegment, clean_name
from pipeline.study import Finding, Severity
from pipeline.volume import Mask

MAX_VALUES = 256
"""More grey values than this are a picture, not labels."""


Volume = NDArray[np.uint16] | NDArray[np.uint8]


def open_slice_masks(slices: SliceFolders) -> OpenMask:
    """Open the mask slices of one series; they are read on the grid of its image."""
    return OpenMask("mask slices", None, lambda grid: _read_object(slices, grid))


def _read_object(slices: SliceFolders, grid: Geometry | None) -> MaskObject:
    if grid is None:
        raise StudyRefused("AFFINE_NONE", "The mask slices have no image that says where they lie.")
    target, images = SliceGrid(grid), [read_header(path) for path in slices.images]
    segments: list[RawSegment] = []
    sources: list[tuple[Path, str]] = []
    for name, paths in slices.masks:
        headers = _bind(slices, name, paths, images)
        stacked = _stack(slices, name, paths, headers, target)
        segments += _segments(stacked, name, grid)
        sources += zip(paths, stacked.digests, strict=True)
    return MaskObject(
        "mask slices", tuple(segments), tuple(sources), by_name=True, findings=_describe(slices), numbered=True
    )


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


@dataclass(frozen=True, eq=False)
class _Stacked:
    """Label numbers of mask slices on the image's grid (1 where a structure is set), and the SHA-256 of each file."""

    labels: Volume
    numbers: frozenset[int]
    digests: tuple[str, ...]


def _stack(
    slices: SliceFolders, name: str, paths: Sequence[Path], headers: Sequence[SliceHeader], target: SliceGrid
) -> _Stacked:
    """Return mask slices as one volume."""
    shape = target.grid.shape
    labels: Volume = np.zeros(shape, dtype=np.uint8) if name else np.zeros(shape, dtype=np.uint16)
    found: set[int] = set()
    used: set[int] = set()
    digests = []
    for path, header in zip(paths, headers, strict=True):
        content = read_content(path)
        digests.append(hashlib.sha256(content).hexdigest())
        if header.plane is None:
            raise StudyRefused("GEOM_ORIENT", "An image states no place, so that its mask slice has none either.")
        values = read_plane(content, slices.layout, header.plane.shape)
        number = target.number_of(header.plane)
        if number is None and values.any():
            raise StudyRefused("GRID_OTHER", "A mask slice lies outside the image.")
        if number is None:
            continue
        if number in used:
            raise StudyRefused("PAIR_AMBIGUOUS", "Two mask slices of one structure lie at one place.")
        used.add(number)
        values, present = _label(values, name, slices)
        found |= present
        _check_values(name, found)
        labels[target.box_of(number)] = target.place(values, header.plane, number)
    return _Stacked(labels, frozenset(found), tuple(digests))


def _label(values: Plane16, name: str, slices: SliceFolders) -> tuple[Plane16, set[int]]:
    """Return a plane with label numbers for its values (1 for a structure), and what occurs in it."""
    present = [int(value) for value in np.flatnonzero(np.bincount(values.ravel())) if value]
    if name:
        return (values > 0).astype(np.uint16), set(present)
    table = np.zeros(max(present, default=0) + 1, dtype=np.uint16)
    table[present] = [_number_of(value, slices) for value in present]
    return table[values], {int(number) for number in table[present]}


def _check_values(name: str, found: Set[int]) -> None:
    """Refuse a structure of several values, and labels as many as the grey values of a picture (``LABEL_NONINT``)."""
    if name and len(found) > 1:
        raise StudyRefused("LABEL_NONINT", f"{_called(name)} holds several values where one means set: it is no mask.")
    if len(found) > MAX_VALUES:
        raise StudyRefused("LABEL_NONINT", "The mask slices hold grey values, not labels.")


def _segments(stacked: _Stacked, name: str, grid: Geometry) -> list[RawSegment]:
    """Return the structure that a name says, or one for each label number."""
    if name:
        return [RawSegment(clean_name(name), Mask.from_array(grid, stacked.labels > 0))]
    return [
        RawSegment(f"label {number}", Mask.from_array(grid, stacked.labels == number), number)
        for number in sorted(stacked.numbers)
    ]


def _number_of(value: int, slices: SliceFolders) -> int:
    """Return the label number that a grey value stands for: that of its range, else its own."""
    ranges = slices.layout.ranges.items()
    return next((number for number, (low, high) in ranges if low <= value <= high), value)


def _called(name: str, start: bool = True) -> str:
    text = f"the mask of {clean_name(name)}" if name else "the label map in slices"
    return text[0].upper() + text[1:] if start else text
