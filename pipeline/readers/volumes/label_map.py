"""Label maps and single-structure files (NIfTI, NRRD, MetaImage): from voxel values to segments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from pipeline.errors import StudyRefused
from pipeline.geometry import Geometry, canonical_geometry
from pipeline.readers.label_boxes import find_boxes
from pipeline.readers.mask_object import RawSegment, clean_name
from pipeline.readers.volumes.label_voxels import FoundLabels, read_labels
from pipeline.readers.volumes.volume_file import GRID_TOLERANCE, LabelHeader, VolumeFile, canonical_start
from pipeline.study import Finding, Severity
from pipeline.volume import Mask

MAX_BOXES = 1 << 30
"""Voxels of the boxes of all labels of a layer together: the masks hold so many bytes."""


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


def _unnamed(layers: Sequence[FoundLabels], grid: Geometry) -> list[RawSegment]:
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


def _load_canonical(file: VolumeFile, image: Geometry | None) -> tuple[Geometry, list[FoundLabels]]:
    native = choose_geometry(file, image)
    grid, turn = canonical_geometry(native)
    layers = [
        FoundLabels(canonical_start(native, layer.start, layer.values.shape), turn.apply(layer.values))
        for layer in read_labels(file)
    ]
    return grid, layers


def _split(labels: FoundLabels, grid: Geometry) -> Iterator[tuple[int, Mask]]:
    """Yield every label that occurs and its mask, by increasing number.

    Raises
    ------
    StudyRefused
        ``LABEL_COUNT`` when the labels are scattered so that their boxes together cannot be held.
    """
    a, b, c = labels.start
    boxes = list(find_boxes(labels.values))
    if sum(labels.values[box].size for _, box in boxes) > MAX_BOXES:
        raise StudyRefused("LABEL_COUNT", "Many labels of a mask are each scattered over all of it: it is no mask.")
    for value, box in boxes:
        start = (a + box[0].start, b + box[1].start, c + box[2].start)
        yield value, Mask(grid, start, np.ascontiguousarray(labels.values[box] == value))


def _nothing(grid: Geometry) -> Mask:
    return Mask(grid, (0, 0, 0), np.zeros((0, 0, 0), dtype=np.bool_))
