"""What the definition of an interval itself gives for a solid: its boundary moved by half a voxel, without a mask.

Moving a boundary by delta(n) is, in units of the grid's steps, moving it by one half in every direction. The volume
between is counted on a grid many times as fine as the mask's, by distances to the solid; that of a ball on an even grid
checks it against 4/3 pi (r +- s/2)^3 (test_coverage.py).
"""

from __future__ import annotations

import edt
import numpy as np

from tests.accuracy.solids import Solid
from tests.accuracy.trials import Spacing

FINE = 8
"""Points along each step."""
HALF = 0.5
BEYOND = 0.3
"""Part of a fine step that the nearest point on the other side lies beyond the boundary, on average."""


def volume_width_ml(solid: Solid, steps: Spacing) -> float:
    """Return the width of the volume's interval by its definition, mL; some 3 % large."""
    center, reach = solid.bounds_mm
    counts = [int(2 * (reach / step + 1) * FINE) for step in steps]
    lines = [(np.arange(count) - (count - 1) / 2) / FINE * step for count, step in zip(counts, steps, strict=True)]
    inside = np.empty(counts, dtype=bool)
    rows, columns = np.meshgrid(lines[1] + center[1], lines[2] + center[0], indexing="ij")
    for number, height in enumerate(lines[0] + center[2]):
        points = np.column_stack([columns.ravel(), rows.ravel(), np.full(rows.size, height)])
        inside[number] = solid.contains(points).reshape(rows.shape)
    shell = _is_near(inside) | _is_near(~inside)
    return float(np.count_nonzero(shell) * np.prod(steps) / FINE**3 / 1000)


def _is_near(inside: np.ndarray) -> np.ndarray:
    """Tell which set points lie within half a step of the boundary."""
    depth = edt.edt(inside) / FINE - BEYOND / FINE
    return np.asarray(inside & (depth <= HALF))


def axial_width_mm(diameter_mm: float, steps: Spacing) -> float:
    """Return the width of an axial diameter's interval: from d - 2 delta to sqrt((d + 2 delta)^2 + s^2)."""
    shift = steps[1]
    return float(np.hypot(diameter_mm + shift, steps[0]) - max(diameter_mm - shift, 0.0))


def length_width_mm(direction: np.ndarray, steps: Spacing) -> float:
    """Return the width 4 delta(n) of the interval of a length along a unit vector (LPS)."""
    return float(2 * np.linalg.norm(np.array(steps) * direction[::-1]))
