"""What tells the series of a study apart, and a site's rules for preferring one of several that fit its masks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.preferences import SeriesRule, holds_words
from pipeline.readers.dicom.element_bytes import read_bytes
from pipeline.readers.dicom.header import UnreadableFile, identity_of, integer_of, text_of, words_of
from pipeline.readers.dicom.opening import open_header
from pipeline.readers.found_files import DicomFile
from pipeline.readers.identity_match import hide_words
from pipeline.readers.images import ImageCandidate
from pipeline.readers.mask_object import clean_name
from pipeline.study import Identity

MAX_DESCRIPTION = 40
LONGEST_NUMBER = 3
"""Longer runs of digits in a description may be a date or a patient's number: they are not shown."""


@dataclass(frozen=True, eq=False)
class SeriesDetails:
    """One image series of a study, as the header of its first file states it.

    Parameters
    ----------
    texts
        SeriesDescription, ProtocolName and ContrastBolusAgent, as one text.
    description
        SeriesDescription without words of the patient's identity and without long numbers.
    frames
        Frames of its first file, if that is a multi-frame image; else 0.
    """

    files: tuple[DicomFile, ...]
    texts: str = ""
    kernel: str = ""
    is_original: bool = False
    description: str = ""
    frames: int = 0

    @property
    def text(self) -> str:
        """A short description without identity: number, modality, count, description."""
        first = self.files[0]
        number = first.series_number if first.series_number.isdecimal() else "without number"
        modality = first.modality if first.modality.isalpha() and len(first.modality) <= 4 else "image"
        count = len(self.files)
        kind = f"{count} image{'s' * (count != 1)}" if self.frames < 2 else f"{self.frames} frames a file"
        named = f", {self.description}" if self.description else ""
        return f"series {number}: {modality}, {kind}{named}"


def read_details(files: Sequence[DicomFile]) -> SeriesDetails:
    """Return what tells a series apart; a header that cannot be read leaves all of it unknown."""
    try:
        header = open_header(read_bytes(files[0].path))
    except UnreadableFile:
        return SeriesDetails(tuple(files))
    texts = [text_of(header, word) or "" for word in ("SeriesDescription", "ProtocolName", "ContrastBolusAgent")]
    return SeriesDetails(
        tuple(files),
        " | ".join(texts),
        " ".join(words_of(header, "ConvolutionKernel")),
        {"ORIGINAL", "PRIMARY"} <= set(words_of(header, "ImageType")),
        plain_description(texts[0], identity_of(header)),
        integer_of(header, "NumberOfFrames") or 0,
    )


def plain_description(text: str, identity: Identity) -> str:
    """Return a free text without the words of a patient's identity and without numbers that may be a date or an id."""
    words = hide_words(clean_name(text), identity).split() if text else []
    kept = [word for word in words if not re.search(rf"\d{{{LONGEST_NUMBER + 1}}}", word)]
    return " ".join(kept)[:MAX_DESCRIPTION].strip()


@dataclass(frozen=True, eq=False)
class Fit:
    """A series and how the masks lie on it.

    Parameters
    ----------
    parts
        Its image; empty when it cannot be read.
    obstacle
        Code of why the masks do not fit it; empty when they do.
    """

    details: SeriesDetails
    parts: tuple[ImageCandidate, ...] = ()
    obstacle: str = ""

    @property
    def spacing_mm(self) -> float | None:
        """Distance of its slices along their stack, mm."""
        if not self.parts:
            return None
        grid = self.parts[0].series.geometry
        return float(np.asarray(grid.spacing_mm)[grid.slice_axis])

    @property
    def text(self) -> str:
        """Its description with the distance of its slices, and why it does not fit."""
        spacing = "" if self.spacing_mm is None else f", slices {self.spacing_mm:.2f} mm apart"
        return self.details.text + spacing + (f" (does not fit: {self.obstacle})" if self.obstacle else "")


def prefer(fits: Sequence[Fit], rules: Sequence[SeriesRule]) -> tuple[list[Fit], str]:
    """Return the series that rules leave, and the rule that decided last, as a clause.

    Each rule keeps the series it holds for; one that holds for none of them changes nothing.
    """
    left, by = list(fits), ""
    for number, rule in enumerate(rules, 1):
        kept = [fit for fit in left if _holds(rule, fit, left)]
        if kept and len(kept) < len(left):
            left, by = kept, f"rule {number} of series_preference ({rule.text})"
    return left, by


def _holds(rule: SeriesRule, fit: Fit, all_of: Sequence[Fit]) -> bool:
    if rule.words is not None:
        return holds_words(fit.details.texts, rule.words)
    if rule.kernel is not None:
        return holds_words(fit.details.kernel, rule.kernel)
    if rule.slice_spacing_mm is not None:
        low, high = rule.slice_spacing_mm
        return fit.spacing_mm is not None and low <= fit.spacing_mm <= high
    if rule.slices is not None:
        counts = [_slices(each) for each in all_of]
        return _slices(fit) == (max(counts) if rule.slices == "most" else min(counts))
    return fit.details.is_original


def _slices(fit: Fit) -> int:
    grids = [part.series.geometry for part in fit.parts]
    return sum(grid.shape[grid.slice_axis] for grid in grids)
