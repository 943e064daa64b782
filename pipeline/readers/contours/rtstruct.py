"""DICOM RTSTRUCT: contours in planes of an image, as masks with the exact share of each pixel (PS3.3 A.19).

Holes may be drawn in any of the three ways (``contour_polygons``). What bounds no area is not measured, and listed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from pydicom.dataset import Dataset

from pipeline.errors import StudyRefused
from pipeline.readers.contours.rtstruct_header import MAX_CONTOURS, Roi, read_rois, reference_of
from pipeline.readers.dicom.header import UnreadableFile, parse_dicom, text_of
from pipeline.readers.mask_object import MaskObject, MaskReference, OpenMask, RawSegment, clean_name
from pipeline.study import Finding, Severity
from pipeline.volume import Geometry

MAX_BYTES = 256 * 2**20
CONTOUR_TAGS = (b"\x06\x30\x50\x00", b"\x30\x06\x00\x50")
"""The tag of ContourData as it stands in a file, little and big endian."""


def open_rtstruct(path: Path) -> OpenMask:
    """Read the contours of an RTSTRUCT and return how they are placed on an image.

    Raises
    ------
    StudyRefused
        ``TRUNCATED`` when it is damaged, ``LIMIT_LENGTH`` when it is larger than any patient's structures, and what
        ``read_rois`` and ``reference_of`` raise.
    """
    content = _read_limited(path)
    try:
        header = parse_dicom(content)
    except UnreadableFile as error:
        raise StudyRefused(error.code, f"The structure set is unusable: {error.message}.") from None
    rois = read_rois(header)
    if not rois:
        raise StudyRefused("TRUNCATED", "The structure set is cut off, or declares no structure.")
    reference = reference_of(header, rois)
    notes = [*_describe_header(rois, reference), *_describe_approval(header)]
    name = clean_name(text_of(header, "SeriesDescription") or text_of(header, "StructureSetLabel") or "DICOM RTSTRUCT")
    digest = hashlib.sha256(content).hexdigest()

    def read(hint: Geometry | None) -> MaskObject:
        from pipeline.readers.contours.contour_findings import describe_drawn
        from pipeline.readers.contours.drawing import draw_rois

        if hint is None:
            raise StudyRefused("NO_IMAGE", "The contours of a structure set have no grid without their image; add it.")
        drawn = draw_rois(rois, hint)
        kept, lost = (
            tuple(
                RawSegment(each.roi.name, each.result, codes=each.roi.codes) for each in drawn if each.is_kept is wanted
            )
            for wanted in (True, False)
        )
        return MaskObject(name, kept, ((path, digest),), findings=(*notes, *describe_drawn(drawn)), lost=lost)

    return OpenMask(name, reference, read)


def _read_limited(path: Path) -> bytes:
    """Return a file's bytes, unless there are more than a structure set needs."""
    try:
        too_large = path.stat().st_size > MAX_BYTES
        content = b"" if too_large else path.read_bytes()
    except OSError as error:
        raise StudyRefused("TRUNCATED", f"The structure set cannot be read ({type(error).__name__}).") from None
    if too_large or max(content.count(tag) for tag in CONTOUR_TAGS) > MAX_CONTOURS:
        raise StudyRefused(
            "LIMIT_LENGTH", "The structure set is larger than any patient's structures need; export fewer of them."
        )
    return content


def _describe_approval(header: Dataset) -> list[Finding]:
    """Return the finding on a structure set that its reviewer rejected (PS3.3 C.8.8.16); most are not reviewed."""
    if (text_of(header, "ApprovalStatus") or "").upper() != "REJECTED":
        return []
    message = (
        "The structure set was rejected by its reviewer (ApprovalStatus REJECTED) and measured all the same; use the "
        "set that was approved in its place."
    )
    return [Finding("RT_REJECTED", Severity.WARNING, message)]


def _describe_header(rois: Sequence[Roi], reference: MaskReference) -> list[Finding]:
    """Return what is odd about a structure set before its contours are placed."""
    found = []
    strange = [roi for roi in rois if roi.name.startswith("undeclared ROI ")]
    if strange:
        message = f"Contours belong to {len(strange)} ROIs that are not declared: their structures have no name."
        found.append(Finding("RT_ROI", Severity.WARNING, message))
    if reference.frame_of_reference_uid is None:
        message = "The structure set states no frame of reference; it was placed on the image that it names or lies by."
        found.append(Finding("PAIR_FOR", Severity.WARNING, message))
    return found
