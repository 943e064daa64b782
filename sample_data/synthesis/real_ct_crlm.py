"""Masks of the ten real CT slices in ``real_ct_crlm``: drawn by us, semi-automatically, and validated by nobody.

A generous outline drawn by hand on each slice (``crlm_outlines.json``: pixel columns and rows) keeps out ribs,
gallbladder, inferior vena cava, portal trunk, stomach and kidney. Within it the liver is what a threshold on smoothed
Hounsfield units finds, opened, closed and filled. The one focus is what lies below a threshold around a point picked
by hand.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from scipy import ndimage
from skimage.draw import polygon2mask
from skimage.morphology import disk

from synthesis.dicom_seg import Drawing, write_segmentation
from synthesis.grid import Floats, Mask
from synthesis.identity import Examination

DRAWING = Drawing(
    description="Semi-automatic, unvalidated, no ground truth",
    algorithm_type=hd.seg.SegmentAlgorithmTypeValues.SEMIAUTOMATIC,
    algorithm_name="Threshold within hand-drawn outline",
    algorithm_family=codes.DCM.NeighborhoodAnalysis,
)
SLICES = Path(__file__).resolve().parents[1] / "studies" / "real_ct_crlm" / "ct"
LIVER_HU = (92.0, 155.0)
FOCUS_BELOW_HU = 113.0
FOCUS_SLICES_MM = (-270.0, -265.0)
FOCUS_ROW, FOCUS_COLUMN, FOCUS_REACH_MM = 299, 113, 8.0


def write_masks(folder: Path) -> None:
    """Write ``seg.dcm`` for the real slices that the repository holds."""
    images = read_slices(SLICES)
    first = images[0]
    exam = Examination(
        name="real_ct_crlm",
        patient_id=str(first.PatientID),
        patient_name=str(first.PatientName),
        birth_date="",
        sex=str(first.PatientSex),
        age=str(first.PatientAge),
        study_date=str(first.StudyDate),
        study_description=str(first.StudyDescription),
        series_description=DRAWING.description,
    )
    liver, focus = draw_masks(images)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The string .* is unlikely to represent the intended person name")
        write_segmentation(folder / "seg.dcm", exam, images, {"liver": liver, "focus_1": focus}, DRAWING)


def read_slices(folder: Path) -> list[Dataset]:
    """Return the slices from foot to head."""
    images = [pydicom.dcmread(path) for path in sorted(folder.glob("*.dcm"))]
    return sorted(images, key=lambda image: float(image.ImagePositionPatient[2]))


def draw_masks(images: Sequence[Dataset]) -> tuple[Mask, Mask]:
    """Return the masks of the liver and of the focus, slice, row, column."""
    outlines = _read_outlines(images)
    liver = np.stack([_grow_liver(_hounsfield(i), o) for i, o in zip(images, outlines, strict=True)])
    focus = np.zeros_like(liver)
    for number, image in enumerate(images):
        if float(image.ImagePositionPatient[2]) in FOCUS_SLICES_MM:
            focus[number] = _find_focus(_hounsfield(image), liver[number], float(image.PixelSpacing[0]))
    labels = ndimage.label(focus, np.ones((3, 3, 3)))[0]
    return liver, np.asarray(labels == np.argmax(np.bincount(labels.ravel())[1:]) + 1)


def _hounsfield(image: Dataset) -> Floats:
    stored = image.pixel_array.astype(np.float64)
    return np.asarray(stored * float(image.RescaleSlope) + float(image.RescaleIntercept))


def _read_outlines(images: Sequence[Dataset]) -> list[Mask]:
    drawn = json.loads(Path(__file__).with_name("crlm_outlines.json").read_text(encoding="utf-8"))
    found = []
    for image in images:
        shape, position = (int(image.Rows), int(image.Columns)), float(image.ImagePositionPatient[2])
        mask = np.zeros(shape, dtype=np.bool_)
        for outline in drawn:
            if outline["z_mm"] == position:
                mask |= polygon2mask(shape, np.array(outline["points"])[:, ::-1])
        found.append(mask)
    return found


def _grow_liver(values: Floats, outline: Mask) -> Mask:
    smoothed = ndimage.gaussian_filter(np.clip(values, -200.0, 300.0), 1.5)
    mask = (smoothed > LIVER_HU[0]) & (smoothed < LIVER_HU[1]) & outline
    mask = ndimage.binary_opening(mask, disk(3))
    mask = ndimage.binary_fill_holes(ndimage.binary_closing(mask, disk(4))) & outline
    labels = ndimage.label(mask)[0]
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return np.asarray(np.isin(labels, np.flatnonzero(sizes > 150)))


def _find_focus(values: Floats, liver: Mask, spacing_mm: float) -> Mask:
    rows, columns = np.ogrid[: values.shape[0], : values.shape[1]]
    near = (rows - FOCUS_ROW) ** 2 + (columns - FOCUS_COLUMN) ** 2 <= (FOCUS_REACH_MM / spacing_mm) ** 2
    low = ndimage.gaussian_filter(values, 2.0) < FOCUS_BELOW_HU
    return np.asarray(low & near & ndimage.binary_erosion(liver, disk(6)))
