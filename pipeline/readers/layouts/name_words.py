"""Words of a role file that speak against a code, and names that say nothing.

A drawing tool's code is often the nearest one in its list: ``Right lobe`` coded as liver is no whole liver.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.structures import Role

ANY = "any"


@dataclass(frozen=True)
class NameWords:
    """Words and phrases as expressions, over a name as ``_liver_segments_#_#_`` (``spell``).

    Parameters
    ----------
    neutral
        Whole names that say nothing about what a structure is (``Segment_3``).
    against
        What in a name speaks against a code of each role, and of any role (``any``).
    """

    neutral: frozenset[str] = frozenset()
    against: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def is_neutral(self, name: str) -> bool:
        """Tell whether a name says nothing about what its structure is."""
        spelled = spell(name)
        return not re.search(r"[^\W\d_]", spelled) or spelled in self.neutral

    def contradicts(self, name: str, role: Role) -> bool:
        """Tell whether a name holds a word that makes its structure another one than a code of this role says."""
        spelled = spell(name)
        return any(re.search(each, spelled) for key in (ANY, role.value) for each in self.against.get(key, ()))

    def joined(self, other: NameWords) -> NameWords:
        """Return both together."""
        keys = {*self.against, *other.against}
        both = {key: (*self.against.get(key, ()), *other.against.get(key, ())) for key in keys}
        return NameWords(self.neutral | other.neutral, both)


def spell(name: str) -> str:
    """Return the words of a name in lower case with ``_`` around each, and ``#`` for every number."""
    words = re.findall(r"\d+|[^\W\d_a-z]*[^\W\d_A-Z]+|[^\W\d_]+", name)
    return "_" + "".join(f"{'#' if word[0].isdecimal() else word.casefold()}_" for word in words)


def expression_of(phrase: str) -> str:
    """Return a word or phrase of a role file as an expression; ``*`` stands for any letters, ``{n}`` for a number."""
    words = [f"{re.escape(word)}_".replace(r"\*", "[^_#]*") for word in phrase.casefold().replace("{n}", "#").split()]
    return "_" + "".join(words)


def read_words(neutral: list[str], against: Mapping[str, list[str]]) -> NameWords:
    """Return the words of a role file."""
    return NameWords(
        frozenset(spell(name.replace("{n}", "1")) for name in neutral),
        {key: tuple(expression_of(phrase) for phrase in phrases) for key, phrases in against.items()},
    )
