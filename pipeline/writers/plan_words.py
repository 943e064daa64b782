"""Words and order of what the page says of plans. Owns no numbers: all of them come from the record."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

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
VESSELS = "vessels_given_up"
FACTS = (*BESIDE, VESSELS)
SUPPLY = ("remnant_inflow_ok", "remnant_outflow_ok")
OPEN_WORDS = {
    "standardized_remnant_percent": "standardised remnant (sFLR)",
    "remnant_without_inflow_ml": "what of the remnant loses its inflow",
    "remnant_without_outflow_ml": "what of the remnant loses its outflow",
    "remnant_inflow_ok": "whether the remnant keeps portal and arterial inflow",
    "remnant_outflow_ok": "whether the remnant keeps its outflow",
    "resection_extent": "extent",
    "remnant_segments_preserved": "contiguous segments kept",
    VESSELS: "vessels given up",
}
"""What is said once where it is not known of any plan."""
BOTH_SIDES = "Major resections for lesions on both sides, with every lesion treated"
OFF = "PLANS_OFF"
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
    """Return the named resections that clear a lesion, those that clear most first, and the others.

    Those in two stages are shown in full (``list_full``), and in neither.
    """
    named = [plan for plan in record.named if not plan.stages]
    clearing = sorted((plan for plan in named if plan.resected > 0), key=lambda plan: -plan.resected)
    return clearing, [plan for plan in named if plan.resected <= 0]


def list_own_facts(plan: PlanRecord, common: Container[str]) -> list[str]:
    """Return what is known of extent, segments, vessels, inflow and outflow, in words, but not what is ``common``."""
    lines = [_say_beside(fact) for name, fact in _known_facts(plan).items() if name not in common]
    return [line[:1].upper() + line[1:] for line in lines]


def _known_facts(plan: PlanRecord) -> dict[str, Fact]:
    """Return the facts that stand below the columns and are known, in their order.

    That nothing of the tumour is left goes without saying where every lesion is resected or ablated.
    """
    known = {name: plan.facts[name] for name in FACTS if name in plan.facts and plan.facts[name].value is not None}
    return {name: fact for name, fact in known.items() if (name, fact.value) != ("remnant_tumour_free", True)}


def _say_beside(fact: Fact) -> str:
    """Return a fact with its name; of inflow and outflow, what of the remnant keeps them."""
    if fact.name == VESSELS:
        names = fact.value if isinstance(fact.value, tuple) else (str(fact.value),)
        return f"gives up {', '.join(map(say_vessel, names))}" if names else "gives up no drawn vessel that has a name"
    if fact.name == "remnant_tumour_free":
        return "lesions stay in the remnant"
    if fact.name in SUPPLY and isinstance(fact.value, bool):
        return f"{BESIDE[fact.name].lower()}: {'kept for most of it' if fact.value else 'lost'}"
    return f"{BESIDE[fact.name].lower()}: {say_fact(fact)}"


def find_common(record: PlansRecord) -> dict[str, str]:
    """Return the facts that are the same of all plans shown in full, each in words; of one plan none is common."""
    plans = [plan for plan in list_shown(record) if plan.reason is None]
    known = [_known_facts(plan) for plan in plans]
    if len(plans) < 2:
        return {}
    shared = {name: {repr(facts[name].value) for facts in known if name in facts} for name in FACTS}
    return {
        name: _say_beside(known[0][name])
        for name in FACTS
        if len(shared[name]) == 1 and all(name in facts for facts in known)
    }


def list_nowhere(record: PlansRecord) -> list[str]:
    """Return in words what is not known of any plan shown in full, but not what a limit of the record says already."""
    plans = [plan for plan in list_shown(record) if plan.reason is None]
    reasons = {name: {_find_reason(plan, name) for plan in plans} for name in OPEN_WORDS}
    return [
        OPEN_WORDS[name]
        for name, some in reasons.items()
        if some and None not in some and not all(_is_said(reason, record.limits) for reason in some if reason)
    ]


def _find_reason(plan: PlanRecord, name: str) -> str | None:
    """Return why a quantity or fact of a plan is not known; None where it is known, or not of the record."""
    one = plan.measurements.get(name) or plan.facts.get(name)
    return None if one is None or one.value is not None else one.reason


def _is_said(reason: str, limits: Sequence[str]) -> bool:
    return any(reason.partition(": ")[2] in limit for limit in limits)


def list_full(record: PlansRecord) -> list[tuple[str, list[PlanRecord]]]:
    """Return the plans that are shown in full, in groups with a heading, empty ones left out.

    They are the options, major resections of disease on both sides with their stages, a named resection that the report
    rests on, and the user's own plans.
    """
    chosen = None if record.adopted is None else record.adopted.id
    adopted = [plan for plan in record.named if plan.id == chosen and not plan.stages]
    groups = (
        ("", list(record.options)),
        (BOTH_SIDES, [each for each in record.named if each.stages]),
        ("The named resection that this report rests on", adopted),
        ("The user's own plans", list(record.own)),
    )
    return [(heading, plans) for heading, plans in groups if plans]


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
    settled = asked.possibly_ml in (None, asked.surely_ml)
    ends = (
        ("or more is enough" + ", of whichever class the liver is" * (not settled), asked.surely_ml),
        (
            "or more may be enough, by the class of the liver",
            asked.possibly_ml if asked.possibly_ml != asked.surely_ml else None,
        ),
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


def hold_units(title: str) -> str:
    """Return a title with numbers and units that no line break parts."""
    return title.replace(" mm)", "\N{NO-BREAK SPACE}mm)")


def list_shown(record: PlansRecord) -> list[PlanRecord]:
    """Return the plans that are shown in full, in their order."""
    return [plan for _, group in list_full(record) for plan in group]


def find_one_reason(plans: Sequence[PlanRecord]) -> str | None:
    """Return why none of several plans has numbers, where the reason is the same of all; else None."""
    reasons = {plan.reason for plan in plans}
    return reasons.pop() if len(reasons) == 1 and len(plans) > 1 else None


def find_title(record: PlansRecord, plan_id: str) -> str:
    """Return the title of a plan of the record; empty for an id it does not have."""
    return next((plan.title for plan in (*record.options, *record.own, *record.named) if plan.id == plan_id), "")
