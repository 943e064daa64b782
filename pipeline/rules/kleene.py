"""Strong Kleene logic over the answers of criteria, for single answers and for sets of possible answers.

AND is *not met* if any member is, else *indeterminate* if any is, else *met*; OR is the mirror image; NOT swaps the
two and leaves *indeterminate* alone. *Not applicable* is no truth value: it drops out, and remains only when nothing
else is there (catalogue 1.1). The functions over sets return every answer that some choice of one member per set gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, reduce
from itertools import product
from typing import TypeAlias

from pipeline.verdict import Truth

Truths: TypeAlias = frozenset[Truth]

MET, NOT_MET = Truth.MET, Truth.NOT_MET
INDETERMINATE, NOT_APPLICABLE = Truth.INDETERMINATE, Truth.NOT_APPLICABLE

_AND_ORDER = (NOT_MET, INDETERMINATE, MET, NOT_APPLICABLE)
_OR_ORDER = (MET, INDETERMINATE, NOT_MET, NOT_APPLICABLE)


@cache
def conjoin(a: Truth, b: Truth) -> Truth:
    """Return ``a AND b``."""
    return next(truth for truth in _AND_ORDER if truth in (a, b))


@cache
def disjoin(a: Truth, b: Truth) -> Truth:
    """Return ``a OR b``."""
    return next(truth for truth in _OR_ORDER if truth in (a, b))


def negate(a: Truth) -> Truth:
    """Return ``NOT a``."""
    return {MET: NOT_MET, NOT_MET: MET}.get(a, a)


@cache
def agree(a: Truth, b: Truth) -> Truth:
    """Return the answer on which two possible cases agree, else *indeterminate*."""
    return a if a is b else INDETERMINATE


@cache
def gate(condition: Truth, answer: Truth) -> Truth:
    """Return the answer of a rule with a precondition.

    Definitely false makes the rule not applicable. While the precondition is not known, *met* stands (with or without
    the rule nothing is in the way) and everything else is open.
    """
    if condition is NOT_MET or condition is NOT_APPLICABLE:
        return NOT_APPLICABLE
    if condition is INDETERMINATE and answer is NOT_MET:
        return INDETERMINATE
    return answer


@cache
def gate_strictly(condition: Truth, answer: Truth) -> Truth:
    """Return what other rules may conclude from a rule with a precondition: while that is not known, nothing."""
    return INDETERMINATE if condition is INDETERMINATE and answer is MET else gate(condition, answer)


Combine: TypeAlias = Callable[[Truth, Truth], Truth]


def fold(combine: Combine, truths: Iterable[Truth]) -> Truth:
    """Return the truths combined one after the other; nothing to combine is not applicable."""
    return reduce(combine, truths, NOT_APPLICABLE)


@cache
def _combine_sets(combine: Combine, a: Truths, b: Truths) -> Truths:
    return frozenset(combine(x, y) for x, y in product(a, b))


def fold_sets(combine: Combine, sets: Iterable[Truths]) -> Truths:
    """Return every answer that ``fold`` gives for some choice of one truth from each set."""
    return reduce(lambda a, b: _combine_sets(combine, a, b), sets, ONLY_NOT_APPLICABLE)


def combine_sets(combine: Combine, a: Truths, b: Truths) -> Truths:
    """Return every answer that ``combine`` gives for some choice from the two sets."""
    return _combine_sets(combine, a, b)


@cache
def negate_set(truths: Truths) -> Truths:
    """Return the negation of every member."""
    return frozenset(negate(truth) for truth in truths)


@cache
def only(truth: Truth) -> Truths:
    """Return the set of one truth."""
    return frozenset((truth,))


ONLY_NOT_APPLICABLE = only(NOT_APPLICABLE)
ONLY_INDETERMINATE = only(INDETERMINATE)
EITHER: Truths = frozenset((MET, NOT_MET))


def read_membership(possible: Iterable[bool]) -> Truth:
    """Return met when every possibility belongs, not met when none does, else indeterminate."""
    belongs = set(possible)
    if len(belongs) == 1:
        return MET if belongs.pop() else NOT_MET
    return INDETERMINATE
