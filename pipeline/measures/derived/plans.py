"""What a planned resection means for each lesion and for the remnant; what the record says of R0 and augmentation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from pipeline.measurement import Fact, Inputs, Measurement, Quantity
from pipeline.measures.derived.after_ablation import VOLUME as AFTER_ML
from pipeline.measures.derived.deriving import FORMULA, Derived, FormulaWords
from pipeline.measures.derived.lesion_sizes import why_no_lesions
from pipeline.measures.derived.terms import Held, collect, evaluate, measured, positive

REMOVED, CUT, REMNANT = "removed", "cut", "remnant"
RELATION, MARGIN, SIZE = "plan_relation", "resection_margin_mm", "longest_diameter_mm"
SEGMENT_4, HALVES = "segment_4", frozenset({"segment_4a", "segment_4b"})
WHOLE_PERCENT = 99.0
"""Shares of a lesion in its segments, each rounded to 0.1 %, that leave no part of it outside of them."""
LIVER = "total_liver_volume_ml"


def derive_plans(inputs: Inputs, formulas: FormulaWords) -> Derived:
    """Return the place of each lesion under the plan, what of the lesions stays, and what the record says of R0.

    - ``lesion.plan_relation``: removed; cut (at or across the planned cut); remnant (left, but for a tenth);
    - ``remnant_lesion_count``, ``largest_remnant_lesion_mm``: of the lesions that the plan leaves;
    - ``removed_after_ablation_percent``: share of the liver that is removed or ablated;
    - ``surgeon_r0_stated``: expected, not expected, or not stated;
    - ``augmentation_done``: none, PVE, PVL, LVD or ALPPS.
    """
    relations = {id_: place_under_plan(held, inputs.study) for id_, held in inputs.lesions.items()}
    lesions: dict[str, Mapping[str, Quantity]] = {id_: {RELATION: each} for id_, each in relations.items()}
    study = collect(
        _count_left(inputs, relations), _largest_left(inputs, relations), _removed(inputs.study), _read_r0(inputs.study)
    )
    done = _augmentation(inputs.study)
    return Derived({**study, **({} if done is None else {done.name: done})}, lesions)


def place_under_plan(lesion: Held, study: Held) -> Fact:
    """Return where a lesion lies under the plan: by the plan's masks where they hold, else by its Couinaud segments."""
    remnant = study.get("remnant_volume_ml")
    if remnant is not None and remnant.value is not None:
        return _place_by_masks(lesion)
    return _place_by_segments(lesion, study, None if remnant is None else remnant.reason)


def _place_by_masks(lesion: Held) -> Fact:
    """Return the place by the distance to the cut, which only lesions have that the plan removes or cuts."""
    margin = lesion.get(MARGIN)
    if margin is None:
        return Fact(RELATION, REMNANT, source=f"{FORMULA}at most a tenth of it lies outside of what is kept")
    if margin.value is None:
        return Fact(RELATION, None, margin.reason)
    place = REMOVED if isinstance(margin.value, int | float) and margin.value > 0 else CUT
    return Fact(RELATION, place, source=f"{FORMULA}distance to the planned cut")


def _place_by_segments(lesion: Held, study: Held, reason: str | None) -> Fact:
    """Return the place by the segments that hold the lesion and those that the plan removes."""
    plan, own = study.get("planned_segments"), lesion.get("segments")
    if plan is None or not isinstance(plan.value, tuple):
        why = reason if plan is None else plan.reason
        return Fact(RELATION, None, why or "NO_REMNANT: no plan of a resection is given")
    if own is None or not isinstance(own.value, tuple):
        return Fact(
            RELATION, None, (own.reason if own is not None else None) or "NO_SEGMENTS: its segments are not known"
        )
    if _sum_shares(lesion) < WHOLE_PERCENT:
        return Fact(RELATION, None, "NO_SEGMENTS: a part of it lies in no Couinaud segment that is given")
    places = {_place_of_segment(segment, frozenset(plan.value)) for segment in own.value}
    if None in places:
        return Fact(RELATION, None, "NO_SEGMENTS: the plan removes half of segment 4, which is given as a whole")
    place = CUT if len(places) > 1 else places.pop()
    return Fact(RELATION, place, source=f"{FORMULA}its Couinaud segments and those that the plan removes")


def _place_of_segment(segment: str, removed: frozenset[str]) -> str | None:
    """Return whether the plan removes a segment or leaves it; None where it removes half of it."""
    pieces = HALVES if segment == SEGMENT_4 else frozenset({segment})
    return REMOVED if pieces <= removed else None if pieces & removed else REMNANT


