"""Two faults at once never turn a refusal into a number, nor hide a flag."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.corruption.all_ways import combine, some_pairs
from tests.corruption.judging import judge_pair
from tests.corruption.outcome import Outcome, run_product
from tests.corruption.way import Way

PAIRS = list(some_pairs(20, seed=1))


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=[f"{a} + {b.name}" for a, b in PAIRS])
def test_two_faults(
    first: Way, second: Way, clean: Callable[[str], Outcome], copy: Callable[[str], Path], tmp_path: Path
) -> None:
    """The severer class holds; what either fault leaves alone stays as it was."""
    both = combine(first, second)
    folder = copy(both.form)
    both.spoil(folder)
    assert judge_pair(both, run_product(folder.parent, tmp_path / "out"), clean(both.form)) == []
