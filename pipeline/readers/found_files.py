"""What the files below a folder are: DICOM by content, NIfTI, NRRD and clinical records by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from pipeline.readers.cases import is_volume_file
from pipeline.readers.dicom_header import UnreadableFile, identity_of, looks_like_dicom, parse_dicom, text_of
from pipeline.readers.walk import read_start, walk_files
from pipeline.study import Finding, Identity, Severity

CLINICAL_NAMES = ("clinical.yaml", "clinical.yml", "clinical.json", "clinical.csv")
PACKED = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".7z", ".rar")
EXECUTABLES = (b"MZ", b"\x7fELF", b"#!")
"""How programs of Windows, Linux and shells begin: a DICOM preamble may be one too (row S07)."""
A_DICOM_FILE, DICOM_FILES = "A DICOM file is left out", "{count} DICOM files are left out"
KEYWORDS = [
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
]


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
        start = read_start(path)
        if looks_like_dicom(start):
            try:
                found = _read_dicom_file(path)
            except UnreadableFile as error:
                message = f"{A_DICOM_FILE}: {error.message}."
                findings.append((path, Finding(error.code, Severity.WARNING, message)))
                continue
            dicom += [found] if found else []
            if start.startswith(EXECUTABLES):
                message = "A DICOM file begins like a program (its preamble); it was read as DICOM only."
                findings.append((path, Finding("PREAMBLE", Severity.WARNING, message)))
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


def _read_dicom_file(path: Path) -> tuple[DicomFile, Identity] | None:
    """Return what a DICOM file is; None for a DICOMDIR, whose paths are not trusted (row S17)."""
    header = parse_dicom(path, KEYWORDS)
    sop_class = text_of(header, "SOPClassUID") or ""
    if not sop_class:
        if path.name.upper() == "DICOMDIR":
            return None
        raise UnreadableFile("TRUNCATED", "it is cut off within its header, or is a directory of other files")
    series = text_of(header, "SeriesInstanceUID") or ""
    file = DicomFile(
        path,
        sop_class,
        text_of(header, "Modality") or "",
        series,
        text_of(header, "SeriesNumber") or "",
        text_of(header, "SeriesDescription"),
        text_of(header, "SOPInstanceUID") or "",
    )
    return file, identity_of(header)
