"""The remnant that the rules ask for, in mL: found by asking them of smaller and larger remnants."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.outcome import Truth
from pipeline.plan import Requirement
from pipeline.planned.planning_file import RemnantRules
from pipeline.planned.sizes import Sizes, find_indices
from pipeline.rules.compiled import Run

EXACT_ML = 1e-6
"""How far above the smallest remnant that satisfies a rule the one returned may lie, at most."""


def find_requirement(run: Run, remnant: RemnantRules, sizes: Sizes | str) -> Requirement:
    """Return from which remnant on the rule on volumes is met, may be met, and growth is worth trying.

    Every index of the remnant moves with its volume; what else the rules read stays as the study has it, so that an
    open class of liver keeps them open between two volumes.

    Parameters
    ----------
    sizes
        Or why they are not known.
    """
    if isinstance(sizes, str):
        return Requirement(None, None, None, sizes)
    if run.truth(remnant.rule) is None:
        return Requirement(None, None, None, f"RULE_NOT_ASKED: {remnant.rule} is not asked under this profile")

    def ask(rule: str, remnant_ml: float) -> Truth | None:
        undo = run.put({(name, None): value for name, value in find_indices(sizes, remnant_ml).items()})
        truth = run.truth(rule)
        run.take_back(undo)
        return truth

    settled = (Truth.MET, Truth.NOT_APPLICABLE)
    surely = _find_least(lambda ml: ask(remnant.rule, ml) in settled, sizes.largest_ml)
    possibly = _find_least(lambda ml: ask(remnant.rule, ml) is not Truth.NOT_MET, sizes.largest_ml)
    floor = _find_least(lambda ml: ask(remnant.floor_rule, ml) in (*settled, None), sizes.largest_ml)
    return Requirement(surely, possibly, floor, _why_open(remnant.rule, surely, sizes))


def _why_open(rule: str, surely_ml: float | None, sizes: Sizes) -> str | None:
    if surely_ml is not None:
        return None
    why = sizes.estimated_reason or "RULE_OPEN: another input that it needs is not known"
    code, _, sentence = why.partition(": ")
    return f"{code}: {rule} stays open whatever the remnant: {sentence}"


def _find_least(holds: Callable[[float], bool], largest: float) -> float | None:
    """Return the smallest number from which on something holds that once it holds goes on to; None if it never does."""
    if not holds(largest):
        return None
    if holds(0.0):
        return 0.0
    low, high = 0.0, largest
    while high - low > EXACT_ML:
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    plain = round(high, 6)
    return plain if holds(plain) else high
