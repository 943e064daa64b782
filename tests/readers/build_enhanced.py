"""Enhanced multi-frame images written for tests with pydicom, frame by frame in any order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from pipeline.geometry import Geometry
from tests.readers.build_dicom import Exam, make_image, save, uid

ENHANCED = {"CT": "1.2.840.10008.5.1.4.1.1.2.1", "MR": "1.2.840.10008.5.1.4.1.1.4.1"}
LEGACY = {"CT": "1.2.840.10008.5.1.4.1.1.2.2", "MR": "1.2.840.10008.5.1.4.1.1.4.4"}

Change = Callable[[Dataset], None]
ChangeFrame = Callable[[Dataset, int], None]


def item(**values: object) -> list[Dataset]:
    """Return a sequence of one item with these attributes."""
    found = Dataset()
    for keyword, value in values.items():
        setattr(found, keyword, value)
    return [found]


def make_enhanced(
    grid: Geometry,
    voxels: NDArray[np.int16],
    *,
    exam: Exam | None = None,
    series: str = "portal venous",
    modality: str = "CT",
    legacy: bool = False,
    order: Sequence[int] | None = None,
    shared: bool = True,
    change_frame: ChangeFrame | None = None,
) -> Dataset:
    """Return one object that holds the slices of a grid as frames, in the given order.

    Parameters
    ----------
    shared
        Whether orientation, pixel spacing and rescale are in the shared functional groups, or in those of each frame.
    """
    order = range(grid.shape[0]) if order is None else order
    images = [make_image(grid, number, voxels[number], exam or Exam(), series, modality) for number in order]
    whole = images[0]
    whole.SOPClassUID = whole.file_meta.MediaStorageSOPClassUID = (LEGACY if legacy else ENHANCED)[modality]
    whole.SOPInstanceUID = whole.file_meta.MediaStorageSOPInstanceUID = uid((exam or Exam()).name, series, "frames")
    common, groups = Dataset(), []
    for number, image in enumerate(images):
        group = Dataset()
        _describe(common if shared else group, image, modality)
        group.PlanePositionSequence = item(ImagePositionPatient=image.ImagePositionPatient)
        group.FrameContentSequence = item(StackID="1", InStackPositionNumber=number + 1)
        if change_frame:
            change_frame(group, number)
        groups.append(group)
    whole.PixelData = b"".join(image.PixelData for image in images)
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness"):
        delattr(whole, keyword)
    for keyword in ("RescaleSlope", "RescaleIntercept"):
        whole.pop(keyword, None)
    whole.NumberOfFrames = len(images)
    whole.SharedFunctionalGroupsSequence, whole.PerFrameFunctionalGroupsSequence = [common], groups
    return whole


def _describe(group: Dataset, image: Dataset, modality: str) -> None:
    group.PlaneOrientationSequence = item(ImageOrientationPatient=image.ImageOrientationPatient)
    group.PixelMeasuresSequence = item(PixelSpacing=image.PixelSpacing, SliceThickness=image.SliceThickness)
    values = {"RescaleSlope": 1, "RescaleIntercept": -1000 if modality == "CT" else 0, "RescaleType": "HU"}
    group.PixelValueTransformationSequence = item(**values)
    kind = item(FrameType=["ORIGINAL", "PRIMARY", "AXIAL", "NONE"])
    setattr(group, f"{modality}ImageFrameTypeSequence", kind)


def write_enhanced(path: Path, dataset: Dataset, change: Change | None = None) -> Path:
    """Write an object, changed as the test wants it."""
    if change:
        change(dataset)
    path.parent.mkdir(parents=True, exist_ok=True)
    save(dataset, path)
    return path
