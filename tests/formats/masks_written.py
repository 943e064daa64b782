"""The study's masks in every format, by writers that are not ours: highdicom, pydicom, nibabel, SimpleITK, pynrrd."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import highdicom as hd
import nrrd
import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.coding import Code
from pydicom.uid import ExplicitVRLittleEndian, RTStructureSetStorage

from tests.formats.images_written import VOLUME_WRITERS
from tests.formats.turned_study import BALLS, Turn, labels, voxels_of
from tests.readers.build_dicom import LESION, LIVER, TISSUE, save, uid
from tests.readers.build_enhanced import item

CODES = {"liver": LIVER, "lesion_1": LESION, "lesion_2": LESION, "portal_vein": Code("32764006", "SCT", "Portal vein")}
CORNERS = 90
"""Points of a contour: a circle's polygon of 90 corners lacks 0.08 % of its area."""


def write_seg(kind: str) -> Callable[[Path, Turn, list[Path]], None]:
    """Return a writer of DICOM SEG by highdicom."""

    def write(folder: Path, turn: Turn, twins: list[Path]) -> None:
        if kind == "LABELMAP":
            pixels = turn.store(labels())
        else:
            stacked = np.stack([turn.store(voxels_of(name)) for name in BALLS], axis=-1)
            pixels = stacked.astype(np.uint8 if kind == "BINARY" else np.float32)
        segments = [
            hd.seg.SegmentDescription(
                number, name.replace("_", " "), TISSUE, CODES[name], hd.seg.SegmentAlgorithmTypeValues.MANUAL
            )
            for number, name in enumerate(BALLS, 1)
        ]
        images = [pydicom.dcmread(path) for path in twins]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            seg = hd.seg.Segmentation(
                images, pixels, kind, segments, uid("seg", "series"), 9, uid("seg"), 1, "livermetry tests", "phantom",
                "1", "0",
            )  # fmt: skip
        refer_to_frames(seg, folder, twins)
        save(seg, folder / "seg.dcm")

    return write


def refer_to_frames(seg: Dataset, folder: Path, twins: list[Path]) -> None:
    """Say that the masks were drawn on the frames of the one image there is, where it is multi-frame."""
    image = folder / "ct" / "image.dcm"
    if not image.exists():
        return
    source = pydicom.dcmread(image, stop_before_pixels=True)
    numbers = {pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID: n for n, path in enumerate(twins, 1)}
    for group in seg.PerFrameFunctionalGroupsSequence:
        for derivation in group.get("DerivationImageSequence", []):
            for each in derivation.SourceImageSequence:
                if each.ReferencedSOPInstanceUID in numbers:
                    each.ReferencedFrameNumber = numbers[each.ReferencedSOPInstanceUID]
                    each.ReferencedSOPInstanceUID = source.SOPInstanceUID
    (series,) = seg.ReferencedSeriesSequence
    series.ReferencedInstanceSequence = item(
        ReferencedSOPClassUID=source.SOPClassUID, ReferencedSOPInstanceUID=source.SOPInstanceUID
    )


def write_rtstruct(folder: Path, turn: Turn, twins: list[Path]) -> None:
    """Write a structure set by pydicom: on every plane of the image, the exact circle of each ball."""
    first = pydicom.dcmread(twins[0], stop_before_pixels=True)
    plan = Dataset()
    plan.file_meta = FileMetaDataset()
    plan.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    plan.SOPClassUID = plan.file_meta.MediaStorageSOPClassUID = RTStructureSetStorage
    plan.SOPInstanceUID = plan.file_meta.MediaStorageSOPInstanceUID = uid("rtstruct")
    for keyword in ("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate",
                    "StudyTime", "StudyID", "AccessionNumber", "FrameOfReferenceUID"):  # fmt: skip
        setattr(plan, keyword, first[keyword].value)
    plan.Modality, plan.SeriesInstanceUID, plan.StructureSetLabel = "RTSTRUCT", uid("rtstruct", "series"), "masks"
    plan.ReferencedFrameOfReferenceSequence = item(
        FrameOfReferenceUID=first.FrameOfReferenceUID,
        RTReferencedStudySequence=item(
            ReferencedSOPClassUID="1.2.840.10008.3.1.2.3.1",
            ReferencedSOPInstanceUID=first.StudyInstanceUID,
            RTReferencedSeriesSequence=item(
                SeriesInstanceUID=first.SeriesInstanceUID, ContourImageSequence=_images(folder, twins)
            ),
        ),
    )
    rois, contours, meanings = [], [], []
    for number, name in enumerate(BALLS, 1):
        rois += item(
            ROINumber=number,
            ReferencedFrameOfReferenceUID=first.FrameOfReferenceUID,
            ROIName=name.replace("_", " "),
            ROIGenerationAlgorithm="MANUAL",
        )
        contours += item(ReferencedROINumber=number, ContourSequence=_circles(name, turn))
        meanings += item(
            ObservationNumber=number, ReferencedROINumber=number, RTROIInterpretedType="ORGAN", ROIInterpreter=""
        )
    plan.StructureSetROISequence, plan.ROIContourSequence = rois, contours
    plan.RTROIObservationsSequence = meanings
    save(plan, folder / "rtstruct.dcm")


