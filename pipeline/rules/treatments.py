"""The verdict on a treatment: outcome, grade, why, what is missing, what would change it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pipeline.rules.evaluation import Evaluation
from pipeline.rules.fetch_next import find_fetch_next
from pipeline.rules.flips import find_flips
from pipeline.rules.kleene import INDETERMINATE, NOT_MET
from pipeline.rules.model import Treatment
from pipeline.rules.results import build_result
from pipeline.rules.stability import find_possible
from pipeline.rules.votes import Vote, find_pull
from pipeline.rules.wording import lower_start
from pipeline.verdict import CriterionResult, Grade, Kind, Missing, Outcome, Verdict

ELIGIBLE = "Every hard criterion is met and no soft one fails."
_GRADES = (Grade.EXCEEDED, Grade.ACCEPTABLE, Grade.IDEAL)


def assess_treatment(ev: Evaluation, treatment: Treatment) -> Verdict:
    """Return the verdict on one treatment."""
    results = tuple(build_result(ev, rule, kind) for rule, kind in ev.rules.criteria[treatment.id])
    by_id = {result.id: result for result in results}
    outcome = ev.find_outcome(treatment.id)
    decisive = [by_id[vote.rule] for vote in _find_decisive(ev.votes(treatment.id), outcome)]
    possible = find_possible(ev, treatment.id, outcome)
    return Verdict(
        treatment=treatment.id,
        title=treatment.title,
        outcome=outcome,
        grade=_find_grade(results) if outcome is Outcome.ELIGIBLE else None,
        stable=possible == (outcome,),
        possible=possible,
        reason=_say_reason(treatment, outcome, decisive, results),
        decided_by=tuple(result.id for result in decisive),
        missing=_list_missing(results),
        flips=find_flips(ev, treatment.id, outcome),
        criteria=results,
        fetch_next=find_fetch_next(ev, treatment.id, outcome),
        family=treatment.family,
    )


def say_briefly(ev: Evaluation, treatment: str, outcome: Outcome) -> str:
    """Return why a treatment has its outcome, by the rules that decide it alone."""
    kinds = {rule.id: (rule, kind) for rule, kind in ev.rules.deciding[treatment]}
    decisive = [build_result(ev, *kinds[vote.rule]) for vote in _find_decisive(ev.votes(treatment), outcome)]
    if outcome is Outcome.ELIGIBLE:
        return ELIGIBLE
    return _OPENINGS[outcome] + _say_decisive(decisive) if decisive else _OPENINGS[outcome].strip()


def _find_decisive(votes: Sequence[Vote], outcome: Outcome) -> list[Vote]:
    """Return the rules that make the outcome what it is; none for an eligible treatment: all of them do."""
    if outcome is Outcome.ELIGIBLE:
        return []
    pulls = [vote for vote in votes if find_pull(vote, vote.answer.truth) is outcome]
    deciding_whether = [vote for vote in pulls if vote.decides_applicability]
    return deciding_whether or pulls


def _find_grade(results: Iterable[CriterionResult]) -> Grade | None:
    """Return the worst grade among the hard and soft rules."""
    grades = {result.grade for result in results if result.kind in (Kind.HARD, Kind.SOFT)}
    return next((grade for grade in _GRADES if grade in grades), None)


def _list_missing(results: Iterable[CriterionResult]) -> tuple[Missing, ...]:
    """Return what is missing for hard rules, then for soft ones."""
    open_ones = [result for result in results if result.truth is INDETERMINATE]
    ordered = [result for kind in (Kind.HARD, Kind.SOFT) for result in open_ones if result.kind is kind]
    return tuple(dict.fromkeys(one for result in ordered for one in result.missing))


def _say_reason(
    treatment: Treatment, outcome: Outcome, decisive: list[CriterionResult], results: Iterable[CriterionResult]
) -> str:
    if outcome is Outcome.ELIGIBLE:
        return _say_eligible(results)
    text = _OPENINGS[outcome] + _say_decisive(decisive)
    if outcome is Outcome.INDETERMINATE:
        failed = [result.id for result in results if result.kind is Kind.HARD and result.truth is NOT_MET]
        text += f" If it applies, it is not eligible by {', '.join(failed)}." if failed else ""
    return text


def _say_decisive(decisive: Sequence[CriterionResult]) -> str:
    first = decisive[0]
    text = f"{first.id} ({first.title}): {lower_start(first.explanation)}"
    if len(decisive) > 1:
        others = ", ".join(result.id for result in decisive[1:4])
        more = f" and {len(decisive) - 4} more" if len(decisive) > 4 else ""
        text += f" Also {others}{more}."
    return text


_OPENINGS: Mapping[Outcome, str] = {
    Outcome.NOT_APPLICABLE: "Does not apply. ",
    Outcome.NOT_ELIGIBLE: "Not eligible. ",
    Outcome.INDETERMINATE: "Cannot be settled. ",
    Outcome.CONDITIONAL: "Possible under conditions. ",
}


def _say_eligible(results: Iterable[CriterionResult]) -> str:
    open_ones = [result.id for result in results if result.kind is Kind.SOFT and result.truth is INDETERMINATE]
    return ELIGIBLE + (f" Not known, without effect on the verdict: {', '.join(open_ones)}." if open_ones else "")
