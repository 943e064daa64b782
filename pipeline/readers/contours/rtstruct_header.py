"""What an RTSTRUCT says: its ROIs with names and codes, their contours in patient mm, what it was drawn on.

DICOM PS3.3 C.8.8.5 (Structure Set), C.8.8.6 (ROI Contour), C.8.8.8 (RT ROI Observations). Coordinates are read from
the raw text at once: one object may hold millions of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from pipeline.errors import StudyRefused
from pipeline.readers.dicom.header import codes_of, identity_of, integer_of, sequence_of, text_of
from pipeline.readers.mask_object import FrameSource, MaskReference, clean_name

CLOSED = frozenset({"CLOSED_PLANAR", "CLOSEDPLANAR_XOR"})
MAX_CONTOURS = 30_000
MAX_POINTS = 3_000_000
MAX_NUMBERS_BYTES = 64
"""Longest text of one coordinate; a DS has at most 16 signs."""
FARTHEST_MM = 1e5
"""No coordinate of a patient lies farther from the origin."""
CONTOUR_DATA, GEOMETRIC_TYPE, NUMBER_OF_POINTS = 0x30060050, 0x30060042, 0x30060046
CONTOUR_IMAGES, REFERENCED_INSTANCE = 0x30060016, 0x00081155

Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Contour:
    """One contour: its geometric type, its points in LPS mm (n, 3), and the images that it names."""

    kind: str
    points: Points
    instances: frozenset[str]

    @property
    def is_closed(self) -> bool:
        """Tell whether it bounds an area: of a closed type, with three points or more."""
        return self.kind in CLOSED and len(self.points) >= 3


@dataclass(frozen=True, eq=False)
class Roi:
    """One item of the StructureSetROISequence, with its contours in the order of the file."""

    number: int | None
    name: str
    codes: tuple[str, ...]
    interpreted_type: str | None
    frame_of_reference_uid: str | None
    contours: tuple[Contour, ...]


def read_rois(header: Dataset) -> tuple[Roi, ...]:
    """Return the declared ROIs, and those that only have contours.

    Raises
    ------
    StudyRefused
        ``RT_ROI`` when two ROIs or two lists of contours have one number, ``RT_DATA`` when coordinates are no usable
        numbers, ``LIMIT_LENGTH`` when there are more than any patient's structures need.
    """
    contours = _read_contours(header)
    observed = {integer_of(item, "ReferencedROINumber"): item for item in _observations(header)}
    found: list[Roi] = []
    for item in sequence_of(header, "StructureSetROISequence"):
        number = integer_of(item, "ROINumber")
        if number is None or any(roi.number == number for roi in found):
            raise StudyRefused("RT_ROI", "ROIs of the structure set have no number, or two have the same one.")
        found.append(_read_roi(item, number, observed.get(number, Dataset()), contours.pop(number, ())))
    found += [Roi(number, f"undeclared ROI {number}", (), None, None, rest) for number, rest in contours.items()]
    return tuple(found)


def _observations(header: Dataset) -> list[Dataset]:
    return sequence_of(header, "RTROIObservationsSequence")


def _read_roi(item: Dataset, number: int, observation: Dataset, contours: tuple[Contour, ...]) -> Roi:
    kind = text_of(observation, "RTROIInterpretedType")
    codes = [
        code
        for source in (item, observation)
        for keyword in ("RTROIIdentificationCodeSequence", "SegmentedPropertyTypeCodeSequence")
        for code in codes_of(source, keyword)
    ]
    name = text_of(item, "ROIName") or text_of(observation, "ROIObservationLabel") or f"ROI {number}"
    return Roi(
        number,
        clean_name(name),
        (*codes, *([f"RT:{kind}"] if kind else [])),
        kind,
        text_of(item, "ReferencedFrameOfReferenceUID"),
        contours,
    )


def _read_contours(header: Dataset) -> dict[int, tuple[Contour, ...]]:
    """Return the contours of each ROI by its number."""
    found: dict[int, tuple[Contour, ...]] = {}
    items, points = 0, 0
    for each in sequence_of(header, "ROIContourSequence"):
        number = integer_of(each, "ReferencedROINumber")
        if number is None or number in found:
            raise StudyRefused("RT_ROI", "Contours of the structure set name no ROI, or an ROI has two lists of them.")
        members = sequence_of(each, "ContourSequence")
        items += len(members)
        _check_count(items, points)
        read: list[Contour] = []
        for member in members:
            read.append(_read_contour(member))
            points += len(read[-1].points)
            _check_count(items, points)
        found[number] = tuple(read)
    return found


def _check_count(contours: int, points: int) -> None:
    if contours > MAX_CONTOURS or points > MAX_POINTS:
        raise StudyRefused(
            "LIMIT_LENGTH",
            f"The structure set has more than {MAX_CONTOURS} contours or {MAX_POINTS} points; export fewer structures.",
        )


def _read_contour(item: Dataset) -> Contour:
    points = _read_points(item)
    declared = _raw_text(item, NUMBER_OF_POINTS)
    if declared and (declared.lstrip("+0") or "0") != str(len(points)):
        raise StudyRefused("RT_DATA", f"A contour has {len(points)} points, which is not the number that it states.")
    named = sequence_of(item, "ContourImageSequence") if CONTOUR_IMAGES in item else []
    images = {_raw_text(each, REFERENCED_INSTANCE) for each in named}
    return Contour(_raw_text(item, GEOMETRIC_TYPE), points, frozenset(uid for uid in images if uid))


def _read_points(item: Dataset) -> Points:
    """Return the points of a contour, LPS mm, shape (n, 3)."""
    text = _raw_text(item, CONTOUR_DATA)
    count = text.count("\\") + 1 if text else 0
    if count > 3 * MAX_POINTS or len(text) > MAX_NUMBERS_BYTES * count:
        _check_count(0, MAX_POINTS + 1)
    try:
        numbers = np.fromstring(text, dtype=np.float64, sep="\\") if text else np.zeros(0)
    except (ValueError, DeprecationWarning):
        numbers = np.full(1, np.nan)
    if len(numbers) != count or count % 3 or not (np.abs(numbers) <= FARTHEST_MM).all():
        raise StudyRefused("RT_DATA", "Coordinates of a contour are no usable numbers, or not three for every point.")
    return numbers.reshape(-1, 3)


def _raw_text(item: Dataset, tag: int) -> str:
    """Return an attribute's text as it is in the file, without the costly parsing of each value."""
    try:
        value = item.get_item(tag).value if tag in item else None
    except Exception:
        return ""
    if isinstance(value, bytes):
        return value.decode("ascii", "replace").strip(" \0")
    if value is None or isinstance(value, str):
        return (value or "").strip(" \0")
    return "\\".join(str(each) for each in value)


