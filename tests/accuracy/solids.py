"""Solids of a stated size, turned anyhow, with every answer by formula.

The size of a solid is its equivalent diameter in mm: that of the ball of the same volume. Each solid is written in its
own frame, about its own centre, and placed by a rotation and a point (LPS mm).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import minimize_scalar

from tests.phantoms import Array, Box, Cylinder, Ellipsoid, Shape, Shell, sphere, touching_spheres

ELLIPSOID = np.array([1.5, 1.0, 0.8])
BOX = np.array([1.4, 1.0, 0.8])
HOLLOW = 0.5
"""Inner by outer radius of the shell."""
C_INNER, C_HEIGHT, C_OPEN = 0.4, 1.2, 80.0
"""Inner radius and height of the C-shape by its outer radius, and its opening in degrees."""


@dataclass(frozen=True)
class Solid:
    """A solid in its place.

    Parameters
    ----------
    local
        The shape about the origin, unturned.
    extent_of
        Extent of the unturned shape along a unit vector, mm.
    widest_of
        Longest and short diameter of the unturned shape in planes with a unit normal, mm; nan where no formula says it.
    wall_mm
        Its thinnest wall.
    """

    name: str
    local: Shape
    max_3d_mm: float
    extent_of: Callable[[Array], float]
    widest_of: Callable[[Array], tuple[float, float]]
    wall_mm: float
    rotation: Array = field(default_factory=lambda: np.eye(3))
    center_mm: Array = field(default_factory=lambda: np.zeros(3))

    @property
    def volume_mm3(self) -> float:
        return self.local.volume_mm3

    @property
    def bounds_mm(self) -> tuple[Array, float]:
        return self.center_mm + self.rotation @ self.local.bounds_mm[0], self.local.bounds_mm[1]

    def contains(self, points: Array) -> np.ndarray:
        return self.local.contains((points - self.center_mm) @ self.rotation)

    def extent_mm(self, direction: Array) -> float:
        return self.extent_of(self.rotation.T @ direction)

    def plane_diameters_mm(self, normal: Array) -> tuple[float, float]:
        return self.widest_of(self.rotation.T @ normal)


def place(solid: Solid, rotation: Array, center_mm: Array) -> Solid:
    """Return a solid turned about its centre and moved to a point."""
    parts = (solid.name, solid.local, solid.max_3d_mm, solid.extent_of, solid.widest_of, solid.wall_mm)
    return Solid(*parts, rotation, center_mm)


def make_solids(size_mm: float) -> dict[str, Solid]:
    """Return one solid of each kind with this equivalent diameter."""
    makers = (_ball, _ellipsoid, _box, _shell, _c_shape, _pair)
    return {solid.name: solid for solid in (make(size_mm / 2) for make in makers)}


def _ball(radius: float) -> Solid:
    size = 2 * radius
    return Solid("sphere", sphere(radius), size, lambda _: size, lambda _: (size, size), size)


def _ellipsoid(radius: float) -> Solid:
    axes = ELLIPSOID * radius / np.cbrt(ELLIPSOID.prod())
    shape = Ellipsoid((axes[0], axes[1], axes[2]))
    return Solid(
        "ellipsoid",
        shape,
        shape.max_3d_mm,
        lambda n: 2 * float(np.linalg.norm(axes * n)),
        shape.plane_diameters_mm,
        2 * float(axes.min()),
    )


def _box(radius: float) -> Solid:
    sides = BOX * radius * np.cbrt(4 / 3 * np.pi / BOX.prod())
    shape = Box((sides[0], sides[1], sides[2]))
    return Solid(
        "box",
        shape,
        shape.max_3d_mm,
        lambda n: float(sides @ np.abs(n)),
        lambda n: shape.axial_diameters_mm if _is_upright(n) else (_longest_in_box(sides, n), np.nan),
        float(sides.min()),
    )


def _is_upright(normal: Array) -> bool:
    """Tell whether a normal runs along the head-foot axis of the unturned shape."""
    return abs(float(normal[2])) > 1 - 1e-9


def _longest_in_box(sides: Array, normal: Array) -> float:
    """Return the longest chord of a cuboid at right angles to a normal: min(side / |component|) in each direction."""
    first, second = np.linalg.svd(normal.reshape(1, 3))[2][1:]

    def chord(angle: float) -> float:
        direction = np.abs(np.cos(angle) * first + np.sin(angle) * second)
        return float((sides / np.maximum(direction, 1e-12)).min())

    angles = np.linspace(0, np.pi, 361)
    best = angles[int(np.argmax([chord(angle) for angle in angles]))]
    step = angles[1]
    found = minimize_scalar(lambda a: -chord(a), bounds=(best - step, best + step), method="bounded")
    return max(-float(found.fun), chord(best))


def _shell(radius: float) -> Solid:
    outer = radius / np.cbrt(1 - HOLLOW**3)
    size = 2 * outer
    shape = Shell(outer, HOLLOW * outer)
    return Solid("shell", shape, size, lambda _: size, lambda _: (size, size), (1 - HOLLOW) * outer)


def _c_shape(radius: float) -> Solid:
    share = np.pi * (1 - C_INNER**2) * (1 - C_OPEN / 360) * C_HEIGHT
    outer = radius * np.cbrt(4 / 3 * np.pi / share)
    shape = Cylinder(outer, C_HEIGHT * outer, C_INNER * outer, C_OPEN)

    def widest(normal: Array) -> tuple[float, float]:
        return (2 * outer, 2 * outer) if _is_upright(normal) else (np.nan, np.nan)

    def extent(n: Array) -> float:
        along = _reach_of_c(outer, n) + _reach_of_c(outer, -n)
        return float(along + C_HEIGHT * outer * abs(n[2]))

    return Solid("c-shape", shape, shape.max_3d_mm, extent, widest, (1 - C_INNER) * outer)


def _reach_of_c(outer: float, direction: Array) -> float:
    """Return how far the flat C reaches along a direction: to its outer arc, or to a corner of its opening."""
    level = float(np.hypot(direction[0], direction[1]))
    off = np.degrees(np.arctan2(direction[1], direction[0]))
    beside = max(C_OPEN / 2 - abs(off), 0.0)
    lean = np.cos(np.radians(beside))
    return level * outer * max(float(lean), C_INNER * float(lean))


def _pair(radius: float) -> Solid:
    each = radius / np.cbrt(2)

    def widest(normal: Array) -> tuple[float, float]:
        across = 4 * each * float(np.hypot(normal[1], normal[2]))
        return (across, 2 * each) if abs(normal[0]) < 1e-9 else (max(across, 2 * each), np.nan)

    return Solid("pair", touching_spheres(each), 4 * each, lambda n: 2 * each * (1 + abs(n[0])), widest, 2 * each)


def random_rotation(rng: np.random.Generator) -> Array:
    """Return a rotation drawn evenly from all."""
    matrix, upper = np.linalg.qr(rng.normal(size=(3, 3)))
    matrix = matrix * np.sign(np.diag(upper))
    return np.asarray(matrix if np.linalg.det(matrix) > 0 else -matrix)


def turn_about_head(rng: np.random.Generator) -> Array:
    """Return a random turn about the head-foot axis."""
    angle = rng.uniform(0, 2 * np.pi)
    turn = np.eye(3)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return turn
