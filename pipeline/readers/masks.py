"""The mask objects of one study: DICOM objects and mask files, opened but not yet placed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipeline.errors import StudyRefused
from pipeline.readers.cases import Case
from pipeline.readers.discovery import StudyFiles
from pipeline.readers.label_map import has_whole_labels, read_label_map, read_structure_file
from pipeline.readers.mask_formats import mask_format_of, open_volume
from pipeline.readers.mask_object import MaskObject, OpenMask, RawSegment
from pipeline.readers.volume_file import VolumeFile, digest_of
from pipeline.study import Finding, Severity
from pipeline.volume import Geometry


def open_masks(files: StudyFiles) -> tuple[list[OpenMask], list[Finding]]:
    """Open every mask object of a study; what cannot be read is listed beside those that can.

    Raises
    ------
    StudyRefused
        ``NO_MASK`` when the study has none; the reason of the first one when none of them can be read.
    """
    opened, refusals = _open_dicom(files)
    if files.case is not None:
        opened += _open_files(files.case, files.base)
    if not opened and refusals:
        raise refusals[0]
    if not opened:
        raise StudyRefused("NO_MASK", "The study holds no segmentation: add a DICOM SEG, or NIfTI or NRRD masks.")
    message = "{} It was left out."
    return opened, [Finding(each.code, Severity.WARNING, message.format(each.message)) for each in refusals]


def _open_dicom(files: StudyFiles) -> tuple[list[OpenMask], list[StudyRefused]]:
    opened: list[OpenMask] = []
    refusals: list[StudyRefused] = []
    seen: set[str] = set()
    for file in files.dicom:
        mask_format = mask_format_of(file.sop_class)
        if mask_format is None:
            continue
        digest = digest_of(file.path)
        if digest in seen:
            continue
        seen.add(digest)
        try:
            opened.append(mask_format.open(file.path))
        except StudyRefused as refusal:
            refusals.append(refusal)
    return opened, refusals


def _open_files(case: Case, base: Path) -> list[OpenMask]:
    """Return the label maps of a case, and its structure files together as one object."""
    opened = [_open_label_map(base / path, case) for path in case.labels]
    if case.structures or case.unknown:
        opened.append(OpenMask("structure files", None, lambda hint: _read_structures(case, base, hint)))
    return opened


def _open_label_map(path: Path, case: Case) -> OpenMask:
    def read(hint: Geometry | None) -> MaskObject:
        file = open_volume(path)
        names = {number: f"label {number} ({role.value})" for number, role in case.naming.labels.items()}
        return _object("label map", tuple(read_label_map(file, hint, names)), [file])

    return OpenMask("label map", None, read)


def _read_structures(case: Case, base: Path, hint: Geometry | None) -> MaskObject:
    segments: list[RawSegment] = []
    read: list[VolumeFile] = []
    ignored = 0
    known = [(name, base / path, True) for name, path in case.structures]
    for name, path, is_mask in [*known, *((_bare(path.name), base / path, False) for path in case.unknown)]:
        file = open_volume(path)
        if not is_mask and not has_whole_labels(path, file):
            ignored += 1
            continue
        reader: Callable[..., list[RawSegment]] = read_label_map if file.labels else read_structure_file
        segments += reader(file, hint, {} if file.labels else name)
        read.append(file)
    note = Finding("FILE_UNKNOWN", Severity.INFO, f"{ignored} files beside the image that hold no masks were left out.")
    return _object("structure files", tuple(segments), read, (note,) if ignored else ())


def _object(
    name: str, segments: tuple[RawSegment, ...], files: list[VolumeFile], findings: tuple[Finding, ...] = ()
) -> MaskObject:
    sources = tuple((file.path, file.sha256) for file in files)
    return MaskObject(name, segments, sources, by_name=True, findings=findings)


def _bare(name: str) -> str:
    return name.split(".")[0]