def reference_of(header: Dataset, rois: tuple[Roi, ...]) -> MaskReference:
    """Return who was drawn on, in which frame of reference, on which series and images.

    Raises
    ------
    StudyRefused
        ``PAIR_FOR`` when contours lie in several frames of reference.
    """
    frame = _frame_of(header, rois)
    images = frozenset(uid for roi in rois for contour in roi.contours for uid in contour.instances)
    listed = dict(_list_series(header, frame))
    if len(listed) > 1 and images:
        listed = {uid: instances for uid, instances in listed.items() if instances & images}
    everything = images.union(*listed.values())
    planes, studies = tuple(_list_planes(rois)), frozenset(_list_studies(header))
    return MaskReference(identity_of(header), frame, frozenset(listed), everything, planes, studies)


def _frame_of(header: Dataset, rois: tuple[Roi, ...]) -> str | None:
    """Return the frame of reference of all contours; None when nothing states one."""
    used = {roi.frame_of_reference_uid for roi in rois if roi.contours} - {None}
    declared = {text_of(item, "FrameOfReferenceUID") for item in _frames(header)} - {None}
    if len(used) > 1 or (not used and len(declared) > 1):
        raise StudyRefused(
            "PAIR_FOR", "The structures lie in several frames of reference; export those of one image series."
        )
    return next(iter(used or declared), None) or text_of(header, "FrameOfReferenceUID")


def _frames(header: Dataset) -> list[Dataset]:
    return sequence_of(header, "ReferencedFrameOfReferenceSequence")


def _list_studies(header: Dataset) -> Iterator[str]:
    """Yield the studies that it was drawn on."""
    for frame in _frames(header):
        for study in sequence_of(frame, "RTReferencedStudySequence"):
            uid = text_of(study, "ReferencedSOPInstanceUID")
            if uid:
                yield uid


def _list_series(header: Dataset, frame: str | None) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the series referred to, with the images listed of each."""
    for item in _frames(header):
        if frame and text_of(item, "FrameOfReferenceUID") not in (frame, None):
            continue
        for study in sequence_of(item, "RTReferencedStudySequence"):
            for series in sequence_of(study, "RTReferencedSeriesSequence"):
                images = sequence_of(series, "ContourImageSequence")
                uid = text_of(series, "SeriesInstanceUID")
                if uid:
                    yield uid, frozenset(_raw_text(image, REFERENCED_INSTANCE) for image in images) - {""}


def _list_planes(rois: tuple[Roi, ...]) -> Iterator[FrameSource]:
    """Yield the plane of each contour that names images; all are taken to lie as the largest one does."""
    closed = [contour for roi in rois for contour in roi.contours if contour.is_closed]
    if not closed:
        return
    normal = plane_normal(max(closed, key=lambda contour: float(np.ptp(contour.points, axis=0).max())).points)
    directions = np.linalg.svd(normal.reshape(1, 3))[2][1:].ravel()
    orientation = tuple(float(value) for value in directions)
    for contour in closed:
        if contour.instances:
            x, y, z = contour.points[0]
            yield FrameSource((float(x), float(y), float(z)), orientation, contour.instances)


def plane_normal(points: Points) -> Points:
    """Return the unit vector at right angles to the plane that fits points best, shape (3,)."""
    centred = points - points.mean(axis=0)
    return np.asarray(np.linalg.eigh(centred.T @ centred)[1][:, 0], dtype=np.float64)
