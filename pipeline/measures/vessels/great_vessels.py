"""What the masks alone say of the great vessels: that no lesion touches them.

That a lesion touches a vessel is seen; whether it infiltrates or closes it is not. So each answer is false or unknown,
never true.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.lesion import Lesion
from pipeline.measurement import Fact
from pipeline.measures.vessels.contacts import Vessel

TRUNK, BRANCHES = "portal_vein_main", ("portal_vein_left", "portal_vein_right")
VEINS = ("hepatic_vein_right", "hepatic_vein_middle", "hepatic_vein_left")
PORTAL = (TRUNK, *BRANCHES)
ASKED: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "portal_inflow_blocked": ((TRUNK,), BRANCHES),
    "hepatic_veins_blocked": (("ivc",), VEINS),
    "portal_or_hepatic_vein_contact": ((*PORTAL, *VEINS, "ivc"), ()),
    "main_vessels_occluded": ((*PORTAL, "hepatic_artery", "ivc"), ()),
}
"""Vessels that must all be open for it to be false, and those of which one must be. All of them have to be drawn."""
SOURCE = "no lesion mask touches the vessels' masks"


def find_great_vessel_facts(
    lesions: Sequence[Lesion], vessels: Mapping[str, Vessel], reason: str | None
) -> tuple[Fact, ...]:
    """Return the facts on portal vein, hepatic veins, artery and vena cava that rules ask for.

    Parameters
    ----------
    lesions
        All lesions, specks and those outside the liver included.
    vessels
        Those that are drawn, by name; ``hepatic_artery`` among them.
    reason
        Why it is not known which lesions there are.
    """
    known = _Touches(lesions, vessels)
    return tuple(_find_fact(name, reason or known.why_unknown(*ASKED[name])) for name in ASKED)


def _find_fact(name: str, reason: str | None) -> Fact:
    """Return a fact that is false, or unknown with its reason."""
    return Fact(name, False, source=SOURCE) if reason is None else Fact(name, None, reason)


class _Touches:
    """Which vessels are whole and touched by no lesion, each asked once."""

    def __init__(self, lesions: Sequence[Lesion], vessels: Mapping[str, Vessel]) -> None:
        self._lesions = lesions
        self._vessels = vessels
        self._known: dict[str, str | None] = {}

    def why_unknown(self, all_free: Sequence[str], one_free: Sequence[str]) -> str | None:
        """Return why it cannot be said that all of some vessels, and one of others, are open; None where they are."""
        missing = [_words(name) for name in (*all_free, *one_free) if name not in self._vessels]
        if missing:
            return f"NO_MASK: not drawn: {', '.join(missing)}"
        doubts = [doubt for name in all_free if (doubt := self._doubt(name))]
        if doubts:
            return doubts[0]
        each = [self._doubt(name) for name in one_free]
        return each[0] if each and all(each) else None

    def _doubt(self, name: str) -> str | None:
        """Return why a vessel may not be open; None where it is whole and untouched."""
        if name not in self._known:
            self._known[name] = self._find_doubt(self._vessels[name], _words(name))
        return self._known[name]

    def _find_doubt(self, vessel: Vessel, words: str) -> str | None:
        if len(vessel.pieces) > 1 or vessel.pieces[0].count > 1:
            return f"VESSEL_PIECES: the {words} is drawn in several pieces; whether it is open is not seen in masks"
        told = [vessel.touches(lesion.mask) for lesion in self._lesions]
        if None in told:
            return f"GRID_OTHER: the {words} is drawn on a grid that cannot be compared with the lesions'"
        if any(told):
            return f"VESSEL_CONTACT: a lesion touches the {words}; whether it infiltrates it is not seen in masks"
        return None


def _words(name: str) -> str:
    """Return the words for a vessel."""
    return {"ivc": "inferior vena cava"}.get(name, name.replace("_", " "))
