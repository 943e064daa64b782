"""Frames of enhanced and legacy converted CT and MR images, each described like a single image (row G23).

What describes a frame is taken from its own functional groups, and from the shared ones where it has none (DICOM PS3.3
section C.7.6.16).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.errors import StudyRefused
from pipeline.readers.dicom.header import Header, integer_of, sequence_of

if TYPE_CHECKING:
    from pydicom.dataelem import DataElement, RawDataElement
    from pydicom.dataset import Dataset
    from pydicom.tag import BaseTag

MAX_FRAMES = 20_000
"""Frames beyond which no CT or MR goes."""
MAX_VOXELS = 2**31
GROUPS = (
    "PlanePositionSequence",
    "PlaneOrientationSequence",
    "PixelMeasuresSequence",
    "PixelValueTransformationSequence",
    "CTImageFrameTypeSequence",
    "MRImageFrameTypeSequence",
    "CTReconstructionSequence",
    "FrameContentSequence",
    "TemporalPositionSequence",
    "MREchoSequence",
    "MRDiffusionSequence",
    "UnassignedSharedConvertedAttributesSequence",
    "UnassignedPerFrameConvertedAttributesSequence",
)
"""Functional groups that say where a frame lies, what its values are, and which of several volumes it belongs to."""
RENAMED = {0x00089007: 0x00080008, 0x00209156: 0x00200012}
"""Attributes of a frame (FrameType, FrameAcquisitionNumber) and what a single image calls them."""


def is_multi_frame(header: Header) -> bool:
    """Tell whether an image describes its frames by functional groups."""
    return "PerFrameFunctionalGroupsSequence" in header or "SharedFunctionalGroupsSequence" in header


def frame_count(header: Header, pixels: int) -> int:
    """Return the number of frames of an image of so many pixels a plane.

    Raises
    ------
    StudyRefused
        ``LIMIT_PIXELS`` when there are more than an image has, ``ENHANCED`` when they are not described one by one.
    """
    count = integer_of(header, "NumberOfFrames") or 0
    if count > MAX_FRAMES or count * pixels > MAX_VOXELS:
        raise StudyRefused("LIMIT_PIXELS", f"A multi-frame image claims {count} frames, more than can be held.")
    described = len(sequence_of(header, "PerFrameFunctionalGroupsSequence"))
    if count < 1 or described != count:
        raise StudyRefused(
            "ENHANCED", f"A multi-frame image says that it has {count} frames and describes {described} of them."
        )
    return count


def describe_frames(header: Dataset) -> Iterator[Dataset]:
    """Yield the attributes of each frame as those of a single image."""
    from pydicom.dataset import Dataset

    shared = (sequence_of(header, "SharedFunctionalGroupsSequence") or [Dataset()])[0]
    common = _attributes_of(shared)
    for group in sequence_of(header, "PerFrameFunctionalGroupsSequence"):
        flat = Dataset()
        flat.update(common)
        flat.update(_attributes_of(group))
        yield flat


def _attributes_of(group: Dataset) -> Dataset:
    """Return the attributes within the functional groups of one item, by the names a single image gives them.

    They are taken over as they are stored: what is no usable number shows where it is used.
    """
    from pydicom.dataset import Dataset
    from pydicom.tag import Tag

    flat = Dataset()
    for name in GROUPS:
        for item in sequence_of(group, name)[:1] if name in group else ():
            for tag in item.keys():  # noqa: SIM118 (iterating a data set would convert its elements)
                place = Tag(RENAMED.get(tag, tag))
                if place not in flat:
                    flat[place] = _moved(item.get_item(tag), place)
    return flat


def _moved(element: DataElement | RawDataElement, tag: BaseTag) -> DataElement | RawDataElement:
    from pydicom.dataelem import DataElement, RawDataElement

    if isinstance(element, RawDataElement):
        return element._replace(tag=tag)
    return DataElement(tag, element.VR, element.value)
