"""The study of LiTS's size as DICOM files: a CT series, and one binary SEG with the frames that highdicom writes.

highdicom makes the header from two images; frames are added here, because its own input would be slices x segments
whole planes (5 GB for 400 slices), not because a frame would look otherwise.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from pipeline.geometry import Geometry
from tests.readers.build_dicom import LESION, LIVER, TISSUE, Exam, make_image, save, uid

EXAM = Exam("lits size", patient_id="P-LITS", patient_name="Phantom^Lits")


@dataclass(frozen=True)
class Drawn:
    """Voxels of one structure: the box that holds them, and where it starts in the grid (slice, row, column)."""

    offset: tuple[int, int, int]
    voxels: NDArray[np.bool_]

    @property
    def count(self) -> int:
        """Return how many voxels are set."""
        return int(np.count_nonzero(self.voxels))


def write_images(folder: Path, grid: Geometry, planes: Iterable[NDArray[np.int16]]) -> list[Path]:
    """Write one file a slice, of stored values (HU + 1000), foot-most first."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, plane in enumerate(planes):
        paths.append(folder / f"{number:04d}.dcm")
        save(make_image(grid, number, plane, EXAM, "portal venous", "CT"), paths[-1])
    return paths


def write_masks(path: Path, series: list[Path], grid: Geometry, masks: Mapping[str, Drawn]) -> Path:
    """Write a segment for each structure, its frames from the head down, none of them empty."""
    seg = _header(series[-2:], list(masks), grid)
    references = [_refer(pydicom.dcmread(image, stop_before_pixels=True)) for image in series]
    seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence = references
    seg.SourceImageSequence = references
    pattern = seg.PerFrameFunctionalGroupsSequence[0]
    heads = [_place(pattern, grid, number, references) for number in range(len(series))]
    frames, pixels = [], bytearray()
    for segment, drawn in enumerate(masks.values(), 1):
        for plane in np.flatnonzero(drawn.voxels.any(axis=(1, 2)))[::-1]:
            frames.append(_frame(heads[plane + drawn.offset[0]], segment, int(len(series) - plane - drawn.offset[0])))
            pixels += _pack(drawn, int(plane), grid.shape[1:])
    seg.PerFrameFunctionalGroupsSequence = frames
    seg.NumberOfFrames = len(frames)
    seg.PixelData = bytes(pixels) + b"\0" * (len(pixels) % 2)
    save(seg, path)
    return path


def _header(series: list[Path], names: list[str], grid: Geometry) -> Dataset:
    images = [pydicom.dcmread(each) for each in series]
    segments = [
        hd.seg.SegmentDescription(number, name, TISSUE, _code_of(name), hd.seg.SegmentAlgorithmTypeValues.MANUAL)
        for number, name in enumerate(names, 1)
    ]
    pixels = np.ones((2, *grid.shape[1:], len(names)), dtype=np.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = hd.seg.Segmentation(
            images, pixels, "BINARY", segments, uid("lits size", "seg series"), 9, uid("lits size", "seg"), 1,
            "livermetry benchmark", "phantom", "1", "0",
        )  # fmt: skip
    seg = Dataset()
    seg.update({element.tag: copy.deepcopy(element) for element in made})
    seg.file_meta = made.file_meta
    seg.SeriesDescription = "masks"
    return seg


def _code_of(name: str) -> Code:
    return LESION if name.startswith("lesion") else LIVER if name == "liver" else TISSUE


def _refer(image: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = image.SOPClassUID, image.SOPInstanceUID
    return item


def _place(pattern: Dataset, grid: Geometry, number: int, references: list[Dataset]) -> Dataset:
    """Return what all frames of one slice share: where they lie and which image they are of."""
    item = Dataset()
    item.DerivationImageSequence = copy.deepcopy(pattern.DerivationImageSequence)
    item.DerivationImageSequence[0].SourceImageSequence[0].update(references[number])
    place = Dataset()
    place.ImagePositionPatient = [f"{v:.6f}" for v in grid.to_world(np.array([[number, 0.0, 0.0]]))[0]]
    item.PlanePositionSequence = [place]
    return item


def _frame(head: Dataset, segment: int, place: int) -> Dataset:
    item = Dataset()
    item.update(dict(head.items()))
    content, identity = Dataset(), Dataset()
    content.DimensionIndexValues = [segment, place]
    identity.ReferencedSegmentNumber = segment
    item.FrameContentSequence, item.SegmentIdentificationSequence = [content], [identity]
    return item


def _pack(drawn: Drawn, plane: int, size: tuple[int, int]) -> bytes:
    """Return the bits of one plane; a plane's pixels must be a multiple of 8."""
    whole = np.zeros(size, dtype=bool)
    height, width = drawn.voxels.shape[1:]
    _, row, column = drawn.offset
    whole[row : row + height, column : column + width] = drawn.voxels[plane]
    return np.packbits(whole, bitorder="little").tobytes()
