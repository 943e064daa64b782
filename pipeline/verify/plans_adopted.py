"""The plan that a study's own numbers rest on where no record and no mask gives one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.plan import Handling
from pipeline.plan_record import PlanRecord
from pipeline.report import Report
from pipeline.study import Severity
from pipeline.verify.comparing import VERDICTS
from pipeline.verify.couinaud import find_removed
from pipeline.verify.plan_masks import find_specimen
from pipeline.verify.study_files import SecondReading

SUPPLY = ("vessels_given_up", "remnant_inflow_ok", "remnant_outflow_ok")
BY_WORD = (
    *("remnant_biliary_ok", "remnant_biliary_reconstructable", "remnant_inflow_reconstructable"),
    *("remnant_outflow_reconstructable", "remnant_segments_preserved", "resection_is_major", "resection_extent"),
)
"""What a record states of one plan beside the supply of its remnant."""
RECORD = "clinical record"
Codes = tuple[str, ...]
Resections = Mapping[str, tuple[str, ...]]


def find_adopted(report: Report) -> PlanRecord | None:
    """Return the plan of a report that its own numbers rest on."""
    record = report.plans
    if record is None or record.adopted is None:
        return None
    plans = (*record.options, *record.named, *record.own)
    return next((plan for plan in plans if plan.id == record.adopted.id), None)


def why_unplanned(report: Report, known: Codes) -> Codes:
    """Return codes of why there may be no plans: unknown liver or lesions, withheld verdicts, a run that makes none.

    Parameters
    ----------
    known
        Codes of why liver or lesions are not known.
    """
    refused = (each for each in report.findings if each.severity is Severity.REFUSED)
    off = ("PLANS_OFF",) if report.provenance.settings.get("plans") is False else ()
    return (*known, *off, *(each.code for each in refused if VERDICTS in each.touches))


def find_planned(report: Report, resections: Resections) -> tuple[str, ...] | None:
    """Return the segments that are removed: by the clinical record's plan, else by the plan taken; None without any.

    Parameters
    ----------
    resections
        Couinaud segments that named resections remove, by name.
    """
    stated, taken = find_removed(report.facts, resections), find_adopted(report)
    if stated is not None or taken is None or report.plans is None or report.plans.adopted is None:
        return stated
    return None if report.plans.adopted.given else taken.segments_removed


def check_adopted(report: Report, second: SecondReading, resections: Resections) -> Iterator[str]:
    """Yield whether a plan is said to be given that is not, or the other way round, and which facts are not its own."""
    plan = find_adopted(report)
    if plan is None or report.plans is None or report.plans.adopted is None:
        return
    specimen, unusable = find_specimen(second, report.facts)
    given = second.first("remnant") or specimen or unusable or find_removed(report.facts, resections)
    if report.plans.adopted.given is not bool(given is not None and given != ()):
        yield f"plan {plan.id}: whether it is given differs"
    yield from () if report.plans.adopted.given else _check_taken(report, plan)
    for name in SUPPLY:
        fact, own = report.facts.get(name), plan.facts.get(name)
        if own is None:
            continue
        by_record = fact is not None and fact.value is not None and fact.source != own.source
        if fact is None or (not by_record and fact.value != own.value):
            yield f"{name} is not that of plan {plan.id}, which the study's numbers rest on"


def _check_taken(report: Report, plan: PlanRecord) -> Iterator[str]:
    """Yield what cannot be of a plan that nobody gave: an untreated lesion, a word of the record on another plan."""
    for each in plan.lesions:
        if each.handling is Handling.UNTREATED:
            yield f"plan {plan.id}: the study rests on it, and it leaves {each.id} untreated"
    for name in (*SUPPLY, *BY_WORD):
        fact = report.facts.get(name)
        if fact is not None and fact.value is not None and fact.source == RECORD:
            yield f"{name} is stated by the record, which names no plan, and counts for plan {plan.id}"
