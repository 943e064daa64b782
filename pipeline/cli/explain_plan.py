"""The pages of ``livermetry explain REPORT plans`` and ``REPORT P1``: plans as the run measured and judged them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from pydantic import TypeAdapter

from pipeline.cli.explained import Explained
from pipeline.cli.terminal import flatten, wrap
from pipeline.measurement import Measurement
from pipeline.plan import Handling
from pipeline.plan_record import Growth, PlannedLesion, PlanOrigin, PlanRecord, PlansRecord, PlanVerdict
from pipeline.writers.format import Limits, format_exact, format_interval, format_number, format_reason, format_value
from pipeline.writers.page_words import OUTCOME_WORDS, say_fact
from pipeline.writers.plan_columns import PLAN_FACTS, PLAN_QUANTITIES
from pipeline.writers.plan_rules import find_titles
from pipeline.writers.plan_words import HANDLING_WORDS, VESSELS, add_targets, join_ids, say_requirement, say_vessel

ALL = "plans"
"""The word that asks for the list."""
PLAN_ID = re.compile(r"[NPU]\d+", re.IGNORECASE)
ORIGIN_WORDS = {
    PlanOrigin.OPTION: "an option of the search",
    PlanOrigin.NAMED: "a named resection",
    PlanOrigin.OWN: "the user's own plan",
}
SHAKY = "~"
STAGE_LABELS = {"remnant_percent": "of functional liver", "standardized_remnant_percent": "sFLR"}


def is_plan(asked: str) -> bool:
    """Tell whether what is asked for is the list of plans, or one by its id."""
    return is_list(asked) or PLAN_ID.fullmatch(asked.strip()) is not None


def is_list(asked: str) -> bool:
    """Tell whether what is asked for is the list of plans."""
    return asked.strip().casefold() == ALL


def list_plans(record: PlansRecord) -> tuple[PlanRecord, ...]:
    """Return every plan of a record: options, the user's own, named resections."""
    return (*record.options, *record.own, *record.named)


def find_plan(record: PlansRecord, asked: str) -> PlanRecord | None:
    """Return the plan of an id in any case of letters; None where the record has none."""
    return next((plan for plan in list_plans(record) if plan.id == asked.strip().upper()), None)


def describe_plans(explained: Explained, record: PlansRecord) -> list[str]:
    """Return every plan in a line: id, remnant in mL and percent, verdict, title."""
    limits = add_targets(explained.report, explained.limits)
    groups = (
        ("Options", record.options),
        ("The user's own plans", record.own),
        ("Named resections", record.named),
    )
    lines = [*explained.head(), "", *wrap(record.notice), *_describe_adopted(record)]
    lines += wrap("A line holds: id, remnant in mL and in % of the functional liver, verdict, plan.")
    lines += [line for one in (*say_requirement(record), *record.limits) for line in wrap(flatten(one), hang=2)]
    for heading, plans in groups:
        lines += ["", heading] if plans else []
        lines += [line for plan in plans for line in _describe_line(plan, _is_adopted(record, plan), limits)]
    every = list_plans(record)
    shaky = any(plan.verdict is not None and not plan.verdict.stable for plan in every)
    marks = wrap(f"{SHAKY} not stable: inside the intervals of its inputs the verdict may be another.")
    lines += ["", *marks] if shaky else []
    first = every[0].id
    return [*lines, "", *wrap(f"More on one: livermetry explain REPORT {first}"), *wrap(explained.report.intended_use)]


def _describe_adopted(record: PlansRecord) -> list[str]:
    if record.adopted is None:
        return wrap("The study's numbers and verdicts rest on none of these plans.")
    return wrap(f"Adopted: {record.adopted.id}. {record.adopted.statement}", hang=2)


def _is_adopted(record: PlansRecord, plan: PlanRecord) -> bool:
    return record.adopted is not None and record.adopted.id == plan.id


