"""Small random livers cut into atoms, straight from their definition; and every plan of one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations, product

import numpy as np
from scipy.ndimage import distance_transform_edt

from pipeline.ground import BEYOND, Atoms, Ground, Part
from pipeline.plan import Choices, Plan
from pipeline.planning.space import clears

MARGINS_MM = (1.0, 5.0, 10.0)


def make_ground(
    seed: int, lesions: int = 3, parts: int = 3, side: int = 9, spacing_mm: float = 4.0, radius: float = 1.5
) -> Ground:
    """Return a random ground: parts by the nearest of random points, lesions as balls of random size."""
    random = np.random.default_rng(seed)
    grid = np.stack(np.meshgrid(*[np.arange(side)] * 3, indexing="ij"), axis=-1).reshape(-1, 3).astype(float)
    places = random.uniform(0, side, (max(parts, 1), 3))
    part = np.linalg.norm(grid[:, None] - places[None], axis=2).argmin(axis=1)
    part[: max(parts, 1)] = np.arange(max(parts, 1))
    if not parts:
        part = np.full(len(grid), -1)
    label, level = np.full(len(grid), -1), np.full((len(grid), lesions), BEYOND)
    for number in range(lesions):
        ball = np.linalg.norm(grid - random.uniform(0, side, 3), axis=1) <= random.uniform(0.9, radius)
        if not (ball & (label < 0)).any():
            ball[random.choice(np.flatnonzero(label < 0))] = True
        label[ball & (label < 0)] = number
        away = distance_transform_edt(~ball.reshape((side,) * 3), sampling=spacing_mm).ravel() - spacing_mm / 2
        away[ball] = 0
        for margin in reversed(range(len(MARGINS_MM))):
            level[away <= MARGINS_MM[margin] + 1e-9, number] = margin
        level[ball, number] = 0
    return cut(grid, part, label, level, parts, spacing_mm)


def cut(
    grid: np.ndarray, part: np.ndarray, label: np.ndarray, level: np.ndarray, parts: int, spacing_mm: float
) -> Ground:
    """Return voxels as atoms, with distances of lesions to parts from centre to centre less one voxel."""
    lesions = level.shape[1]
    rows, counts = np.unique(np.column_stack([part, label, level]), axis=0, return_counts=True)
    none = np.full(len(rows), -1, dtype=np.int32)
    atoms = Atoms(
        part=rows[:, 0].astype(np.int8),
        lesion=rows[:, 1].astype(np.int16),
        level=rows[:, 2:].astype(np.int8),
        voxels=counts,
        volume_ml=counts * 0.0417,
        inflow=none,
        outflow=none,
    )
    clearance = np.full((lesions, parts, parts + 1), np.inf)
    touching = np.zeros((parts, parts), dtype=np.bool_)
    for one, other in combinations(range(parts), 2):
        apart = np.abs(grid[part == one][:, None] - grid[part == other][None]).sum(axis=2)
        touching[one, other] = touching[other, one] = bool((apart == 1).any())
    for lesion, kept in product(range(lesions), range(parts)):
        seen = grid[label == lesion]
        for against in range(parts):
            if touching[kept, against]:
                near = np.abs(grid[part == kept][:, None] - grid[part == against][None]).sum(axis=2).min(axis=1) == 1
                away = np.linalg.norm(seen[:, None] - grid[part == kept][near][None], axis=2).min()
                clearance[lesion, kept, against] = max((away - 1) * spacing_mm, 0.0)
    return Ground(
        tuple(Part(str(number + 1), (str(number + 1),)) for number in range(parts)),
        tuple(f"L{number + 1}" for number in range(lesions)),
        MARGINS_MM,
        atoms,
        clearance,
        touching,
        np.full(lesions, np.nan),
        20.0,
    )


def make_choices(ground: Ground, seed: int, ablation_mm: float = 5.0) -> Choices:
    """Return random choices: most lesions may be wedges and ablated, some neither."""
    random = np.random.default_rng(seed)
    wedge, ablate, irradiate = (
        frozenset(np.array(ground.lesions)[random.random(len(ground.lesions)) < share].tolist())
        for share in (0.7, 0.7, 0.5)
    )
    return Choices((1.0, 10.0), ablation_mm, wedge, ablate, irradiate)


def every_plan(ground: Ground, choices: Choices) -> Iterator[Plan]:
    """Yield every plan of the space, by its definition alone."""
    names = [part.name for part in ground.parts]
    sets = chain.from_iterable(combinations(names, size) for size in range(max(len(names), 1)))
    for parts, margin_mm in product(sets, choices.wedge_margins_mm):
        clearing = clears(ground, parts, margin_mm)
        left = [name for name, away in zip(ground.lesions, clearing.cleared, strict=True) if not away]
        must = {name for name, cut in zip(ground.lesions, clearing.cut, strict=True) if cut}
        for wedges in chain.from_iterable(combinations(left, size) for size in range(len(left) + 1)):
            if extends_rightly(ground, choices, set(wedges), must, left, margin_mm):
                yield from _complete(choices, parts, left, wedges, margin_mm)


def extends_rightly(
    ground: Ground, choices: Choices, wedges: set[str], must: set[str], left: list[str], margin_mm: float
) -> bool:
    """Return whether wedges are those that must be or may be, and those of which another wedge takes a voxel."""
    grown = must | (wedges & choices.wedge)
    while True:
        more = grown | {name for name in left if any(takes_of(ground, each, name, margin_mm) for each in grown)}
        if more == grown:
            return grown == wedges
        grown = more


def takes_of(ground: Ground, wedge: str, other: str, margin_mm: float) -> bool:
    one, two = ground.lesions.index(wedge), ground.lesions.index(other)
    within = ground.atoms.level[:, one] <= ground.margins_mm.index(margin_mm)
    return one != two and bool((within & (ground.atoms.lesion == two)).any())


def _complete(
    choices: Choices, parts: tuple[str, ...], left: list[str], wedges: tuple[str, ...], margin_mm: float
) -> Iterator[Plan]:
    others = [name for name in left if name not in wedges]
    ablated = tuple(name for name in others if name in choices.ablate)
    if any(name in choices.wedge and name not in choices.ablate for name in others):
        return
    irradiated = tuple(name for name in others if name not in ablated and name in choices.irradiate)
    untreated = tuple(name for name in others if name not in (*ablated, *irradiated))
    yield Plan(
        parts,
        wedges,
        margin_mm if wedges else 0.0,
        ablated,
        choices.ablation_mm if ablated else 0.0,
        irradiated,
        untreated,
    )
