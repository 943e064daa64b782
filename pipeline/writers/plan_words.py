"""Words and order of what the page says of plans. Owns no numbers: all of them come from the record."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence

from pipeline.measurement import Fact
from pipeline.plan import Handling
from pipeline.plan_record import PlanRecord, PlansRecord
from pipeline.report import Report
from pipeline.writers.format import Limits, format_number, format_reason, with_unit
from pipeline.writers.page_words import say_fact
from pipeline.writers.plan_columns import PLAN_QUANTITIES
from pipeline.writers.structure_words import name_structure

HANDLING_WORDS = {
    Handling.RESECTED: "resected",
    Handling.ABLATED: "ablated",
    Handling.IRRADIATED: "irradiated",
    Handling.UNTREATED: "untreated",
}
IN_COLUMNS = (
    *("remnant_volume_ml", "remnant_percent", "standardized_remnant_percent", "planned_margin_mm"),
    *("remnant_without_inflow_ml", "remnant_without_outflow_ml"),
)
LABELS = {
    **{text.name: text.label for text in PLAN_QUANTITIES},
    "remnant_without_inflow_ml": "Inflow of the remnant",
    "remnant_without_outflow_ml": "Outflow of the remnant",
}
"""Quantities in the columns of the table: where one is not known, why stands below it."""
BESIDE = {
    "resection_extent": "Extent",
    "remnant_segments_preserved": "Contiguous segments kept",
    "remnant_inflow_ok": "Inflow of the remnant",
    "remnant_outflow_ok": "Outflow of the remnant",
    "remnant_tumour_free": "Remnant free of tumour",
}
"""Facts that stand below the columns."""
SUPPLY = ("remnant_inflow_ok", "remnant_outflow_ok")
NUMBERED = re.compile(r"([A-Z]+)(\d+)")


def list_handlings(plan: PlanRecord) -> list[tuple[Handling, int, str]]:
    """Return what a plan does with its lesions: handling, how many, which; none of them is left out."""
    groups = [(handling, [one.id for one in plan.lesions if one.handling is handling]) for handling in Handling]
    return [(handling, len(ids), join_ids(ids)) for handling, ids in groups if ids]


def find_ablation_mm(plan: PlanRecord) -> float | None:
    """Return the smallest margin that the plan ablates with; None where it ablates nothing or does not say it."""
    margins = [one.margin_mm for one in plan.lesions if one.handling is Handling.ABLATED]
    known = [margin for margin in margins if margin is not None]
    return min(known) if known and len(known) == len(margins) else None


def join_ids(ids: Sequence[str]) -> str:
    """Return ids with spaces, three or more that follow each other as a span: ``L1 L3 L5-L8`` with a dash."""
    spans: list[list[str]] = []
    for one in ids:
        if spans and _follows(spans[-1][-1], one):
            spans[-1].append(one)
        else:
            spans.append([one])
    return " ".join(f"{span[0]}–{span[-1]}" if len(span) > 2 else " ".join(span) for span in spans)


def _follows(first: str, second: str) -> bool:
    """Tell whether an id is the next after another: L4 after L3."""
    before, after = NUMBERED.fullmatch(first), NUMBERED.fullmatch(second)
    return before is not None and after is not None and before[1] == after[1] and int(after[2]) == int(before[2]) + 1


def split_named(record: PlansRecord) -> tuple[list[PlanRecord], list[PlanRecord]]:
    """Return the named resections that clear a lesion, those that clear most first, and the others."""
    clearing = [plan for plan in record.named if plan.resected > 0]
    return sorted(clearing, key=lambda plan: -plan.resected), [plan for plan in record.named if plan.resected <= 0]


def list_notes(plan: PlanRecord) -> list[str]:
    """Return what has to be known of single lesions, each text once with the lesions it is about."""
    texts = dict.fromkeys(one.note for one in plan.lesions if one.note)
    return [f"{join_ids([one.id for one in plan.lesions if one.note == text])}: {text}" for text in texts]


def list_facts(plan: PlanRecord) -> list[str]:
    """Return what is known of extent, segments, inflow and outflow, in words."""
    known = ((words, plan.facts[name]) for name, words in BESIDE.items() if name in plan.facts)
    return [f"{words}: {_say_fact(fact)}" for words, fact in known if fact.value is not None]


def _say_fact(fact: Fact) -> str:
    """Return a fact in words; of inflow and outflow, what of the remnant keeps them."""
    if fact.name in SUPPLY and isinstance(fact.value, bool):
        return "kept for most of it" if fact.value else "lost"
    return say_fact(fact)


def list_own_lines(plan: PlanRecord, shared: Container[str] = ()) -> list[str]:
    """Return what is not known of a plan, notes on its lesions and its cautions, without ``shared`` lines."""
    return [line for line in (*list_notes(plan), *plan.cautions, *list_unknown(plan)) if line not in shared]


def list_unknown(plan: PlanRecord) -> list[str]:
    """Return what is not known of a plan and why, quantities with one reason together."""
    named: dict[str, list[str]] = {}
    for words, reason in _find_reasons(plan):
        named.setdefault(reason, []).append(words)
    return [f"{', '.join(dict.fromkeys(words))}: {format_reason(reason)}" for reason, words in named.items()]


def list_full(record: PlansRecord) -> list[tuple[str, list[PlanRecord]]]:
    """Return the plans that are shown in full, in groups with a heading, empty ones left out.

    They are the options, a named resection that the report rests on, and the user's own plans.
    """
    adopted = [plan for plan in record.named if record.adopted is not None and plan.id == record.adopted.id]
    groups = (
        ("", list(record.options)),
        ("The named resection that this report rests on", adopted),
        ("The user's own plans", list(record.own)),
    )
    return [(heading, plans) for heading, plans in groups if plans]


def find_shared(record: PlansRecord) -> dict[str, str]:
    """Return the lines that several plans shown in full share, each with the plans: they are said once."""
    plans = [plan for _, group in list_full(record) for plan in group if plan.reason is None]
    said: dict[str, list[str]] = {}
    for plan in plans:
        for line in dict.fromkeys(list_own_lines(plan)):
            said.setdefault(line, []).append(plan.id)
    return {
        line: "All plans" if len(ids) == len(plans) else join_ids(ids) for line, ids in said.items() if len(ids) > 1
    }


def list_noted(record: PlansRecord, shared: Container[str]) -> list[tuple[PlanRecord, list[str]]]:
    """Return the plans shown in full of which something has to be known that others do not share, with the lines."""
    plans = [plan for _, group in list_full(record) for plan in group if plan.reason is None]
    return [(plan, lines) for plan in plans if (lines := list_own_lines(plan, shared))]


def list_named_notes(record: PlansRecord) -> list[tuple[str, str]]:
    """Return what has to be known of named resections, each line once with their ids."""
    said: dict[str, list[str]] = {}
    for plan in (plan for plan in record.named if plan.reason is None):
        for line in dict.fromkeys(list_own_lines(plan)):
            said.setdefault(line, []).append(plan.id)
    return [(join_ids(ids), line) for line, ids in said.items()]


def _find_reasons(plan: PlanRecord) -> Iterator[tuple[str, str]]:
    """Yield what is not known of a plan, in words, with the reason."""
    for name in IN_COLUMNS:
        one = plan.measurements.get(name)
        if one is not None and one.reason is not None and not (name == "planned_margin_mm" and plan.resected == 0):
            yield LABELS[name], one.reason
    for name, words in BESIDE.items():
        fact = plan.facts.get(name)
        if fact is not None and fact.reason is not None:
            yield words, fact.reason


def list_vessels(plan: PlanRecord) -> list[str] | None:
    """Return the named vessels that a plan gives up, in words; None where that is not known."""
    fact = plan.facts.get("vessels_given_up")
    if fact is None or fact.value is None:
        return None
    names = fact.value if isinstance(fact.value, tuple) else (str(fact.value),)
    return [say_vessel(name) for name in names]


def say_vessel(name: str) -> str:
    """Return a vessel in words; what stands in brackets behind its name stays there."""
    bare, bracket, rest = name.partition(" (")
    return f"{name_structure(bare)}{bracket}{rest}"


def add_targets(report: Report, limits: Limits) -> dict[str, tuple[float, ...]]:
    """Return the limits of the page with the remnants that plans ask for, so that no rounding crosses them."""
    found = {name: set(values) for name, values in limits.items()}
    record = report.plans
    for plan in () if record is None else (*record.options, *record.own, *record.named):
        if plan.growth is not None:
            found.setdefault(plan.growth.index, set()).update(plan.growth.target_percent)
    return {name: tuple(sorted(values)) for name, values in found.items()}


def is_supply_known(plan: PlanRecord) -> bool:
    """Tell whether it is known what of the remnant loses its inflow, or its outflow."""
    names = ("remnant_without_inflow_ml", "remnant_without_outflow_ml")
    return any(name in plan.measurements and plan.measurements[name].value is not None for name in names)


def say_requirement(record: PlansRecord) -> list[str]:
    """Return what remnant the rules ask of every plan, a sentence each; nothing where they were not asked."""
    asked = record.requirement
    if asked is None:
        return []
    if asked.reason is not None:
        return [f"Remnant that the rules ask for: {format_reason(asked.reason)}."]
    ends = (
        ("or more is enough whatever is still open", asked.surely_ml),
        ("or more may be enough", asked.possibly_ml if asked.possibly_ml != asked.surely_ml else None),
        ("or more is worth making grow", asked.floor_ml),
    )
    known = [f"{with_unit(format_number(volume, 'mL'), 'mL')} {words}" for words, volume in ends if volume is not None]
    return [f"Remnant that the rules ask for: {'; '.join(known)}."] if known else []


def find_nowhere(record: PlansRecord) -> list[str]:
    """Return the quantities of the columns that no plan of the record has a value of."""
    plans = [plan for plan in (*record.options, *record.own, *record.named) if plan.reason is None]
    return [
        name
        for name in IN_COLUMNS
        if plans and all(name in plan.measurements and plan.measurements[name].value is None for plan in plans)
    ]


def find_title(record: PlansRecord, plan_id: str) -> str:
    """Return the title of a plan of the record; empty for an id it does not have."""
    return next((plan.title for plan in (*record.options, *record.own, *record.named) if plan.id == plan_id), "")