def _describe_line(plan: PlanRecord, adopted: bool, limits: Limits) -> list[str]:
    mark = "adopted: " if adopted else ""
    if plan.reason is not None:
        return wrap(f"{mark}{plan.title}: {format_reason(plan.reason)}", f"  {plan.id:<4} ", 9)
    remnant, share = (_say_short(plan, name, limits) for name in ("remnant_volume_ml", "remnant_percent"))
    judged = "no verdict" if plan.verdict is None else OUTCOME_WORDS[plan.verdict.outcome]
    if plan.verdict is not None and not plan.verdict.stable:
        judged += f" {SHAKY}"
    return wrap(f"{mark}{plan.title}", f"  {plan.id:<4} {remnant:>9} {share:>9}  {judged:<15} ", 43)


def _say_short(plan: PlanRecord, name: str, limits: Limits) -> str:
    one = plan.measurements.get(name)
    return "not known" if one is None or one.value is None else flatten(format_value(one, limits))


def describe_plan(explained: Explained, record: PlansRecord, plan: PlanRecord) -> list[str]:
    """Return everything that a report holds of one plan."""
    limits = add_targets(explained.report, explained.limits)
    adopted = "; the study's numbers and verdicts rest on it" if _is_adopted(record, plan) else ""
    lines = [*explained.head(), "", *wrap(f"{plan.id} {plan.title} ({ORIGIN_WORDS[plan.origin]}{adopted})", hang=2)]
    lines += wrap(flatten(plan.sentence), "  ") if plan.sentence else []
    if plan.reason is not None:
        lines += wrap(flatten(format_reason(plan.reason)), "  ")
    lines += [
        *_describe_lesions(plan.lesions, _find_margins(record, limits)),
        *_describe_numbers(plan, limits),
        *_describe_stages(plan, limits),
        *_describe_growth(plan.growth),
        *_describe_verdict(plan.verdict, list_titles(explained)),
        *_describe_others(plan),
    ]
    return [*lines, "", *wrap(record.notice), *wrap(explained.report.intended_use)]


def _find_margins(record: PlansRecord, limits: Limits) -> tuple[float, ...]:
    """Return the margins that one of a lesion is compared with, so that no rounding crosses them."""
    return (*limits.get("planned_margin_mm", ()), *(() if record.clear_mm is None else (record.clear_mm,)))


def _describe_lesions(lesions: Sequence[PlannedLesion], margins: Collection[float]) -> list[str]:
    """Return the lesions by what is done with them, each with its margin, and below them what has to be known."""
    lines = ["", "Lesions"] if lesions else []
    for handling in Handling:
        said = [_say_lesion(one, margins) for one in lesions if one.handling is handling]
        lines += wrap(", ".join(said), f"  {HANDLING_WORDS[handling]:<11} ") if said else []
    for note in dict.fromkeys(one.note for one in lesions if one.note):
        lines += wrap(f"{join_ids([one.id for one in lesions if one.note == note])}: {flatten(note)}", "  ", 4)
    return lines


def _say_lesion(lesion: PlannedLesion, margins: Collection[float]) -> str:
    """Return a lesion with its margin: measured, planned round a wedge, planned round an ablation."""
    if lesion.margin_mm is None:
        return lesion.id
    if lesion.wedge:
        return f"{lesion.id} {format_exact(lesion.margin_mm)} mm (wedge)"
    if lesion.handling is Handling.ABLATED:
        return f"{lesion.id} {format_exact(lesion.margin_mm)} mm"
    return f"{lesion.id} {format_number(lesion.margin_mm, 'mm', margins)} mm"


def _describe_numbers(plan: PlanRecord, limits: Limits) -> list[str]:
    """Return numbers with intervals and facts, each not known one with its reason."""
    known = [
        (text.label, _say_number(plan.measurements[text.name], limits))
        for text in PLAN_QUANTITIES
        if text.name in plan.measurements
    ]
    for text in PLAN_FACTS:
        fact = plan.facts.get(text.name)
        if fact is None:
            continue
        if text.name == VESSELS and isinstance(fact.value, tuple):
            known.append((text.label, ", ".join(map(say_vessel, fact.value)) or "none that is drawn and has a name"))
        else:
            known.append((text.label, say_fact(fact)))
    if plan.measurements:
        known.append(("Procedures", "not known" if plan.procedures is None else str(plan.procedures)))
    columns = max((len(label) for label, _ in known), default=0)
    lines = [line for label, said in known for line in wrap(flatten(said), f"  {label:<{columns}}  ")]
    return ["", "Numbers", *lines] if lines else []


