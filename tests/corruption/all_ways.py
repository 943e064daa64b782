"""Every way to spoil a study, and which of two go together."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import combinations

from tests.corruption import ways_folder, ways_record, ways_seg, ways_series, ways_volume
from tests.corruption.way import Expected, Way

WAYS: tuple[Way, ...] = (*ways_series.WAYS, *ways_seg.WAYS, *ways_volume.WAYS, *ways_record.WAYS, *ways_folder.WAYS)
WAITING = {
    "dicom: rescale intercept lost": "the HU under the liver are looked at (G21)",
    "dicom: everything mirrored": "masks are compared with what the image shows (M21)",
    "dicom: everything upside down": "masks are compared with what the image shows (M21)",
    "dicom: a liver that is everything": "masks are compared with what the image shows (M21)",
    "nifti: masks mirrored in storage alone": "masks are compared with what the image shows (M21)",
    "nifti: masks upside down in storage alone": "masks are compared with what the image shows (M21)",
    "nifti: image and masks in cm that say mm": "an implausible liver marks every number of the study (M12)",
    "dicom: no segment numbers": "frames that name no segment have a code of their own",
}
"""Ways that the product does not meet yet, and what it takes."""
SEVERITY = (Expected.CORRECT, Expected.FLAGGED, Expected.REFUSED)


def all_pairs() -> list[tuple[Way, Way]]:
    """Return every two ways that spoil different parts of one form, in the order to apply them."""
    found = []
    for first, second in combinations([way for way in WAYS if not way.alone and str(way) not in WAITING], 2):
        if first.form == second.form and first.part is not second.part:
            ordered = sorted((first, second), key=lambda way: way.part.order)
            found.append((ordered[0], ordered[1]))
    return found


def some_pairs(count: int, seed: int) -> Iterator[tuple[Way, Way]]:
    """Yield pairs in which every way takes part before any takes part again, as far as that goes."""
    pairs = all_pairs()
    random.Random(seed).shuffle(pairs)
    used: dict[str, int] = {}
    for _ in range(min(count, len(pairs))):
        pair = min(pairs, key=lambda two: sum(used.get(str(way), 0) for way in two))
        pairs.remove(pair)
        for way in pair:
            used[str(way)] = used.get(str(way), 0) + 1
        yield pair


def combine(first: Way, second: Way) -> Way:
    """Return the way that spoils a study in both ways: the severer class, and what either may change."""
    severest = max(first.expected, second.expected, key=SEVERITY.index)
    codes = tuple(code for way in (first, second) for code in way.codes if way.expected is severest)
    return Way(
        f"{first.name}, {second.name}",
        (*first.hazards, *second.hazards),
        first.form,
        second.part,
        lambda folder: (first.spoil(folder), second.spoil(folder)),
        severest,
        codes,
        (*first.withheld, *second.withheld),
        (*first.changed, *second.changed),
        (*first.drawn, *second.drawn),
        max((way.within for way in (first, second) if way.within), default=None),
        max((way.tolerance for way in (first, second) if way.tolerance), default=None),
        first.verdicts and second.verdicts,
    )
