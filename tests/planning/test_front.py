from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.plan import Requirement, Score
from pipeline.planning import front
from pipeline.planning.front import beats, find_unbeaten
from pipeline.planning.search import to_score
from pipeline.planning.thinning import find_worth, thin


def make_scores(seed: int, count: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.column_stack(
        [
            random.integers(0, 2, count),
            random.integers(0, 40, count) / 4,
            random.integers(0, 4, count),
            random.integers(0, 4, count),
            random.choice([0.0, 1.0, 2.5, 10.0], count),
            random.integers(0, 3, count),
        ]
    )


@pytest.mark.parametrize("largest", [0, 10**6], ids=["blocks", "grid"])
@pytest.mark.parametrize("seed", range(8))
def test_unbeaten_scores_are_those_that_no_other_beats(
    seed: int, largest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ways find what comparing every pair finds; of equal scores the first."""
    monkeypatch.setattr(front, "LARGEST_GRID", largest)
    monkeypatch.setattr(front, "BLOCK", 16)
    table = make_scores(seed, 80)
    scores = [to_score(row) for row in table]
    expected = [
        number
        for number, one in enumerate(scores)
        if one not in scores[:number] and not any(beats(other, one) for other in scores)
    ]
    assert np.flatnonzero(find_unbeaten(table)).tolist() == expected


def test_no_scores_have_no_front() -> None:
    """An empty table gives an empty answer."""
    assert find_unbeaten(np.zeros((0, 6))).size == 0


@pytest.mark.parametrize("most", [1, 4, 10])
@pytest.mark.parametrize("seed", range(6))
def test_thinning_keeps_the_ends_and_no_more_than_asked(seed: int, most: int) -> None:
    """At most so many are kept, always the same; with four or more among them the ends of the least untreated."""
    table = make_scores(seed, 200)
    scores: list[Score] = [to_score(row) for row in table[find_unbeaten(table)]]
    kept = thin(scores, most)
    assert kept == thin(scores, most)
    assert len(kept) == len(set(kept)) == min(most, len(scores))
    if most < 4:
        return
    fewest = min(score.untreated for score in scores)
    best, shown = [score for score in scores if score.untreated == fewest], [scores[number] for number in kept]
    shown = [score for score in shown if score.untreated == fewest]
    assert max(score.remnant_ml for score in best) == max(score.remnant_ml for score in shown)
    assert max(score.resected for score in best) == max(score.resected for score in shown)
    assert min(score.procedures for score in best) == min(score.procedures for score in shown)
    assert max(score.margin_mm for score in best) == max(score.margin_mm for score in shown)


def test_remnants_too_small_to_grow_are_shown_only_where_nothing_else_treats_as_much() -> None:
    """By hand: of four scores one is below the floor and beaten in treatment by none, or by one above it."""
    above, below = Score(1, 500, 1, 1, 1, 1), Score(0, 200, 2, 1, 1, 1)
    worse, floor = replace(below, untreated=1), Requirement(400, 400, 300)
    assert find_worth((above, below), floor) == (0, 1)
    assert find_worth((above, worse), floor) == (0,)
    assert find_worth((below,), floor) == (0,)
    assert find_worth((above, worse), Requirement(150, 150, 300)) == (0, 1)
    assert find_worth((above, worse), Requirement(None, None, None)) == (0, 1)
    assert find_worth((), floor) == ()
