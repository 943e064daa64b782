"""Truths and words that masks give, found again: vessels, segments and sides of lesions, the remnant's freedom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pipeline.measurement import Fact
from pipeline.report import Report
from pipeline.structures import COUINAUD
from pipeline.verify.interruption import ASKED, count_large, count_reached, has_gaps, interruption, reaches
from pipeline.verify.lesions import Lesion
from pipeline.verify.number import Number
from pipeline.verify.solid import Solid, shared_count
from pipeline.verify.study_files import SecondReading
from pipeline.verify.wide_vessels import TREES, draw_tree

LEFT, RIGHT = ("2", "3", "4", "4a", "4b"), ("5", "6", "7", "8")
TRUNK, BRANCHES = "portal_vein_main", ("portal_vein_left", "portal_vein_right")
VEINS = ("hepatic_vein_right", "hepatic_vein_middle", "hepatic_vein_left")
GREAT: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "portal_inflow_blocked": ((TRUNK,), BRANCHES),
    "hepatic_veins_blocked": (("ivc",), VEINS),
    "portal_or_hepatic_vein_contact": ((TRUNK, *BRANCHES, *VEINS, "ivc"), ()),
    "main_vessels_occluded": ((TRUNK, *BRANCHES, "hepatic_artery", "ivc"), ()),
}
"""Vessels that must all be open for a fact to be false, and those of which one must be."""
BY_MASKS = "no lesion mask touches the vessels' masks"
"""The source of a fact on great vessels that is not the clinical record's."""


def check_facts(
    second: SecondReading, report: Report, lesions: Sequence[Lesion], unknown: tuple[str, ...], in_remnant: Number
) -> Iterator[str]:
    """Yield which facts of a report are not those that its masks give.

    Parameters
    ----------
    unknown
        Codes of why it is not known which lesions there are.
    in_remnant
        Volume of the lesions in the remnant.
    """
    known = {each.id: each for each in lesions if each.status != "speck"}
    gaps = {name: has_gaps(second, name) for name in ASKED}
    drawn = [name for name in ASKED if draw_tree(second, *TREES.get(name, (name,)))]
    for record in report.lesions:
        if record.id not in known:
            continue
        solid = known[record.id].solid
        names = _segments(second, solid)
        expected: dict[str, tuple[object, tuple[str, ...]]] = {"segments": (names, ()), "lobe": (_side(names), ())}
        for name in drawn:
            expected[f"occluded_{name}"] = interruption(second, solid, name, gaps=gaps[name])
        for name, (value, codes) in expected.items():
            yield from _compare(f"lesion {record.id}: {name}", record.facts.get(name), value, codes)
        stated = {name for name in record.facts if name.startswith("occluded_")}
        for name in sorted(stated - set(expected)):
            yield f"lesion {record.id}: {name} is stated, and no such vessel is drawn"
    inside = [each.solid for each in known.values() if each.status == "intrahepatic"]
    words = None if unknown or not inside else _distribution([_side(_segments(second, each)) for each in inside])
    yield from _compare("distribution", report.facts.get("distribution"), words, ())
    free = None if in_remnant.value is None else in_remnant.value == 0
    yield from _compare("remnant_tumour_free", report.facts.get("remnant_tumour_free"), free, ())
    yield from _check_great(second, report.facts, [each.solid for each in lesions], unknown)


def _compare(name: str, fact: Fact | None, value: object, codes: tuple[str, ...]) -> Iterator[str]:
    """Yield what is wrong with one fact; codes are those that its reason may have, any where none is given."""
    if fact is None:
        yield f"{name} is not in the report"
    elif fact.value != value:
        yield f"{name} differs: {fact.value} is stated, {value} found again"
    elif value is None and codes and (fact.reason or "").split(":")[0] not in codes:
        yield f"{name} is withheld for another reason than {codes[0]}"


def _segments(second: SecondReading, solid: Solid) -> tuple[str, ...] | None:
    """Return the Couinaud segments a lesion lies in, the largest share first; None where half of it lies in none."""
    order = [role.value for role in COUINAUD]
    parts = [each for each in second.of(*order) if each.solid.count]
    if any(each.solid.grid is not solid.grid for each in parts):
        return None
    counts = {each.record.role or "": shared_count(solid, each.solid) for each in parts}
    if 2 * sum(counts.values()) < solid.count or not any(counts.values()):
        return None
    return tuple(sorted((each for each in counts if counts[each]), key=lambda each: (-counts[each], order.index(each))))


def _side(segments: tuple[str, ...] | None) -> str | None:
    """Return the side of Cantlie's line that segments lie on."""
    if segments is None:
        return None
    numbers = {each.removeprefix("segment_") for each in segments}
    left, right = bool(numbers & set(LEFT)), bool(numbers & set(RIGHT))
    return "both" if left and right else "left" if left else "right" if right else "caudate"


def _distribution(sides: Sequence[str | None]) -> str | None:
    """Return whether lesions lie on one side or on both; None where the side of one decides and is not known."""
    if "both" in sides or {"left", "right"} <= set(sides):
        return "bilobar"
    return None if None in sides else "unilobar"


def _check_great(
    second: SecondReading, facts: Mapping[str, Fact], lesions: Sequence[Solid], unknown: tuple[str, ...]
) -> Iterator[str]:
    """Yield which facts on great vessels are not those that the masks give; the clinical record's are left alone."""
    open_ = {name: _is_open(second, name, lesions) for every, some in GREAT.values() for name in (*every, *some)}
    for name, (every, some) in GREAT.items():
        fact = facts.get(name)
        if fact is not None and fact.value is not None and fact.source != BY_MASKS:
            continue
        told = not unknown and all(open_[each] is True for each in every)
        drawn = all(open_[each] is not None for each in (*every, *some))
        told = told and drawn and (not some or any(open_[each] for each in some))
        yield from _compare(name, fact, False if told else None, ())


def _is_open(second: SecondReading, name: str, lesions: Sequence[Solid]) -> bool | None:
    """Tell whether a vessel is drawn in one piece that no lesion reaches; None where it is not drawn."""
    vessels = draw_tree(second, name)
    if not vessels:
        return None
    if len(vessels) > 1 or count_large(vessels[0]) > 1:
        return False
    return not any(count_reached(each, vessels) is None or reaches(each, vessels) for each in lesions)
