from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.ground import Ground
from pipeline.plan import Choices, Requirement, Score
from pipeline.planning import search as search_module
from pipeline.planning import specimens
from pipeline.planning.front import beats
from pipeline.planning.search import search
from pipeline.planning.space import score
from tests.planning.grounds import every_plan, make_choices, make_ground

OPEN = Requirement(None, None, None)


def unbeaten_by_definition(ground: Ground, choices: Choices, requirement: Requirement) -> set[Score]:
    treating = [plan for plan in every_plan(ground, choices) if set(plan.untreated) != set(ground.lesions)]
    scores = {each for plan in treating if (each := score(ground, plan, requirement)).remnant_ml > 0}
    return {one for one in scores if not any(beats(other, one) for other in scores)}


def test_a_plan_that_leaves_no_liver_tissue_is_no_option() -> None:
    """A lesion that is the whole liver: whatever takes it takes everything."""
    ground = make_ground(0, 1, 0, side=5, radius=20.0)
    assert set(ground.atoms.lesion.tolist()) == {0}
    found = search(ground, make_choices(ground, 0, 5.0), OPEN, lambda parts: True, 10)
    assert not found.plans


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


@pytest.mark.parametrize("seed", range(8))
def test_the_order_of_lesions_and_parts_does_not_matter(seed: int) -> None:
    """Turned round, lesions and parts give the same scores, to the last digit."""
    ground = make_ground(seed, 4, 4, radius=2.0)
    choices = make_choices(ground, seed)
    atoms, last = ground.atoms, len(ground.parts) - 1
    turned = replace(
        ground,
        parts=ground.parts[::-1],
        lesions=ground.lesions[::-1],
        atoms=replace(
            atoms,
            part=(last - atoms.part).astype(np.int8),
            lesion=np.where(atoms.lesion < 0, -1, 3 - atoms.lesion).astype(np.int16),
            level=atoms.level[:, ::-1],
        ),
        clearance_mm=ground.clearance_mm[::-1, ::-1][:, :, [*range(last, -1, -1), last + 1]],
        touching=ground.touching[::-1, ::-1],
    )
    found = [search(each, choices, OPEN, lambda parts: True, 10) for each in (ground, turned)]
    assert set(found[0].every_scores) == set(found[1].every_scores)
    assert search(ground, choices, OPEN, lambda parts: True, 10) == found[0]


@pytest.mark.parametrize("seed", range(60))
def test_a_search_that_is_not_exact_keeps_within_its_bound(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No plan of the space beats all that are found by more remnant than the bound says."""
    ground = make_ground(seed, 5, 1 + seed % 3, side=7, radius=2.0)
    choices = replace(make_choices(ground, seed, (5.0, 1.0)[seed % 2]), wedge=frozenset(ground.lesions))
    exact = search(ground, choices, OPEN, lambda parts: True, 10)
    monkeypatch.setattr(search_module, "MOST_OPEN", 0)
    found = search(ground, choices, OPEN, lambda parts: True, 10)
    assert (not found.exact) == bool(found.bound)
    for plan, each in zip(found.every, found.every_scores, strict=True):
        assert score(ground, plan, OPEN) == each
    for one in exact.every_scores:
        assert any(
            other.untreated <= one.untreated
            and other.resected >= one.resected
            and other.procedures <= one.procedures
            and other.margin_mm >= one.margin_mm
            and other.segments <= one.segments
            and other.remnant_ml >= one.remnant_ml - found.bound_ml - 1e-6
            for other in found.every_scores
        )


def test_more_groups_than_bits_are_counted_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's whole numbers count specimens as machine numbers do."""
    for seed in range(10):
        ground = make_ground(seed, 5, 2, side=7)
        choices = make_choices(ground, seed)
        found = search(ground, choices, OPEN, lambda parts: True, 10)
        with monkeypatch.context() as patch:
            patch.setattr(specimens, "WORDS", ())
            assert search(ground, choices, OPEN, lambda parts: True, 10) == found


def test_parts_that_are_not_allowed_are_removed_by_no_plan() -> None:
    """Each set of parts is asked for once, and none that was refused is in a plan."""
    ground = make_ground(3, 3, 4)
    asked: list[tuple[str, ...]] = []

    def is_allowed(parts: tuple[str, ...]) -> bool:
        asked.append(parts)
        return "2" not in parts

    found = search(ground, make_choices(ground, 3), OPEN, is_allowed, 10)
    assert len(asked) == len(set(asked)) == 15
    assert found.every
    assert not any("2" in plan.parts for plan in found.every)


@pytest.mark.parametrize("seed", range(10))
def test_without_a_margin_of_ablation_nothing_is_ablated(seed: int) -> None:
    """Where no lesion may be ablated its margin is not asked for: the search equals brute force all the same."""
    ground = make_ground(seed, 3, 3, side=6, radius=2.0)
    choices = replace(make_choices(ground, seed, 0.0), ablate=frozenset())
    found = search(ground, choices, OPEN, lambda parts: True, 10)
    assert set(found.every_scores) == unbeaten_by_definition(ground, choices, OPEN)
    assert not any(plan.ablated for plan in found.every)


def test_a_liver_without_lesions_has_no_plans() -> None:
    """Nothing to treat, nothing found."""
    found = search(make_ground(0, 0, 3), make_choices(make_ground(0, 1, 3), 0), OPEN, lambda parts: True, 10)
    assert (found.plans, found.unbeaten, found.exact) == ((), 0, True)
