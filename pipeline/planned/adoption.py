"""The plan that numbers and verdicts of a study rest on: the user's, else one of the catalogue's section 7.0."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.lesion import StudyMeasurements
from pipeline.measures.plans.adopting import adopt
from pipeline.plan_record import Adopted
from pipeline.planned.answering import Answer
from pipeline.planned.catalogue_plans import Candidate, choose_plan, competes
from pipeline.planned.listing import Listed, Listing
from pipeline.planned.question import Question
from pipeline.planned.records import list_segments
from pipeline.study import Finding, Severity

CODE = "PLAN_TAKEN"
FREE = "remnant_tumour_free"
"""Measured of the study's own remnant."""
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

    The user's plan stays as it was measured; its extent and what vessels tell of its remnant are added. Where the user
    gives none, the smallest resection of section 7.0 of the catalogue that qualifies is taken
    (``catalogue_plans.choose_plan``). None is where none removes a lesion and treats every other, or all that do fail
    and an option does not: that whole segments cannot be removed does not show that wedges cannot, so that the bounds
    of VOL-09 and VOL-10 stand.
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
        if each.remnant_ml is not None and each.verdict is not None
    }
    best = choose_plan(tuple(candidates.values()), ground, choices)
    options = [answers[each.id].verdict for each in listing.options]
    if best is None or (best.verdict.failed and not all(each is None or each.failed for each in options)):
        return Taken(question.measured)
    id_ = next(each for each, one in candidates.items() if one is best)
    listed = next(each for each in listing.named if each.id == id_)
    statement = _say_why(question, listed, best, candidates.values())
    words = f"{listed.name}, the smallest resection of section 7.0 of the catalogue that qualifies; no plan is given"
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
    """Return the measurements with extent of the plan and supply of its remnant, where the record states no other."""
    found = (*answer.numbers.facts.values(), *answer.perfusion.facts)
    told = {fact.name: fact for fact in found if fact.name not in question.stated and fact.name != FREE}
    return replace(measured, facts={**measured.facts, **told})


def _say_why(question: Question, listed: Listed, taken: Candidate, candidates: Collection[Candidate]) -> str:
    """Return which plan was taken and why, in one sentence."""
    covering = sum(competes(question.ground, each.plan, question.open.choices) for each in candidates)
    verdict = taken.verdict
    which = "satisfy" if not (verdict.failed or verdict.unknown) else "may satisfy"
    along = f", this one with ablation of {_join(taken.plan.untreated)}" if taken.plan.untreated else ""
    treats = "treats" if covering == 1 else "treat"
    plans = f"{covering} of {len(candidates)} plans of section 7.0 of the catalogue"
    head = f"{listed.name}: {plans} {treats} every lesion{along}"
    if verdict.failed:
        return f"{head}; none of these satisfies the hard rules on the plan, and this one leaves the most liver."
    return f"{head}; of those that {which} the hard rules on the plan it leaves the most liver."


def _join(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
