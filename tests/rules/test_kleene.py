"""Strong Kleene tables, on single answers and on sets of them."""

from __future__ import annotations

from itertools import product

import pytest

from pipeline.rules.kleene import (
    agree,
    conjoin,
    disjoin,
    fold,
    fold_sets,
    gate,
    gate_strictly,
    negate,
    only,
    read_membership,
)
from pipeline.verdict import Truth

MET, NOT, UNKNOWN, NA = Truth.MET, Truth.NOT_MET, Truth.INDETERMINATE, Truth.NOT_APPLICABLE
TABLE = [
    # a, b, a AND b, a OR b
    (MET, MET, MET, MET),
    (MET, UNKNOWN, UNKNOWN, MET),
    (MET, NOT, NOT, MET),
    (UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
    (UNKNOWN, NOT, NOT, UNKNOWN),
    (NOT, NOT, NOT, NOT),
    (NA, MET, MET, MET),
    (NA, NOT, NOT, NOT),
    (NA, UNKNOWN, UNKNOWN, UNKNOWN),
    (NA, NA, NA, NA),
]


@pytest.mark.parametrize(("a", "b", "both", "either"), TABLE)
def test_and_and_or_follow_the_tables(a: Truth, b: Truth, both: Truth, either: Truth) -> None:
    """AND and OR are those of strong Kleene logic, in either order; not applicable drops out."""
    assert conjoin(a, b) is conjoin(b, a) is both
    assert disjoin(a, b) is disjoin(b, a) is either


def test_not_swaps_and_leaves_the_rest_alone() -> None:
    """NOT swaps met and not met."""
    assert [negate(truth) for truth in (MET, NOT, UNKNOWN, NA)] == [NOT, MET, UNKNOWN, NA]


def test_nothing_to_combine_is_not_applicable() -> None:
    """An empty AND is not met by default: it does not apply."""
    assert fold(conjoin, ()) is fold(disjoin, ()) is NA


def test_two_cases_agree_or_nothing_is_known() -> None:
    """Where cases differ, the answer is indeterminate."""
    assert agree(MET, MET) is MET
    assert agree(MET, NOT) is agree(MET, NA) is UNKNOWN


@pytest.mark.parametrize(
    ("condition", "answer", "result", "strict"),
    [
        (MET, NOT, NOT, NOT),
        (NOT, NOT, NA, NA),
        (NOT, MET, NA, NA),
        (UNKNOWN, MET, MET, UNKNOWN),
        (UNKNOWN, NOT, UNKNOWN, UNKNOWN),
        (UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
    ],
)
def test_a_precondition_gates_the_answer(condition: Truth, answer: Truth, result: Truth, strict: Truth) -> None:
    """A false precondition takes the rule away; an open one lets only met stand, and that not for other rules."""
    assert gate(condition, answer) is result
    assert gate_strictly(condition, answer) is strict


def test_sets_hold_every_choice_and_nothing_else() -> None:
    """Folding sets gives exactly the answers of all choices."""
    sets = [frozenset((MET, UNKNOWN)), frozenset((MET, NOT)), only(UNKNOWN)]
    for combine in (conjoin, disjoin):
        assert fold_sets(combine, sets) == {fold(combine, choice) for choice in product(*sets)}


def test_membership_is_decided_when_all_possibilities_agree() -> None:
    """All inside is met, none inside is not met, else indeterminate."""
    assert [read_membership(case) for case in ([True, True], [False], [True, False])] == [MET, NOT, UNKNOWN]
