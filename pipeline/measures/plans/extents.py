"""How much of the liver a plan removes, in Couinaud segments: minor, major, extended; segments preserved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.measurement import Fact
from pipeline.measures.plan_extent import FORMULA, NAMES, number_segment, state_extent
from pipeline.measures.plans.basis import Basis
from pipeline.measures.resection_plan import PIECES
from pipeline.plan import Plan
from pipeline.resection import role_of_segment
from pipeline.structures import COUINAUD, Role

HALF = 0.5
"""A segment counts as removed when the specimen holds more than this share of its liver tissue, as preserved when at
least this share of it stays."""
NO_PARTS = "NO_SEGMENTS: the liver is not divided, so that it is not told which segments the plan removes"


def find_extent(basis: Basis, plan: Plan, tissue: NDArray[np.int64], words: str) -> dict[str, Fact]:
    """Return the facts of extent by the segments that a plan removes and preserves.

    Of a plan of whole parts these are its parts and the others. Of wedges, zones and drawn specimens: removed is a
    segment of whose liver tissue the specimen takes more than half, preserved one that is not and of which at least
    half stays. Of a segment that is no part of the liver nothing is preserved.

    Parameters
    ----------
    tissue
        Voxels of liver tissue that are removed, ablated and left of each part, shape (parts, 3).
    """
    extent = basis.resections.extent
    if not basis.ground.parts or extent is None:
        reason = basis.ground.parts_reason or NO_PARTS
        return {name: Fact(name, None, reason) for name in NAMES}
    finest = _find_finest(basis, plan)
    shares = _share_tissue(basis, tissue)
    touched = {number_segment(role) for role in finest}
    touched |= {number for number, (gone, _) in shares.items() if gone > HALF}
    kept = {number for number, (_, left) in shares.items() if number not in touched and left >= HALF}
    source = f"{FORMULA}{words} removed"
    facts = state_extent(source, finest, touched, kept, basis.resections.side_by_side, extent)
    return {fact.name: _say(fact, plan) for fact in facts}


def _find_finest(basis: Basis, plan: Plan) -> frozenset[Role]:
    """Return the segments of the plan's parts, segment 4 as its two halves."""
    roles = [role_of_segment(each) for part in basis.ground.parts if part.name in plan.parts for each in part.segments]
    return frozenset(half for role in roles for half in PIECES.get(role, (role,)))


def _share_tissue(basis: Basis, tissue: NDArray[np.int64]) -> dict[str, tuple[float, float]]:
    """Return the shares of each whole segment's liver tissue that are removed and left, by its number."""
    sums: dict[str, NDArray[np.int64]] = {}
    for part, row in zip(basis.ground.parts, tissue, strict=True):
        for number in {number_segment(role_of_segment(each)) for each in part.segments}:
            sums[number] = sums.get(number, np.zeros(3, dtype=np.int64)) + row
    order = [number_segment(role) for role in COUINAUD]
    known = [number for number in dict.fromkeys(order) if number in sums and sums[number].sum() > 0]
    return {each: (float(sums[each][0] / sums[each].sum()), float(sums[each][2] / sums[each].sum())) for each in known}


def _say(fact: Fact, plan: Plan) -> Fact:
    """Return a fact with a word on what is not counted, where the plan takes more or other than whole parts."""
    if not (plan.wedges or plan.ablated or plan.mask):
        return fact
    return replace(fact, source=f"{fact.source}; a segment counts by more or less than half of its tissue")
