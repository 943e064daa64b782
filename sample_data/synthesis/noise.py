"""Noise and smoothing in whole numbers, so that every machine and every numpy makes the same pixels."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Whole: TypeAlias = NDArray[np.int32]


def draw_noise(shape: tuple[int, int, int], seed: int, deviation: int) -> Whole:
    """Return noise of mean 0: the sum of four uniform bytes, near to normal, scaled to a standard deviation.

    Made from the raw stream of PCG64, which numpy promises never to change (unlike the stream of its distributions).
    """
    count = int(np.prod(shape))
    words = np.random.PCG64(seed).random_raw((count + 1) // 2)
    quads = words.astype("<u8").view(np.uint8)[: 4 * count].reshape(-1, 4)
    total = quads.sum(axis=1, dtype=np.int32) - 510
    return np.asarray((total * deviation) // 148, dtype=np.int32).reshape(shape)


def smooth(values: Whole, times: int, axes: tuple[int, ...] = (1, 2)) -> Whole:
    """Return values weighted 1 2 1 with their neighbours along some axes, several times; edges repeat."""
    for _ in range(times):
        for axis in axes:
            padded = np.concatenate([values.take([0], axis), values, values.take([-1], axis)], axis=axis)
            size = values.shape[axis]
            parts = [padded.take(np.arange(start, start + size), axis) for start in range(3)]
            values = (parts[0] + 2 * parts[1] + parts[2] + 2) // 4
    return values


def draw_texture(shape: tuple[int, int, int], seed: int, deviation: int, cell: int = 8) -> Whole:
    """Return slowly varying noise: coarse noise, repeated ``cell`` times along each axis and smoothed."""
    coarse = tuple(size // cell + 2 for size in shape)
    values = draw_noise((coarse[0], coarse[1], coarse[2]), seed, 16 * deviation)
    for axis in range(3):
        values = np.repeat(values, cell, axis=axis)
    values = smooth(values[: shape[0], : shape[1], : shape[2]], cell, axes=(0, 1, 2))
    return values // 16
