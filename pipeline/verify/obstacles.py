"""Why groups of numbers of a study may not be published, judged again from its masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.measurement import Fact
from pipeline.verify.lesions import Lesion, lies_in_liver
from pipeline.verify.liver import FLAGGED_OUTSIDE, Remnant
from pipeline.verify.places import at_border
from pipeline.verify.solid import Solid
from pipeline.verify.study_files import SecondReading

Codes = tuple[str, ...]


@dataclass(frozen=True)
class Obstacles:
    """Codes of reasons that keep groups of quantities from being published; empty where none does."""

    lesions: Codes
    total: Codes
    remnant: Codes
    ratio: Codes


def lesion_codes(second: SecondReading, found: Sequence[Lesion], facts: Mapping[str, Fact]) -> Codes:
    """Return why it is not known which lesions there are."""
    drawn, liver = second.of("lesion"), second.first("liver")
    if _holds_unmapped(second, liver):
        return ("LABEL_UNKNOWN", "LESION_ABSENT")
    confirmed = facts.get("lesion_search_confirmed")
    if not drawn:
        return ("LESION_ABSENT", "LABEL_UNKNOWN")
    if all(not each.solid.count for each in drawn):
        below = any(each.solid.stated_ml for each in drawn)
        sure = confirmed is not None and confirmed.value is True and liver is not None and not below
        return () if sure else ("EMPTY_LESIONS", "SEG_FRACTIONAL", "RT_POINT")
    if any(each.solid.stated_ml and not each.solid.count for each in drawn):
        return ("SEG_FRACTIONAL",)
    real = [lesion for lesion in found if lesion.status != "speck"]
    if not real:
        return ("LESION_SPECK",)
    if liver is None:
        return ("NO_LIVER",)
    if any(each.solid.count and each.solid.grid is not liver.grid for each in drawn):
        return ("GRID_OTHER",)
    return _status_codes(real)


def _holds_unmapped(second: SecondReading, liver: Solid | None) -> bool:
    """Tell whether something of no role lies in the liver, or on another grid than it."""
    if liver is None:
        return False
    strange = [each.solid for each in second.structures if each.record.role is None and each.solid.count]
    return any(solid.grid is not liver.grid or lies_in_liver(solid, [liver]) for solid in strange)


def _status_codes(real: Sequence[Lesion]) -> Codes:
    if _outside(real):
        return ("LESION_OUTSIDE",)
    return () if any(lesion.status == "intrahepatic" for lesion in real) else ("LESION_TREATED",)


def _outside(lesions: Sequence[Lesion]) -> bool:
    states = [lesion.status for lesion in lesions]
    return states.count("extrahepatic") > states.count("intrahepatic")


def liver_codes(second: SecondReading, total: Solid | None, found: Sequence[Lesion]) -> Codes:
    """Return why the liver as a whole is not known."""
    if total is None:
        return ("NO_LIVER",)
    drawn = [lesion for lesion in found if lesion.status != "speck"]
    if any(lesion.solid.grid is not total.grid for lesion in drawn):
        return ("GRID_OTHER",)
    if _outside(drawn):
        return ("LESION_OUTSIDE",)
    return ("FOV_CUT",) if at_border(second.image, total) else ()


def find_obstacles(second: SecondReading, known: Codes, whole: Codes, remnant: Remnant, *, planned: bool) -> Obstacles:
    """Return why each group of quantities is not published; a cut liver lets a remnant inside the scan be measured."""
    blocked = (known if whole in ((), ("FOV_CUT",)) else whole) if planned else ()
    cut = whole if remnant.kept is not None and at_border(second.image, remnant.kept) else ()
    of_remnant = (*remnant.codes, *blocked) or cut
    outside = ("FLR_OUTSIDE",) if remnant.outside > FLAGGED_OUTSIDE else ()
    return Obstacles(known, whole, of_remnant, (*remnant.codes, *blocked) or whole or outside)
