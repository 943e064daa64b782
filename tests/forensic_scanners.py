"""How a scanner shows the tissues of ``forensic_phantoms``: values of CT and of MR sequences, blur, texture, noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]


def smooth_field(
    rng: np.random.Generator, shape: tuple[int, int, int], spacing: tuple[float, float, float], scale_mm: float
) -> Floats:
    """Return a random field of mean 0 and deviation 1, smooth on a scale in mm (made coarse, then interpolated)."""
    coarse = [max(2, int(np.ceil(size * step / scale_mm)) + 3) for size, step in zip(shape, spacing, strict=True)]
    knots = rng.standard_normal(coarse).astype(np.float32)
    for axis in range(3):
        at = np.arange(shape[axis], dtype=np.float32) * spacing[axis] / scale_mm + rng.uniform(0.5, 1.0)
        low = np.minimum(at.astype(int), coarse[axis] - 2)
        part = at - low
        part = (part * part * (3 - 2 * part)).reshape([-1 if a == axis else 1 for a in range(3)]).astype(np.float32)
        knots = np.take(knots, low, axis) * (1 - part) + np.take(knots, low + 1, axis) * part
    return np.asarray(knots / max(float(knots.std()), 1e-6), dtype=np.float32)


def ct_values(rng: np.random.Generator) -> Floats:
    """Return Hounsfield units of the tissues: a liver of 60 to 125, and organs around it that come close."""
    liver = rng.uniform(62, 125)
    near = lambda low, high: liver + rng.choice([-1, 1]) * rng.uniform(low, high)  # noqa: E731
    table = [-1000, -102, rng.uniform(50, 64), 320, -840, liver, liver + rng.uniform(15, 55)]
    table += [liver - rng.uniform(25, 55), near(8, 40), near(6, 25), liver + rng.uniform(20, 80), near(10, 30)]
    table += [rng.uniform(5, 25), rng.uniform(2, 15), rng.uniform(25, 60), liver + rng.uniform(30, 60)]
    return np.array(table, dtype=np.float32)


MR_SEQUENCES = (
    # air, fat, muscle, bone, lung, liver, vein, lesion, heart, spleen, kidney, wall, content, bile, bowel, aorta
    # T1 with fat suppressed, portal venous
    (2, 130, 200, 60, 15, 430, 540, 230, 460, 390, 490, 250, 110, 90, 240, 560),
    # T1 with bright fat, no contrast
    (2, 620, 210, 60, 15, 320, 180, 200, 200, 230, 220, 210, 120, 110, 200, 170),
    # T2: the liver is dark
    (2, 480, 110, 50, 15, 170, 60, 330, 90, 400, 440, 200, 700, 850, 350, 40),
    # T1 with fat suppressed, hepatobiliary
    (2, 150, 190, 60, 15, 620, 250, 170, 270, 260, 420, 240, 110, 480, 240, 270),
)


def mr_values(rng: np.random.Generator) -> Floats:
    """Return the signal of the tissues in one of four sequences, each tissue varied by a tenth."""
    table = np.array(MR_SEQUENCES[int(rng.integers(len(MR_SEQUENCES)))], dtype=np.float32)
    return np.asarray(table * rng.uniform(0.9, 1.1, len(table)) * rng.uniform(0.4, 2.5), dtype=np.float32)


def _blur(rng: np.random.Generator, pixels: Floats, spacing: tuple[float, float, float]) -> Floats:
    blur = rng.uniform(0.6, 1.0)
    return np.asarray(ndimage.gaussian_filter(pixels, (0.3, blur / spacing[1], blur / spacing[2]), truncate=3))


def acquire_ct(rng: np.random.Generator, pixels: Floats, spacing: tuple[float, float, float]) -> Floats:
    """Return the picture as scanned: blurred, with texture of tissue and correlated noise of a clinical level."""
    out = _blur(rng, pixels, spacing)
    out += np.float32(rng.uniform(3, 7)) * smooth_field(rng, out.shape, spacing, 6)
    grain = rng.standard_normal(out.shape, dtype=np.float32)
    grain = ndimage.gaussian_filter(grain, (0, 0.7, 0.7), truncate=2.5)
    return np.asarray(out + grain * np.float32(rng.uniform(9, 22) / float(grain[0].std())), dtype=np.float32)


def acquire_mr(
    rng: np.random.Generator, pixels: Floats, fat: Bools, level: float, spacing: tuple[float, float, float]
) -> Floats:
    """Return the picture as an MR scanner makes it: fat lies off by about a pixel, fields vary, noise is Rician.

    Texture, noise and the unevenness of the field are parts of the liver's signal.
    """
    move = [0.0, 0.0, 0.0]
    move[int(rng.integers(1, 3))] = float(rng.choice([-1, 1]) * rng.uniform(0.5, 1.3))
    water, lipid = np.where(fat, 0, pixels), np.where(fat, pixels, 0)
    out = _blur(rng, water + ndimage.shift(lipid, move, order=1, mode="nearest"), spacing)
    out += np.float32(level * rng.uniform(0.01, 0.04)) * smooth_field(rng, out.shape, spacing, 6)
    out *= np.exp(np.float32(rng.uniform(0.1, 0.25)) * smooth_field(rng, out.shape, spacing, 160))
    sigma = np.float32(level * rng.uniform(0.03, 0.08))
    real = out + sigma * rng.standard_normal(out.shape, dtype=np.float32)
    return np.asarray(np.hypot(real, sigma * rng.standard_normal(out.shape, dtype=np.float32)), dtype=np.float32)
