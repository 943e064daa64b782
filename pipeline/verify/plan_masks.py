"""The resection mask that a study's numbers rest on, found again: the one that the record names, else the first."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.measurement import Fact
from pipeline.verify.couinaud import NAMES, SIDES
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


def _fold(name: str) -> str:
    return " ".join(re.split(r"[\s_-]+", name.strip().casefold()))
