"""What a DICOM Segmentation's header says: segments and codes, what it refers to, the plane of every frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.readers.dicom.header import Header, codes_of, identity_of, integer_of, sequence_of, text_of
from pipeline.readers.mask_object import FrameSource, MaskReference, clean_name
from pipeline.readers.segmentation.functional_groups import MAX_FRAMES, FrameGroup
from pipeline.readers.segmentation.grid import FramePlanes
from pipeline.readers.segmentation.seg_file import SegFile


@dataclass(frozen=True)
class SegmentHeader:
    """One item of the SegmentSequence."""

    number: int
    name: str
    codes: tuple[str, ...]
    tracking_id: str | None
    tracking_uid: str | None


def reference_of(file: SegFile) -> MaskReference:
    """Return which series and images a SEG was made on; of another study where it lists none of its own."""
    header = file.header
    others = sequence_of(header, "StudiesContainingOtherReferencedInstancesSequence")
    listed = sequence_of(header, "ReferencedSeriesSequence")
    listed = listed or [item for study in others for item in sequence_of(study, "ReferencedSeriesSequence")]
    series = {text_of(item, "SeriesInstanceUID") for item in listed}
    images = {uid for group in file.groups for uid, _ in group.sources}
    for item in listed:
        for keyword in ("ReferencedInstanceSequence", "ReferencedSOPSequence"):
            images |= {uid for each in sequence_of(item, keyword) if (uid := text_of(each, "ReferencedSOPInstanceUID"))}
    return MaskReference(
        identity_of(header),
        text_of(header, "FrameOfReferenceUID"),
        frozenset(uid for uid in series if uid),
        frozenset(images),
        tuple(_frame_sources(file.groups)),
        frozenset(uid for study in others if (uid := text_of(study, "StudyInstanceUID"))),
    )


def _frame_sources(groups: Sequence[FrameGroup]) -> Iterator[FrameSource]:
    """Yield where each frame that has a place and names images lies; frames of one slice share one object."""
    known: dict[tuple[object, ...], FrameSource] = {}
    for group in groups:
        if not (group.sources and group.position and group.orientation):
            continue
        key = (group.position, group.orientation, group.sources)
        if key not in known:
            frames = frozenset((uid, number) for uid, number in group.sources if number is not None)
            instances = frozenset(uid for uid, _ in group.sources)
            known[key] = FrameSource(group.position, group.orientation, instances, frames)
        yield known[key]


def read_segment_headers(header: Header) -> list[SegmentHeader]:
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


def read_planes(file: SegFile) -> FramePlanes:
    """Return the plane of every frame.

    Raises
    ------
    StudyRefused
        ``SEG_FRAMES`` when the number of frames is another than the number of their descriptions, ``GEOM_ORIENT`` when
        a frame has no usable place.
    """
    groups = file.groups
    if len(groups) > MAX_FRAMES or len(groups) != (integer_of(file.header, "NumberOfFrames") or 0):
        raise StudyRefused(
            "SEG_FRAMES", "The number of frames of the segmentation does not fit its frame descriptions."
        )
    return FramePlanes(
        _table([group.position for group in groups], "ImagePositionPatient", 3),
        _table([group.orientation for group in groups], "ImageOrientationPatient", 6),
        _table([group.spacing for group in groups], "PixelSpacing", 2),
        _declared_spacing(groups),
    )


def read_numbers(file: SegFile) -> NDArray[np.int64]:
    """Return the segment number of every frame; label maps have none. ``SEG_FRAMES`` when a frame states none."""
    numbers = [group.segment for group in file.groups]
    if not all(numbers):
        raise StudyRefused("SEG_FRAMES", "A frame of the segmentation does not say which segment it belongs to.")
    return _table(numbers, "ReferencedSegmentNumber", 1)[:, 0].astype(np.int64)


def _table(values: Sequence[tuple[float, ...] | None], keyword: str, count: int) -> NDArray[np.float64]:
    if not all(values):
        raise StudyRefused("GEOM_ORIENT", f"{keyword} is missing or unusable in a frame of the segmentation.")
    return np.array(values, dtype=np.float64).reshape(-1, count)


def _declared_spacing(groups: Sequence[FrameGroup]) -> float | None:
    """Return SpacingBetweenSlices; it confirms what positions say and is never used by itself."""
    return abs(groups[0].slice_step[0]) if groups and groups[0].slice_step else None
