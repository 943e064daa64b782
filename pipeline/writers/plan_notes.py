"""What has to be known beside the numbers of plans, each thing once.

Lines of several plans that are equal but for numbers or lesions are one note with what differs listed behind it, so
that ten plans with one reason do not read as ten reasons.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.plan_record import PlanRecord, PlansRecord
from pipeline.writers.format import format_reason
from pipeline.writers.plan_words import BESIDE, IN_COLUMNS, LABELS, VESSELS, join_ids, list_shown

VARYING = re.compile(r"(?<![\w.-])(?:[A-Z]+\d+(?:, [A-Z]+\d+)*|\d+(?:\.\d+)?)(?![\w-])")
"""What may differ between lines that say the same: a number, a list of lesions; no code of a rule."""
SLOT = "\0"
SHORT_LINK = 5
"""Characters between two slots up to which they are listed with what stands between: ``730 of 765 mL``."""
UNITS = (" mL", " mm", " %")
OPEN, SOME = "\N{HORIZONTAL ELLIPSIS}: ", "Of the lesions in brackets: "
Fill = tuple[str, ...]
"""What stands in the slots of a line, in their order."""


@dataclass(frozen=True)
class Note:
    """One thing to be known.

    Parameters
    ----------
    plans
        Ids that it is about, joined, or ``All plans``.
    text
        The sentence; an ellipsis stands where plans differ.
    each
        What stands there, by plan: ``P1 P2 348 of 618``; empty where all are equal.
    """

    plans: str
    text: str
    each: tuple[str, ...] = ()


def list_notes(record: PlansRecord) -> list[Note]:
    """Return the notes of the plans that are shown in full."""
    return _gather([plan for plan in list_shown(record) if plan.reason is None], record.limits)


def list_named_notes(record: PlansRecord) -> list[Note]:
    """Return the notes of named resections that are measured and not shown in full, where their notes stand."""
    full = {plan.id for plan in list_shown(record)}
    return _gather([plan for plan in record.named if plan.reason is None and plan.id not in full], record.limits)


def _gather(plans: Sequence[PlanRecord], limits: Sequence[str]) -> list[Note]:
    """Return the notes of plans in the order of their first plan: on lesions, cautions, what is not known."""
    said: dict[str, dict[str, list[Fill]]] = {}
    for plan in plans:
        for skeleton, fill in _list_lines(plan, limits):
            fills = said.setdefault(skeleton, {}).setdefault(plan.id, [])
            fills += [] if fill in fills else [fill]
    return [_join(skeleton.split(SLOT), fills, len(plans)) for skeleton, fills in said.items()]


def _list_lines(plan: PlanRecord, limits: Sequence[str]) -> Iterator[tuple[str, Fill]]:
    """Yield each line of a plan: with slots, and what fills them. What a limit says already is left out."""
    for text in dict.fromkeys(one.note.replace(SLOT, "") for one in plan.lesions if one.note):
        ids = join_ids([one.id for one in plan.lesions if one.note == text])
        yield f"{SLOT}: {VARYING.sub(SLOT, text)}", (ids, *VARYING.findall(text))
    unknown = [line for reason, line in _list_unknown(plan) if not any(reason in limit for limit in limits)]
    for line in (one.replace(SLOT, "") for one in (*plan.cautions, *unknown)):
        yield VARYING.sub(SLOT, line), tuple(VARYING.findall(line))


def _join(pieces: Sequence[str], fills: dict[str, list[Fill]], count: int) -> Note:
    """Return a line of several plans as one note: slots that all fill alike are filled."""
    columns = list(zip(*(fill for some in fills.values() for fill in some), strict=True))
    differs = [len(set(column)) > 1 for column in columns]
    text = pieces[0]
    for column, open_, piece in zip(columns, differs, pieces[1:], strict=True):
        text += ("\N{HORIZONTAL ELLIPSIS}" if open_ else column[0]) + piece
    by_fill: dict[str, list[str]] = {}
    for plan_id, some in fills.items():
        by_fill.setdefault(", ".join(_say_fill(fill, differs, pieces) for fill in some), []).append(plan_id)
    text = SOME + text.removeprefix(OPEN) if text.startswith(OPEN) else text
    each = tuple(f"{join_ids(ids)}: {fill}" for fill, ids in by_fill.items()) if any(differs) else ()
    return Note("All plans" if len(fills) == count > 1 else join_ids(list(fills)), text, each)


def _say_fill(fill: Fill, differs: Sequence[bool], pieces: Sequence[str]) -> str:
    """Return what a plan puts into the slots that differ, with units, and with the words between where they are few."""
    said, last = "", None
    for place, value in enumerate(fill):
        if not differs[place]:
            continue
        if last is not None:
            near = last == place - 1 and len(pieces[place]) <= SHORT_LINK
            said += pieces[place] if near else " " if fill[last][0].isalpha() else ", "
        unit = next((unit for unit in UNITS if pieces[place + 1].startswith(unit)), "")
        said, last = said + value + unit, place
    return said


def _list_unknown(plan: PlanRecord) -> list[tuple[str, str]]:
    """Return what is not known of a plan: the bare reason, and the line; quantities with one reason together."""
    named: dict[str, list[str]] = {}
    for words, reason in _find_reasons(plan):
        named.setdefault(reason, []).append(words)
    return [
        (reason.partition(": ")[2] or reason, f"{', '.join(dict.fromkeys(words))}: {format_reason(reason)}")
        for reason, words in named.items()
    ]


def _find_reasons(plan: PlanRecord) -> Iterator[tuple[str, str]]:
    """Yield what is not known of a plan, in words, with the reason."""
    for name in IN_COLUMNS:
        one = plan.measurements.get(name)
        if one is not None and one.reason is not None and not (name == "planned_margin_mm" and plan.resected == 0):
            yield LABELS[name], one.reason
    for name, words in (*BESIDE.items(), (VESSELS, "Vessels given up")):
        fact = plan.facts.get(name)
        if fact is not None and fact.reason is not None:
            yield words, fact.reason
