"""What each option gains and costs beside the others, and which are alike. Nothing here recommends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.plan import Plan, Requirement, Score
from pipeline.planning.space import needs_growth
from pipeline.planning.words import capitalise, list_words
from pipeline.planning.zones import TINY_MM


@dataclass(frozen=True)
class Aspect:
    """One thing that options are compared in: larger is better. Nothing is told apart that is printed alike.

    Parameters
    ----------
    alone, shared
        What is said of the option that is first in it, and of one of several.
    first
        What the first is called.
    figure, state
        Its value short and in words, by the score and the number of lesions.
    behind
        How far an option (its score) is behind the first (the other score), in words.
    """

    value: Callable[[Score], float]
    alone: str
    shared: str
    first: str
    figure: Callable[[Score, int], str]
    state: Callable[[Score, int], str]
    behind: Callable[[Score, Score], str]


def _count(number: int, word: str) -> str:
    return f"{number} {word if number == 1 else word + 's'}"


def _state_margin(score: Score) -> str:
    """Return the margin in words; 0 where nothing is resected or ablated, which is no margin."""
    return (
        f"a smallest margin of {round(score.margin_mm, 1):g} mm"
        if score.margin_mm
        else "no margin, as all is irradiated"
    )


def _say_narrower(score: Score, first: Score) -> str:
    less = (
        f"{round(first.margin_mm, 1) - round(score.margin_mm, 1):.3g} mm less" if score.margin_mm else "which is less"
    )
    return f"has {_state_margin(score)}, {less}"


ASPECTS = (
    Aspect(
        lambda score: round(score.remnant_ml),
        "keeps most liver of the options",
        "keeps as much liver as any option",
        "most",
        lambda score, lesions: f"{score.remnant_ml:.0f} mL",
        lambda score, lesions: f"{score.remnant_ml:.0f} mL of liver kept",
        lambda score, first: f"keeps {round(first.remnant_ml) - round(score.remnant_ml)} mL less liver",
    ),
    Aspect(
        lambda score: score.resected,
        "resects most lesions of the options",
        "resects as many lesions as any option",
        "most",
        lambda score, lesions: f"{score.resected} of {lesions}",
        lambda score, lesions: f"{score.resected} of {_count(lesions, 'lesion')} resected",
        lambda score, first: f"resects {_count(first.resected - score.resected, 'lesion')} fewer",
    ),
    Aspect(
        lambda score: -score.procedures,
        "takes the fewest procedures of the options",
        "takes as few procedures as any option",
        "fewest",
        lambda score, lesions: f"{score.procedures}",
        lambda score, lesions: _count(score.procedures, "procedure"),
        lambda score, first: f"takes {_count(score.procedures - first.procedures, 'procedure')} more",
    ),
    Aspect(
        lambda score: round(score.margin_mm, 1),
        "has the widest smallest margin of the options",
        "has as wide a smallest margin as any option",
        "widest",
        lambda score, lesions: f"{round(score.margin_mm, 1):g} mm",
        lambda score, lesions: _state_margin(score),
        _say_narrower,
    ),
    Aspect(
        lambda score: -score.segments,
        "removes the fewest whole segments of the options",
        "removes as few whole segments as any option",
        "fewest",
        lambda score, lesions: f"{score.segments}",
        lambda score, lesions: f"{_count(score.segments, 'whole segment')} removed",
        lambda score, first: f"removes {_count(score.segments - first.segments, 'whole segment')} more",
    ),
)


OF_ABLATION = " (round what is ablated)"


def say_trade_offs(
    scores: Sequence[Score], lesions: int, requirement: Requirement, plans: Sequence[Plan] = ()
) -> tuple[str, ...]:
    """Return for each option one sentence: in what it is first among the options, and how far behind in what else.

    Options are called by their place, ``P1`` first.

    Parameters
    ----------
    lesions
        How many intrahepatic lesions there are.
    plans
        Those that are scored: where the smallest margin is that of their ablations, it is said.
    """
    said = [_say_one(score, scores, lesions, requirement) for score in scores]
    for place, (score, plan) in enumerate(zip(scores, plans, strict=False)):
        if plan.ablated and abs(score.margin_mm - plan.ablation_mm) < TINY_MM:
            words = _state_margin(score)
            said[place] = said[place].replace(words, words + OF_ABLATION)
    return tuple(said)


def _say_one(score: Score, scores: Sequence[Score], lesions: int, requirement: Requirement) -> str:
    differing = [aspect for aspect in ASPECTS if len({aspect.value(each) for each in scores}) > 1]
    alone, shared, prices = list[str](), list[str](), list[str]()
    for aspect in differing:
        values = [aspect.value(each) for each in scores]
        figure, mine = aspect.figure(score, lesions), aspect.value(score)
        if mine < max(values):
            prices.append(_say_behind(aspect, score, scores, lesions))
        elif values.count(mine) == 1:
            alone.append(f"{aspect.alone} ({figure})")
        else:
            shared.append(f"{aspect.shared} ({figure})")
    if gains := alone or shared:
        price = f", but {list_words(prices)}" if prices else ""
        return f"{capitalise(list_words(gains))}{price}{_add(score, requirement)}."
    if differing:
        return f"Is first in nothing: {list_words(prices)}{_add(score, requirement)}."
    said = [aspect.state(score, lesions) for aspect in ASPECTS]
    return f"No other plan that was compared beats it: {list_words(said)}{_add(score, requirement)}."


def _say_behind(aspect: Aspect, score: Score, scores: Sequence[Score], lesions: int) -> str:
    """Return how far an option is behind the first in an aspect, and which that is (of several the first of them)."""
    place, first = max(enumerate(scores), key=lambda each: aspect.value(each[1]))
    return f"{aspect.behind(score, first)} than P{place + 1} ({aspect.first}: {aspect.figure(first, lesions)})"


def _add(score: Score, requirement: Requirement) -> str:
    """Return what has to be said in any case."""
    untreated = f"; {_count(score.untreated, 'lesion')} left untreated" if score.untreated else ""
    grow = "; the remnant may have to grow first" if needs_growth(score.remnant_ml, requirement) else ""
    return untreated + grow


def find_alike(scores: Sequence[Score], intervals_ml: Sequence[tuple[float, float]]) -> tuple[tuple[int, ...], ...]:
    """Return for each option the numbers of those that may be as good.

    Another may be when the intervals of their remnants meet, and it is nowhere worse in anything but the remnant.

    Parameters
    ----------
    intervals_ml
        Low and high end of each option's remnant volume.
    """
    return tuple(
        tuple(
            other
            for other in range(len(scores))
            if other != one
            and intervals_ml[one][0] <= intervals_ml[other][1]
            and intervals_ml[other][0] <= intervals_ml[one][1]
            and _is_nowhere_worse(scores[other], scores[one])
        )
        for one in range(len(scores))
    )


def _is_nowhere_worse(one: Score, other: Score) -> bool:
    """Return whether a score is as good as another in all but the remnant."""
    return (
        one.untreated <= other.untreated
        and one.resected >= other.resected
        and one.procedures <= other.procedures
        and one.margin_mm >= other.margin_mm
        and one.segments <= other.segments
    )
