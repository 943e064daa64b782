from __future__ import annotations

import pytest

from pipeline.ground import Ground
from pipeline.plan import Choices, Requirement, Score
from pipeline.planning.front import beats
from pipeline.planning.search import search
from pipeline.planning.space import score
from tests.planning.grounds import every_plan, make_choices, make_ground

OPEN = Requirement(None, None, None)


def unbeaten_by_definition(ground: Ground, choices: Choices, requirement: Requirement) -> set[Score]:
    treating = [plan for plan in every_plan(ground, choices) if set(plan.untreated) != set(ground.lesions)]
    scores = {score(ground, plan, requirement) for plan in treating}
    return {one for one in scores if not any(beats(other, one) for other in scores)}


@pytest.mark.parametrize("seed", range(300))
def test_search_finds_exactly_what_comparing_every_plan_finds(seed: int) -> None:
    """On small grounds the unbeaten scores are those of brute force over every plan, and each plan has its score."""
    parts, lesions, radius = seed % 5, 1 + seed // 5 % 4, (1.0, 1.6, 2.6)[seed % 3]
    ground = make_ground(seed, lesions, parts, side=6, radius=radius)
    choices = make_choices(ground, seed, (5.0, 10.0, 1.0)[seed % 7 % 3])
    requirement = OPEN if seed % 2 else Requirement(ground.total_ml * 0.6, ground.total_ml * 0.5, None)
    found = search(ground, choices, requirement, lambda parts: True, 10)
    assert found.exact
    assert set(found.every_scores) == unbeaten_by_definition(ground, choices, requirement)
    assert len(set(found.every_scores)) == len(found.every_scores) == found.unbeaten
    for plan, each in zip(found.every, found.every_scores, strict=True):
        assert score(ground, plan, requirement) == each
