"""What the files below a folder are: DICOM by content, NIfTI, NRRD and clinical records by name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath

from pipeline.readers.dicom.header import IDENTITY, UnreadableFile, looks_like_dicom, parse_date, parse_dicom
from pipeline.readers.dicom.quick_header import FIRST_BYTES, read_far_texts, read_texts
from pipeline.readers.dicom.text import character_sets, read_text
from pipeline.readers.layouts.cases import is_volume_file
from pipeline.readers.walk import read_start, walk_files
from pipeline.study import Finding, Identity, Severity

CLINICAL_NAMES = ("clinical.yaml", "clinical.yml", "clinical.json", "clinical.csv")
PACKED = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".7z", ".rar")
EXECUTABLES = (b"MZ", b"\x7fELF", b"#!")
"""How programs of Windows, Linux and shells begin: a DICOM preamble may be one too (row S07)."""
A_DICOM_FILE, DICOM_FILES = "A DICOM file is left out", "{count} DICOM files are left out"
KEYWORDS = (
    "PatientID",
    "IssuerOfPatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "StudyInstanceUID",
    "StudyDate",
    "AccessionNumber",
    "StudyDescription",
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "SeriesNumber",
    "SeriesDescription",
    "SOPClassUID",
    "Modality",
    "SpecificCharacterSet",
)


IDENTITY_KEYWORDS = (*IDENTITY.values(), "StudyDate")
UIDS = ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID")
UID = re.compile(r"[0-9.]{1,64}")
"""What a UID may consist of (row S01): it names nothing else."""
PREAMBLE = "A DICOM file begins like a program (its preamble); it was read as DICOM only."
CHARSET = (
    "A name or description is not written in the characters that its file declares (SpecificCharacterSet); it was "
    "decoded as far as possible."
)


@dataclass(frozen=True)
class DicomFile:
    """One DICOM file and what it is."""

    path: Path
    sop_class: str
    modality: str
    series_uid: str
    series_number: str = ""
    description: str | None = None
    sop_instance_uid: str = ""


@dataclass(frozen=True, eq=False)
class SortedFiles:
    """Files by kind; ``findings`` are on files that cannot be used, each with its path."""

    dicom: list[tuple[DicomFile, Identity]]
    volumes: list[Path]
    clinical: list[Path]
    findings: list[tuple[Path, Finding]]


def count_equal(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings with equal ones once, those on files that are left out with their number."""
    counted = Counter(findings)
    return tuple(
        replace(each, message=each.message.replace(A_DICOM_FILE, DICOM_FILES.format(count=count)))
        if count > 1
        else each
        for each, count in counted.items()
    )


def sort_files(root: Path) -> SortedFiles:
    """Return every file below a folder by what it is; no link is followed, no pixel read."""
    dicom: list[tuple[DicomFile, Identity]] = []
    volumes: list[Path] = []
    clinical: list[Path] = []
    findings: list[tuple[Path, Finding]] = []
    for path in walk_files(root):
        start = read_start(path, FIRST_BYTES)
        if looks_like_dicom(start):
            try:
                found = _read_dicom_file(path, start)
            except UnreadableFile as error:
                message = f"{A_DICOM_FILE}: {error.message}."
                findings.append((path, Finding(error.code, Severity.WARNING, message)))
                continue
            dicom += [found.entry] if found.entry else []
            findings += [(path, note) for note in _notes_on(start, found)]
        elif is_volume_file(PurePosixPath(path.name)):
            volumes.append(path)
        elif path.name.lower() in CLINICAL_NAMES:
            clinical.append(path)
        elif not start and path.suffix.lower() in (".dcm", ".ima", ".seg"):
            findings.append((path, Finding("TRUNCATED", Severity.WARNING, "An empty file is left out.")))
        elif path.suffix.lower() == ".dcm":
            findings.append(
                (path, Finding("TRUNCATED", Severity.WARNING, "A file named .dcm is no DICOM; it is left out."))
            )
        elif path.name.lower().endswith(PACKED):
            message = "A packed file (.zip, .tar, .7z, .rar) is never opened: unpack it where it lies."
            findings.append((path, Finding("PACKED", Severity.INFO, message)))
    return SortedFiles(dicom, volumes, clinical, findings)


@dataclass(frozen=True)
class _Found:
    """What a DICOM file is (None for one that is not used), and whether its texts could be decoded."""

    entry: tuple[DicomFile, Identity] | None
    is_sound: bool = True


def _read_dicom_file(path: Path, start: bytes) -> _Found:
    """Return what a DICOM file is; nothing for a DICOMDIR, whose paths are not trusted (row S17)."""
    texts, is_sound = read_texts(start, KEYWORDS) or read_far_texts(path, KEYWORDS) or _parse_texts(path)
    sop_class = texts.get("SOPClassUID", "")
    if not sop_class:
        if path.name.upper() == "DICOMDIR":
            return _Found(None)
        raise UnreadableFile("TRUNCATED", "it is cut off within its header, or is a directory of other files")
    if any(not UID.fullmatch(texts[keyword]) for keyword in UIDS if keyword in texts):
        raise UnreadableFile("PATH", "one of its UIDs is none (at most 64 digits and points)")
    file = DicomFile(
        path,
        sop_class,
        texts.get("Modality", ""),
        texts.get("SeriesInstanceUID", ""),
        texts.get("SeriesNumber", ""),
        texts.get("SeriesDescription"),
        texts.get("SOPInstanceUID", ""),
    )
    return _Found((file, _identity_of(tuple(texts.get(keyword) for keyword in IDENTITY_KEYWORDS))), is_sound)


def _parse_texts(path: Path) -> tuple[dict[str, str], bool]:
    """Return the same texts of a header that only the full reader understands."""
    header = parse_dicom(path, list(KEYWORDS))
    declared = character_sets(header)
    found = {keyword: read_text(header, keyword, declared) for keyword in KEYWORDS}
    texts = {keyword: text for keyword, (text, _) in found.items() if text is not None}
    return texts, all(is_sound for _, is_sound in found.values())


def _notes_on(start: bytes, found: _Found) -> list[Finding]:
    """Return what is odd about a DICOM file that is used."""
    notes = [] if found.is_sound else [Finding("CHARSET", Severity.WARNING, CHARSET)]
    if start.startswith(EXECUTABLES):
        notes.append(Finding("PREAMBLE", Severity.WARNING, PREAMBLE))
    return notes


@lru_cache(maxsize=1024)
def _identity_of(texts: tuple[str | None, ...]) -> Identity:
    """Return an identity of texts in the order of ``IDENTITY_KEYWORDS``: equal for all images of a study."""
    *fields, study_date = texts
    return Identity(**dict(zip(IDENTITY, fields, strict=True)), study_date=parse_date(study_date or ""))
