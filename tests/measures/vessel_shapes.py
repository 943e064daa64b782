"""Vessels with closed-form width, and lesions with a closed-form contact, for the tests of vessels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.phantoms import ORIGIN, Array


@dataclass(frozen=True)
class Tube:
    """Round tube along a direction; its diameter falls evenly from ``diameter_mm`` to ``end_mm`` when that is given."""

    diameter_mm: float
    length_mm: float
    direction: tuple[float, float, float] = (0.0, 0.0, 1.0)
    end_mm: float | None = None
    center_mm: tuple[float, float, float] = ORIGIN

    @property
    def volume_mm3(self) -> float:
        raise NotImplementedError

    @property
    def bounds_mm(self) -> tuple[Array, float]:
        widest = max(self.diameter_mm, self.end_mm or 0.0)
        return np.array(self.center_mm), float(np.hypot(widest / 2, self.length_mm / 2))

    def along(self, points: Array) -> Array:
        """Return how far along the axis points lie, from -half the length on."""
        return np.asarray((points - np.array(self.center_mm)) @ unit(self.direction))

    def contains(self, points: Array) -> NDArray[np.bool_]:
        along = self.along(points)
        across = np.linalg.norm(points - np.array(self.center_mm) - along[:, None] * unit(self.direction), axis=1)
        end = self.diameter_mm if self.end_mm is None else self.end_mm
        share = np.clip(along / self.length_mm + 0.5, 0, 1)
        radius = (self.diameter_mm * (1 - share) + end * share) / 2
        return np.asarray((np.abs(along) <= self.length_mm / 2) & (across <= radius))


@dataclass(frozen=True)
class Sector:
    """Part of a ring around the head-foot axis, over so many degrees from ``start_degrees`` on: a lesion's contact."""

    inner_mm: float
    outer_mm: float
    degrees: float
    start_degrees: float = 0.0
    height_mm: float = 12.0
    center_mm: tuple[float, float, float] = ORIGIN

    @property
    def volume_mm3(self) -> float:
        raise NotImplementedError

    @property
    def bounds_mm(self) -> tuple[Array, float]:
        return np.array(self.center_mm), float(np.hypot(self.outer_mm, self.height_mm / 2))

    def contains(self, points: Array) -> NDArray[np.bool_]:
        x, y, z = (points - np.array(self.center_mm)).T
        radius, angle = np.hypot(x, y), (np.degrees(np.arctan2(y, x)) - self.start_degrees) % 360
        held = (radius > self.inner_mm) & (radius <= self.outer_mm) & (angle < self.degrees)
        return np.asarray(held & (np.abs(z) <= self.height_mm / 2))


def unit(direction: Sequence[float]) -> Array:
    """Return a direction with length 1."""
    return np.asarray(direction, dtype=float) / np.linalg.norm(direction)
