"""Small DICOM studies written for tests: series on any grid with pydicom, segmentations with highdicom.

Everything that a test wants wrong is changed by its own ``change`` function on the finished data set.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.coding import Code
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from pipeline.geometry import Geometry

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
LIVER = Code("10200004", "SCT", "Liver")
LESION = Code("4147007", "SCT", "Mass")
TISSUE = Code("85756007", "SCT", "Tissue")

Change = Callable[[Dataset, int], None]


def uid(*names: object) -> str:
    """Return the same UID for the same names."""
    return generate_uid(entropy_srcs=[str(name) for name in names])


@dataclass(frozen=True)
class Exam:
    """Who and which examination."""

    name: str = "exam"
    patient_id: str = "P-1"
    patient_name: str = "Phantom^One"
    birth_date: str = "19600229"
    study_date: str = "20240131"

    @property
    def study_uid(self) -> str:
        return uid(self.name, "study")

    @property
    def frame_uid(self) -> str:
        return uid(self.name, "frame")


def make_image(
    grid: Geometry, number: int, plane: NDArray[np.int16], exam: Exam, series: str, modality: str
) -> Dataset:
    """Return one image: slice ``number`` of a grid indexed slice, row, column in any orientation."""
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.SOPClassUID = image.file_meta.MediaStorageSOPClassUID = CT if modality == "CT" else MR
    image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = uid(exam.name, series, number)
    image.PatientID, image.PatientName = exam.patient_id, exam.patient_name
    image.PatientBirthDate, image.PatientSex = exam.birth_date, "O"
    image.StudyInstanceUID, image.SeriesInstanceUID = exam.study_uid, uid(exam.name, series)
    image.FrameOfReferenceUID = exam.frame_uid
    image.StudyDate, image.StudyTime, image.StudyID = exam.study_date, "120000", "1"
    image.AccessionNumber, image.ReferringPhysicianName = "A-1", ""
    image.SeriesNumber, image.InstanceNumber = 3, number + 1
    image.SeriesDescription = series
    image.Modality, image.ImageType = modality, ["ORIGINAL", "PRIMARY", "AXIAL"]
    _place(image, grid, number)
    _fill(image, plane, modality)
    return image


def _place(image: Dataset, grid: Geometry, number: int) -> None:
    steps, spacing = grid.axes, grid.spacing_mm
    image.ImagePositionPatient = [f"{v:.6f}" for v in grid.to_world(np.array([[number, 0.0, 0.0]]))[0]]
    image.ImageOrientationPatient = [f"{v:.9f}" for v in (*(steps[2] / spacing[2]), *(steps[1] / spacing[1]))]
    image.PixelSpacing = [f"{spacing[1]:.6f}", f"{spacing[2]:.6f}"]
    image.SliceThickness = f"{grid.slice_thickness_mm or spacing[0]:.4f}"
    image.PositionReferenceIndicator = ""


def _fill(image: Dataset, plane: NDArray[np.int16], modality: str) -> None:
    image.Rows, image.Columns = plane.shape
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 16, 16, 15, 1
    if modality == "CT":
        image.RescaleSlope, image.RescaleIntercept = 1, -1000
    image.PixelData = plane.astype("<i2").tobytes()


def write_series(
    folder: Path,
    grid: Geometry,
    voxels: NDArray[np.int16] | None = None,
    *,
    exam: Exam | None = None,
    series: str = "portal venous",
    modality: str = "CT",
    change: Change | None = None,
) -> list[Path]:
    """Write a series of stored values (HU + 1000 for CT) and return its files in the order of the grid's slices."""
    folder.mkdir(parents=True, exist_ok=True)
    values = np.full(grid.shape, 1050, dtype=np.int16) if voxels is None else voxels
    paths = []
    for number in range(grid.shape[0]):
        image = make_image(grid, number, values[number], exam or Exam(), series, modality)
        if change:
            change(image, number)
        paths.append(folder / f"{series.replace(' ', '_')}_{number:03d}.dcm")
        save(image, paths[-1])
    return paths


def save(dataset: Dataset, path: Path) -> None:
    """Write a data set, whatever is wrong with it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.save_as(path, enforce_file_format=True)


def write_seg(
    path: Path,
    series: Sequence[Path],
    masks: Mapping[str, tuple[NDArray[np.bool_], Code]],
    *,
    omit_empty: bool = True,
    kind: str = "BINARY",
    change: Callable[[Dataset], None] | None = None,
) -> Path:
    """Write a segmentation of a series; masks are on the grid of ``series``, in its order."""
    images = [pydicom.dcmread(each) for each in series]
    segments = [
        hd.seg.SegmentDescription(number, label, TISSUE, code, hd.seg.SegmentAlgorithmTypeValues.MANUAL)
        for number, (label, (_, code)) in enumerate(masks.items(), 1)
    ]
    stacked = np.stack([mask for mask, _ in masks.values()], axis=-1)
    pixels = stacked.astype(np.uint8) if kind == "BINARY" else stacked.astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seg = hd.seg.Segmentation(
            images, pixels, kind, segments, uid(path.name, "series"), 9, uid(path.name), 1,
            "livermetry tests", "phantom", "1", "0", omit_empty_frames=omit_empty,
        )  # fmt: skip
    seg.SeriesDescription = "masks"
    written = _without_shared_items(seg) if change else seg
    if change:
        change(written)
    path.parent.mkdir(parents=True, exist_ok=True)
    save(written, path)
    return path


def _without_shared_items(seg: Dataset) -> Dataset:
    """Return a copy to change: some code items are highdicom's own, the same in every object of the process."""
    own = Dataset()
    own.update({element.tag: copy.deepcopy(element) for element in seg})
    own.file_meta = seg.file_meta
    return own


def edit(path: Path, **values: object) -> None:
    """Set attributes of a file; None deletes one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(path)
        for keyword, value in values.items():
            if value is None:
                delattr(dataset, keyword)
            else:
                setattr(dataset, keyword, value)
    save(dataset, path)


def write_raw_text(path: Path, keyword: str, text: str) -> None:
    """Overwrite a text attribute by the same number of raw bytes, as a broken writer would."""
    content = path.read_bytes()
    tag = pydicom.datadict.tag_for_keyword(keyword)
    assert tag is not None
    place = content.index(int(tag >> 16).to_bytes(2, "little") + int(tag & 0xFFFF).to_bytes(2, "little"))
    length = int.from_bytes(content[place + 6 : place + 8], "little")
    raw = text.encode().ljust(length)
    assert len(raw) == length, f"{keyword} holds {length} bytes"
    path.write_bytes(content[: place + 8] + raw + content[place + 8 + length :])
