"""One plan of a study: what it leaves, what the rules say of it, what its remnant has to grow by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from pipeline.measurement import Inputs, Measurement
from pipeline.measures.plans.basis import Basis
from pipeline.measures.plans.figures import PlanNumbers, measure_drawn, measure_plan
from pipeline.measures.plans.perfusion import Perfusion, PerfusionGround, find_perfusion, prepare_perfusion
from pipeline.plan import Plan, PlanKind, Score
from pipeline.plan_record import Growth, PlanVerdict
from pipeline.planned.growing import find_growth
from pipeline.planned.question import Question
from pipeline.planned.supposing import Stated, Under, suppose_plan
from pipeline.planning.space import score
from pipeline.rules.evaluation import Evaluation
from pipeline.volume import Mask

REMNANT = "remnant_volume_ml"
LESION = "lesion."
"""What inputs of single lesions begin with."""


def joins_irradiation(plan: Plan) -> bool:
    """Tell whether a plan irradiates some lesions and resects or ablates others, which no treatment's rules judge."""
    return bool(plan.irradiated and (plan.parts or plan.wedges or plan.ablated))


@dataclass(frozen=True, eq=False)
class Item:
    """A plan that is asked about.

    Parameters
    ----------
    words
        What it takes, for the methods of its numbers.
    kept
        Of one that is drawn: what it leaves of the liver, lesions included.
    ratio_reason
        Of one that is drawn: why its ratios cannot be trusted.
    margins
        Of one that is drawn: the margins of the lesions, where the study's own are those of this plan.
    rests
        The study's own numbers rest on it.
    staged
        It is done in two stages: the rules of that treatment are asked.
    """

    plan: Plan
    kind: PlanKind
    words: str
    kept: Mask | None = None
    ratio_reason: str | None = None
    margins: Mapping[str, Measurement] | None = None
    rests: bool = False
    staged: bool = False


@dataclass(frozen=True, eq=False)
class Sized:
    """A plan with its numbers."""

    item: Item
    numbers: PlanNumbers

    @property
    def plan(self) -> Plan:
        """The plan itself."""
        return self.item.plan

    @property
    def remnant_ml(self) -> float | None:
        """What neither specimen nor ablation takes."""
        return self.numbers.measurements[REMNANT].value


@dataclass(frozen=True, eq=False)
class Answer(Sized):
    """A plan with its numbers and verdict.

    Parameters
    ----------
    score
        What plans are compared by; None for one that is drawn.
    inputs
        What rules may read of the study under it.
    verdict
        None for a plan that joins irradiation with another treatment: no rules judge that.
    failing
        Of such a plan: hard rules on its resection that are not met, but for those on single lesions.
    """

    perfusion: Perfusion
    score: Score | None
    inputs: Inputs
    verdict: PlanVerdict | None
    growth: Growth | None
    failing: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Answering:
    """Answers plans of a study.

    Parameters
    ----------
    basis
        What every plan is measured on.
    """

    question: Question
    basis: Basis

    @cached_property
    def perfusion(self) -> PerfusionGround:
        """What is asked of the vessels for every plan."""
        return prepare_perfusion(self.question.ground)

    def answer(self, sized: Sized, other: str | None) -> Answer:
        """Return a plan with its numbers and verdict.

        Parameters
        ----------
        other
            Why what the clinical record states of a plan is not stated of this one; None where it is.
        """
        question, item, numbers, plan = self.question, sized.item, sized.numbers, sized.plan
        perfusion = find_perfusion(self.perfusion, plan)
        facts = {**numbers.facts, **{fact.name: fact for fact in perfusion.facts}}
        under = Under(plan, numbers.measurements, facts, numbers.margins, item.staged)
        inputs = suppose_plan(question.inputs, under, question.words, Stated(question.stated, other))
        ev = question.judge.ask(inputs)
        planning = question.asked.planning
        verdict = question.judge.judge(ev, planning.staged if item.staged else planning.treatment_of(item.kind))
        compared = None if plan.mask else score(question.ground, plan, question.requirement)
        growth = self._grow(plan, numbers, ev)
        if not joins_irradiation(plan):
            return Answer(item, numbers, perfusion, compared, inputs, verdict, growth)
        failing = self._find_failing(ev) if plan.parts or plan.wedges else ()
        return Answer(item, numbers, perfusion, compared, inputs, None, growth, failing)

    def _find_failing(self, ev: Evaluation) -> tuple[str, ...]:
        """Return the hard rules on a resection that are not met, but for those that ask of single lesions."""
        judge = self.question.judge
        failed = judge.judge(ev, self.question.asked.planning.treatment_of(PlanKind.RESECTION)).failed
        return tuple(rule for rule in failed if not any(name.startswith(LESION) for name in judge.rules.reads[rule]))

    def measure(self, item: Item) -> Sized:
        """Return a plan with its numbers."""
        if item.kept is None:
            return Sized(item, measure_plan(self.basis, item.plan, item.words))
        numbers = measure_drawn(self.basis, item.plan, item.kept, item.words, item.ratio_reason, item.margins)
        return Sized(item, numbers)

    def _grow(self, plan: Plan, numbers: PlanNumbers, ev: Evaluation) -> Growth | None:
        """Return what the remnant of a resection has to grow by."""
        question = self.question
        remnant = numbers.measurements[REMNANT].value
        if remnant is None or isinstance(question.sizes, str) or not (plan.parts or plan.wedges or plan.mask):
            return None
        rules, wanted = question.judge.rules, question.asked.planning.remnant
        ways = [each for each in rules.treatments if each.id in wanted.growth_treatments]
        outcomes = {each.title: ev.find_outcome(each.id) for each in ways}
        rate = rules.parameters[wanted.growth_per_week].number
        return find_growth(remnant, question.requirement, question.sizes, rate, outcomes)