def _images(folder: Path, twins: list[Path]) -> list[Dataset]:
    one = folder / "ct" / "image.dcm"
    found = []
    for path in [one] if one.exists() else twins:
        image = pydicom.dcmread(path, stop_before_pixels=True)
        found += item(ReferencedSOPClassUID=image.SOPClassUID, ReferencedSOPInstanceUID=image.SOPInstanceUID)
    return found


def _circles(name: str, turn: Turn) -> list[Dataset]:
    grid, ball = turn.grid, BALLS[name]
    radius, center = ball.semi_axes_mm[0], turn.place(ball.center_mm)
    along, up = grid.axes[2] / grid.spacing_mm[2], grid.axes[1] / grid.spacing_mm[1]
    normal = np.cross(along, up)
    angles = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    found = []
    for number in range(grid.shape[0]):
        away = float((center - grid.to_world(np.array([[number, 0.0, 0.0]]))[0]) @ normal)
        if abs(away) >= radius:
            continue
        reach = np.sqrt(radius**2 - away**2)
        points = center - away * normal + reach * (np.cos(angles)[:, None] * along + np.sin(angles)[:, None] * up)
        found += item(
            ContourGeometricType="CLOSED_PLANAR",
            NumberOfContourPoints=CORNERS,
            ContourData=[f"{value:.4f}" for value in points.ravel()],
        )
    return found


def write_folder(form: str) -> Callable[[Path, Turn, list[Path]], None]:
    """Return a writer of one file a structure."""
    suffix, writer = VOLUME_WRITERS[form]

    def write(folder: Path, turn: Turn, twins: list[Path]) -> None:
        (folder / "masks").mkdir(parents=True)
        for name in BALLS:
            writer(folder / "masks" / f"{name}{suffix}", turn.store(voxels_of(name)).astype(np.uint8), turn.grid)

    return write


def write_seg_nrrd(folder: Path, turn: Turn, twins: list[Path]) -> None:
    """Write a label map as 3D Slicer stores it, by pynrrd."""
    grid = turn.grid
    stored = turn.store(labels()).transpose(2, 1, 0)
    header: dict[str, object] = {
        "space": "left-posterior-superior",
        "space directions": grid.axes[::-1],
        "space origin": grid.affine[:3, 3],
        "encoding": "gzip",
    }
    for number, name in enumerate(BALLS):
        header |= {
            f"Segment{number}_ID": f"Segment_{number + 1}",
            f"Segment{number}_Name": name.replace("_", " "),
            f"Segment{number}_LabelValue": str(number + 1),
            f"Segment{number}_Layer": "0",
        }
    nrrd.write(str(folder / "masks.seg.nrrd"), stored, header)


MASK_WRITERS: Mapping[str, Callable[[Path, Turn, list[Path]], None]] = {
    "SEG BINARY": write_seg("BINARY"),
    "SEG FRACTIONAL": write_seg("FRACTIONAL"),
    "SEG LABELMAP": write_seg("LABELMAP"),
    "RTSTRUCT": write_rtstruct,
    "seg.nrrd": write_seg_nrrd,
    **{f"folder of {form}": write_folder(form) for form in VOLUME_WRITERS},
}
