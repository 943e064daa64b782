"""Words for plans."""

from __future__ import annotations

from pipeline.ground import Ground
from pipeline.plan import Plan, PlanKind


def find_kind(plan: Plan) -> PlanKind:
    if plan.mask:
        return PlanKind.MASK
    if plan.parts or plan.wedges:
        if plan.ablated or plan.irradiated:
            return PlanKind.COMBINED
        if plan.parts and plan.wedges:
            return PlanKind.RESECTION
        return PlanKind.ANATOMICAL if plan.parts else PlanKind.SPARING
    return PlanKind.ABLATION if plan.ablated else PlanKind.RADIATION if plan.irradiated else PlanKind.ANATOMICAL


def say_title(ground: Ground, plan: Plan) -> str:
    return f"{plan.parts} {plan.wedges} {plan.ablated}"