def _sum_shares(lesion: Held) -> float:
    """Return how much of a lesion its segments hold together, %."""
    shares = lesion.get("segment_shares")
    texts = shares.value if shares is not None and isinstance(shares.value, tuple) else ()
    return sum(float(text.split()[1]) for text in texts)


def _why_open(inputs: Inputs, relations: Mapping[str, Fact]) -> str | None:
    """Return why it is not known which lesions the plan leaves."""
    return why_no_lesions(inputs) or next((each.reason for each in relations.values() if each.reason is not None), None)


def _count_left(inputs: Inputs, relations: Mapping[str, Fact]) -> Measurement:
    name, method = "remnant_lesion_count", "lesions that the plan leaves in the remnant, wholly or in part"
    reason = _why_open(inputs, relations)
    if reason is not None:
        return Measurement(name, None, "1", reason=reason, method=method)
    return Measurement(name, float(len(_left(relations))), "1", method=method)


def _largest_left(inputs: Inputs, relations: Mapping[str, Fact]) -> Measurement:
    """Return the largest diameter of the lesions that the plan leaves; its interval reaches to the largest high end."""
    name, method = "largest_remnant_lesion_mm", "largest longest diameter of the lesions that the plan leaves"
    reason = _why_open(inputs, relations)
    sizes = [inputs.lesions[id_].get(SIZE) for id_ in _left(relations)]
    if reason is None and not sizes:
        reason = "NO_TARGET: the plan leaves no lesion in the remnant"
    known = [size for size in sizes if isinstance(size, Measurement) and size.value is not None]
    if reason is None and len(known) < len(sizes):
        reason = (
            next((size.reason for size in sizes if size is not None and size.reason), None)
            or f"NOT_GIVEN: {SIZE} is not known"
        )
    if reason is not None:
        return Measurement(name, None, "mm", reason=reason, method=method)
    largest = max(known, key=lambda size: size.value or 0.0)
    low, high = _highest(size.low for size in known), _highest(size.high for size in known)
    return replace(largest, name=name, low=low, high=high, method=method, location=None)


def _highest(ends: Iterable[float | None]) -> float | None:
    held = [end for end in ends if end is not None]
    return max(held) if held else None


def _left(relations: Mapping[str, Fact]) -> list[str]:
    return [id_ for id_, each in relations.items() if each.value in (REMNANT, CUT)]


def _removed(held: Held) -> Measurement:
    """Return 100 (1 - remnant after ablation / total liver), as ``removed_percent`` has it of the remnant."""
    return evaluate(
        "removed_after_ablation_percent",
        "%",
        lambda left, liver: 100 * (1 - left / liver),
        (measured(held, AFTER_ML), measured(held, LIVER)),
        f"1 - {AFTER_ML} / {LIVER}",
        lambda _, liver: positive(LIVER)(liver),
    )


def _read_r0(held: Held) -> Fact:
    """Return what the surgeon says of complete removal; a record without a word on it says nothing."""
    said = held.get("surgeon_r0_expected")
    words = {True: "expected", False: "not_expected"}
    if said is not None and said.reason is not None and not said.reason.startswith(SILENT):
        return Fact("surgeon_r0_stated", None, said.reason)
    word = "not_stated" if said is None or not isinstance(said.value, bool) else words[said.value]
    return Fact("surgeon_r0_stated", word, source=f"{FORMULA}surgeon_r0_expected of the clinical record")


SILENT = ("NOT_GIVEN", "CLIN_MISSING", "CLIN_UNKNOWN", "STATED_OTHER_PLAN")
"""Codes of a field that says nothing of the plan, other than one that was refused."""


def _augmentation(held: Held) -> Fact | None:
    """Return the augmentation of the remnant that was done; None where the record does not tell."""
    name, kind, earlier = "augmentation_done", held.get("pve_type"), held.get("prior_liver_treatments")
    if kind is not None and isinstance(kind.value, str):
        return Fact(name, kind.value, source=f"{FORMULA}pve_type of the clinical record")
    if kind is not None and kind.reason is not None and not kind.reason.startswith(SILENT):
        return Fact(name, None, kind.reason)
    if earlier is None or not isinstance(earlier.value, tuple):
        return None
    dated = (date := held.get("pve_date")) is not None and date.value is not None
    done = "pve" in earlier.value or dated
    return Fact(name, "PVE" if done else "none", source=f"{FORMULA}earlier liver treatments of the clinical record")
