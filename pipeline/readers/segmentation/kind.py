"""What the pixels of a segmentation mean: yes or no, shares, or numbers of segments (DICOM PS3.3 C.8.20.2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pipeline.errors import StudyRefused
from pipeline.readers.dicom.header import Header, integer_of, text_of

HALF = 0.5
"""A voxel belongs to a structure from this share of MaximumFractionalValue on, the half itself included (row M16)."""


class Meaning(StrEnum):
    """What a pixel says of a segment."""

    BINARY = "BINARY"
    PROBABILITY = "PROBABILITY"
    OCCUPANCY = "OCCUPANCY"
    LABELMAP = "LABELMAP"


@dataclass(frozen=True)
class SegKind:
    """How the pixels of a segmentation are to be read.

    Parameters
    ----------
    bits
        Bits of one pixel: 1, 8 or 16.
    full
        The value that stands for 1, for segmentations of fractions; else 1.
    """

    meaning: Meaning
    bits: int
    full: int = 1


def read_kind(header: Header) -> SegKind:
    """Return what a segmentation's pixels mean.

    Raises
    ------
    StudyRefused
        ``SEG_FRACTIONAL`` when fractions do not say what they are fractions of, ``SEG_KIND`` for a type, a number of
        bits or an arrangement of frames that is not read, ``TRUNCATED`` without a type.
    """
    stated = text_of(header, "SegmentationType")
    if stated is None:
        raise StudyRefused("TRUNCATED", "The segmentation is cut off within its header, or states no SegmentationType.")
    if (text_of(header, "DimensionOrganizationType") or "").startswith("TILED") or "TotalPixelMatrixRows" in header:
        raise StudyRefused("SEG_KIND", "The frames of the segmentation are tiles of a larger picture, not slices.")
    bits = integer_of(header, "BitsAllocated")
    if stated == "BINARY":
        return _binary(bits)
    _check_cells(header, bits)
    if stated == "FRACTIONAL":
        return _fractional(header, bits or 8)
    if stated == "LABELMAP":
        return SegKind(Meaning.LABELMAP, bits or 8)
    raise StudyRefused("SEG_KIND", "The segmentation's type is none of BINARY, FRACTIONAL and LABELMAP.")


def _binary(bits: int | None) -> SegKind:
    if bits not in (1, None):
        raise StudyRefused(
            "SEG_KIND", "The segmentation is called BINARY and has more than one bit a pixel; export it again."
        )
    return SegKind(Meaning.BINARY, 1)


def _check_cells(header: Header, bits: int | None) -> None:
    """Check that every pixel is one unsigned number that fills its 8 or 16 bits."""
    stored = integer_of(header, "BitsStored")
    signed = integer_of(header, "PixelRepresentation") not in (0, None)
    if (
        bits not in (8, 16)
        or stored not in (bits, None)
        or signed
        or integer_of(header, "SamplesPerPixel") not in (1, None)
    ):
        raise StudyRefused("SEG_KIND", "The pixels of the segmentation are not unsigned numbers of 8 or 16 bits.")


def _fractional(header: Header, bits: int) -> SegKind:
    meaning = text_of(header, "SegmentationFractionalType")
    if meaning not in (Meaning.PROBABILITY, Meaning.OCCUPANCY):
        raise StudyRefused(
            "SEG_FRACTIONAL",
            "The segmentation is FRACTIONAL and does not say whether its values are probabilities or occupancies; "
            "export it as BINARY.",
        )
    full = integer_of(header, "MaximumFractionalValue")
    if bits != 8 or full is None or not 0 < full < 256:
        raise StudyRefused(
            "SEG_FRACTIONAL",
            "The segmentation is FRACTIONAL and does not say which value stands for 1 (MaximumFractionalValue, 1 to "
            "255); export it as BINARY.",
        )
    return SegKind(Meaning(meaning), bits, full)
