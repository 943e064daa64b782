"""Truths as small numbers, ordered so that AND is the smallest, and what a compiled expression is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from pipeline.outcome import Truth

if TYPE_CHECKING:
    from pipeline.rules.compiled.run import Run

NO, OPEN, YES, OUT = 0, 1, 2, 3
"""Not met, indeterminate, met, not applicable."""
CODES = {Truth.NOT_MET: NO, Truth.INDETERMINATE: OPEN, Truth.MET: YES, Truth.NOT_APPLICABLE: OUT}
TRUTHS = {code: truth for truth, code in CODES.items()}
WHOLE = -1
"""Place of the study, beside the numbers of its lesions."""

Ask: TypeAlias = "Callable[[Run, int], int]"
"""Answer at a place: a truth, or what a class, a score or a verdict is coded by."""

_DROPPED, _OPENED = (OUT, OUT, OUT, OUT), (OPEN, OPEN, YES, OUT)
GATE = (_DROPPED, _OPENED, (NO, OPEN, YES, OUT), _DROPPED)
"""Answer of a rule with a precondition, by the precondition and the answer (``kleene.gate``)."""
STRICT_GATE = (_DROPPED, (OPEN, OPEN, OPEN, OUT), (NO, OPEN, YES, OUT), _DROPPED)
"""What other rules may conclude from it (``kleene.gate_strictly``)."""


def conjoin_all(truths: list[int]) -> int:
    """Return all of them combined by AND."""
    return min(truths, default=OUT)


def disjoin_all(truths: list[int]) -> int:
    """Return all of them combined by OR."""
    return max((truth for truth in truths if truth != OUT), default=OUT)


def belongs(mask: int, accepted: int) -> int:
    """Return whether what is still possible belongs to what is asked for, both as sets of bits."""
    if mask & ~accepted == 0:
        return YES if mask else OPEN
    return OPEN if mask & accepted else NO
