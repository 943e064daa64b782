"""Values between voxels, and Gaussian smoothing, on small arrays: matrices and gathers instead of a filter library.

The arrays here are a few thousand profiles of some thirty values, or a liver in blocks of millimetres. In numpy their
filters cost less than loading SciPy does, and they agree with ``scipy.ndimage`` to rounding.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

TRUNCATE = 4.0
"""Standard deviations at which a Gaussian kernel ends."""


def interpolate(values: NDArray[np.floating] | NDArray[np.int16], index: Values) -> Values:
    """Return values of an array at fractional indices by linear interpolation; the nearest ones outside.

    Parameters
    ----------
    index
        Shape (n, 3).
    """
    sizes = np.array(values.shape)
    inside = np.clip(index, 0, sizes - 1)
    low = np.minimum(inside.astype(np.int64), np.maximum(sizes - 2, 0))
    shares = (inside - low).T
    strides = np.array([sizes[1] * sizes[2], sizes[2], 1])
    start, reach = low @ strides, np.where(sizes > 1, strides, 0)
    flat = np.ravel(values)
    corners = [flat.take(start + np.dot(corner, reach)).astype(np.float64) for corner in product((0, 1), repeat=3)]
    for share in shares:
        half = len(corners) // 2
        corners = [a + share * (b - a) for a, b in zip(corners[:half], corners[half:], strict=True)]
    return np.asarray(corners[0])


def smooth_rows(values: Values, sigma: float, order: int = 0) -> Values:
    """Return the rows of an array smoothed by a Gaussian, or their smoothed slopes; ends are continued.

    Parameters
    ----------
    values
        Shape (n, m).
    sigma
        Standard deviation in steps of a row.
    order
        0, or 1 for the slope per step.
    """
    return np.asarray(values @ _row_filter(values.shape[1], float(sigma), order, True))


def smooth_block(values: NDArray[np.float32], sigmas: Values) -> NDArray[np.float32]:
    """Return a 3D array smoothed by a Gaussian; outside it is nothing.

    Parameters
    ----------
    sigmas
        Standard deviation in voxels along each axis.
    """
    out = values
    for axis, sigma in enumerate(sigmas):
        rows = np.moveaxis(out, axis, -1).astype(np.float64) @ _row_filter(values.shape[axis], float(sigma), 0, False)
        out = np.moveaxis(rows.astype(np.float32), -1, axis)
    return np.ascontiguousarray(out)


@lru_cache(maxsize=16)
def _row_filter(count: int, sigma: float, order: int, continued: bool) -> Values:
    """Return the matrix that filters rows of ``count`` values when these are multiplied with it from the left."""
    radius = int(TRUNCATE * sigma + 0.5)
    steps = np.arange(-radius, radius + 1)
    kernel = np.exp(-0.5 * (steps / sigma) ** 2)
    kernel /= kernel.sum()
    if order == 1:
        kernel = kernel * steps / sigma**2
    matrix = np.zeros((count, count))
    source = np.arange(count)[:, None] + steps
    target = np.broadcast_to(np.arange(count)[:, None], source.shape)
    weights = np.broadcast_to(kernel, source.shape)
    inside = np.full(source.shape, True) if continued else (source >= 0) & (source < count)
    np.add.at(matrix, (np.clip(source, 0, count - 1)[inside], target[inside]), weights[inside])
    return matrix
