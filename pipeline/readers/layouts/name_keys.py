"""What names of structures are compared by: without case and separators, and what in them is no separator.

In names of radiotherapy ``-`` takes away and ``+`` adds (AAPM TG-263): ``Liver-Tumor`` is no liver tumour.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pipeline.structures import Role

DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2212"
"""Signs that take away between two structures, and are plain separators anywhere else."""
OPERATORS = "+!\\&~^|"
"""Signs that join, cut or negate structures, and separate nothing."""


def normalize(name: str) -> str:
    """Return a name in lower case with one underscore for every run of other signs."""
    return re.sub(r"[\W_]+", "_", name.casefold()).strip("_")


def generalize(key: str) -> str:
    """Return a normalised name with ``#`` in place of every number."""
    return re.sub(r"_?\d+", "#", key)


def literal_key(name: str) -> str:
    """Return a name in lower case with its own separators, without spaces, and ``#`` in place of every number."""
    return "=" + re.sub(r"\d+", "#", re.sub(r"\s+", "", name.casefold()))


def alias_key(alias: str) -> str:
    """Return the key of an alias of a role file; ``{n}`` stands for any number, ``=`` before it keeps separators."""
    if alias.startswith("="):
        return literal_key(alias[1:].replace("{n}", "1"))
    return generalize(normalize(alias.replace("{n}", "1"))) if "{n}" in alias else normalize(alias)


def find_name(name: str, known: Mapping[str, Role]) -> str | None:
    """Return the key that a name is known by, or None; one that combines structures by signs only as it is written."""
    literal = literal_key(name)
    if literal in known:
        return literal
    return None if combines(name, known) else _plain_key(name, known)


def combines(name: str, known: Mapping[str, Role]) -> bool:
    """Tell whether a name combines structures by signs: ``Liver-Tumor``, ``Liver+5mm``, ``!liver``; not ``tumor-1``.

    A dash combines where known structures stand on both sides of it, or one stands after a leading dash.
    """
    if re.search(rf"[{re.escape(OPERATORS)}]", name):
        return True
    return any(_is_difference(first, second, known) for first, second in _cuts(name))


def _cuts(name: str) -> Iterator[tuple[str, str]]:
    """Yield the two sides of every dash."""
    for dash in re.finditer(rf"[{re.escape(DASHES)}]", name):
        yield name[: dash.start()], name[dash.end() :]


def _is_difference(first: str, second: str, known: Mapping[str, Role]) -> bool:
    """Tell whether known structures end before a dash and begin after it."""
    if not _begins_known(normalize(second), known):
        return False
    return not first.strip() or _ends_known(normalize(first), known)


def _begins_known(key: str, known: Mapping[str, Role]) -> bool:
    parts = key.split("_")
    return any(_plain_key("_".join(parts[:end]), known) for end in range(1, len(parts) + 1))


def _ends_known(key: str, known: Mapping[str, Role]) -> bool:
    parts = key.split("_")
    return any(_plain_key("_".join(parts[start:]), known) for start in range(len(parts)))


def _plain_key(name: str, known: Mapping[str, Role]) -> str | None:
    """Return the first of the keys without separators that is known."""
    key = normalize(name)
    return next((each for each in (key, generalize(key)) if each in known), None)