def _say_number(one: Measurement, limits: Limits) -> str:
    interval = format_interval(one, limits)
    return f"{format_value(one, limits)} ({interval})" if interval else format_value(one, limits)


def _describe_stages(plan: PlanRecord, limits: Limits) -> list[str]:
    """Return the stages; where nothing has to grow they are a way that the plan may be done, not what it needs."""
    lines: list[str] = []
    for stage in plan.stages:
        left = [
            f"{_say_number(one, limits)} {STAGE_LABELS.get(name, '')}".strip()
            for name in ("remnant_volume_ml", *STAGE_LABELS)
            if (one := stage.measurements.get(name)) is not None
        ]
        text = f"{stage.number}. {stage.statement} ({join_ids(stage.lesions) or 'no lesion'}); then {', '.join(left)}"
        lines += wrap(flatten(text), "  ", 5)
    heading = "Stages" if plan.growth is not None else "If done in two stages"
    return ["", heading, *lines] if lines else []


def _describe_growth(growth: Growth | None) -> list[str]:
    if growth is None:
        return []
    lines = wrap(flatten(growth.statement), "  ")
    if growth.feasible is False:
        lines += wrap("The rules on making the remnant grow do not allow it.", "  ")
    return ["", "Growth first", *lines, *(wrap(flatten(growth.reason), "  ") if growth.reason else [])]


def _describe_verdict(said: PlanVerdict | None, titles: Mapping[str, str]) -> list[str]:
    """Return outcome and reason, then the rules that fail or are open, by id and title."""
    if said is None:
        return []
    stable = "" if said.stable else ", not stable: inside the intervals of its inputs it may be another"
    lines = ["", "Verdict", *wrap(f"{said.title}: {OUTCOME_WORDS[said.outcome]}{stable}", "  ", 4)]
    lines += wrap(flatten(said.reason), "  ")
    groups = (
        ("The plan fails", said.failed),
        ("Open on the plan", said.unknown),
        ("Patient or disease fails", said.failed_elsewhere),
        ("Open for the patient", said.unknown_elsewhere),
    )
    for lead, rules in groups:
        named = "; ".join(f"{rule} {titles.get(rule, '')}".rstrip() for rule in rules)
        lines += wrap(f"{lead}: {named}.", "  ", 4) if named else []
    return lines


def _describe_others(plan: PlanRecord) -> list[str]:
    """Return what the numbers do not say, plans that are the same or not told apart, and how an own plan compares."""
    said = list(plan.cautions)
    said += [f"The same as {', '.join(plan.equals)}."] if plan.equals else []
    alike = ", ".join(plan.alike_within_intervals)
    said += [f"Within the intervals not told apart from {alike}."] if alike else []
    lines = [line for one in said for line in wrap(flatten(one), "  ", 4)]
    beside = [line for one in plan.compared for line in wrap(flatten(one.statement), "  ", 4)]
    return [*(["", "To be known", *lines] if lines else []), *(["", "Beside the options", *beside] if beside else [])]


def list_titles(explained: Explained) -> dict[str, str]:
    """Return the title of every rule: as the report asked it, else as it is here."""
    return {**{rule.id: rule.title for rule in explained.catalogue.rules}, **find_titles(explained.report)}


def plain_plans(record: PlansRecord) -> Mapping[str, object]:
    """Return the list of plans for programs, as report.json has it."""
    return {"plans": TypeAdapter(PlansRecord).dump_python(record, mode="json")}


def plain_plan(explained: Explained, record: PlansRecord, plan: PlanRecord) -> Mapping[str, object]:
    """Return one plan for programs, as report.json has it, with the titles of the rules that its verdict names."""
    said, titles = plan.verdict, list_titles(explained)
    rules = () if said is None else (*said.failed, *said.unknown, *said.failed_elsewhere, *said.unknown_elsewhere)
    return {
        "plan": TypeAdapter(PlanRecord).dump_python(plan, mode="json"),
        "adopted": _is_adopted(record, plan),
        "rules": {rule: titles.get(rule) for rule in rules},
    }
