"""Losses of supply on random trees, against a plain walk from branch to branch."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.ground import BEYOND, NO_BRANCH, Atoms, Branch, Ground, Part, Tree
from pipeline.measures.plans.perfusion import find_perfusion, prepare_perfusion
from pipeline.plan import Plan


def test_losses_are_those_of_a_plain_search() -> None:
    """On random trees and plans: taken, cut off, apart and touched as the definitions say."""
    rng = np.random.default_rng(11)
    told = 0
    for _ in range(150):
        ground = make_ground(rng)
        parts = tuple(part.name for part in ground.parts if rng.random() < 0.3)
        wedges = tuple(name for name in ground.lesions if rng.random() < 0.4)
        plan = Plan(parts, wedges, 5.0 if wedges else 0.0)
        found = find_perfusion(prepare_perfusion(ground), plan).without_inflow
        low, value, high, is_told = search(ground, plan)
        assert (found.value is not None) == is_told, found
        if is_told:
            told += 1
            assert [found.low, found.value, found.high] == pytest.approx([low, value, high])
    assert told > 30


def make_ground(rng: np.random.Generator) -> Ground:
    """Return atoms and a tree without a liver round them."""
    count, many = 14, 60
    branches = tuple(
        Branch(int(rng.integers(-1, 3)), rng.choice([0, 1, BEYOND], 2, p=[0.1, 0.1, 0.8]).astype(np.int8), 5,
               ("portal_vein",), bool(rng.random() < 0.1), bool(rng.random() < 0.8))
        for _ in range(count)
    )  # fmt: skip
    pairs = [(int(rng.integers(0, n)), n) for n in range(1, count) if rng.random() < 0.97]
    tree = Tree("inflow", branches, np.array(pairs).reshape(-1, 2), (0, 1), ("portal_vein",))
    atoms = Atoms(
        rng.integers(0, 3, many).astype(np.int8), rng.choice([-1, 0], many, p=[0.9, 0.1]).astype(np.int16),
        rng.choice([0, 1, BEYOND], (many, 2), p=[0.1, 0.1, 0.8]).astype(np.int8), np.ones(many, dtype=np.int64),
        rng.random(many), rng.integers(0, count, many).astype(np.int32), np.full(many, NO_BRANCH, dtype=np.int32),
    )  # fmt: skip
    parts = tuple(Part(name, (name,)) for name in ("5", "6", "7"))
    nothing = np.zeros((2, 3, 4))
    return Ground(parts, ("L1", "L2"), (5.0, 9.0), atoms, nothing, np.eye(3) > 0, np.zeros(2), 9.0, {"inflow": tree})


def search(ground: Ground, plan: Plan) -> tuple[float, float, float, bool]:
    """Return low, value and high in mL, and whether they are told, by walking from branch to branch."""
    tree, near = ground.trees["inflow"], [ground.lesions.index(name) for name in plan.wedges]
    numbers = [n for n, part in enumerate(ground.parts) if part.name in plan.parts]
    parts = {n for n, b in enumerate(tree.branches) if b.inside and b.part in numbers}
    wedges = {n for n, b in enumerate(tree.branches) if b.inside and any(b.level[i] <= 0 for i in near)}
    touched = {n for n, b in enumerate(tree.branches) if b.touched}

    def walk(closed: set[int]) -> set[int]:
        todo = reached = set(tree.roots) - closed
        while todo:
            todo = {b for a, b in [*tree.joined.tolist(), *tree.joined[:, ::-1].tolist()] if a in todo}
            todo = todo - closed - reached
            reached = reached | todo
        return reached

    taken, every = parts | wedges, set(range(len(tree.branches)))
    apart = every - walk(set())
    lost = taken | (every - walk(taken) - apart)
    surely = taken | (every - walk(wedges) - apart)
    atoms = ground.atoms
    stays = [
        atoms.lesion[n] < 0 and atoms.part[n] not in numbers and not any(atoms.level[n, i] <= 0 for i in near)
        for n in range(len(atoms.part))
    ]

    def add(where: set[int]) -> float:
        return float(sum(v for v, b, s in zip(atoms.volume_ml, atoms.inflow, stays, strict=True) if s and b in where))

    remnant, cut = add(every), set(tree.roots) & wedges
    told = remnant > 0 and (not cut or cut == set(tree.roots)) and add(apart - taken) <= 0.05 * remnant
    stem = {n for n, b in enumerate(tree.branches) if not b.inside}
    told = told and add(stem & walk(taken)) <= 0.5 * remnant
    told = told and add(lost) - add(surely) <= 0.5 * remnant
    return add(surely), add(lost), add(every - walk(taken | touched)), told
