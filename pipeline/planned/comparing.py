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
DRAWN = " How many procedures and whole segments the drawn plan takes is not known, and not compared."


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
            yield _compare(option.id, score, plan, its - mine, score.margin_mm - margin_mm, own)


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
    return replace(found, beats=beats, statement=_join(option, gains, losses) + DRAWN * open_)


def _say(found: Comparison, sign: int) -> list[str]:
    """Return what an option is better in (sign 1) or worse in (sign -1)."""
    more, less = ("more", "fewer") if sign > 0 else ("fewer", "more")
    counts = (
        (-found.untreated, "treats {n} {more} lesion{s}"),
        (found.remnant_ml, f"keeps {{n}} mL {'more' if sign > 0 else 'less'}"),
        (found.resected, "resects {n} {more} lesion{s}"),
        (-(found.procedures or 0), "takes {n} {less} procedure{s}"),
        (found.margin_mm, f"has a smallest margin {{n}} mm {'wider' if sign > 0 else 'narrower'}"),
        (-(found.segments or 0), "removes {n} {less} whole segment{s}"),
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
        return f"{option} is the same in all that is compared."
    if not losses:
        return f"{option} {list_words(gains)}, and is worse in nothing that is compared."
    if not gains:
        return f"{option} {list_words(losses)}, and is better in nothing that is compared."
    return f"{option} {list_words(gains)}, but {list_words(losses)}."
