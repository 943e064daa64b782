"""Which way the ribs run in a CT: down to the front, unless image and mask are reversed together.

The only sign of the body's own head and front that needs neither lung nor an organ: from the spine every rib falls
towards its front end. Reversed from head to feet, or from front to back, they rise. Reversed both ways, they fall.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.measures.forensics.surface import Values
from pipeline.measures.forensics.view import Pixels, View, share_above

BONE_HU = 150.0
CLIP_HU = (100.0, 300.0)
"""Values outside are taken for these, so that metal and marrow count no more than a rib's surface."""
STEP_MM = 2.5
BESIDE_MM = 70.0
"""Ribs run this far from the body's middle; spine, sternum, vessels and most contrast in the gut nearer to it."""
BLOCK_MM = 25.0
"""Edge of the cubes that are taken for one observation each."""
LEAST_SLOPE = 0.12
LEAST_ERRORS = 3.0
LEAST_BLOCKS = 15
BODY_HU = -300.0


@dataclass(frozen=True)
class Ribs:
    """How the ribs run.

    Parameters
    ----------
    rise
        Correlation, over the surface of bone beside the body's middle, of the image's slope to the head and to the
        back: negative where ribs fall to the front, as they do (-0.2 to -0.7), positive where they rise.
    errors
        ``rise`` in standard errors over cubes of 25 mm.
    """

    rise: float
    errors: float

    @property
    def are_reversed(self) -> bool:
        """Tell whether the ribs rise to the front beyond doubt."""
        return self.rise > LEAST_SLOPE and self.errors > LEAST_ERRORS


def find_ribs(view: View) -> Ribs | None:
    """Return how the ribs in view run; None with too little bone beside the body's middle."""
    geometry = view.geometry
    step = np.maximum(1, (STEP_MM / (geometry.spacing_mm * np.array(view.stride))).astype(int))
    step[geometry.slice_axis] = 1
    pixels = view.pixels[:: step[0], :: step[1], :: step[2]]
    axes = geometry.axes * (step * np.array(view.stride))[:, None]
    index = np.argwhere(pixels[1:-1, 1:-1, 1:-1] > BONE_HU) + 1
    places = index @ axes
    middle = _find_middle(pixels, axes)
    if middle is None:
        return None
    beside = np.abs(places[:, 0] - middle) > BESIDE_MM
    index, places = index[beside], places[beside]
    if not len(index):
        return None
    slopes = _find_slopes(pixels, index) @ np.linalg.inv(axes).T
    cells = np.floor(places / BLOCK_MM).astype(np.int64)
    cells -= cells.min(axis=0)
    cubes = np.ravel_multi_index(tuple(cells.T), tuple(cells.max(axis=0) + 1))
    back, head = slopes[:, 1], slopes[:, 2]
    sums = np.bincount(cubes, weights=back * head)[np.bincount(cubes) > 0]
    size, error = float(np.sqrt((back**2).sum() * (head**2).sum())), float(np.sqrt((sums**2).sum()))
    if len(sums) < LEAST_BLOCKS or not size or not error:
        return None
    return Ribs(float(sums.sum()) / size, float(sums.sum()) / error)


def _find_middle(pixels: Pixels, axes: Values) -> float | None:
    """Return the body's middle along the patient's left, mm in the frame of ``pixels``."""
    axis = int(np.argmax(np.abs(axes[:, 0])))
    columns = share_above(pixels, BODY_HU, axis)
    used = np.flatnonzero(columns > 0.05)
    if len(used) < 10 or min(pixels.shape) < 3:
        return None
    centre = (np.array(pixels.shape) - 1) / 2.0
    centre[axis] = (used[0] + used[-1]) / 2
    return float(centre @ axes[:, 0])


def _find_slopes(pixels: Pixels, index: NDArray[np.int64]) -> Values:
    """Return the slope along each axis of the array at some of its voxels."""
    slopes = np.empty((len(index), 3))
    for axis in range(3):
        move = np.eye(3, dtype=np.int64)[axis]
        high, low = (pixels[tuple((index + sign * move).T)] for sign in (1, -1))
        slopes[:, axis] = (np.clip(high, *CLIP_HU) - np.clip(low, *CLIP_HU)) / 2
    return slopes
