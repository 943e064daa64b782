"""Dates of a study that cannot be, or disagree (row M35): wrong clocks, time zones, half-made anonymous dates.

Only dates in the data are compared, never the clock of the machine or the times of files. Where dates disagree the
declared StudyDate holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TypeAlias

from pipeline.readers.clinical.entry_values import to_date
from pipeline.readers.dicom.header import UnreadableFile, parse_dicom, text_of
from pipeline.readers.dicom.quick_header import FIRST_BYTES, read_far_texts, read_texts
from pipeline.readers.discovery import StudyFiles
from pipeline.readers.walk import read_start
from pipeline.study import Finding, Severity

MADE = ("AcquisitionDate", "AcquisitionDateTime", "ContentDate", "SeriesDate")
"""Attributes that say when an image was made (DICOM PS3.3 C.7.5.1, C.7.6.1, C.7.6.16), the strongest first."""
MASK_MADE = {"SEG": ("ContentDate", "SeriesDate"), "RTSTRUCT": ("StructureSetDate", "SeriesDate")}
IMAGE_KEYWORDS = ("SpecificCharacterSet", "StudyDate", "PatientBirthDate", *MADE)
MOST_MASKS = 8
LONGEST_LIFE_YEARS = 123
"""Nobody is known to have lived longer than 122 years."""
LONGEST_DAYS = 1
"""An examination may pass midnight, or be dated in another time zone."""
DAYS_A_YEAR = 365.2425

Texts: TypeAlias = Mapping[str, str]


def check_times(files: StudyFiles, years: tuple[int, int]) -> tuple[Finding, ...]:
    """Return the findings ``TIME`` on a DICOM study; others carry no dates.

    Parameters
    ----------
    years
        First and last year that a study can be of.
    """
    images = (file.path for file in files.dicom if file.modality in ("CT", "MR"))
    image = next((texts for path in images if (texts := _read(path, IMAGE_KEYWORDS)) is not None), None)
    if image is None:
        return ()
    masks = [file for file in files.dicom if file.modality in MASK_MADE][:MOST_MASKS]
    drawn = [_day_of(_read(file.path, MASK_MADE[file.modality]) or {}, *MASK_MADE[file.modality]) for file in masks]
    messages = [*_check_day(image, years), *_check_birth(image), *_check_made(image, drawn)]
    return tuple(Finding("TIME", Severity.WARNING, message) for message in messages)


def _read(path: Path, keywords: tuple[str, ...]) -> Texts | None:
    """Return texts of an object by keyword, from its first bytes where these hold them; None when it is unreadable."""
    found = read_texts(read_start(path, FIRST_BYTES), keywords) or read_far_texts(path, keywords)
    if found is not None:
        return found[0]
    try:
        header = parse_dicom(path, list(keywords))
    except UnreadableFile:
        return None
    return {keyword: text for keyword in keywords if (text := text_of(header, keyword))}


def _day_of(texts: Texts, *keywords: str) -> date | None:
    """Return the first of some attributes that is a day; of a date with time, its day."""
    days = (to_date(texts.get(keyword, "")[:8]) for keyword in keywords)
    return next((day for day in days if day is not None), None)


def _check_day(image: Texts, years: tuple[int, int]) -> Iterator[str]:
    day = _day_of(image, "StudyDate")
    if image.get("StudyDate") and day is None:
        yield "StudyDate is no date. The study counts as undated: ages of patient and laboratory values are not known."
    if day is not None and not years[0] <= day.year <= years[1]:
        yield (
            f"StudyDate lies outside {years[0]} to {years[1]}, so the clock was wrong or the date made up. The study "
            "counts as undated: ages of patient and laboratory values are not known."
        )


def _check_birth(image: Texts) -> Iterator[str]:
    day, born = _day_of(image, "StudyDate"), _day_of(image, "PatientBirthDate")
    if image.get("PatientBirthDate") and born is None:
        yield "PatientBirthDate is no date; the patient's age is not taken from it."
    if day is None or born is None:
        return
    if born > day:
        yield "PatientBirthDate lies after StudyDate; the patient's age is not known."
    elif (day - born).days > LONGEST_LIFE_YEARS * DAYS_A_YEAR:
        yield f"Between PatientBirthDate and StudyDate lie more than {LONGEST_LIFE_YEARS} years; the age is not known."


def _check_made(image: Texts, drawn: Sequence[date | None]) -> Iterator[str]:
    day, made = _day_of(image, "StudyDate"), _day_of(image, *MADE)
    if day is not None and made is not None and abs((made - day).days) > LONGEST_DAYS:
        yield (
            f"The image says that it was made {abs((made - day).days)} days "
            f"{'after' if made > day else 'before'} StudyDate; StudyDate is used."
        )
    if made is not None and any(each is not None and (made - each).days > LONGEST_DAYS for each in drawn):
        yield "A segmentation is dated before the image that it was drawn on; one of the two dates is wrong."
