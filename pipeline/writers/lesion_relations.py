"""Where a lesion lies among vessels, other structures and other lesions: what the page says of it in one row.

Owns order and choice alone; every number is that of the record.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pipeline.measurement import Measurement
from pipeline.report import LesionRecord
from pipeline.writers.structure_words import VESSELS, name_structure

MOST_VESSELS = 3
"""Vessels named in a row; those that the lesion touches are named beyond it."""
MOST_OTHERS = 2
MARGINS = ("resection_margin_mm", "ablation_margin_mm")
GROUPS = frozenset(("vessel_ge3mm", "capsule", "bowel", "bowel_or_gallbladder", "heart_or_diaphragm", "sbrt_organs"))
"""Distances that repeat that of one structure, or have a column of their own."""


class Relation(NamedTuple):
    """A structure near a lesion: its words, distance, what both masks share, contact with its wall, interruption."""

    words: str
    distance: Measurement
    overlap: Measurement | None
    contact: Measurement | None
    interrupted: bool


def has_relations(lesion: LesionRecord) -> bool:
    """Tell whether any distance of a lesion was looked for; of specks none is."""
    return any(name.startswith("dist_") for name in lesion.measurements)


def list_vessels(lesion: LesionRecord) -> list[Relation]:
    """Return the vessels nearest to a lesion and all that it touches, nearest first.

    Where named parts of the portal vein or of the hepatic veins are drawn, the one of them that is as near as the whole
    stands for it.
    """
    found = _order(_relate(lesion, role) for role in _find_roles(lesion) if role in VESSELS)
    kept = [one for one in found if not _is_repeated(one, found)]
    named = [one for place, one in enumerate(kept) if place < MOST_VESSELS or _touches(one)]
    return [*named, *_find_wide(lesion, named)]


def _find_wide(lesion: LesionRecord, named: list[Relation]) -> list[Relation]:
    """Return the nearest vessel of 3 mm or more, where no vessel that is named already is as near."""
    wide = lesion.measurements.get("dist_vessel_ge3mm_mm")
    if wide is None or wide.value is None or any(one.distance.value == wide.value for one in named):
        return []
    return [Relation("vessels of 3 mm or more", wide, None, None, False)]


def list_others(lesion: LesionRecord) -> list[Relation]:
    """Return the other structures nearest to a lesion, nearest first."""
    roles = [role for role in _find_roles(lesion) if role not in VESSELS and role not in GROUPS]
    return _order(_relate(lesion, role) for role in roles)[:MOST_OTHERS]


def _find_roles(lesion: LesionRecord) -> list[str]:
    """Return the names of what a lesion has a known distance to."""
    known = (name for name, one in lesion.measurements.items() if one.value is not None)
    return [name.removeprefix("dist_").removesuffix("_mm") for name in known if name.startswith("dist_")]


def _relate(lesion: LesionRecord, role: str) -> Relation:
    """Return what the record says of a lesion and a structure."""
    measured = lesion.measurements
    contact = measured.get(f"contact_arc_{role}_deg")
    interrupted = lesion.facts.get(f"occluded_{role}")
    return Relation(
        name_structure(role),
        measured[f"dist_{role}_mm"],
        measured.get(f"overlap_{role}_ml"),
        contact if contact is not None and (contact.high or contact.value) else None,
        interrupted is not None and interrupted.value is True,
    )


def _order(relations: Iterable[Relation]) -> list[Relation]:
    """Return relations by distance."""
    return sorted(relations, key=lambda one: (one.distance.value or 0.0, one.words))


def _touches(relation: Relation) -> bool:
    """Tell whether a lesion touches a vessel, as far as the masks can tell."""
    return relation.contact is not None or relation.interrupted or relation.distance.value == 0


def _is_repeated(whole: Relation, found: list[Relation]) -> bool:
    """Tell whether a named part of a vessel says the same of it: as near, and touched as far."""
    role = whole.distance.name.removesuffix("_mm")
    parts = [one for one in found if one is not whole and one.distance.name.startswith(f"{role}_")]
    return not whole.interrupted and any(_near(one) == _near(whole) for one in parts)


def _near(relation: Relation) -> tuple[float | None, float | None]:
    """Return distance and contact arc."""
    return relation.distance.value, None if relation.contact is None else relation.contact.value


def list_margins(lesions: Iterable[LesionRecord]) -> list[str]:
    """Return the margins that at least one lesion has a value of."""
    given = {name for lesion in lesions for name, one in lesion.measurements.items() if one.value is not None}
    return [name for name in MARGINS if name in given]
