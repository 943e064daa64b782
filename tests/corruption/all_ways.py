"""Every way to spoil a study, and which of two go together."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import combinations

from tests.corruption import ways_folder, ways_other_masks, ways_record, ways_seg, ways_series, ways_volume
from tests.corruption.way import Expected, Way

WAYS: tuple[Way, ...] = (
    *ways_series.WAYS,
    *ways_seg.WAYS,
    *ways_volume.WAYS,
    *ways_other_masks.WAYS,
    *ways_record.WAYS,
    *ways_folder.WAYS,
)
SEVERITY = (Expected.CORRECT, Expected.FLAGGED, Expected.REFUSED)


def all_pairs() -> list[tuple[Way, Way]]:
    """Return every two ways that spoil different parts of one form, in the order to apply them."""
    found = []
    for first, second in combinations([way for way in WAYS if not way.alone], 2):
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
        known=lambda clean: {} if severest is Expected.REFUSED else {**first.known(clean), **second.known(clean)},
    )
