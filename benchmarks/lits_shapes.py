"""Solids in LPS mm for the study of LiTS's size: each fills a slab of slices from open grids of x, y and z.

A solid is asked for its box first, so that nothing is computed where it is not. Volumes are closed forms.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
Vector = tuple[float, float, float]
Box = tuple[Vector, Vector]
Piece = tuple[Vector, Vector, float, float]
"""A round tube that tapers: its two end points in mm and the radii there."""
Point = NDArray[np.float64]


def as_vector(values: Point) -> Vector:
    """Return three numbers as they are written."""
    return float(values[0]), float(values[1]), float(values[2])


class Solid(Protocol):
    """What a structure needs to be sampled."""

    @property
    def box_mm(self) -> Box:
        """Lowest and highest x, y, z."""
        ...

    def contains(self, x: Floats, y: Floats, z: Floats) -> Bools:
        """Tell which points of an open grid lie inside."""
        ...


@dataclass(frozen=True, eq=False)
class Ellipsoid:
    """Ellipsoid with semi-axes along the columns of ``turn``."""

    axes: Vector
    center: Vector
    turn: NDArray[np.float64] = field(default_factory=lambda: np.eye(3))

    @property
    def volume_mm3(self) -> float:
        """Return 4/3 pi a b c."""
        return float(4 / 3 * np.pi * np.prod(self.axes))

    @property
    def box_mm(self) -> Box:
        """Return the lowest and highest x, y, z."""
        reach = np.sqrt(((self.turn * np.array(self.axes)) ** 2).sum(axis=1))
        return as_vector(np.array(self.center) - reach), as_vector(np.array(self.center) + reach)

    def contains(self, x: Floats, y: Floats, z: Floats) -> Bools:
        """Tell which points of an open grid lie inside."""
        x, y, z = (v - np.float32(c) for v, c in zip((x, y, z), self.center, strict=True))
        rows = (self.turn / np.array(self.axes)).T.astype(np.float32)
        parts = [row[0] * x + row[1] * y + row[2] * z for row in rows]
        return np.asarray(parts[0] ** 2 + parts[1] ** 2 + parts[2] ** 2 <= 1)


@dataclass(frozen=True)
class Tubes:
    """Round tubes that taper, with balls at the ends."""

    rows: tuple[Piece, ...]

    @property
    def box_mm(self) -> Box:
        """Return the lowest and highest x, y, z."""
        ends = np.array([[*a, ra] for a, _, ra, _ in self.rows] + [[*b, rb] for _, b, _, rb in self.rows])
        low, high = (ends[:, :3] - ends[:, 3:]).min(axis=0), (ends[:, :3] + ends[:, 3:]).max(axis=0)
        return as_vector(low), as_vector(high)

    def contains(self, x: Floats, y: Floats, z: Floats) -> Bools:
        """Tell which points of an open grid lie inside."""
        out = np.zeros(np.broadcast_shapes(x.shape, y.shape, z.shape), dtype=bool)
        for start, end, wide, narrow in self.rows:
            near = _near(start, end, wide, (z, y, x))
            if near is not None:
                zs, ys, xs = near
                out[zs, ys, xs] |= _in_tube(start, end, (wide, narrow), (x[:, :, xs], y[:, ys], z[zs]))
        return out


def _near(start: Vector, end: Vector, radius: float, at: tuple[Floats, ...]) -> tuple[slice, ...] | None:
    """Return the part of an open grid (z, y, x) within a radius of a piece; None where there is nothing of it."""
    slices = []
    for axis, values in zip((2, 1, 0), at, strict=True):
        low, high = min(start[axis], end[axis]) - radius, max(start[axis], end[axis]) + radius
        found = np.flatnonzero((values.ravel() >= low) & (values.ravel() <= high))
        if not len(found):
            return None
        slices.append(slice(int(found[0]), int(found[-1]) + 1))
    return tuple(slices)


def _in_tube(start: Vector, end: Vector, radii: tuple[float, float], at: tuple[Floats, Floats, Floats]) -> Bools:
    along = np.array(end) - np.array(start)
    away = [v - np.float32(c) for v, c in zip(at, start, strict=True)]
    share = sum(d * np.float32(a) for d, a in zip(away, along / (along @ along), strict=True))
    share = np.clip(share, 0, 1)
    square = sum((d - share * np.float32(a)) ** 2 for d, a in zip(away, along, strict=True))
    return np.asarray(square <= (radii[0] + share * np.float32(radii[1] - radii[0])) ** 2)


@dataclass(frozen=True)
class Bumpy:
    """An ellipsoid with smooth bumps that change nothing of its volume, or a sector of it.

    In coordinates scaled by the semi-axes the surface is r(u)^3 = 1 + f(u), where f is a sum of spherical harmonics of
    degree 2 to 6. Its volume is the integral of r^3 / 3 over all directions, and a harmonic's integral is zero: so the
    whole has exactly the ellipsoid's volume, 4/3 pi a b c.

    Parameters
    ----------
    sector
        From which to which angle about the head-foot axis, in degrees from left to back; all of it by default.
    half
        1: the head-ward half, -1: the foot-ward half, 0: both.
    """

    axes: Vector
    center: Vector
    sector: tuple[float, float] = (0.0, 360.0)
    half: int = 0

    @property
    def volume_mm3(self) -> float:
        """Return the closed form; a sector's integral over its directions by Gauss-Legendre (to 1e-9)."""
        knots, weights = np.polynomial.legendre.leggauss(200)
        low, high = {0: (-1.0, 1.0), 1: (0.0, 1.0), -1: (-1.0, 0.0)}[self.half]
        start, end = np.radians(self.sector)
        w, angle = low + (knots + 1) / 2 * (high - low), start + (knots + 1) / 2 * (end - start)
        across = np.sqrt(1 - w**2)[:, None]
        cubes = 1 + bumps(across * np.cos(angle), across * np.sin(angle), w[:, None])
        area = float((weights[:, None] * weights * cubes).sum()) * (high - low) / 2 * (end - start) / 2
        return area / 3 * float(np.prod(self.axes))

    @property
    def box_mm(self) -> Box:
        """Return the lowest and highest x, y, z."""
        reach = 1.08 * np.array(self.axes)
        return as_vector(np.array(self.center) - reach), as_vector(np.array(self.center) + reach)

    def depth(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """Return 1 + f(u) - r^3: positive inside."""
        u, v, w = (
            (g - np.float32(c)) / np.float32(a) for g, c, a in zip((x, y, z), self.center, self.axes, strict=True)
        )
        radius = np.maximum(np.sqrt(u * u + v * v + w * w), np.float32(1e-6))
        return np.asarray(1 + bumps(u / radius, v / radius, w / radius) - radius**3, dtype=np.float32)

    def contains(self, x: Floats, y: Floats, z: Floats) -> Bools:
        """Tell which points of an open grid lie inside."""
        inside = self.depth(x, y, z) >= 0
        return inside if self.sector == (0.0, 360.0) and not self.half else inside & self.in_sector(x, y, z)

    def in_sector(self, x: Floats, y: Floats, z: Floats) -> Bools:
        """Tell which points lie in the sector's directions, each on one side of every cut."""
        u, v = ((g - np.float32(c)) / np.float32(a) for g, c, a in zip((x, y), self.center, self.axes, strict=False))
        angle = np.degrees(np.arctan2(v, u))
        turned = (angle - np.float32(self.sector[0])) % 360
        inside = turned < np.float32(self.sector[1] - self.sector[0])
        above = z >= self.center[2]
        return np.asarray(inside & (above if self.half > 0 else ~above if self.half < 0 else True))


def bumps(u: NDArray[np.floating], v: NDArray[np.floating], w: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the sum of spherical harmonics at directions (u, v, w): at most 0.14 either way."""
    pair, triple = (u + 1j * v) ** 2, (u + 1j * v) ** 3
    return np.asarray(
        0.05 * u * w + 0.03 * pair.real * w + 0.04 * triple.imag + 0.03 * (triple**2).real + 0.02 * (pair**2).imag * w
    )
