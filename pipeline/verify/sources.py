"""The files a report was made from: where they lie now, whether they are the same, and whether any is new or gone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom.errors import InvalidDicomError

from pipeline.report import Report

SHOWN = 5


@dataclass(frozen=True)
class FoundFiles:
    """Source files of a report: their paths, and what is wrong with them."""

    folder: Path | None
    paths: tuple[Path, ...]
    problems: tuple[str, ...]


def find_files(report: Report, studies: Path | None) -> FoundFiles:
    """Find the source files of a report below the input of its run, and hold them against their SHA-256.

    Parameters
    ----------
    studies
        The input of the run; None where it is not known.
    """
    stated = report.provenance.sources
    if not stated:
        return FoundFiles(None, (), ("the report names no source file",))
    if studies is None:
        return FoundFiles(None, (), ("where the studies lie is not known; give it with --studies",))
    folder = _study_folder(studies, report.folder, [source.path for source in stated])
    if folder is None:
        return FoundFiles(None, (), ("none of the source files lies where the run's input was; give --studies",))
    paths = tuple(folder / source.path for source in stated)
    gone = [source.path for source, path in zip(stated, paths, strict=True) if not path.is_file()]
    problems = [f"{len(gone)} source file(s) are missing"] if gone else []
    changed = sum(path.is_file() and digest(path) != source.sha256 for source, path in zip(stated, paths, strict=True))
    problems += [f"{changed} source file(s) have other bytes than were measured (SHA-256)"] if changed else []
    if not gone:
        extra = _count_new(folder, paths)
        problems += [f"{extra} file(s) of the measured series are new in the study's folder"] if extra else []
    return FoundFiles(folder, paths, tuple(problems))


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _study_folder(studies: Path, folder: str, names: Sequence[str]) -> Path | None:
    """Return the folder that source paths are relative to; a case's name at the end of ``folder`` is no folder."""
    inside = studies / folder
    places = [inside, *inside.parents]
    places = [place for place in places if place == studies or studies in place.parents]
    known = [(sum((place / name).is_file() for name in names), -n) for n, place in enumerate(places)]
    best = max(known, default=(0, 0))
    return places[-best[1]] if best[0] else None


def _count_new(folder: Path, known: Sequence[Path]) -> int:
    """Return how many DICOM files below a study's folder are of a series that was read, and were not read."""
    series = {uid for path in known if (uid := _series_of(path)) is not None}
    if not series:
        return 0
    have = {path.resolve() for path in known}
    others = [path for path in folder.rglob("*") if path.is_file() and path.resolve() not in have]
    return sum(_series_of(path) in series for path in others)


def _series_of(path: Path) -> str | None:
    """Return the SeriesInstanceUID of a DICOM file; None for any other file."""
    try:
        with path.open("rb") as file:
            if file.read(132)[128:] != b"DICM":
                return None
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SeriesInstanceUID"])
    except (OSError, InvalidDicomError, ValueError):
        return None
    return str(header.get("SeriesInstanceUID", "")) or None
