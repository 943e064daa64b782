"""Solids with an exact membership test and a closed-form volume, in LPS millimetres."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import acos, cos, pi, radians, sin, sqrt
from typing import Protocol

import numpy as np

from synthesis.grid import Floats, Mask, Vector

IDENTITY: tuple[Vector, Vector, Vector] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


class Solid(Protocol):
    """What a structure has to answer."""

    def contains(self, x: Floats, y: Floats, z: Floats) -> Mask:
        """Tell which points (LPS mm) lie inside."""
        ...

    @property
    def volume_ml(self) -> float:
        """Volume in mL, from its closed form."""
        ...


def turn(about_z_deg: float = 0.0, about_x_deg: float = 0.0) -> tuple[Vector, Vector, Vector]:
    """Return the axes of a frame turned about x, then about z; one axis a row."""
    cz, sz = cos(radians(about_z_deg)), sin(radians(about_z_deg))
    cx, sx = cos(radians(about_x_deg)), sin(radians(about_x_deg))
    return ((cz, sz, 0.0), (-sz * cx, cz * cx, sx), (sz * sx, -cz * sx, cx))


@dataclass(frozen=True)
class Ellipsoid:
    """An ellipsoid; ``axes`` are the unit directions of its semi-axes, one a row."""

    centre: Vector
    semi_axes: Vector
    axes: tuple[Vector, Vector, Vector] = IDENTITY

    def contains(self, x: Floats, y: Floats, z: Floats) -> Mask:
        """Tell which points (LPS mm) lie inside."""
        dx, dy, dz = x - self.centre[0], y - self.centre[1], z - self.centre[2]
        total: Floats = np.zeros(())
        for (ex, ey, ez), semi in zip(self.axes, self.semi_axes, strict=True):
            along = (dx * ex + dy * ey + dz * ez) / semi
            total = total + along * along
        return np.asarray(total <= 1.0)

    @property
    def volume_ml(self) -> float:
        """4/3 pi a b c, in mL."""
        a, b, c = self.semi_axes
        return 4.0 / 3.0 * pi * a * b * c / 1000.0

    @property
    def max_3d_diameter_mm(self) -> float:
        """Twice the longest semi-axis."""
        return 2.0 * max(self.semi_axes)

    def section_diameters_mm(self, normal: Vector = (0.0, 0.0, 1.0)) -> tuple[float, float]:
        """Return the longest and shortest diameter of the widest section across ``normal`` (a unit vector).

        The widest of parallel sections is the central one: an ellipse whose semi-axes are 1/sqrt of the eigenvalues
        of the ellipsoid's quadratic form restricted to the plane. Its short axis is also its longest chord
        perpendicular to the long one.
        """
        rows = np.array(self.axes) / np.array(self.semi_axes)[:, None]
        form = rows.T @ rows
        plane = np.linalg.svd(np.array([normal]))[2][1:]
        values = np.linalg.eigvalsh(plane @ form @ plane.T)
        return 2.0 / sqrt(float(values[0])), 2.0 / sqrt(float(values[1]))

    def surface_points(self, count: int = 4000) -> Floats:
        """Return points spread over the surface (golden spiral), LPS mm, shape (count, 3)."""
        index = np.arange(count) + 0.5
        height, turned = 1.0 - 2.0 * index / count, index * pi * (1.0 + sqrt(5.0))
        ring = np.sqrt(1.0 - height * height)
        unit = np.stack([ring * np.cos(turned), ring * np.sin(turned), height], axis=1)
        return np.asarray((unit * np.array(self.semi_axes)) @ np.array(self.axes) + np.array(self.centre))


def sphere(centre: Vector, diameter_mm: float) -> Ellipsoid:
    """Return a sphere."""
    radius = diameter_mm / 2.0
    return Ellipsoid(centre, (radius, radius, radius))


@dataclass(frozen=True)
class Tube:
    """All points within ``radius`` of a straight line from ``start`` to ``end``: a cylinder with round ends."""

    start: Vector
    end: Vector
    radius: float

    def contains(self, x: Floats, y: Floats, z: Floats) -> Mask:
        """Tell which points (LPS mm) lie inside."""
        ax, ay, az = (b - a for a, b in zip(self.start, self.end, strict=True))
        dx, dy, dz = x - self.start[0], y - self.start[1], z - self.start[2]
        along = np.clip((dx * ax + dy * ay + dz * az) / (ax * ax + ay * ay + az * az), 0.0, 1.0)
        square = (dx - along * ax) ** 2 + (dy - along * ay) ** 2 + (dz - along * az) ** 2
        return np.asarray(square <= self.radius * self.radius)

    @property
    def length_mm(self) -> float:
        """Length of the axis."""
        return sqrt(sum((b - a) ** 2 for a, b in zip(self.start, self.end, strict=True)))

    @property
    def volume_ml(self) -> float:
        """Cylinder and one sphere, in mL."""
        return (pi * self.radius**2 * self.length_mm + 4.0 / 3.0 * pi * self.radius**3) / 1000.0


@dataclass(frozen=True)
class Branching:
    """Tubes that leave one ball: the ball holds all of their overlap, so the union has a closed-form volume.

    The part of a tube outside the ball, of radius R, is its cylinder less the half ball-and-cylinder intersection,
    ``pi r^2 L - 2/3 pi (R^3 - (R^2 - r^2)^(3/2))``, and its round end, ``2/3 pi r^3``.
    """

    hub: Vector
    hub_radius: float
    branches: tuple[Tube, ...]

    def __post_init__(self) -> None:
        for one, two in combinations(self.branches, 2):
            if one.start != self.hub or two.start != self.hub:
                raise ValueError("a branch does not start at the hub")
            if _meeting_distance_mm(one, two) > self.hub_radius:
                raise ValueError("branches overlap outside the hub: the volume would not be a closed form")

    def contains(self, x: Floats, y: Floats, z: Floats) -> Mask:
        """Tell which points (LPS mm) lie inside."""
        found = sphere(self.hub, 2.0 * self.hub_radius).contains(x, y, z)
        for branch in self.branches:
            found = found | branch.contains(x, y, z)
        return found

    @property
    def volume_ml(self) -> float:
        """Ball and the tubes outside of it, in mL."""
        total, big = 4.0 / 3.0 * pi * self.hub_radius**3, self.hub_radius
        for tube in self.branches:
            inside = 2.0 / 3.0 * pi * (big**3 - (big**2 - tube.radius**2) ** 1.5)
            total += pi * tube.radius**2 * tube.length_mm - inside + 2.0 / 3.0 * pi * tube.radius**3
        return total / 1000.0


def _meeting_distance_mm(one: Tube, two: Tube) -> float:
    """Distance from the common start of two tubes to the farthest point that both hold."""
    dot = sum((b - a) * (d - c) for a, b, c, d in zip(one.start, one.end, two.start, two.end, strict=True))
    angle = acos(dot / (one.length_mm * two.length_mm))
    square = one.radius**2 + two.radius**2 + 2.0 * one.radius * two.radius * cos(angle)
    return sqrt(square) / sin(angle)


@dataclass(frozen=True)
class Apart:
    """Solids that do not touch each other, as one structure: volumes add up."""

    parts: tuple[Tube, ...]

    def contains(self, x: Floats, y: Floats, z: Floats) -> Mask:
        """Tell which points (LPS mm) lie inside."""
        found = self.parts[0].contains(x, y, z)
        for part in self.parts[1:]:
            found = found | part.contains(x, y, z)
        return found

    @property
    def volume_ml(self) -> float:
        """Sum of the parts, in mL."""
        return sum(part.volume_ml for part in self.parts)
