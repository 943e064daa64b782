"""The plan that the study's own numbers and verdicts rest on: the user's, else the best of catalogue 7.0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.lesion import StudyMeasurements
from pipeline.measures.plans.adopting import adopt
from pipeline.plan_record import Adopted
from pipeline.planned.answering import Answer
from pipeline.planned.catalogue_plans import Candidate, choose_plan, find_uncovered
from pipeline.planned.listing import Listed, Listing
from pipeline.planned.question import Question
from pipeline.planned.records import list_segments
from pipeline.study import Finding, Severity

CODE = "PLAN_TAKEN"
TOUCHED = ("remnant_volume_ml", "planned_margin_mm", "verdicts")


@dataclass(frozen=True, eq=False)
class Taken:
    """What the study rests on.

    Parameters
    ----------
    measured
        The study's measurements, with the plan's where it was taken.
    adopted
        None where no plan is given and none could be taken.
    """

    measured: StudyMeasurements
    adopted: Adopted | None = None
    findings: tuple[Finding, ...] = ()


def take_plan(question: Question, listing: Listing, answers: Mapping[str, Answer]) -> Taken:
    """Return the study with the plan that its numbers and verdicts rest on, and which it is.

    The user's plan stays as it was measured; what vessels tell of its remnant is added. Where the user gives none, the
    best of catalogue 7.0's plans is taken (``catalogue_plans.choose_plan``).
    """
    measured = question.measured
    if listing.own:
        first = listing.own[0]
        answer = answers.get(first.id)
        told = measured if answer is None else add_facts(question, measured, answer)
        if first.reason is not None:
            return Taken(told)
        return Taken(told, Adopted(first.id, True, f"{first.name} is given, and counts before any other plan."))
    if question.anatomy.kept is not None:
        return Taken(measured)
    return _take_best(question, listing, answers)


def _take_best(question: Question, listing: Listing, answers: Mapping[str, Answer]) -> Taken:
    ground, choices = question.ground, question.open.choices
    if not ground.lesions:
        return Taken(question.measured)
    held = {id_: answers[id_] for id_ in listing.catalogue if id_ in answers}
    candidates = {
        id_: Candidate(each.plan, each.remnant_ml, each.verdict)
        for id_, each in held.items()
        if each.remnant_ml is not None
    }
    best = choose_plan(tuple(candidates.values()), ground, choices)
    if best is None:
        return Taken(question.measured)
    id_ = next(each for each, one in candidates.items() if one is best)
    listed = next(each for each in listing.named if each.id == id_)
    statement = _say_why(question, listed, best, len(candidates))
    words = f"{listed.name}, the best of the plans evaluated; no plan is given"
    numbers = {part.name: role for part, role in zip(ground.parts, question.anatomy.parts, strict=True)}
    measured = adopt(
        question.measured,
        question.study,
        question.clinical.facts,
        [numbers[name] for name in best.plan.parts],
        list_segments(ground, best.plan),
        words,
        question.asked.resections,
    )
    finding = Finding(CODE, Severity.INFO, f"No plan is given: the verdicts rest on {statement}", TOUCHED)
    told = add_facts(question, measured, answers[id_])
    return Taken(told, Adopted(id_, False, statement), (finding,))


def add_facts(question: Question, measured: StudyMeasurements, answer: Answer) -> StudyMeasurements:
    """Return the measurements with what vessels tell of the plan's remnant, where the record does not state it."""
    told = {fact.name: fact for fact in answer.perfusion.facts if fact.name not in question.stated}
    return replace(measured, facts={**measured.facts, **told})


def _say_why(question: Question, listed: Listed, best: Candidate, count: int) -> str:
    """Return which plan was taken and why, in one sentence."""
    uncovered = find_uncovered(question.ground, best.plan, question.open.choices)
    stays = [each for each in best.plan.untreated if each not in uncovered]
    state = "does not satisfy" if best.verdict.failed else "may satisfy" if best.verdict.unknown else "satisfies"
    if uncovered:
        covers = f"none covers every lesion, and it leaves fewest without treatment ({_join(uncovered)})"
    elif stays:
        covers = f"it covers every lesion with ablation of {_join(stays)}"
    else:
        covers = "it removes every lesion"
    rest = "among these it leaves the most liver" if count > 1 else "it is the only one that the segments can express"
    return (
        f"{listed.name}, the best of {count} plan{'s' if count > 1 else ''} of catalogue 7.0: {covers}, "
        f"{state} the hard rules on the plan, and {rest}."
    )


def _join(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
