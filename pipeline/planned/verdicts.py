"""What the rules say of a plan: outcome of its treatment, why, whether it is stable, which rules fail or stay open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.measurement import Inputs
from pipeline.outcome import Kind, Outcome, Truth
from pipeline.plan_record import PlanVerdict
from pipeline.rules.catalogue import ProfileRules
from pipeline.rules.evaluation import Evaluation
from pipeline.rules.readings import check_lesions
from pipeline.rules.stability import combine_sets_of, find_possible
from pipeline.rules.treatments import say_briefly

PLAN = "plan"
"""Scope of rules on the plan itself."""


@dataclass(frozen=True, eq=False)
class Judge:
    """Asks the rules of one profile what they say of plans of one study.

    Parameters
    ----------
    base
        The study as it was asked without any of these plans: what no plan changes is not answered again.
    """

    base: Evaluation

    @property
    def rules(self) -> ProfileRules:
        """The rules under the profile."""
        return self.base.rules

    def ask(self, inputs: Inputs) -> Evaluation:
        """Return the answers of the rules where the inputs are those of a plan."""
        return Evaluation(self.rules, check_lesions(inputs, self.rules.inputs), twin=self.base)

    def judge(self, ev: Evaluation, treatment: str) -> PlanVerdict:
        """Return what the rules of a treatment say, the same as ``pipeline.rules.assess`` does."""
        outcome = ev.find_outcome(treatment)
        title = next(each.title for each in self.rules.treatments if each.id == treatment)
        truths = {vote.rule: vote.answer.truth for vote in ev.votes(treatment)}
        asked = [(rule.id, rule.scope == PLAN) for rule, kind in self.rules.deciding[treatment] if kind is Kind.HARD]
        return PlanVerdict(
            treatment,
            title,
            outcome,
            _is_stable(ev, treatment, outcome),
            say_briefly(ev, treatment, outcome),
            _pick(asked, truths, Truth.NOT_MET, of_plan=True),
            _pick(asked, truths, Truth.INDETERMINATE, of_plan=True),
            _pick(asked, truths, Truth.NOT_MET, of_plan=False),
            _pick(asked, truths, Truth.INDETERMINATE, of_plan=False),
        )


def _is_stable(ev: Evaluation, treatment: str, outcome: Outcome) -> bool:
    return combine_sets_of(ev, treatment) <= {outcome} or find_possible(ev, treatment, outcome) == (outcome,)


def _pick(
    asked: Iterable[tuple[str, bool]], truths: Mapping[str, Truth], truth: Truth, *, of_plan: bool
) -> tuple[str, ...]:
    return tuple(id_ for id_, plan in asked if plan is of_plan and truths[id_] is truth)
