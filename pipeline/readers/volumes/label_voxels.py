"""Labels of a volume file, read slab by slab: whole numbers, of each layer the box that holds any but zero."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.geometry import Index3
from pipeline.readers.volumes.volume_file import Array, VolumeFile

INTEGER_TOLERANCE = 1e-3
MAX_LABEL = 65_535
FEW_LABELS, MOST_LABELS = 16, 256
"""How many labels need no further look, and how many no label map of unknown name has (TotalSegmentator: 117)."""
MAX_LABELS = 1000
"""How many different labels a layer may hold; parcellations of the brain have some two hundred."""

NO_LABELS = "A mask holds values that are no labels (negative or above 65535)."

Labels = NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True, eq=False)
class FoundLabels:
    """The box of a grid outside which all labels are zero: index of its first voxel, and the labels."""

    start: Index3
    values: Labels


@dataclass(eq=False)
class Layer:
    """What was read of a layer so far: the boxes of slabs that hold labels, and which labels these are."""

    parts: list[FoundLabels] = field(default_factory=list)
    present: set[int] = field(default_factory=set)

    def add(self, first: int, labels: Labels) -> None:
        """Take the labels of a slab; ``first`` is its first index along k."""
        found = _crop(labels, first)
        if found is None:
            return
        self.present.update(_values(found.values))
        if len(self.present) > MAX_LABELS:
            raise StudyRefused(
                "LABEL_COUNT", f"A mask holds more than {MAX_LABELS} different values: it is no mask but an image."
            )
        self.parts.append(found)

    def join(self) -> FoundLabels:
        """Return the labels over one box; what was kept of the slabs is given up on the way."""
        if not self.parts:
            return FoundLabels((0, 0, 0), np.zeros((0, 0, 0), dtype=np.uint8))
        low = np.min([part.start for part in self.parts], axis=0)
        high = np.max([np.add(part.start, part.values.shape) for part in self.parts], axis=0)
        kind = np.uint8 if max(self.present) < 256 else np.uint16
        values = np.zeros(high - low, dtype=kind, order="F")
        while self.parts:
            part = self.parts.pop()
            a, b, c = np.subtract(part.start, low)
            i, j, k = part.values.shape
            values[a : a + i, b : b + j, c : c + k] = part.values
        return FoundLabels((int(low[0]), int(low[1]), int(low[2])), values)


def read_labels(file: VolumeFile) -> list[FoundLabels]:
    """Return the labels of each layer.

    Raises
    ------
    StudyRefused
        ``LABEL_NONINT`` for values that are no labels, ``LABEL_COUNT`` for more of them than any mask has,
        ``TRUNCATED`` when the voxels cannot be read.
    """
    layers = [Layer() for _ in range(file.layers)]
    for slab in file.slabs(0, file.shape[2]):
        layers[slab.layer].add(slab.first, to_labels(slab.voxels))
    return [layer.join() for layer in layers]


def looks_like_labels(file: VolumeFile) -> bool:
    """Tell whether a file of unknown kind can be a mask: few whole numbers, none negative, in patches of one value.

    More than a few of them are labels only where neighbours mostly share one.

    Raises
    ------
    StudyRefused
        ``TRUNCATED`` when its voxels cannot be read.
    """
    if file.labels:
        return True
    present: list[set[int]] = [set() for _ in range(file.layers)]
    try:
        for slab in file.slabs(0, file.shape[2]):
            present[slab.layer].update(_values(to_labels(slab.voxels)))
            if len(present[slab.layer]) > MOST_LABELS:
                return False
    except StudyRefused as refusal:
        if refusal.code != "LABEL_NONINT":
            raise
        return False
    return max(len(values) for values in present) <= FEW_LABELS or _in_patches(file, present)


def _in_patches(file: VolumeFile, present: list[set[int]]) -> bool:
    """Tell whether neighbours along i mostly share a label, in every layer of more than a few."""
    both, equal = np.zeros(file.layers, dtype=np.int64), np.zeros(file.layers, dtype=np.int64)
    for slab in file.slabs(0, file.shape[2]):
        labels = to_labels(slab.voxels)
        set_both = (labels[:-1] > 0) & (labels[1:] > 0)
        both[slab.layer] += np.count_nonzero(set_both)
        equal[slab.layer] += np.count_nonzero(set_both & (labels[:-1] == labels[1:]))
    many = np.array([len(values) > FEW_LABELS for values in present])
    return bool(np.all(2 * equal[many] >= both[many]))


def to_labels(array: Array) -> Labels:
    """Return voxel values as whole numbers of 8 bits, or of 16 where they need them.

    Raises
    ------
    StudyRefused
        ``LABEL_NONINT`` when a value is farther than 1e-3 from a whole number, negative, or beyond 65535.
    """
    whole = _rounded(array) if array.dtype.kind == "f" else array
    if whole.dtype == np.uint8:
        return whole.astype(np.uint8, copy=False)
    least, most = whole.min(initial=0), whole.max(initial=0)
    if whole.dtype.kind not in "fiu" or least < 0 or most > MAX_LABEL:
        raise StudyRefused("LABEL_NONINT", NO_LABELS)
    return np.asarray(whole.astype(np.uint8 if most < 256 else np.uint16))


def _rounded(values: NDArray[Any]) -> NDArray[Any]:
    """Return values as whole numbers, of 8 bits at once where all of them are exactly that."""
    with np.errstate(invalid="ignore"):
        small = values.astype(np.uint8)
    if np.array_equal(small, values):
        return small
    if not np.isfinite(values).all():
        raise StudyRefused(
            "LABEL_NONINT", "A mask holds values that are no numbers (NaN or infinite); export it again."
        )
    rounded: NDArray[Any] = np.rint(values)
    if float(np.abs(values - rounded).max(initial=0)) > INTEGER_TOLERANCE:
        raise StudyRefused(
            "LABEL_NONINT",
            "A mask holds values between whole numbers: it was interpolated; export it again as labels.",
        )
    return rounded


def _values(labels: Labels) -> list[int]:
    """Return the labels that occur, without zero."""
    return [int(value) for value in np.flatnonzero(np.bincount(labels.ravel(order="K"))) if value]


def _crop(labels: Labels, first: int) -> FoundLabels | None:
    """Return the box of a slab that holds labels; None where all are zero."""
    along_k = np.flatnonzero(labels.any(axis=(0, 1)))
    if not len(along_k):
        return None
    plane = np.asarray(labels.any(axis=2))
    spans = [np.flatnonzero(plane.any(axis=1)), np.flatnonzero(plane.any(axis=0)), along_k]
    a, b, c = (slice(int(span[0]), int(span[-1]) + 1) for span in spans)
    return FoundLabels((a.start, b.start, first + c.start), np.array(labels[a, b, c], order="F"))
