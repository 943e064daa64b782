"""Structure sets written for tests with pydicom: any outlines on the slices of a series."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from pipeline.geometry import Geometry
from tests.readers.build_dicom import Exam, save, uid

Points = NDArray[np.float64]
RTSTRUCT = "1.2.840.10008.5.1.4.1.1.481.3"


@dataclass(frozen=True, eq=False)
class Outline:
    """One contour: points in LPS mm, and the image that it names (a slice number of the series)."""

    points: Points
    slice: int | None = None
    kind: str = "CLOSED_PLANAR"


def circle(
    grid: Geometry, number: int, radius: float, center: Sequence[float] = (0, 0, 0), points: int = 180
) -> Points:
    """Return a regular polygon in the plane of a slice (axis 0), about the foot of a point in that plane."""
    u, v, normal = plane_of(grid)
    middle = np.asarray(center) - (np.asarray(center) - origin_of(grid, number)) @ normal * normal
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)[:, None]
    return np.asarray(middle + radius * (np.cos(angle) * u + np.sin(angle) * v))


def polygon_area(radius: float, points: int = 180) -> float:
    """Return the area of a regular polygon in a circle."""
    return points / 2 * float(np.sin(2 * np.pi / points)) * radius**2


def plane_of(grid: Geometry) -> tuple[Points, Points, Points]:
    """Return two directions at right angles in the planes of axis 0, and their normal."""
    normal = np.cross(grid.axes[1], grid.axes[2])
    normal /= np.linalg.norm(normal)
    u = grid.axes[1] / np.linalg.norm(grid.axes[1])
    return u, np.cross(normal, u), normal


def origin_of(grid: Geometry, number: int) -> Points:
    return grid.to_world(np.array([[number, 0.0, 0.0]]))[0]


def ball_outlines(
    grid: Geometry, radius: float, center: Sequence[float] = (0, 0, 0), points: int = 180
) -> tuple[list[Outline], float]:
    """Return the contours of a ball on every slice, and the exact volume in mL of their polygons x slabs."""
    normal, outlines, volume = plane_of(grid)[2], [], 0.0
    heights = grid.slab_volumes_mm3 / np.linalg.norm(np.cross(grid.axes[1], grid.axes[2]))
    for number in range(grid.shape[0]):
        squared = radius**2 - float((origin_of(grid, number) - np.asarray(center)) @ normal) ** 2
        if squared > 0.01:
            outlines.append(Outline(circle(grid, number, squared**0.5, center, points), number))
            volume += polygon_area(squared**0.5, points) * float(heights[number]) / 1000
    return outlines, volume


def write_rtstruct(
    path: Path,
    series: Sequence[Path],
    rois: Mapping[str, Sequence[Outline]],
    *,
    exam: Exam | None = None,
    types: Mapping[str, str] | None = None,
    change: Callable[[Dataset], None] | None = None,
) -> Path:
    """Write a structure set drawn on a series; ROIs are numbered from 1."""
    exam = exam or Exam()
    images = [pydicom.dcmread(each, stop_before_pixels=True) for each in series]
    plan = Dataset()
    plan.file_meta = FileMetaDataset()
    plan.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    plan.SOPClassUID = plan.file_meta.MediaStorageSOPClassUID = RTSTRUCT
    plan.SOPInstanceUID = plan.file_meta.MediaStorageSOPInstanceUID = uid(exam.name, path.name)
    plan.PatientID, plan.PatientName = exam.patient_id, exam.patient_name
    plan.PatientBirthDate, plan.PatientSex = exam.birth_date, "O"
    plan.StudyInstanceUID, plan.SeriesInstanceUID = exam.study_uid, uid(exam.name, path.name, "series")
    plan.StudyDate, plan.StudyTime, plan.Modality, plan.StructureSetLabel = exam.study_date, "120000", "RTSTRUCT", "set"
    plan.ReferencedFrameOfReferenceSequence = [_reference(images, exam)]
    plan.StructureSetROISequence = [_declared(n, name, exam) for n, name in enumerate(rois, 1)]
    plan.ROIContourSequence = [_drawn(n, outlines, images) for n, outlines in enumerate(rois.values(), 1)]
    plan.RTROIObservationsSequence = [
        _observed(n, (types or {}).get(name, "ORGAN")) for n, name in enumerate(rois, 1)
    ]  # fmt: skip
    if change:
        change(plan)
    path.parent.mkdir(parents=True, exist_ok=True)
    save(plan, path)
    return path


def _image_item(image: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = image.SOPClassUID, image.SOPInstanceUID
    return item


def _reference(images: Sequence[Dataset], exam: Exam) -> Dataset:
    frame, study, series = Dataset(), Dataset(), Dataset()
    series.SeriesInstanceUID = images[0].SeriesInstanceUID
    series.ContourImageSequence = [_image_item(image) for image in images]
    study.ReferencedSOPClassUID, study.ReferencedSOPInstanceUID = "1.2.840.10008.3.1.2.3.1", exam.study_uid
    study.RTReferencedSeriesSequence = [series]
    frame.FrameOfReferenceUID, frame.RTReferencedStudySequence = exam.frame_uid, [study]
    return frame


def _declared(number: int, name: str, exam: Exam) -> Dataset:
    item = Dataset()
    item.ROINumber, item.ROIName, item.ReferencedFrameOfReferenceUID = number, name, exam.frame_uid
    item.ROIGenerationAlgorithm = "MANUAL"
    return item


def _observed(number: int, kind: str) -> Dataset:
    item = Dataset()
    item.ObservationNumber = item.ReferencedROINumber = number
    item.RTROIInterpretedType, item.ROIInterpreter = kind, ""
    return item


def _drawn(number: int, outlines: Sequence[Outline], images: Sequence[Dataset]) -> Dataset:
    item = Dataset()
    item.ReferencedROINumber = number
    if outlines:
        item.ContourSequence = [_contour(outline, images) for outline in outlines]
    return item


def _contour(outline: Outline, images: Sequence[Dataset]) -> Dataset:
    item = Dataset()
    item.ContourGeometricType, item.NumberOfContourPoints = outline.kind, len(outline.points)
    item.ContourData = [f"{value:.6f}" for value in outline.points.ravel()]
    if outline.slice is not None:
        item.ContourImageSequence = [_image_item(images[outline.slice])]
    return item
