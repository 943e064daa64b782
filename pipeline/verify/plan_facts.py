"""What a planned resection means, found again: segments removed and preserved, its extent, the place of each lesion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from pipeline.measurement import Fact
from pipeline.report import Report
from pipeline.verify.lesion_numbers import LesionNumbers
from pipeline.verify.number import Number, absent
from pipeline.verify.plans_adopted import find_adopted
from pipeline.verify.terms import Terms, above_zero, combine

TOUCHING = "12 14 17 18 23 24 34 45 48 56 58 67 78"
"""Whole Couinaud segments that lie side by side (configs/resections.yaml)."""
LEFT = ("remnant", "cut")
FACTS = ("planned_segments", "segments_removed", "resection_extent", "resection_is_major", "remnant_segments_preserved")


def check_plan(report: Report, removed: tuple[str, ...] | None, lesions: Sequence[LesionNumbers]) -> Iterator[str]:
    """Yield which facts on the planned resection are not those that plan and masks give.

    Parameters
    ----------
    removed
        Couinaud segments that the record plans to remove, ``4`` or ``4a``; None without such a plan. The facts of the
        plan that the study rests on count before it: they are checked with that plan.
    """
    expected = {} if removed is None else extent_of(removed)
    taken = find_adopted(report)
    if taken is not None:
        expected |= {name: taken.facts[name].value for name in FACTS if name in taken.facts}
    for name in FACTS:
        fact = report.facts.get(name)
        if fact is None or not fact.source.startswith("formula: "):
            continue
        if fact.value != expected.get(name):
            yield f"{name} differs: {fact.value} is stated, {expected.get(name)} found again"
    yield from _check_words(report)
    known = {each.lesion.id: each for each in lesions}
    for record in report.lesions:
        fact = record.facts.get("plan_relation")
        if fact is None or record.id not in known:
            continue
        place = place_of(report, record.facts, known[record.id].numbers)
        if fact.value != place:
            yield f"lesion {record.id}: plan_relation differs: {fact.value} is stated, {place} found again"


def _check_words(report: Report) -> Iterator[str]:
    """Yield which words on R0 and augmentation are not those that follow from the record."""
    facts = report.facts
    said = facts["surgeon_r0_expected"].value if "surgeon_r0_expected" in facts else None
    kind = facts["pve_type"].value if "pve_type" in facts else None
    earlier = facts["prior_liver_treatments"].value if "prior_liver_treatments" in facts else None
    dated = "pve_date" in facts and facts["pve_date"].value is not None
    by_list = ("PVE" if "pve" in earlier or dated else "none") if isinstance(earlier, tuple) else None
    words = {
        "surgeon_r0_stated": "expected" if said is True else "not_expected" if said is False else "not_stated",
        "augmentation_done": kind or by_list,
    }
    for name, word in words.items():
        fact = facts.get(name)
        if fact is not None and fact.value is not None and fact.value != word:
            yield f"{name} differs: {fact.value} is stated, {word} found again"


def plan_numbers(
    report: Report, terms: Terms, lesions: Sequence[LesionNumbers], known: tuple[str, ...]
) -> dict[str, Number]:
    """Return how many lesions the plan leaves, the largest of them, and the share of the liver removed or ablated."""
    liver, after = terms.image("total_liver_volume_ml"), terms.image("remnant_after_ablation_ml")
    share = combine(lambda a, t: (t - a) / t * 100, "-+", after, liver, valid=above_zero(liver))
    within = [each for each in lesions if each.lesion.status == "intrahepatic"]
    return {"removed_after_ablation_percent": share, **_left(report, within, known)}


def _left(report: Report, inside: Sequence[LesionNumbers], known: tuple[str, ...]) -> dict[str, Number]:
    names = ("remnant_lesion_count", "largest_remnant_lesion_mm")
    if known or not inside:
        return {name: absent(*(known or ("NO_LESION",))) for name in names}
    facts = {record.id: record.facts for record in report.lesions}
    places = {each.lesion.id: place_of(report, facts.get(each.lesion.id, {}), each.numbers) for each in inside}
    if None in places.values():
        reasons = [own["plan_relation"].reason or "" for own in facts.values() if "plan_relation" in own]
        return {name: absent(*(reason.split(":")[0] for reason in reasons if reason)) for name in names}
    sizes = [each.numbers["longest_diameter_mm"] for each in inside if places[each.lesion.id] in LEFT]
    count = Number(float(len(sizes)))
    if not sizes or any(size.value is None for size in sizes):
        codes = ("NO_TARGET", *(code for size in sizes for code in size.codes))
        return dict(zip(names, (count, absent(*codes)), strict=True))
    largest = max(size.value or 0.0 for size in sizes)
    low, high = _most([size.low for size in sizes]), _most([size.high for size in sizes])
    return dict(zip(names, (count, Number(largest, low, high)), strict=True))


def _most(ends: Sequence[float | None]) -> float | None:
    return max((end for end in ends if end is not None), default=None)


def place_of(report: Report, facts: Mapping[str, Fact], numbers: Mapping[str, Number]) -> str | None:
    """Return the place of a lesion: by the second distance to the cut, or by the segments it lies in."""
    remnant = report.measurements.get("remnant_volume_ml")
    if remnant is not None and remnant.value is not None:
        margin = numbers.get("resection_margin_mm")
        return (
            "remnant" if margin is None else None if margin.value is None else "removed" if margin.value > 0 else "cut"
        )
    plan, shares = report.facts.get("planned_segments"), facts.get("segment_shares")
    if plan is None or not isinstance(plan.value, tuple) or shares is None or not isinstance(shares.value, tuple):
        return None
    parts = {text.split()[0]: float(text.split()[1]) for text in shares.value}
    if sum(parts.values()) < 99:
        return None
    gone = {name: _is_gone(name, plan.value) for name in parts}
    if None in gone.values():
        return None
    return "removed" if all(gone.values()) else "cut" if any(gone.values()) else "remnant"


def _is_gone(segment: str, removed: tuple[str, ...]) -> bool | None:
    """Return whether a segment is removed; None for a whole fourth one of which half is."""
    halves = [f"{segment}{half}" in removed for half in "ab"] if segment == "segment_4" else [segment in removed]
    return None if len(set(halves)) > 1 else halves[0]


def extent_of(removed: tuple[str, ...]) -> dict[str, object]:
    """Return the facts of a plan from the powers of the table of neighbours."""
    numbers = {int(each.removeprefix("segment_")[0]) for each in removed}
    halves = [each.removeprefix("segment_") for each in removed]
    finest = [half for each in halves for half in (("4a", "4b") if each == "4" else (each,))]
    order = ("1", "2", "3", "4a", "4b", "5", "6", "7", "8")
    largest, preserved = chain_of(numbers), chain_of(set(range(1, 9)) - numbers)
    major = True if largest > 2 else False if len(numbers) < 3 else None
    extent = None if major is None else ("minor", "major", "extended")[major + (major and len(numbers) > 4)]
    values = (tuple(f"segment_{each}" for each in order if each in finest), float(len(numbers)), extent, major)
    return dict(zip(FACTS, (*values, float(preserved)), strict=True))


def chain_of(numbers: set[int]) -> int:
    """Return the most segments that hang together: the largest row of reach, by repeated squaring."""
    order = sorted(numbers)
    near = np.array(
        [[a == b or f"{min(a, b)}{max(a, b)}" in TOUCHING.split() for b in order] for a in order], dtype=int
    )
    for _ in range(3):
        near = (near @ near > 0).astype(int) if len(order) else near
    return int(near.sum(axis=1).max()) if len(order) else 0
