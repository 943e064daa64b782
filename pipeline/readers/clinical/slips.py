"""Names in a clinical file that are no field's: what each was likely meant to be, and never a wrong field alone."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import NamedTuple

from pipeline.readers.clinical.fields import BRACKETED, ClinicalFields, normal_name
from pipeline.readers.clinical.identity import IDENTITY_NAMES
from pipeline.readers.clinical.rows import Row
from pipeline.study import Finding, Severity

MOST_SLIPS = 20
MOST_LETTERS = 80
MOST_NAMED = 6
"""Fields that a message names together."""
ALIKE = 0.75
"""How alike (``difflib``) an unknown name must be to a known one to be repeated."""
SLIP = 0.9
MOST_CHANGED = 2
"""How alike it must be, and in how many letters it may differ, to be taken for a slip of the fingers."""
LEAD = 0.1
"""How much less alike every other field must be."""


class _Known(NamedTuple):
    name: str
    field: str


class Meant(NamedTuple):
    """What an unknown name may stand for: the one name that it is a slip of, or fields that begin like it."""

    names: tuple[str, ...]
    is_slip: bool


def say_slips(unknown: Sequence[str], row: Row, fields: ClinicalFields) -> tuple[list[Finding], tuple[int, ...]]:
    """Return findings on values under names that are like a field's, and the numbers of the others' columns or keys.

    A name is repeated only where it is like a known one.
    """
    if not unknown:
        return [], ()
    what = _what(row.is_table)
    place = {name: column for column, name in enumerate(row.cells, 1)}
    meant = {name: found for name in unknown[:MOST_SLIPS] if (found := find_meant(name, fields))}
    findings = [_say_meant(f"{what} {normal_name(name)!r} (number {place[name]})", meant[name]) for name in meant]
    return findings, tuple(place[name] for name in unknown if name not in meant)


def say_strange(numbers: Collection[int], is_table: bool) -> list[Finding]:
    """Return the finding on values under names that are like no field's."""
    if not numbers:
        return []
    listed = ", ".join(map(str, sorted(numbers)[:MOST_SLIPS])) + (", …" if len(numbers) > MOST_SLIPS else "")
    text = (
        f"Not read, because the name is no field's: {_what(is_table)} number {listed}. "
        "Names that are like no field's are not repeated here: they may be a patient's."
    )
    return [Finding("CLIN_FIELD", Severity.INFO, text)]


def _what(is_table: bool) -> str:
    return "column" if is_table else "key"


def _say_meant(what: str, meant: Meant) -> Finding:
    hint = f"is it {meant.names[0]}?" if meant.is_slip else f"fields that begin like it: {', '.join(meant.names)}."
    return Finding("CLIN_FIELD", Severity.WARNING, f"The {what} is no field and was not read; {hint}")


@lru_cache(maxsize=1024)
def find_meant(given: str, fields: ClinicalFields) -> Meant | None:
    """Return what an unknown name may stand for; None for a name like none.

    One name alone is asked for only where the other is a slip of the fingers, far from every other field: a word more
    or less (urine, direct) is another quantity.
    """
    known = _known_of(fields)
    bracketed = BRACKETED.match(given.strip()[:MOST_LETTERS])
    name = normal_name(bracketed["name"] if bracketed else given)[:MOST_LETTERS]
    near = _rank(name, known)
    if not near:
        return None
    likeness, first = near[0]
    rest = max((other for other, each in near if each.field != first.field), default=0.0)
    if _is_slip(name, first.name, likeness) and likeness - rest >= LEAD:
        return Meant((first.name,), True)
    kin = _kin(_stem(name), known)
    return Meant(kin, False) if 0 < len(kin) <= MOST_NAMED else None


def _is_slip(given: str, known: str, likeness: float) -> bool:
    """Tell whether one or two letters of a long name differ, or two of a short one changed places."""
    steps = difflib.SequenceMatcher(None, given, known, autojunk=False).get_opcodes()
    changed = sum(max(b - a, d - c) for kind, a, b, c, d in steps if kind != "equal")
    return changed <= MOST_CHANGED and (likeness >= SLIP or sorted(given) == sorted(known))


@lru_cache(maxsize=4)
def _known_of(fields: ClinicalFields) -> tuple[_Known, ...]:
    names = tuple(_Known(name, column.field) for name, column in fields.names.items())
    return names + tuple(_Known(name, canonical) for name, canonical in IDENTITY_NAMES.items())


def _rank(name: str, known: Sequence[_Known]) -> list[tuple[float, _Known]]:
    """Return the known names that a name is like, the nearest first."""
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(name)
    found = []
    for each in known:
        matcher.set_seq1(each.name)
        if matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE:
            found.append((matcher.ratio(), each))
    return sorted(found, key=lambda pair: -pair[0])


def _stem(name: str) -> str:
    return name.partition("_")[0]


def _kin(stem: str, known: Sequence[_Known]) -> tuple[str, ...]:
    """Return a name for each field whose names begin with a word: the shortest, which states no unit."""
    names: dict[str, str] = {}
    for each in known:
        if _stem(each.name) == stem and len(each.name) < len(names.get(each.field, each.name + " ")):
            names[each.field] = each.name
    return tuple(names.values())
