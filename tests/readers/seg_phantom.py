"""Segmentations of a liver and a lesion with every kind of pixel, written with highdicom."""

from __future__ import annotations

import warnings
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest

from pipeline.errors import StudyRefused
from pipeline.readers.mask_object import RawSegment
from pipeline.readers.segmentation.dicom_seg import open_dicom_seg
from tests.phantoms import make_grid
from tests.readers.build_dicom import LESION, LIVER, TISSUE, save, uid
from tests.readers.conftest import balls as balls_on

GRID = make_grid((14, 40, 48), (3.0, 1.25, 1.0))
WHOLE = (slice(0, 14), slice(0, 40), slice(0, 48))
SIZE = 40 * 48


def balls() -> dict[str, np.ndarray]:
    return balls_on(GRID)


def write_kind(path: Path, series: list[Path], pixels: np.ndarray, kind: str, **options: object) -> Path:
    """Write a segmentation of a liver and a lesion; pixels: fractions (..., 2), or labels."""
    segments = [
        hd.seg.SegmentDescription(number, label, TISSUE, code, hd.seg.SegmentAlgorithmTypeValues.MANUAL)
        for number, (label, code) in enumerate((("Liver", LIVER), ("Lesion 1", LESION)), 1)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seg = hd.seg.Segmentation(
            [pydicom.dcmread(each) for each in series], pixels, kind, segments, uid(path.name, "series"), 9,
            uid(path.name), 1, "livermetry tests", "phantom", "1", "0", **options,
        )  # fmt: skip
    save(seg, path)
    return path


def fractions(rim: float = 0.3) -> np.ndarray:
    """Return fractions of liver and lesion: 1 within, ``rim`` in every voxel of the next layer."""
    found = np.zeros((*GRID.shape, 2), dtype=np.float64)
    for number, ball in enumerate(balls().values()):
        grown = ball.copy()
        for axis in range(3):
            grown |= np.roll(ball, 1, axis) | np.roll(ball, -1, axis)
        found[..., number] = np.where(ball, 1.0, np.where(grown, rim, 0.0))
    return found


def labels() -> np.ndarray:
    return np.where(balls()["Lesion 1"], 2, np.where(balls()["Liver"], 1, 0)).astype(np.uint8)


def segments_of(path: Path) -> tuple[RawSegment, ...]:
    return open_dicom_seg(path).read(GRID).segments


def refused(path: Path) -> str:
    with pytest.raises(StudyRefused) as error:
        open_dicom_seg(path).read(GRID)
    return error.value.code


def change(path: Path, **values: object) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seg = pydicom.dcmread(path)
        for keyword, value in values.items():
            if value is None:
                delattr(seg, keyword)
            else:
                setattr(seg, keyword, value)
    save(seg, path)
    return path
