"""Named liver resections, and the Couinaud segments that each removes (``configs/resections.yaml``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.structures import Role


@dataclass(frozen=True)
class NamedResection:
    """A resection by its name.

    Parameters
    ----------
    name
        As the clinical record's facts have it: ``right_hepatectomy``.
    removed
        Couinaud segments that it removes.
    with_segment_1
        Whether the caudate lobe goes with it.
    """

    name: str
    removed: tuple[Role, ...]
    with_segment_1: bool
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Extent:
    """Words for the extent of a resection, by the number of Couinaud segments removed.

    Parameters
    ----------
    minor_up_to, major_from, extended_from
        Most segments of a minor, fewest of a major resection (side by side), and of an extended one.
    """

    minor_up_to: int
    major_from: int
    extended_from: int


@dataclass(frozen=True)
class Resections:
    """Every named resection by its name.

    Parameters
    ----------
    source
        Where the names come from, in a few words.
    ambiguous
        Names that stand for several resections, and for which.
    side_by_side
        Pairs of Couinaud segments (their numbers, segment 4 whole) that lie side by side.
    extent
        The words minor, major and extended; None in a table without them.
    """

    source: str = ""
    named: Mapping[str, NamedResection] = field(default_factory=dict)
    ambiguous: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    side_by_side: frozenset[frozenset[str]] = frozenset()
    extent: Extent | None = None

    @property
    def spellings(self) -> dict[str, list[str]]:
        """The synonyms of each name."""
        return {name: list(each.synonyms) for name, each in self.named.items()}

    @property
    def unclear(self) -> dict[str, str]:
        """Why each ambiguous name is refused, as a clause."""
        return {name: f"it may mean {' or '.join(each)}: write which" for name, each in self.ambiguous.items()}


def role_of_segment(number: str) -> Role:
    """Return the role of a Couinaud segment by its number, such as ``4`` or ``4a``; ValueError for no segment."""
    return Role(f"segment_{number}")


def number_of_segment(role: Role) -> str:
    """Return the number of a Couinaud segment by its role: ``4a`` of ``Role.SEGMENT_4A``."""
    return role.value.removeprefix("segment_")


def finest_segments(numbers: Iterable[str]) -> frozenset[str]:
    """Return Couinaud segments with segment 4 as its two halves: equal for equal resections."""
    return frozenset(half for number in numbers for half in (("4a", "4b") if number == "4" else (number,)))
