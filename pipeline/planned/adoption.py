"""The plan that numbers and verdicts of a study rest on: the user's, else one of the catalogue's section 7.0."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.lesion import StudyMeasurements
from pipeline.measures.plans.adopting import adopt
from pipeline.plan import Handling
from pipeline.plan_record import Adopted
from pipeline.planned.answering import Answer
from pipeline.planned.catalogue_plans import Candidate, ablate_rest, choose_plan
from pipeline.planned.listing import Listed, Listing
from pipeline.planned.question import Question
from pipeline.planned.records import list_segments
from pipeline.planned.supposing import NO_PLAN, OF_ONE_PLAN
from pipeline.planning.words import name_lesions
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
    listed, answer
        The plan that was taken, where it rests on ablations and is not among those listed.
    """

    measured: StudyMeasurements
    adopted: Adopted | None = None
    findings: tuple[Finding, ...] = ()
    listed: Listed | None = None
    answer: Answer | None = None


def take_plan(
    question: Question, listing: Listing, answers: Mapping[str, Answer], completed: Mapping[str, Answer]
) -> Taken:
    """Return the study with the plan that its numbers and verdicts rest on, and which it is.

    The user's plan stays as it was measured; its extent and what vessels tell of its remnant are added. Where the user
    gives none, the smallest resection of section 7.0 of the catalogue that qualifies is taken
    (``catalogue_plans.choose_plan``). None is where none removes a lesion and treats every other, or all that do fail
    and an option does not: that whole segments cannot be removed does not show that wedges cannot, so that the bounds
    of VOL-09 and VOL-10 stand.

    Parameters
    ----------
    completed
        The plans of ``Listing.completed``, by the same ids.
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
    return _take_best(question, listing, answers, completed)


def _take_best(
    question: Question, listing: Listing, answers: Mapping[str, Answer], completed: Mapping[str, Answer]
) -> Taken:
    ground = question.ground
    if not ground.lesions:
        return Taken(question.measured)
    candidates = _find_candidates(question, listing, {**answers, **completed})
    best = choose_plan(tuple(candidates.values()), ground)
    options = [answers[each.id].verdict for each in listing.options]
    if best is None or (best.verdict.failed and not all(each is None or each.failed for each in options)):
        return Taken(question.measured)
    id_ = next(each for each, one in candidates.items() if one is best)
    resection = next(each for each in listing.named if each.id == id_)
    listed, answer = listing.completed.get(id_, resection), completed.get(id_, answers[id_])
    statement = _say_why(listing, listed.name, best, candidates.values())
    before = f" before ablation of {name_lesions(best.plan.ablated)}" if best.plan.ablated else ""
    words = f"{resection.name}{before}, the first of section 7.0 of the catalogue that qualifies; no plan is given"
    numbers = {part.name: role for part, role in zip(ground.parts, question.anatomy.parts, strict=True)}
    measured = adopt(
        question.measured,
        question.study,
        {name: fact for name, fact in question.clinical.facts.items() if name not in OF_ONE_PLAN},
        [numbers[name] for name in best.plan.parts],
        list_segments(ground, best.plan),
        words,
        question.asked.resections,
    )
    finding = Finding(CODE, Severity.INFO, f"No plan is given: the verdicts rest on {statement}", TOUCHED)
    told = _forget_stated(question, add_facts(question, measured, answer, question.stated - OF_ONE_PLAN))
    taken = Taken(told, Adopted(listed.id, False, statement), (finding,))
    return taken if listed in listing.named else replace(taken, listed=listed, answer=answer)


def _find_candidates(question: Question, listing: Listing, answers: Mapping[str, Answer]) -> dict[str, Candidate]:
    """Return the plans that compete, by their ids, each with ablation of what it leaves."""
    ground, open_ = question.ground, question.open
    found = {}
    for id_ in (each for each in listing.catalogue if each in answers):
        answer = answers[id_]
        if (
            answer.remnant_ml is None
            or answer.verdict is None
            or ablate_rest(ground, answer.plan, open_.choices) is None
        ):
            continue
        uncertain = tuple(each for each in answer.plan.ablated if open_.note(each, Handling.ABLATED))
        name = next(each.name for each in listing.named if each.id == id_)
        found[id_] = Candidate(answer.plan, name, answer.remnant_ml, answer.verdict, uncertain)
    return found


def add_facts(
    question: Question, measured: StudyMeasurements, answer: Answer, stated: Collection[str] | None = None
) -> StudyMeasurements:
    """Return the measurements with extent of the plan and supply of its remnant, where the record states no other.

    Parameters
    ----------
    stated
        What the record states of this plan; by default all that it states.
    """
    found = (*answer.numbers.facts.values(), *answer.perfusion.facts)
    held = question.stated if stated is None else stated
    told = {fact.name: fact for fact in found if fact.name not in held and fact.name != FREE}
    return replace(measured, facts={**measured.facts, **told})


def _forget_stated(question: Question, measured: StudyMeasurements) -> StudyMeasurements:
    """Return the measurements without what the record states of a plan that it does not name.

    The surgeon's word on complete removal stays: it is on the patient as well.
    """
    known = {*measured.facts, *measured.measurements}
    stated = {name: question.clinical.facts[name] for name in sorted(question.stated & OF_ONE_PLAN - known)}
    forgotten = {
        name: replace(fact, value=None, reason=NO_PLAN) for name, fact in stated.items() if fact.reason is None
    }
    return replace(measured, facts={**measured.facts, **forgotten})


def _say_why(listing: Listing, name: str, taken: Candidate, candidates: Collection[Candidate]) -> str:
    """Return which plan was taken and why, in one sentence."""
    verdict = taken.verdict
    which = "satisfy" if not (verdict.failed or verdict.unknown) else "may satisfy"
    treats = "treats" if len(candidates) == 1 else "treat"
    plans = f"{len(candidates)} of {len(listing.catalogue)} plans of section 7.0 of the catalogue"
    head = f"{name}: {plans} {treats} every lesion{_say_ablated(taken)}"
    best = "leaves the most liver" if not taken.plan.ablated else "rests on the fewest ablations that are not certain"
    if verdict.failed:
        return f"{head}; none of these satisfies the hard rules on the plan, and this one {best}."
    return f"{head}; of those that {which} the hard rules on the plan it {best}."


def _say_ablated(taken: Candidate) -> str:
    """Return which lesions would be ablated, and whether that is certain."""
    ablated = taken.plan.ablated
    if not ablated:
        return ""
    if not taken.open:
        sure = "for which the rules are met"
    elif len(taken.open) == len(ablated):
        sure = "which is not excluded, and not certain"
    else:
        sure = f"which is not certain for {_join(taken.open)}"
    return f", this one with ablation of {_join(ablated)}, {sure}"


def _join(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
