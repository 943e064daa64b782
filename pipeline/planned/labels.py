"""Titles of plans, and each plan in one sentence."""

from __future__ import annotations

from pipeline.ground import Ground
from pipeline.plan import Plan
from pipeline.plan_record import PlanOrigin
from pipeline.planned.listing import Listed, Listing
from pipeline.planned.question import Question
from pipeline.planned.records import Label
from pipeline.planning.trade_offs import say_trade_offs
from pipeline.planning.words import name_lesions, say_named, title_of

ORIGINS = {"P": PlanOrigin.OPTION, "N": PlanOrigin.NAMED, "U": PlanOrigin.OWN}


def label_plans(question: Question, listing: Listing) -> dict[str, Label]:
    """Return title and sentence of each plan, by its id."""
    said = say_trade_offs(listing.found.scores, len(question.lesions), question.requirement, listing.found.plans)
    trade_offs = {each.id: text for each, text in zip(listing.options, said, strict=True)}
    return {each.id: _label(question, each, trade_offs.get(each.id)) for each in listing.all}


def _label(question: Question, listed: Listed, trade_off: str | None) -> Label:
    origin, plan = ORIGINS[listed.id[0]], None if listed.item is None else listed.item.plan
    if plan is None:
        return Label(listed.id, origin, listed.name, "It cannot be followed in the masks that are given.")
    title = title_of(question.ground, plan, question.asked.resections) if trade_off is not None else listed.name
    if trade_off is not None:
        return Label(listed.id, origin, title, trade_off)
    if plan.mask:
        return Label(listed.id, origin, title, _say_drawn(question.ground, plan))
    margins = question.margins.wedge_mm
    return Label(listed.id, origin, title, say_named(question.ground, plan, margins[0] if margins else 0.0))


def _say_drawn(ground: Ground, plan: Plan) -> str:
    """Return in one sentence which lesions a drawn plan removes."""
    removed = [lesion for lesion in ground.lesions if lesion not in plan.untreated]
    parts = [f"removes {name_lesions(removed)}"] if removed else []
    parts += [f"leaves {name_lesions(plan.untreated)}, wholly or in part"] if plan.untreated else []
    said = " and ".join(parts) or "there is no lesion"
    return f"{said[0].upper()}{said[1:]}."
