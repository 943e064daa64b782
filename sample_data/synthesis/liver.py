"""A liver of eight joined eighths of ellipsoids, cut into Couinaud segments whose volumes are closed forms.

The liver's own frame has its origin on the line in which all vertical cuts meet; p runs to the patient's left, q to
the back, r to the head, in mm. Left and right, front and back, head and foot have semi-axes of their own, so each
eighth of the space holds an eighth of another ellipsoid; neighbours share a face and its tangent planes. Two shears
lay the frame into the patient (left lobe further to the front and the head); shears keep volumes.

Scaling each eighth to the unit ball turns a wedge between two half-planes through the axis into a wedge of the ball,
whose volume is its angle / 2 pi. So a wedge of the liver has, within each quarter, the share angle / 90 degrees of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import numpy as np

from synthesis.grid import Floats, Mask, Vector

SECTORS = {
    "left_medial": (0.0, 50.0),
    "left_lateral": (50.0, 180.0),
    "right_posterior": (180.0, 275.0),
    "right_anterior": (275.0, 360.0),
}
"""Degrees from the front half of Cantlie's plane, growing to the patient's left; 180 is its back half."""

SEGMENT_SECTORS: dict[int, tuple[str, str]] = {
    2: ("left_lateral", "head"),
    3: ("left_lateral", "foot"),
    4: ("left_medial", "both"),
    5: ("right_anterior", "foot"),
    6: ("right_posterior", "foot"),
    7: ("right_posterior", "head"),
    8: ("right_anterior", "head"),
}
"""Couinaud segments but the first: sector, and side of the portal plane (r = 0)."""


@dataclass(frozen=True)
class Liver:
    """The liver's shape; lengths in mm.

    Parameters
    ----------
    origin
        LPS mm of the frame's origin.
    left, right, front, back, head, foot
        Semi-axes.
    to_front, to_head
        How far a point is moved to the front and to the head per mm that it lies to the left of the origin.
    cantlie_deg
        Angle of the front half of Cantlie's plane, from straight forward, positive to the left.
    caudate_centre, caudate_semi_axes
        Segment 1: an ellipsoid of the liver's frame, halved by the portal plane, inside the left lateral sector.
    """

    origin: Vector
    left: float
    right: float
    front: float
    back: float
    head: float
    foot: float
    to_front: float
    to_head: float
    cantlie_deg: float
    caudate_centre: tuple[float, float]
    caudate_semi_axes: Vector

    def to_frame(self, x: Floats, y: Floats, z: Floats) -> tuple[Floats, Floats, Floats]:
        """Return p, q and r of points in LPS mm."""
        p = x - self.origin[0]
        return p, y - self.origin[1] + self.to_front * p, z - self.origin[2] - self.to_head * p

    def to_patient(self, p: float, q: float, r: float) -> Vector:
        """Return LPS mm of a point in the liver's frame."""
        x, y, z = self.origin
        return (x + p, y + q - self.to_front * p, z + r + self.to_head * p)

    def to_ball(self, x: Floats, y: Floats, z: Floats) -> tuple[Floats, Floats, Floats]:
        """Return points in the unit ball that the liver is an image of."""
        p, q, r = self.to_frame(x, y, z)
        return (
            p / np.where(p > 0.0, self.left, self.right),
            q / np.where(q > 0.0, self.back, self.front),
            r / np.where(r > 0.0, self.head, self.foot),
        )

    def contains(self, x: Floats, y: Floats, z: Floats) -> Mask:
        """Tell which points (LPS mm) lie inside."""
        u, v, w = self.to_ball(x, y, z)
        return np.asarray(u * u + v * v + w * w <= 1.0)

    @property
    def volume_ml(self) -> float:
        """Eight eighths of ellipsoids, in mL."""
        return pi / 6.0 * (self.left + self.right) * (self.front + self.back) * (self.head + self.foot) / 1000.0

    def angles_deg(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """Return the angle of points about the axis, in the scale of ``SECTORS``, 0 to 360."""
        u, v, _ = self.to_ball(x, y, z)
        return np.asarray((np.degrees(np.arctan2(u, -v)) - self.cantlie_deg) % 360.0)

    def wedge_ml(self, start_deg: float, stop_deg: float, side: str) -> float:
        """Return the volume in mL between two half-planes through the axis (``side``: head, foot or both)."""
        height = {"head": self.head, "foot": self.foot, "both": self.head + self.foot}[side]
        quarters = (
            (self.left, self.front), (self.left, self.back), (self.right, self.back), (self.right, self.front),
        )  # fmt: skip
        total = 0.0
        for number in range(-4, 8):
            low, high = 90.0 * number, 90.0 * (number + 1)
            overlap = min(stop_deg + self.cantlie_deg, high) - max(start_deg + self.cantlie_deg, low)
            width, depth = quarters[number % 4]
            total += max(overlap, 0.0) / 90.0 * pi / 6.0 * width * depth * height
        return total / 1000.0

    @property
    def remnant_ml(self) -> float:
        """The part on the left of Cantlie's plane, in mL: what a right hepatectomy leaves."""
        return self.wedge_ml(0.0, 180.0, "both")

    def remnant_contains(self, x: Floats, y: Floats, z: Floats) -> Mask:
        """Tell which points (LPS mm) lie in the part on the left of Cantlie's plane."""
        return np.asarray(self.contains(x, y, z) & (self.angles_deg(x, y, z) < 180.0))

    def caudate_contains(self, x: Floats, y: Floats, z: Floats) -> Mask:
        """Tell which points (LPS mm) lie in segment 1."""
        p, q, r = self.to_frame(x, y, z)
        a, b, c = self.caudate_semi_axes
        found = ((p - self.caudate_centre[0]) / a) ** 2 + ((q - self.caudate_centre[1]) / b) ** 2 + (r / c) ** 2 <= 1.0
        return np.asarray(found)

    @property
    def caudate_ml(self) -> float:
        """Volume of segment 1 in mL."""
        a, b, c = self.caudate_semi_axes
        return 4.0 / 3.0 * pi * a * b * c / 1000.0

    def segment_contains(self, number: int, x: Floats, y: Floats, z: Floats) -> Mask:
        """Tell which points (LPS mm) lie in a Couinaud segment; the eight of them tile the liver."""
        caudate = self.caudate_contains(x, y, z)
        if number == 1:
            return caudate
        sector, side = SEGMENT_SECTORS[number]
        low, high = SECTORS[sector]
        angle = self.angles_deg(x, y, z)
        found = self.contains(x, y, z) & ~caudate & (angle >= low) & (angle < high)
        if side == "both":
            return np.asarray(found)
        r = self.to_frame(x, y, z)[2]
        return np.asarray(found & ((r >= 0.0) if side == "head" else (r < 0.0)))

    def segment_ml(self, number: int) -> float:
        """Return the volume of a Couinaud segment in mL; half of segment 1 is cut from 2, half from 3."""
        if number == 1:
            return self.caudate_ml
        sector, side = SEGMENT_SECTORS[number]
        whole = self.wedge_ml(*SECTORS[sector], side)
        return whole - self.caudate_ml / 2.0 if sector == "left_lateral" else whole
