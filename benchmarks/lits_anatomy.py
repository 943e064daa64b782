"""The body of the study of LiTS's size: liver of 1.5 L, its segments, vessel trees, lesions, organs; LPS mm.

Everything is the same whatever the grid; lesions depend on their number alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from benchmarks.lits_shapes import Bumpy, Ellipsoid, Piece, Point, Solid, Tubes, Vector, as_vector

LIVER = Bumpy((92.0, 65.0, 60.0), (-45.0, -5.0, 20.0))
_CUTS = {1: (50.0, 85.0), 2: (310.0, 410.0), 3: (310.0, 410.0), 4: (250.0, 310.0), 5: (180.0, 250.0), 6: (85.0, 180.0)}
SEGMENTS = {
    1: Bumpy(LIVER.axes, LIVER.center, _CUTS[1]),
    2: Bumpy(LIVER.axes, LIVER.center, _CUTS[2], 1),
    3: Bumpy(LIVER.axes, LIVER.center, _CUTS[3], -1),
    4: Bumpy(LIVER.axes, LIVER.center, _CUTS[4]),
    5: Bumpy(LIVER.axes, LIVER.center, _CUTS[5], -1),
    6: Bumpy(LIVER.axes, LIVER.center, _CUTS[6], -1),
    7: Bumpy(LIVER.axes, LIVER.center, _CUTS[6], 1),
    8: Bumpy(LIVER.axes, LIVER.center, _CUTS[5], 1),
}
"""Sectors about the liver's axis; 2 and 3, 5 and 8, 6 and 7 lie above each other. Together they are the liver."""
REMNANT = Bumpy(LIVER.axes, LIVER.center, (250.0, 445.0))
"""What a right hepatectomy leaves: segments 1 to 4."""
HILUM: Vector = (-38.0, 8.0, 0.0)
CONFLUENCE: Vector = (-30.0, 38.0, 58.0)
GALLBLADDER = Ellipsoid((14.0, 16.0, 16.0), (-60.0, -35.0, -54.0))
ORGANS: Mapping[str, Solid] = {
    "stomach": Ellipsoid((35.0, 35.0, 50.0), (84.0, -35.0, 30.0)),
    "duodenum": Tubes(
        (
            ((20.0, -10.0, -64.0), (-15.0, 0.0, -60.0), 11.0, 11.0),
            ((-15.0, 0.0, -60.0), (-28.0, 12.0, -82.0), 11.0, 11.0),
            ((-28.0, 12.0, -82.0), (0.0, 20.0, -112.0), 11.0, 11.0),
        )
    ),
    "colon": Tubes(
        (
            ((-110.0, 10.0, -160.0), (-108.0, -20.0, -72.0), 18.0, 16.0),
            ((-108.0, -20.0, -72.0), (-20.0, -60.0, -106.0), 16.0, 15.0),
            ((-20.0, -60.0, -106.0), (105.0, -10.0, -70.0), 15.0, 15.0),
            ((105.0, -10.0, -70.0), (115.0, 10.0, -160.0), 15.0, 14.0),
        )
    ),
    "right kidney": Ellipsoid((28.0, 24.0, 50.0), (-72.0, 66.0, -75.0)),
    "heart": Ellipsoid((50.0, 42.0, 35.0), (35.0, -40.0, 116.0)),
}
IVC = Tubes(
    (
        ((-22.0, 62.0, -200.0), (-26.0, 72.0, 10.0), 11.0, 11.0),
        ((-26.0, 72.0, 10.0), (-30.0, 52.0, 66.0), 11.0, 11.0),
        ((-30.0, 52.0, 66.0), (-10.0, 10.0, 100.0), 11.0, 13.0),
    )
)


def _grow(rng: np.random.Generator, start: Point, way: Point, length: float, radius: float) -> list[Piece]:
    """Return the pieces of a tree that forks until it is 1 mm thin, bent back where it would leave the liver."""
    if radius < 1.0:
        return []
    direction = way / np.linalg.norm(way)
    end, middle = start + length * direction, np.array(LIVER.center)
    out = float(np.linalg.norm((end - middle) / LIVER.axes)) / 0.84
    end = middle + (end - middle) / max(out, 1.0)
    rows = [(as_vector(start), as_vector(end), radius, radius * 0.8)]
    for _ in range(2):
        fork = direction + rng.normal(0, 0.55, 3)
        rows += _grow(rng, end, fork, length * rng.uniform(0.65, 0.9), radius * rng.uniform(0.62, 0.78))
    return rows


def _tree(seed: int, start: Vector, way: Vector, length: float, radius: float) -> Tubes:
    return Tubes(tuple(_grow(np.random.default_rng(seed), np.array(start), np.array(way), length, radius)))


VESSELS: Mapping[str, Tubes] = {
    "portal vein main": Tubes((
        ((-8.0, 28.0, -66.0), (-26.0, 18.0, -28.0), 6.5, 6.5), ((-26.0, 18.0, -28.0), HILUM, 6.5, 6.0),
    )),
    "portal vein left": _tree(1, HILUM, (1.0, -0.5, 0.2), 42.0, 4.8),
    "portal vein right": _tree(2, HILUM, (-1.0, 0.0, 0.1), 38.0, 5.2),
    "hepatic vein right": _tree(3, CONFLUENCE, (-1.0, -0.1, -0.55), 46.0, 4.6),
    "hepatic vein middle": _tree(4, CONFLUENCE, (-0.25, -1.0, -0.5), 42.0, 4.2),
    "hepatic vein left": _tree(5, CONFLUENCE, (0.7, -0.75, -0.35), 40.0, 4.0),
    "ivc": IVC,
}  # fmt: skip


def place_lesions(count: int) -> tuple[Ellipsoid, ...]:
    """Return ellipsoids of 7 to 34 mm inside the liver, none nearer than 2 mm to another, the largest first."""
    rng = np.random.default_rng(count)
    sizes = 4.0 + 11.0 * (1 - np.arange(count) / count) ** 4
    found: list[Ellipsoid] = []
    for size in sizes:
        long, flat = rng.uniform(1.0, 1.12), rng.uniform(0.9, 1.0)
        axes = (size * long, size * flat, size / long / flat)
        turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        found.append(Ellipsoid(axes, _free_place(rng, max(axes), found), turn))
    return tuple(found)


def _free_place(rng: np.random.Generator, reach: float, others: list[Ellipsoid]) -> Vector:
    centers = np.array([each.center for each in others]).reshape(-1, 3)
    apart = np.array([max(each.axes) for each in others]) + reach + 2.0
    for _ in range(100_000):
        place = np.array(LIVER.center) + rng.uniform(-1, 1, 3) * LIVER.axes
        free = not len(centers) or bool((np.linalg.norm(centers - place, axis=1) > apart).all())
        if free and _lies_inside(place, reach + 1.5):
            return as_vector(place)
    raise ValueError(f"{len(others) + 1} lesions do not fit into the liver")


def _lies_inside(place: Point, reach: float) -> bool:
    """Tell whether a ball lies in the liver, by points all over it."""
    angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    levels = np.array([-1.0, -0.8, -0.4, 0.0, 0.4, 0.8, 1.0])[:, None]
    across = np.sqrt(1 - levels**2)
    ball = np.stack([across * np.cos(angles), across * np.sin(angles), levels + 0 * angles]).reshape(3, -1) * reach
    x, y, z = (ball + place[:, None]).astype(np.float32)
    return bool((LIVER.depth(x, y, z) > 0).all())
