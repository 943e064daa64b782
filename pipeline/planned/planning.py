"""All plans of one study: listed, measured, judged, and the one that the study's own verdicts rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.lesion import StudyMeasurements
from pipeline.measures.plans.basis import Basis, find_basis
from pipeline.measures.plans.sparing_bound import absent_bounds, measure_bounds, sparing_plans
from pipeline.plan_record import Adopted, PlanRecord, PlansRecord
from pipeline.planned.adoption import take_plan
from pipeline.planned.answering import Answer, Answering, Item
from pipeline.planned.comparing import compare_own
from pipeline.planned.equality import is_same, mark_equals
from pipeline.planned.labels import label_plans
from pipeline.planned.listing import Listed, Listing, kind_of_listed, list_plans
from pipeline.planned.margins import find_bounds
from pipeline.planned.question import Asked, Question, add_measured, put_question, say_odd, why_no_plans
from pipeline.planned.records import Label, add_stages, build_record, build_unmeasured, mark_alike
from pipeline.planned.supposing import NO_PLAN, OTHER_PLAN
from pipeline.study import ClinicalRecord, Finding, Study
from pipeline.withholding import why_no_verdicts

NOTICE = (
    "Options for the board to consider, not recommendations: what each resection, and each combination of treatments, "
    "would leave, from masks alone."
)
NO_OPTION = (
    "No option was found: under this profile nothing may be resected, ablated or irradiated, "
    "or no liver tissue would be left."
)
NONE_TAKEN = (
    "The verdicts rest on no plan: none is given, and no plan of section 7.0 of the catalogue by whole segments "
    "removes a lesion, leaves none but such as may be ablated, and keeps the hard rules on the plan, which an option "
    "may keep."
)
OFF = "PLANS_OFF: the settings of the run leave plans out (plans: false)"
SUPPLY = ("inflow", "outflow")


@dataclass(frozen=True, eq=False)
class Planned:
    """The plans of a study.

    Parameters
    ----------
    measured
        The study's measurements, with those of the plan that its verdicts rest on.
    basis
        What the plans were measured on; None where there are none.
    items
        By id, the plans that could be measured.
    """

    record: PlansRecord
    measured: StudyMeasurements
    findings: tuple[Finding, ...] = ()
    basis: Basis | None = None
    items: dict[str, Item] = field(default_factory=dict)


def plan_study(
    asked: Asked,
    study: Study,
    measured: StudyMeasurements,
    clinical: ClinicalRecord,
    findings: Sequence[Finding] = (),
) -> Planned:
    """Return the plans of a study, or why there are none; a study that cannot be planned on raises nothing.

    Parameters
    ----------
    measured
        With everything that follows by a formula.
    findings
        Of the study: where they withhold the verdicts, there are no plans either.
    """
    reason = why_no_verdicts(findings) or why_no_plans(measured)
    if reason is not None:
        return Planned(PlansRecord(NOTICE, reason=reason), _say_no_bounds(asked, measured, reason))
    if not asked.wanted:
        told = measured if measured.anatomy is None else say_odd(asked, study, measured, clinical, measured.anatomy)[0]
        return Planned(PlansRecord(NOTICE, reason=OFF), _say_no_bounds(asked, told, OFF))
    question = put_question(asked, study, measured, clinical)
    listing = list_plans(question)
    basis = _find_basis(question, listing)
    question = add_measured(question, measure_bounds(basis, question.margins.bound_mm))
    answering = Answering(question, basis)
    answers = _answer_all(answering, listing)
    completed = {
        id_: answering.answer(answering.measure(each.item), NO_PLAN)
        for id_, each in listing.completed.items()
        if each.item is not None
    }
    taken = take_plan(question, listing, answers, completed)
    if taken.listed is not None and taken.answer is not None:
        listing = replace(listing, named=(*listing.named, taken.listed))
        answers[taken.listed.id] = taken.answer
    record = _gather(question, listing, basis, answers, taken.adopted)
    items = {id_: each.item for id_, each in answers.items()}
    return Planned(record, taken.measured, taken.findings, basis, items)


def _answer_all(answering: Answering, listing: Listing) -> dict[str, Answer]:
    """Return every plan with its numbers and verdict, by its id.

    What the clinical record states of a plan counts for the plans that it is stated of and for those that are the same;
    where no plan is given, for none: the record does not say of which plan it speaks.
    """
    sized = {each.id: answering.measure(each.item) for each in listing.all if each.item is not None}
    spoken_of = [sized[each.id] for each in listing.own if each.spoken_of]
    other = OTHER_PLAN if listing.own else NO_PLAN
    return {
        id_: answering.answer(
            each, None if any(each is one or is_same(each, one, answering.basis) for one in spoken_of) else other
        )
        for id_, each in sized.items()
    }


def _gather(
    question: Question, listing: Listing, basis: Basis, answers: Mapping[str, Answer], adopted: Adopted | None
) -> PlansRecord:
    """Return all plans as the report holds them."""
    labels = label_plans(question, listing)
    records = [_record(question, basis, each, answers.get(each.id), labels[each.id]) for each in listing.all]
    marked = {each.id: each for each in mark_equals(records, answers, basis)}
    options = mark_alike([marked[each.id] for each in listing.options], listing.found.scores)
    return PlansRecord(
        NOTICE,
        options=options,
        named=tuple(marked[each.id] for each in listing.named),
        own=compare_own(
            [marked[each.id] for each in listing.own], options, answers, max(question.ground.margins_mm, default=0.0)
        ),
        adopted=adopted,
        searched=listing.found.searched,
        unbeaten=listing.found.unbeaten,
        exact=listing.found.exact,
        bound=listing.found.bound,
        limits=tuple(_list_limits(question, listing, adopted)),
        requirement=question.requirement,
        clear_mm=question.margins.wedge_mm[0] if question.margins.wedge_mm else None,
        margins_mm=question.ground.margins_mm,
    )


def _say_no_bounds(asked: Asked, measured: StudyMeasurements, reason: str) -> StudyMeasurements:
    """Return the measurements with the reason why nothing bounds what a sparing resection leaves."""
    absent = {each.name: each for each in absent_bounds(find_bounds(asked.catalogue), reason)}
    return replace(measured, measurements={**measured.measurements, **absent})


def _find_basis(question: Question, listing: Listing) -> Basis:
    """Return what all plans are measured on, those of the bounds among them."""
    plans = (*listing.plans, *sparing_plans(question.ground.lesions, question.margins.bound_mm))
    resections, facts = question.asked.resections, question.clinical.facts
    return find_basis(question.study, question.measured, facts, question.cells, question.ground, resections, plans)


def _record(question: Question, basis: Basis, listed: Listed, answer: Answer | None, label: Label) -> PlanRecord:
    """Return a plan as the report holds it."""
    if answer is None:
        return build_unmeasured(label, kind_of_listed(listed), listed.reason or "", listed.mask)
    record = build_record(answer, label, question.ground, question.open)
    return add_stages(record, basis, listed.ways) if listed.ways else record


def _list_limits(question: Question, listing: Listing, adopted: Adopted | None) -> list[str]:
    """Return what could not be planned or told apart, a sentence each."""
    found = []
    if question.ground.parts_reason is not None and not question.ground.parts:
        found.append(f"No part of the liver is removed whole: {_plain(question.ground.parts_reason)}.")
    trees = [(tree.name, tree.reason) for tree in question.ground.trees.values() if tree.name in SUPPLY]
    found += [f"What loses its {name} is not told: {_plain(why)}." for name, why in trees if why is not None]
    if question.requirement.reason is not None:
        found.append(f"What remnant is enough is not settled: {_plain(question.requirement.reason)}.")
    if not question.lesions:
        found.append("There is no lesion to treat: named resections are measured, no options are searched for.")
    elif not listing.options:
        found.append(NO_OPTION)
    if question.lesions and question.ground.parts and adopted is None and not listing.own:
        found.append(NONE_TAKEN)
    return found


def _plain(reason: str) -> str:
    return reason.partition(": ")[2].rstrip(".") or reason
