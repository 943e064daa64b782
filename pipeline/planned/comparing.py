"""The user's own plans beside the options: what each option has more or less of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.plan import Handling, Score
from pipeline.plan_comparison import Comparison
from pipeline.plan_record import PlanRecord
from pipeline.planned.answering import REMNANT, Answer
from pipeline.planning.words import list_words

TINY = 1e-6
MARGIN = "planned_margin_mm"
PRINTED_MM = 0.05
"""Margins nearer to each other than this are printed alike."""


def compare_own(
    own: Sequence[PlanRecord], options: Sequence[PlanRecord], answers: Mapping[str, Answer], widest_mm: float
) -> tuple[PlanRecord, ...]:
    """Return the user's plans, each with every option beside it, in the order of the options.

    Parameters
    ----------
    widest_mm
        Margins beyond are not told apart.
    """
    return tuple(
        replace(plan, compared=tuple(_compare_all(plan, options, answers, widest_mm))) if plan.id in answers else plan
        for plan in own
    )


def _compare_all(
    plan: PlanRecord, options: Sequence[PlanRecord], answers: Mapping[str, Answer], widest_mm: float
) -> Iterator[Comparison]:
    mine = plan.measurements[REMNANT].value
    for option in options:
        its, score = option.measurements[REMNANT].value, answers[option.id].score
        if mine is not None and its is not None and score is not None:
            own = answers[plan.id].score
            margin_mm = _find_margin(plan, widest_mm) if own is None else own.margin_mm
            found = _compare(option.id, score, plan, its - mine, score.margin_mm - margin_mm, own)
            yield replace(found, statement=_state(found, plan, option, widest_mm))


def _find_margin(plan: PlanRecord, widest_mm: float) -> float:
    """Return the smallest margin of what a drawn plan removes; 0 where it removes no lesion."""
    treated = [each for each in plan.lesions if each.handling is Handling.RESECTED]
    return min((widest_mm if each.margin_mm is None else min(each.margin_mm, widest_mm) for each in treated), default=0)


def _compare(
    option: str, its: Score, plan: PlanRecord, more_ml: float, wider_mm: float, mine: Score | None
) -> Comparison:
    """Return an option beside a plan; procedures and segments need the plan's score."""
    left = sum(each.handling is Handling.UNTREATED for each in plan.lesions)
    found = Comparison(
        option,
        False,
        "",
        more_ml,
        its.untreated - left,
        its.resected - plan.resected,
        wider_mm,
        None if mine is None else its.procedures - mine.procedures,
        None if mine is None else its.segments - mine.segments,
    )
    gains, losses = _say(found, 1), _say(found, -1)
    open_ = mine is None and (its.procedures > 1 or its.segments > 0)
    beats = bool(gains) and not losses and not open_
    return replace(found, beats=beats)


def _say(found: Comparison, sign: int) -> list[str]:
    """Return what an option is better in (sign 1) or worse in (sign -1); of its margin that it is."""
    more, less = ("more", "fewer") if sign > 0 else ("fewer", "more")
    counts = (
        (-found.untreated, "treats {n} {more} lesion{s}"),
        (found.remnant_ml, f"keeps {_say_ml(found.remnant_ml)} {'more' if sign > 0 else 'less'}"),
        (found.resected, "resects {n} {more} lesion{s}"),
        (-(found.procedures or 0), "takes {n} {less} procedure{s}"),
        (found.margin_mm, f"has a {'wider' if sign > 0 else 'narrower'} smallest margin"),
        (-(found.segments or 0), "removes {n} {less} whole segment{s}"),
    )
    return [
        words.format(n=f"{abs(value):.0f}", s="s" * (abs(value) != 1), more=more, less=less)
        for value, words in counts
        if sign * value > TINY
    ]


def _say_ml(volume_ml: float) -> str:
    """Return a difference in whole mL, as remnants are printed."""
    return f"{abs(volume_ml):.0f} mL" if abs(volume_ml) >= 1 else "less than 1 mL"


def _state(found: Comparison, plan: PlanRecord, option: PlanRecord, widest_mm: float) -> str:
    """Return in one sentence what an option has more or less of; margins as they are, not cut off at the widest."""
    its, mine = _find_planned(option), _find_planned(plan)
    both = "" if None in (its[0], mine[0]) else f" ({its[0]:.1f} mm, not {mine[0]:.1f} mm)"
    same = found.margin_mm != 0 and _is_one(its, mine)
    gains, losses = (
        [f"{each}{both}" if each.endswith("margin") else each for each in _say(found, sign) if not _hides(each, same)]
        for sign in (1, -1)
    )
    text = f"{found.option} {_join(gains, losses, found, same)}"
    if same:
        return f"{text}; its smallest margin is the same within the intervals{both.replace(', not ', ' and ')}."
    if abs(found.margin_mm) <= TINY and both and abs(_of(its) - _of(mine)) > PRINTED_MM:
        return f"{text} (margins from {widest_mm:g} mm on count as equal: {both[2:]}."
    return f"{text}."


def _hides(words: str, same: bool) -> bool:
    return same and words.endswith("margin")


def _join(gains: Sequence[str], losses: Sequence[str], found: Comparison, same: bool) -> str:
    if not gains and not losses:
        return "is the same in all else that is compared" if same else "is the same in all that is compared"
    if losses:
        end = f", but {list_words(losses)}" if gains else ", and is better in nothing that is compared"
        return f"{list_words(gains or losses)}{end}"
    hidden = same and found.margin_mm < 0
    return list_words(gains) + ("" if hidden else ", and is worse in nothing that is compared")


Ends = tuple[float | None, float | None, float | None]
"""A margin with the low and high end of its interval."""


def _find_planned(plan: PlanRecord) -> Ends:
    """Return the smallest margin round what a plan resects or ablates, not cut off; an ablation's has no interval."""
    held = plan.measurements.get(MARGIN)
    found: list[Ends] = [] if held is None or held.value is None else [(held.value, held.low, held.high)]
    ablated = [each.margin_mm for each in plan.lesions if each.handling is Handling.ABLATED]
    found += [(each, each, each) for each in ablated if each is not None]
    return min(found, key=_of, default=(None, None, None))


def _of(margin: Ends) -> float:
    return margin[0] or 0.0


def _is_one(one: Ends, two: Ends) -> bool:
    """Tell whether two margins are printed alike, or lie within each other's interval."""
    if one[0] is None or two[0] is None:
        return False
    if abs(one[0] - two[0]) <= PRINTED_MM:
        return True
    low, high = sorted((one, two), key=_of)
    meets = low[2] is not None and high[1] is not None and low[2] >= high[1]
    return meets and None not in (low[1], high[2]) and low[1] != low[2] and high[1] != high[2]
