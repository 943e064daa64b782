"""Dates of a study that cannot be, or disagree (row M35): wrong clocks, time zones, half-made anonymous dates.

Only dates in the data are compared, never the clock of the machine or the times of files. Where dates disagree the
declared StudyDate holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from pydicom.dataset import Dataset

from pipeline.readers.clinical_values import to_date
from pipeline.readers.dicom_header import UnreadableFile, parse_dicom, text_of
from pipeline.readers.discovery import MASK_MODALITIES, StudyFiles
from pipeline.study import Finding, Severity

MADE = ("AcquisitionDate", "AcquisitionDateTime", "ContentDate", "SeriesDate")
"""Attributes that say when an image was made (DICOM PS3.3 C.7.5.1, C.7.6.1, C.7.6.16), the strongest first."""
MASK_MADE = ("ContentDate", "SeriesDate", "StructureSetDate")
KEYWORDS = ["StudyDate", "PatientBirthDate", "Modality", *MADE, "StructureSetDate", "SpecificCharacterSet"]
MOST_MASKS = 8
LONGEST_LIFE_YEARS = 123
"""Nobody is known to have lived longer than 122 years."""
LONGEST_DAYS = 1
"""An examination may pass midnight, or be dated in another time zone."""
DAYS_A_YEAR = 365.2425


def check_times(files: StudyFiles, years: tuple[int, int]) -> tuple[Finding, ...]:
    """Return the findings ``TIME`` on a DICOM study; others carry no dates.

    Parameters
    ----------
    years
        First and last year that a study can be of.
    """
    image = next(
        (header for file in files.dicom if file.modality in ("CT", "MR") if (header := _read(file.path))), None
    )
    if image is None:
        return ()
    masks = [file.path for file in files.dicom if file.modality in MASK_MODALITIES][:MOST_MASKS]
    headers = [header for path in masks if (header := _read(path)) is not None]
    messages = [*_check_day(image, years), *_check_birth(image), *_check_made(image, headers)]
    return tuple(Finding("TIME", Severity.WARNING, message) for message in messages)


def _read(path: Path) -> Dataset | None:
    try:
        return parse_dicom(path, KEYWORDS)
    except UnreadableFile:
        return None


def _day_of(header: Dataset, *keywords: str) -> date | None:
    """Return the first of some attributes that is a day; of a date with time, its day."""
    days = (to_date((text_of(header, keyword) or "")[:8]) for keyword in keywords)
    return next((day for day in days if day is not None), None)


def _check_day(image: Dataset, years: tuple[int, int]) -> Iterator[str]:
    day = _day_of(image, "StudyDate")
    if text_of(image, "StudyDate") and day is None:
        yield "StudyDate is no date. The study counts as undated: ages of patient and laboratory values are not known."
    if day is not None and not years[0] <= day.year <= years[1]:
        yield (
            f"StudyDate lies outside {years[0]} to {years[1]}, so the clock was wrong or the date made up. The study "
            "counts as undated: ages of patient and laboratory values are not known."
        )


def _check_birth(image: Dataset) -> Iterator[str]:
    day, born = _day_of(image, "StudyDate"), _day_of(image, "PatientBirthDate")
    if text_of(image, "PatientBirthDate") and born is None:
        yield "PatientBirthDate is no date; the patient's age is not taken from it."
    if day is None or born is None:
        return
    if born > day:
        yield "PatientBirthDate lies after StudyDate; the patient's age is not known."
    elif (day - born).days > LONGEST_LIFE_YEARS * DAYS_A_YEAR:
        yield f"Between PatientBirthDate and StudyDate lie more than {LONGEST_LIFE_YEARS} years; the age is not known."


def _check_made(image: Dataset, masks: list[Dataset]) -> Iterator[str]:
    day, made = _day_of(image, "StudyDate"), _day_of(image, *MADE)
    if day is not None and made is not None and abs((made - day).days) > LONGEST_DAYS:
        yield (
            f"The image says that it was made {abs((made - day).days)} days "
            f"{'after' if made > day else 'before'} StudyDate; StudyDate is used."
        )
    before = [mask for mask in masks if (drawn := _day_of(mask, *MASK_MADE)) and made and (made - drawn).days > 1]
    if before:
        yield "A segmentation is dated before the image that it was drawn on; one of the two dates is wrong."
