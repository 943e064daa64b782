"""Label maps and single-structure files (NIfTI, NRRD, MetaImage): from voxel values to segments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pipeline.errors import StudyRefused
from pipeline.geometry import Geometry, canonical_geometry
from pipeline.readers.mask_object import RawSegment, clean_name
from pipeline.readers.volume_file import GRID_TOLERANCE, Array, LabelHeader, VolumeFile
from pipeline.study import Finding, Severity
from pipeline.volume import Mask

INTEGER_TOLERANCE = 1e-3
MAX_LABEL = 65_535
FEW_LABELS, MOST_LABELS = 16, 256
"""How many labels need no further look, and how many no label map of unknown name has (TotalSegmentator: 117)."""

NO_LABELS = "A mask holds values that are no labels (negative or above 65535)."

Labels = NDArray[np.unsignedinteger[Any]]


def read_label_map(file: VolumeFile, image: Geometry | None, names: Mapping[int, str]) -> list[RawSegment]:
    """Return the structures of a label map on its own grid.

    Parameters
    ----------
    image
        Grid of the image, which decides between a contradicting sform and qform.
    names
        What to call each number where the file itself does not say; others are called ``label 7``.
    """
    grid, layers = _load_canonical(file, image)
    if file.labels:
        return _described(file.labels, [dict(_split(layer, grid)) for layer in layers], grid)
    if len(layers) > 1:
        return _unnamed(layers, grid)
    return [RawSegment(names.get(v, f"label {v}"), mask, v) for v, mask in _split(layers[0], grid)]


def _described(heads: Sequence[LabelHeader], layers: Sequence[Mapping[int, Mask]], grid: Geometry) -> list[RawSegment]:
    """Return the segments a file describes, then the values in it that it does not describe."""
    found = [RawSegment(h.name, layers[h.layer].get(h.value, _nothing(grid)), h.value, h.codes) for h in heads]
    known = {(head.layer, head.value) for head in heads}
    for number, masks in enumerate(layers):
        rest = [(value, mask) for value, mask in masks.items() if (number, value) not in known]
        found += [RawSegment(f"undescribed value {value} of layer {number}", mask) for value, mask in rest]
    return found


def _unnamed(layers: Sequence[Labels], grid: Geometry) -> list[RawSegment]:
    """Return the structures of layers that nobody names: ``layer 0``, or ``layer 0 value 2`` where it holds others."""
    found = []
    for number, layer in enumerate(layers):
        parts = dict(_split(layer, grid)) or {1: _nothing(grid)}
        for value, mask in parts.items():
            found.append(RawSegment(f"layer {number}" if set(parts) == {1} else f"layer {number} value {value}", mask))
    return found


def read_structure_file(file: VolumeFile, image: Geometry | None, name: str) -> list[RawSegment]:
    """Return the structure of a file that holds one; several when it numbers its parts, empty when nothing is set."""
    grid, layers = _load_canonical(file, image)
    if len(layers) > 1:
        return _unnamed(layers, grid)
    parts = list(_split(layers[0], grid))
    if len(parts) < 2:
        return [RawSegment(clean_name(name), parts[0][1] if parts else _nothing(grid))]
    return [RawSegment(clean_name(name), mask, value) for value, mask in parts]


def looks_like_labels(file: VolumeFile) -> bool:
    """Tell whether a file of unknown kind can be a mask: few whole numbers, none negative, in patches of one value.

    Raises
    ------
    StudyRefused
        ``TRUNCATED`` when its voxels cannot be read.
    """
    if file.labels:
        return True
    try:
        return all(_in_patches(_to_labels(layer)) for layer in file.load(None))
    except StudyRefused as refusal:
        if refusal.code != "LABEL_NONINT":
            raise
        return False


def _in_patches(labels: Labels) -> bool:
    """Tell labels from grey values: more than a few of them are labels only where neighbours mostly share one."""
    present = np.zeros(MAX_LABEL + 1, dtype=np.bool_)
    for index in range(labels.shape[-1]):
        present |= np.bincount(labels[..., index].ravel(), minlength=len(present)) > 0
    values = int(np.count_nonzero(present[1:]))
    if values <= FEW_LABELS or values > MOST_LABELS:
        return bool(values <= FEW_LABELS)
    first, second = labels[:-1], labels[1:]
    both = (first > 0) & (second > 0)
    return bool(2 * np.count_nonzero(both & (first == second)) >= np.count_nonzero(both))


def choose_geometry(file: VolumeFile, image: Geometry | None) -> Geometry:
    """Return the grid of a file; of a contradicting sform and qform the only one that matches the image's grid.

    Raises
    ------
    StudyRefused
        ``AFFINE_SQ`` when none or both of them match.
    """
    grids = file.geometries()
    if len(grids) == 1:
        return grids[0]
    fitting = [grid for grid in grids if image is not None and _matches(canonical_geometry(grid)[0], image)]
    if len(fitting) != 1:
        raise StudyRefused(
            "AFFINE_SQ", "The sform and qform of a NIfTI file disagree, and it is not clear which of them is right."
        )
    return fitting[0]


def describe_forms(file: VolumeFile, image: Geometry | None) -> list[Finding]:
    """Flag a file whose sform and qform disagree, and say which of them was used (row M10)."""
    if len(file.affines) == 1:
        return []
    used = "sform" if np.array_equal(choose_geometry(file, image).affine, file.affines[0]) else "qform"
    message = f"The sform and qform of a mask disagree; only its {used} lies on the image's grid, and it was used."
    return [Finding("AFFINE_SQ", Severity.WARNING, message)]


def _matches(grid: Geometry, image: Geometry) -> bool:
    if grid.shape != image.shape:
        return False
    corners = Geometry(grid.shape, image.affine).to_index(image.corners_mm())
    return bool(np.abs(grid.offset_in(image) - corners).max() <= GRID_TOLERANCE)


def _load_canonical(file: VolumeFile, image: Geometry | None) -> tuple[Geometry, list[Labels]]:
    grid, turn = canonical_geometry(choose_geometry(file, image))
    return grid, [turn.apply(_to_labels(layer)) for layer in file.load(None)]


def _to_labels(array: Array) -> Labels:
    """Return voxel values as whole numbers.

    Raises
    ------
    StudyRefused
        ``LABEL_NONINT`` when a value is farther than 1e-3 from a whole number, negative, or beyond 65535.
    """
    if array.dtype.kind == "b":
        return array.view(np.uint8)
    if array.dtype.kind == "f":
        whole = np.empty_like(array, dtype=np.uint16)
        for index in range(array.shape[-1]):
            whole[..., index] = _rounded(array[..., index])
        return whole
    if array.dtype.kind not in "iu" or int(array.min(initial=0)) < 0 or int(array.max(initial=0)) > MAX_LABEL:
        raise StudyRefused("LABEL_NONINT", NO_LABELS)
    return array.astype(np.uint8 if array.dtype.itemsize == 1 else np.uint16, copy=False)


def _rounded(plane: NDArray[Any]) -> NDArray[np.uint16]:
    if not np.isfinite(plane).all():
        raise StudyRefused(
            "LABEL_NONINT", "A mask holds values that are no numbers (NaN or infinite); export it again."
        )
    rounded = np.rint(plane)
    if float(np.abs(plane - rounded).max(initial=0)) > INTEGER_TOLERANCE:
        raise StudyRefused(
            "LABEL_NONINT",
            "A mask holds values between whole numbers: it was interpolated; export it again as labels.",
        )
    if rounded.min(initial=0) < 0 or rounded.max(initial=0) > MAX_LABEL:
        raise StudyRefused("LABEL_NONINT", NO_LABELS)
    return np.asarray(rounded, dtype=np.uint16)


def _split(labels: Labels, grid: Geometry) -> Iterator[tuple[int, Mask]]:
    """Yield every label that occurs and its mask, by increasing number."""
    for value, box in enumerate(ndimage.find_objects(labels), 1):
        if box is not None:
            start = (box[0].start, box[1].start, box[2].start)
            yield value, Mask(grid, start, np.ascontiguousarray(labels[box] == value))


def _nothing(grid: Geometry) -> Mask:
    return Mask(grid, (0, 0, 0), np.zeros((0, 0, 0), dtype=np.bool_))
