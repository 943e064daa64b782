"""The resection mask that a study's numbers rest on, found again: the one that the record names, else the first."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.measurement import Fact
from pipeline.verify.couinaud import NAMES, SIDES
from pipeline.verify.liver import Remnant, find_remnant
from pipeline.verify.solid import Solid
from pipeline.verify.study_files import SecondReading

Codes = tuple[str, ...]


def find_specimen(second: SecondReading, facts: Mapping[str, Fact]) -> tuple[Solid | None, Codes]:
    """Return the mask of the specimen, or codes of why there is none although the record names one."""
    named, listed = facts.get("resection_mask"), facts.get("resection_plans")
    if named is None:
        return (None, ()) if listed is not None and listed.value else (second.first("resection"), ())
    if named.value is None:
        return None, ((named.reason or "").split(":")[0],)
    wanted = _fold(str(named.value))
    found = [each for each in second.structures if _fold(each.record.name) == wanted]
    roles = {"resection", *NAMES, *SIDES, None}
    if len(found) != 1 or found[0].record.role not in roles or not found[0].solid.count:
        return None, ("PLAN_MASK",)
    return found[0].solid, ()


def find_drawn(second: SecondReading, total: Solid, tumour: Solid | None, name: str) -> Remnant:
    """Return what of the liver a plan keeps whose remnant or specimen the structure of a name draws."""
    found = [each for each in second.structures if each.record.name == name and each.solid.count]
    if len(found) != 1:
        return Remnant(codes=("PLAN_MASK",))
    solid, is_remnant = found[0].solid, found[0].record.role == "remnant"
    return find_remnant(solid if is_remnant else None, None if is_remnant else solid, total, tumour)


def _fold(name: str) -> str:
    return " ".join(re.split(r"[\s_-]+", name.strip().casefold()))
