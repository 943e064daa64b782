"""What a DICOM Segmentation's header says: segments and codes, what it refers to, the plane of every frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from pipeline.errors import StudyRefused
from pipeline.readers.dicom_header import (
    BadAttribute,
    codes_of,
    identity_of,
    integer_of,
    numbers_of,
    sequence_of,
    text_of,
)
from pipeline.readers.mask_object import FrameSource, MaskReference, clean_name
from pipeline.readers.seg_grid import FramePlanes

MAX_FRAMES = 200_000


@dataclass(frozen=True)
class SegmentHeader:
    """One item of the SegmentSequence."""

    number: int
    name: str
    codes: tuple[str, ...]
    tracking_id: str | None
    tracking_uid: str | None


def reference_of(header: Dataset) -> MaskReference:
    """Return which series and images a SEG was made on."""
    series = {text_of(item, "SeriesInstanceUID") for item in sequence_of(header, "ReferencedSeriesSequence")}
    images: set[str] = set()
    for item in sequence_of(header, "ReferencedSeriesSequence"):
        images |= _instances_of(item, "ReferencedInstanceSequence")
    shared = (sequence_of(header, "SharedFunctionalGroupsSequence") or [Dataset()])[0]
    groups = _frame_groups(header)
    for group in (shared, *groups):
        images |= _sources_of(group)
    return MaskReference(
        identity_of(header),
        text_of(header, "FrameOfReferenceUID"),
        frozenset(uid for uid in series if uid),
        frozenset(images),
        tuple(source for group in groups if (source := _frame_source(group, shared)) is not None),
    )


def _instances_of(item: Dataset, keyword: str) -> set[str]:
    found = {text_of(each, "ReferencedSOPInstanceUID") for each in sequence_of(item, keyword)}
    return {uid for uid in found if uid}


def _sources_of(group: Dataset) -> set[str]:
    derivations = sequence_of(group, "DerivationImageSequence")
    return {uid for each in derivations for uid in _instances_of(each, "SourceImageSequence")}


def _frame_source(group: Dataset, shared: Dataset) -> FrameSource | None:
    """Return the images that a frame names and its place; None when it has no usable one or names no image."""
    instances = _sources_of(group) or _sources_of(shared)
    try:
        position = _value(group, shared, "PlanePositionSequence", "ImagePositionPatient", 3)
        orientation = _value(group, shared, "PlaneOrientationSequence", "ImageOrientationPatient", 6)
    except BadAttribute:
        return None
    return FrameSource(position, orientation, frozenset(instances)) if instances else None


def _frame_groups(header: Dataset) -> list[Dataset]:
    return sequence_of(header, "PerFrameFunctionalGroupsSequence")


def read_segment_headers(header: Dataset) -> list[SegmentHeader]:
    """Return the declared segments: number, label, codes (type with modifier, type, category), tracking."""
    found = []
    for item in sequence_of(header, "SegmentSequence"):
        kinds = sequence_of(item, "SegmentedPropertyTypeCodeSequence")
        modifiers = [code for kind in kinds for code in codes_of(kind, "SegmentedPropertyTypeModifierCodeSequence")]
        types = codes_of(item, "SegmentedPropertyTypeCodeSequence")
        combined = tuple(f"{code}+{modifier.split(':', 1)[1]}" for code in types for modifier in modifiers)
        found.append(
            SegmentHeader(
                integer_of(item, "SegmentNumber") or 0,
                clean_name(text_of(item, "SegmentLabel") or text_of(item, "SegmentDescription") or ""),
                (*combined, *types, *codes_of(item, "SegmentedPropertyCategoryCodeSequence")),
                text_of(item, "TrackingID"),
                text_of(item, "TrackingUID"),
            )
        )
    if len({segment.number for segment in found}) != len(found):
        raise StudyRefused("SEG_FRAMES", "Two segments of the segmentation have the same number.")
    return found


def read_frames(header: Dataset) -> tuple[NDArray[np.int64], FramePlanes]:
    """Return the segment number and the plane of every frame."""
    groups = _frame_groups(header)
    if len(groups) > MAX_FRAMES or len(groups) != (integer_of(header, "NumberOfFrames") or 0):
        raise StudyRefused(
            "SEG_FRAMES", "The number of frames of the segmentation does not fit its frame descriptions."
        )
    shared = (sequence_of(header, "SharedFunctionalGroupsSequence") or [Dataset()])[0]
    try:
        numbers = [
            int(_value(group, shared, "SegmentIdentificationSequence", "ReferencedSegmentNumber", 1)[0])
            for group in groups
        ]
        positions = [_value(group, shared, "PlanePositionSequence", "ImagePositionPatient", 3) for group in groups]
        orientations = [
            _value(group, shared, "PlaneOrientationSequence", "ImageOrientationPatient", 6) for group in groups
        ]
        spacings = [_value(group, shared, "PixelMeasuresSequence", "PixelSpacing", 2) for group in groups]
    except BadAttribute as error:
        raise StudyRefused(
            "GEOM_ORIENT", f"{error.keyword} is missing or unusable in a frame of the segmentation."
        ) from None
    declared = _declared_spacing(groups, shared)
    planes = FramePlanes(
        np.array(positions).reshape(-1, 3),
        np.array(orientations).reshape(-1, 6),
        np.array(spacings).reshape(-1, 2),
        declared,
    )
    return np.array(numbers, dtype=np.int64), planes


def _declared_spacing(groups: list[Dataset], shared: Dataset) -> float | None:
    """Return SpacingBetweenSlices; it confirms what positions say and is never used by itself."""
    if not groups:
        return None
    try:
        return abs(_value(groups[0], shared, "PixelMeasuresSequence", "SpacingBetweenSlices", 1)[0])
    except BadAttribute:
        return None


def _value(group: Dataset, shared: Dataset, sequence: str, keyword: str, count: int) -> tuple[float, ...]:
    items = sequence_of(group, sequence) or sequence_of(shared, sequence)
    if not items:
        raise BadAttribute(sequence)
    return numbers_of(items[0], keyword, count)
