"""CT and MR series of DICOM images: the slices that its files hold, each file and image counted once.

Positions along the slice normal decide; instance numbers, slice locations, thickness and file names never do.
Owns which files are left out and why; owns no grid (``image_stack``) and no pixels (``dicom_pixels``).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import StudyRefused
from pipeline.readers.dicom.digests import Digests
from pipeline.readers.dicom.element_bytes import DicomBytes, read_bytes
from pipeline.readers.dicom.enhanced import describe_frames, frame_count, is_multi_frame
from pipeline.readers.dicom.frame_places import find_frames, frame_bytes_of
from pipeline.readers.dicom.header import Header, UnreadableFile, identity_of, integer_of, parse_bytes, text_of
from pipeline.readers.dicom.quick_slice import quick_slice
from pipeline.readers.dicom.slice_header import Slice, SliceFile, build_slice, lossy_of, plane_shape
from pipeline.study import Finding, Severity


def read_slices(paths: Sequence[Path]) -> tuple[list[Slice], list[Finding]]:
    """Read the headers of a series, those of multi-frame images frame by frame.

    Damaged files are left out and listed, copies of one file are counted once.

    Raises
    ------
    StudyRefused
        ``UID_CONFLICT`` when two different images carry one SOPInstanceUID; ``PIXEL_SPACING``, ``GEOM_ORIENT``,
        ``GEOM_MATRIX`` or ``SOP_CLASS`` when an image has no usable geometry.
    """
    files: dict[str, tuple[int, list[Slice]]] = {}
    lost: list[tuple[int, UnreadableFile]] = []
    copies, digests = 0, Digests(paths)
    for number, path in enumerate(paths, 1):
        try:
            found = _read_file(path, digests)
        except UnreadableFile as error:
            lost.append((number, error))
            continue
        first, known = files.setdefault(found[0].sop_instance_uid, (number, found))
        if known is found:
            continue
        if known[0].sha256 != found[0].sha256:
            raise StudyRefused(
                "UID_CONFLICT",
                f"Two different images of one series carry one SOPInstanceUID (files {first} and {number} of "
                f"{len(paths)}); keep the right one and run again.",
            )
        copies += 1
    findings = _describe_lost(lost, len(paths))
    if not files and findings:
        raise StudyRefused(findings[0].code, f"No image of the series can be read. {findings[0].message}")
    if copies:
        findings.append(
            Finding("GEOM_DUP_FILE", Severity.INFO, f"{copies} identical copies of images were counted once.")
        )
    return [each for _, found in files.values() for each in found], findings


def _describe_lost(lost: Sequence[tuple[int, UnreadableFile]], count: int) -> list[Finding]:
    """Return one finding for each reason why image files are left out."""
    reasons: dict[tuple[str, str], list[int]] = {}
    for number, error in lost:
        reasons.setdefault((error.code, error.message), []).append(number)
    findings = []
    for (code, reason), numbers in reasons.items():
        which = (
            f"Image file {numbers[0]} of {count} is"
            if len(numbers) == 1
            else f"{len(numbers)} of {count} image files are"
        )
        severity = Severity.INFO if code == "LOCALIZER" else Severity.WARNING
        findings.append(Finding(code, severity, f"{which} left out: {reason}."))
    return findings


def _read_file(path: Path, digests: Digests) -> list[Slice]:
    """Return the slices of a file: one, or each frame of a multi-frame image."""
    found = read_bytes(path)
    plain = quick_slice(path, found, digests)
    return _read_fully(path, found, digests) if plain is None else [plain]


def _read_fully(path: Path, found: DicomBytes, digests: Digests) -> list[Slice]:
    """Return the same through the full parser, however the file is written."""
    header = parse_bytes(found)
    rows, columns = plane_shape(header)
    file = SliceFile(
        path=path,
        digests=digests,
        sop_instance_uid=text_of(header, "SOPInstanceUID") or "",
        identity=identity_of(header),
        shape=(rows, columns),
        frame_of_reference_uid=text_of(header, "FrameOfReferenceUID"),
        lossy=lossy_of(header),
    )
    multi = is_multi_frame(header)
    count = frame_count(header, rows * columns) if multi else _check_single(header)
    find_frames(path, found, header, frame_bytes_of(header, rows * columns), count)
    if not multi:
        return [build_slice(file, header)]
    return [build_slice(file, frame, number) for number, frame in enumerate(describe_frames(header))]


def _check_single(header: Header) -> int:
    """Return 1, after refusing several frames that nothing describes: they would have one place."""
    if (integer_of(header, "NumberOfFrames") or 1) != 1:
        raise StudyRefused("ENHANCED", "An image has several frames, and nothing in it says where each of them lies.")
    return 1
