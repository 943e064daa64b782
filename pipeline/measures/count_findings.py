"""What leaves the number of lesions open: lesions that touch, and lesions that hang together by a neck."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.lesion import Lesion, LesionStatus, Neck
from pipeline.measures.contacts import Contact, find_contacts
from pipeline.measures.lesions import LesionSet, count_bodies
from pipeline.measures.locations import locate
from pipeline.study import Finding, Severity, Study
from pipeline.volume import Points

COUNT = ("lesion_count", "tumour_burden_score")
DIAMETERS = ("largest_diameter_mm", "sum_of_target_diameters_mm")
MOST_NAMED = 6


def find_touching(study: Study, lesions: LesionSet) -> Finding | None:
    """Find lesions that other connectivities would join or part; pieces below the smallest size do not count."""
    drawn = lesions.drawn
    parted = sum(lesion.pieces.by_faces for lesion in drawn)
    if count_bodies(drawn) == parted == sum(lesion.components for lesion in drawn):
        return None
    pairs = [_say_pair(study, drawn, contact) for contact in find_contacts([lesion.mask for lesion in drawn])]
    places = f" {_list(pairs)}." if pairs else ""
    message = "Lesions touch: their number differs with 6 and with 26 neighbours, or from that of their segments."
    return Finding("LESION_TOUCH", Severity.WARNING, message + places, (*COUNT, *DIAMETERS))


def find_necks(study: Study, lesions: LesionSet) -> Finding | None:
    """Find lesions that would be several if necks one voxel thick, or edges and corners, did not join them."""
    held = [lesion for lesion in lesions.drawn if lesion.pieces.necks]
    if not held:
        return None
    inside = lesions.of(LesionStatus.INTRAHEPATIC)
    cut = sum(max(lesion.pieces.cut, 1) for lesion in inside)
    change = f" Cut there, lesion_count would be {cut} instead of {len(inside)}." if cut > len(inside) else ""
    message = f"Lesions hang together by thin necks: {_list([_say_necks(study, lesion) for lesion in held])}.{change}"
    return Finding("LESION_NECK", Severity.WARNING, message, COUNT)


def _list(parts: Sequence[str]) -> str:
    """Return clauses, shortened."""
    more = f"; and {len(parts) - MOST_NAMED} more" if len(parts) > MOST_NAMED else ""
    return "; ".join(parts[:MOST_NAMED]) + more


def _say_pair(study: Study, lesions: Sequence[Lesion], contact: Contact) -> str:
    """Return which lesions touch, and where."""
    first, second = lesions[contact.first], lesions[contact.second]
    return f"{first.id} and {second.id} touch {_say_place(study, first, contact.plane, contact.place_mm)}"


def _say_necks(study: Study, lesion: Lesion) -> str:
    """Return how many lesions one may be, and its necks."""
    necks = lesion.pieces.necks
    more = f" and {len(necks) - MOST_NAMED} more places" if len(necks) > MOST_NAMED else ""
    places = ", ".join(_say_neck(study, lesion, neck) for neck in necks[:MOST_NAMED])
    return f"{lesion.id} may be {lesion.pieces.cut} ({places}{more})"


def _say_neck(study: Study, lesion: Lesion, neck: Neck) -> str:
    """Return how thick a neck is, and where."""
    thick = f"one voxel of {neck.thickness_mm:.1f} mm" if neck.thickness_mm else "edges or corners of voxels alone"
    return f"{thick} {_say_place(study, lesion, neck.plane, np.array([neck.place_mm]))}"


def _say_place(study: Study, lesion: Lesion, plane: int, place_mm: Points) -> str:
    """Return slice, counted from 1 at the feet-ward end, and place of a point of a lesion."""
    index = locate(study, lesion.mask, plane, place_mm).slice_index
    where = "outside the image" if index is None else f"in slice {index + 1}"
    left, back, head = place_mm[0]
    return f"{where} at LPS {left:.1f}, {back:.1f}, {head:.1f} mm"
