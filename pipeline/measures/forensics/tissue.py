"""What the image shows inside a mask and beyond its ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.measures.forensics.surface import Values
from pipeline.measures.forensics.view import View, share_above
from pipeline.volume import Mask, Points

SAMPLES = 8000
GAS_HU = -300.0
LEAST_IN_SLICE = 25


@dataclass(frozen=True, eq=False)
class Inside:
    """Values of the image at points inside a mask.

    Parameters
    ----------
    points_mm
        LPS mm, those in view alone.
    slices
        Slice of the image each lies on.
    stride
        Every how many slices was read; between them values are interpolated.
    """

    points_mm: Points
    values: Values
    slices: NDArray[np.int64]
    stride: int

    @property
    def level(self) -> float:
        """Median of the values; NaN without any."""
        return float(np.median(self.values)) if len(self.values) else float("nan")

    @property
    def spread(self) -> float:
        """Robust standard deviation of the values."""
        return 1.4826 * float(np.median(np.abs(self.values - self.level))) if len(self.values) else float("nan")


def sample_points(mask: Mask, count: int = SAMPLES) -> Points:
    """Return voxel centres of a mask in LPS mm, spread evenly; the same ones in every run."""
    set_voxels = np.flatnonzero(mask.voxels)
    rng = np.random.default_rng(0)
    chosen = set_voxels if len(set_voxels) <= count else rng.choice(set_voxels, count, replace=False)
    index = np.stack(np.unravel_index(chosen, mask.voxels.shape), axis=1) + np.array(mask.offset)
    return mask.grid.to_world(index.astype(np.float64))


def look_inside(view: View, points_mm: Points) -> Inside:
    """Return the values of the image at points inside a mask."""
    values = view.look_up(points_mm)
    seen = np.isfinite(values)
    slices = np.rint(view.geometry.to_index(points_mm[seen])[:, view.geometry.slice_axis]).astype(np.int64)
    return Inside(points_mm[seen], values[seen], slices, view.stride[view.geometry.slice_axis])


def find_slice_jump(inside: Inside) -> float:
    """Return by how much the median of one slice differs most from those of the slices around it.

    A twentieth of the slices at each end is left out: little of them is liver where a mask lies off by a slice.
    """
    numbers = [n for n in np.unique(inside.slices) if np.count_nonzero(inside.slices == n) >= LEAST_IN_SLICE]
    ends = len(numbers) // 20
    numbers = numbers[ends : len(numbers) - ends]
    medians = np.array([np.median(inside.values[inside.slices == n]) for n in numbers])
    if len(medians) < 3:
        return float(np.ptp(medians)) if len(medians) else 0.0
    reach = 2 * inside.stride
    jumps = [abs(medians[i] - np.median(medians[max(0, i - reach) : i + reach + 1])) for i in range(len(medians))]
    return float(max(jumps))


@dataclass(frozen=True)
class Cut:
    """An end of a mask beyond which the image goes on as inside it."""

    at_head: bool
    alike_percent: float
    lost_ml: float


def find_cuts(view: View, mask: Mask, inside: Inside) -> tuple[Cut, ...]:
    """Return the ends of a mask along the slices beyond which there is liver, on most of the end's own footprint."""
    found = (_find_cut(view, mask, inside, at_head=at_head) for at_head in (False, True))
    return tuple(cut for cut in found if cut is not None)


LEAST_END_MM2 = 600.0
LEAST_LOST_ML = 2.0
ALIKE_PERCENT = 40.0
DEEPEST_MM = 60.0
LEAST_JUMP_MM = 3.0


def _find_cut(view: View, mask: Mask, inside: Inside, *, at_head: bool) -> Cut | None:
    """Return the cut of one end: how much of the footprint goes on beyond it, and the volume that does."""
    axis = mask.grid.slice_axis
    end = mask.voxels.shape[axis] - 1 if at_head else 0
    footprint = np.take(mask.voxels, end, axis)
    step = mask.grid.axes[axis] * (1 if at_head else -1)
    height = float(mask.grid.spacing_mm[axis])
    cell = mask.grid.voxel_volume_mm3 / height
    if footprint.sum() * cell < LEAST_END_MM2:
        return None
    points = _spread_points(mask, footprint, axis, end)
    spread = _local_spread(view, points - step)
    reference = float(np.nanmedian(_smooth_values(view, points - step, mask)))
    jump = max(height, LEAST_JUMP_MM)
    lost, shares = 0.0, []
    for number in range(1, int(DEEPEST_MM / jump) + 1):
        beyond = _smooth_values(view, points + step / height * (jump * number), mask)
        if np.isnan(beyond).mean() > 0.5:
            break
        shares.append(float(np.mean(np.abs(beyond - reference) <= max(2.5 * spread, 1e-6))))
        if shares[-1] < ALIKE_PERCENT / 200:
            break
        lost += shares[-1] * float(footprint.sum()) * cell * jump / 1000
    if not shares or 100 * shares[0] < ALIKE_PERCENT or lost < LEAST_LOST_ML:
        return None
    return Cut(at_head, 100 * shares[0], lost)


def _spread_points(mask: Mask, footprint: NDArray[np.bool_], axis: int, end: int) -> Points:
    """Return up to some hundred voxel centres of a slice of a mask in LPS mm."""
    flat = np.argwhere(footprint)
    flat = flat[:: max(1, len(flat) // 600)]
    index = np.insert(flat, axis, end, axis=1) + np.array(mask.offset)
    return mask.grid.to_world(index.astype(np.float64))


def _smooth_values(view: View, points: Points, mask: Mask) -> Values:
    """Return values averaged over some millimetres in plane, against noise."""
    a, b = (mask.grid.axes[i] / mask.grid.spacing_mm[i] for i in range(3) if i != mask.grid.slice_axis)
    moves = [x * a + y * b for x in (-1.8, 0.0, 1.8) for y in (-1.8, 0.0, 1.8)]
    return np.asarray(np.mean([view.look_up(points + move) for move in moves], axis=0), dtype=np.float64)


def _local_spread(view: View, points: Points) -> float:
    """Return the robust standard deviation of averaged values in a footprint."""
    moves = [np.array([x, y, 0.0]) for x in (-1.8, 0.0, 1.8) for y in (-1.8, 0.0, 1.8)]
    values = np.mean([view.look_up(points + move) for move in moves], axis=0)
    values = values[np.isfinite(values)]
    return 1.4826 * float(np.median(np.abs(values - np.median(values)))) if len(values) else 0.0


def share_on_right(view: View, inside: Inside, least: float) -> float | None:
    """Return the share of a mask that lies right of the body's middle, 0 to 1; None where the body is not in view.

    Parameters
    ----------
    least
        Value above which a pixel is taken for body.
    """
    lefts = view.geometry.axes[:, 0] / view.geometry.spacing_mm
    axis = int(np.argmax(np.abs(lefts)))
    columns = share_above(view.pixels, least, axis)
    used = np.flatnonzero(columns > 0.05)
    if len(used) < 10:
        return None
    middle = (used[0] + used[-1]) / 2 * view.stride[axis] + view.start[axis]
    place = view.geometry.to_index(inside.points_mm)[:, axis]
    right = place < middle if lefts[axis] > 0 else place > middle
    return float(right.mean())
