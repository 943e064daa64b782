"""Structures that draw what a plan removes: found by the name that the clinical record or the masks give them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.measurement import Fact
from pipeline.plan import fold_mask_name
from pipeline.structures import COUINAUD, HEMILIVERS, Role
from pipeline.study import Finding, Severity, Study
from pipeline.volume import Mask

NAMED, LISTED = "resection_mask", "resection_plans"
"""Facts of the clinical record: the structure that the study's numbers rest on, and every plan of a list."""
SPECIMENS = (Role.RESECTION, *COUINAUD, *HEMILIVERS)
"""What may be drawn as a specimen: a planned resection, or a part of the liver."""
LONGEST_NAME = 40


@dataclass(frozen=True, eq=False)
class Specimen:
    """A structure that draws what a plan removes.

    Parameters
    ----------
    name
        Its own name in the masks; what the record calls it where there is none.
    mask
        Its voxels, at least one; None with ``reason``.
    reason
        Why there is none, ``CODE: sentence``.
    """

    name: str
    mask: Mask | None = None
    reason: str | None = None


def find_specimen(study: Study, name: str) -> Specimen:
    """Return the structure of a name, mapped or not; capitals, spaces, underscores and dashes make no difference."""
    wanted = fold_mask_name(name)
    mapped = [(each.name, each.role, each.mask) for each in study.segments if fold_mask_name(each.name) == wanted]
    others = [(each.name, None, each.mask) for each in study.unmapped if fold_mask_name(each.name) == wanted]
    found = [*mapped, *others]
    if len(found) != 1:
        how = "no structure of the masks" if not found else f"{len(found)} structures of the masks"
        return Specimen(name, reason=f"PLAN_MASK: {how} has the name that the plan's mask is given by")
    own, role, mask = found[0]
    if role is not None and role not in SPECIMENS:
        what = role.value.replace("_", " ")
        return Specimen(own, reason=f"PLAN_MASK: the structure that the plan names is the {what}, which is no specimen")
    if mask.is_empty:
        return Specimen(own, reason="PLAN_MASK: the structure that the plan names holds no voxel")
    return Specimen(own, mask)


def find_study_specimen(study: Study, facts: Mapping[str, Fact]) -> Specimen | None:
    """Return the specimen that the study's numbers rest on, if a mask draws it.

    The one that the record names; where its list of plans is given and names none for the study, none; else the first
    planned resection in the order of the masks that holds a voxel.
    """
    named = facts.get(NAMED)
    if named is not None and named.reason is not None:
        code, _, why = named.reason.partition(": ")
        return Specimen(NAMED, reason=f"{code}: {NAMED}: {why}")
    if named is not None:
        return find_specimen(study, str(named.value))
    listed = facts.get(LISTED)
    if listed is not None and listed.value:
        return None
    return next(iter(list_drawn(study)), None)


def list_drawn(study: Study) -> tuple[Specimen, ...]:
    """Return the planned resections that the masks draw, in their order; empty ones are left out."""
    return tuple(Specimen(each.name, each.mask) for each in study.segments_of(Role.RESECTION) if not each.mask.is_empty)


def say_several(study: Study, chosen: str, touches: tuple[str, ...]) -> tuple[Finding, ...]:
    """Return the note on several drawn resections: they are several plans, and which of them counts.

    Parameters
    ----------
    chosen
        Name of the structure that the study's numbers rest on; empty where they rest on no resection mask.
    touches
        The quantities that rest on the plan.
    """
    drawn = list_drawn(study)
    if len(drawn) < 2:
        return ()
    names = ", ".join(_short(each.name) for each in drawn)
    which = (
        f"{_short(chosen)}: the first of them, or the one that the clinical record names" if chosen else "none of them"
    )
    message = (
        f"{len(drawn)} masks draw a planned resection ({names}): they are as many plans. "
        f"The numbers of the study rest on {which}."
    )
    return (Finding("PLAN_MASKS", Severity.INFO, message, touches),)


def _short(name: str) -> str:
    """Return a structure's name for a message: short, without long numbers that may identify."""
    return re.sub(r"\d{4,}", "#", name)[:LONGEST_NAME]
