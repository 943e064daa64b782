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


def compare_own(
    own: Sequence[PlanRecord], options: Sequence[PlanRecord], answers: Mapping[str, Answer]
) -> tuple[PlanRecord, ...]:
    """Return the user's plans, each with every option beside it, in the order of the options."""
    return tuple(
        replace(plan, compared=tuple(_compare_all(plan, options, answers))) if plan.id in answers else plan
        for plan in own
    )


def _compare_all(
    plan: PlanRecord, options: Sequence[PlanRecord], answers: Mapping[str, Answer]
) -> Iterator[Comparison]:
    mine = plan.measurements[REMNANT].value
    for option in options:
        its, score = option.measurements[REMNANT].value, answers[option.id].score
        if mine is not None and its is not None and score is not None:
            yield _compare(option, plan, its - mine, score, answers[plan.id].score)


def _compare(option: PlanRecord, plan: PlanRecord, more_ml: float, its: Score, mine: Score | None) -> Comparison:
    """Return an option beside a plan; procedures and margin alone need the plan's score."""
    left = sum(each.handling is Handling.UNTREATED for each in plan.lesions)
    segments = len({number[0] for number in plan.segments_removed})
    found = Comparison(
        option.id,
        False,
        "",
        more_ml,
        its.untreated - left,
        its.resected - plan.resected,
        its.segments - segments,
        None if mine is None else its.procedures - mine.procedures,
        None if mine is None else its.margin_mm - mine.margin_mm,
    )
    gains, losses = _say(found, 1), _say(found, -1)
    return replace(found, beats=bool(gains) and not losses, statement=_join(option.id, gains, losses))


def _say(found: Comparison, sign: int) -> list[str]:
    """Return what an option is better in (sign 1) or worse in (sign -1)."""
    more, less = ("more", "fewer") if sign > 0 else ("fewer", "more")
    counts = (
        (-found.untreated, "treats {n} {more} lesion{s}"),
        (found.remnant_ml, f"keeps {{n}} mL {'more' if sign > 0 else 'less'}"),
        (found.resected, "resects {n} {more} lesion{s}"),
        (-(found.procedures or 0), "takes {n} {less} procedure{s}"),
        (found.margin_mm or 0.0, f"has a smallest margin {{n}} mm {'wider' if sign > 0 else 'narrower'}"),
        (-found.segments, "removes {n} {less} whole segment{s}"),
    )
    return [
        words.format(n=_figure(abs(value)), s="s" * (abs(value) != 1), more=more, less=less)
        for value, words in counts
        if sign * value > TINY
    ]


def _figure(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _join(option: str, gains: Sequence[str], losses: Sequence[str]) -> str:
    if not gains and not losses:
        return f"{option} is the same in all that plans are compared by."
    if not losses:
        return f"{option} {list_words(gains)}, and is worse in nothing that plans are compared by."
    if not gains:
        return f"{option} {list_words(losses)}, and is better in nothing that plans are compared by."
    return f"{option} {list_words(gains)}, but {list_words(losses)}."
