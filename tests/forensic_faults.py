"""Faults of liver masks at stated magnitudes, each drawn at random within it, and the code that has to find it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from scipy import ndimage

from pipeline.geometry import Geometry
from pipeline.measures.grids import grow_box, start_of
from pipeline.volume import Box, Mask
from tests.forensic_phantoms import Abdomen, Bools, draw_other_liver, wobble

Case: TypeAlias = tuple[Abdomen, Mask]
Spoil: TypeAlias = Callable[[Abdomen, Bools, np.random.Generator], Case]


@dataclass(frozen=True)
class Fault:
    """One way to spoil a mask: what it is, how, and the codes of which one must be found."""

    name: str
    spoil: Spoil
    codes: tuple[str, ...]
    calibrated: bool = False
    """Looked for in CT alone."""


def _on_grid(change: Callable[[Abdomen, Bools, np.random.Generator], Bools]) -> Spoil:
    """Return the spoiling of voxels on the image's own grid."""
    return lambda a, liver, rng: (a, a.mask(change(a, liver, rng)))


def shift(liver: Bools, steps: tuple[int, int, int]) -> Bools:
    """Return voxels moved by whole steps; what leaves the grid is lost."""
    out = np.zeros_like(liver)
    to = tuple(slice(max(0, s), n + min(0, s)) for s, n in zip(steps, liver.shape, strict=True))
    source = tuple(slice(max(0, -s), n + min(0, -s)) for s, n in zip(steps, liver.shape, strict=True))
    out[to] = liver[source]
    return out


def whole_box(shape: tuple[int, int, int]) -> Box:
    a, b, c = (slice(0, size) for size in shape)
    return a, b, c


def _sign(rng: np.random.Generator) -> int:
    return int(rng.choice([-1, 1]))


def _slices(a: Abdomen, liver: Bools, rng: np.random.Generator) -> Bools:
    return shift(liver, (_sign(rng) * max(2, int(np.ceil(5 / a.spacing[0]))), 0, 0))


def _breath(a: Abdomen, liver: Bools, rng: np.random.Generator) -> Bools:
    return shift(liver, (_sign(rng) * max(1, round(8 / a.spacing[0])), _sign(rng) * round(4 / a.spacing[1]), 0))


def _part_voxel(axis: int, voxels: float) -> Spoil:
    def spoil(a: Abdomen, liver: Bools, rng: np.random.Generator) -> Case:
        affine = a.grid.affine.copy()
        affine[:3, 3] += _sign(rng) * voxels * affine[:3, axis]
        drawn = a.mask(liver)
        return a, Mask(Geometry(a.grid.shape, affine), drawn.offset, drawn.voxels)

    return spoil


def _cut(depth_mm: float, *, at_head: bool) -> Spoil:
    def change(a: Abdomen, liver: Bools, rng: np.random.Generator) -> Bools:
        used = np.flatnonzero(liver.any(axis=(1, 2)))
        count = max(2, round(depth_mm / a.spacing[0]))
        out = liver.copy()
        out[used[-count] if at_head else used[0] :][: None if at_head else count] = False
        return out

    return _on_grid(change)


def _enlarge(factors: tuple[int, int, int]) -> Spoil:
    def change(a: Abdomen, liver: Bools, rng: np.random.Generator) -> Bools:
        out = liver
        for axis, factor in enumerate(factors):
            picked = np.arange(liver.shape[axis]) // factor * factor + factor // 2
            out = np.take(out, np.minimum(picked, liver.shape[axis] - 1), axis)
        return out

    return _on_grid(change)


def _smooth(sigma_mm: float) -> Spoil:
    def change(a: Abdomen, liver: Bools, rng: np.random.Generator) -> Bools:
        sigma = sigma_mm / np.array(a.spacing)
        m = [int(4 * s) + 1 for s in sigma]
        drawn = a.mask(liver)
        box = grow_box(drawn.box, (m[0], m[1], m[2]))
        soft = ndimage.gaussian_filter(drawn.within(box).astype(np.float32), sigma) > 0.5
        return Mask.from_array(a.grid, soft, start_of(box)).within(whole_box(a.grid.shape))

    return _on_grid(change)


def _grow(depth_mm: float) -> Spoil:
    return _on_grid(lambda a, liver, rng: np.asarray(a.distance > -depth_mm))


def _specks(a: Abdomen, liver: Bools, rng: np.random.Generator) -> Bools:
    places = np.argwhere(liver)
    low, high = places.min(axis=0), places.max(axis=0)
    out = liver.copy()
    at = rng.integers(low, high, (40, 3))
    out[at[:, 0], at[:, 1], at[:, 2]] ^= True
    return out


def _outside(a: Abdomen, liver: Bools, rng: np.random.Generator) -> Bools:
    return shift(liver, (0, round(_sign(rng) * 60 / a.spacing[1]), round(-60 / a.spacing[2])))


def _other(a: Abdomen, liver: Bools, rng: np.random.Generator) -> Bools:
    return draw_other_liver(a, int(rng.integers(1 << 30)))


def _intercept(a: Abdomen, liver: Bools, rng: np.random.Generator) -> Case:
    return replace(a, pixels=a.pixels + 1024), a.mask(liver)


def _slice_off(a: Abdomen, liver: Bools, rng: np.random.Generator) -> Case:
    used = np.flatnonzero(liver.sum(axis=(1, 2)) > 3000 / (a.spacing[1] * a.spacing[2]))
    step = max(1, int(2.5 / a.spacing[0] + 1e-6))
    pixels = a.pixels.copy()
    at = int(rng.choice(used[2:-2]))
    pixels[at : at + step] += 100
    return replace(a, pixels=pixels), a.mask(liver)


def _together(axis: int) -> Spoil:
    def spoil(a: Abdomen, liver: Bools, rng: np.random.Generator) -> Case:
        turned = replace(a, pixels=np.ascontiguousarray(np.flip(a.pixels, axis)))
        return turned, turned.mask(np.flip(liver, axis))

    return spoil


FAULTS = (
    Fault("mirrored left to right", _on_grid(lambda a, m, r: m[:, :, ::-1]), ("MASK_MIRRORED",)),
    Fault("mirrored front to back", _on_grid(lambda a, m, r: m[:, ::-1]), ("MASK_MIRRORED",)),
    Fault("upside down", _on_grid(lambda a, m, r: m[::-1]), ("MASK_MIRRORED",)),
    Fault("image and mask mirrored left to right together", _together(2), ("MASK_MIRRORED",)),
    Fault("image and mask upside down together", _together(0), ("MASK_MIRRORED",), True),
    Fault("image and mask mirrored front to back together", _together(1), ("MASK_MIRRORED",), True),
    Fault("shifted along the slices by 5 mm, at least 2 slices", _on_grid(_slices), ("MASK_SHIFTED",)),
    Fault("shifted by one pixel left or right", _part_voxel(2, 1.0), ("MASK_SHIFTED",), True),
    Fault("shifted by one pixel front or back", _part_voxel(1, 1.0), ("MASK_SHIFTED",), True),
    Fault("shifted by half a pixel left or right", _part_voxel(2, 0.5), ("MASK_SHIFTED",), True),
    Fault("shifted by half a pixel front or back", _part_voxel(1, 0.5), ("MASK_SHIFTED",), True),
    Fault("another breath-hold or phase: 8 mm along, 4 mm front or back", _on_grid(_breath), ("MASK_SHIFTED",)),
    Fault("another patient's mask", _on_grid(_other), ("MASK_OTHER_PATIENT",)),
    Fault("cut off at the dome by 20 mm", _cut(20, at_head=True), ("MASK_CUT",)),
    Fault("cut off at the lower edge by 20 mm", _cut(20, at_head=False), ("MASK_CUT",)),
    Fault("made on slices twice as thick", _enlarge((2, 1, 1)), ("MASK_STEPS",)),
    Fault("made on pixels twice as wide", _enlarge((1, 2, 2)), ("MASK_STEPS",)),
    Fault("made on pixels three times as wide", _enlarge((1, 3, 3)), ("MASK_STEPS",)),
    Fault("smoothed with a Gaussian of 4 mm", _smooth(4.0), ("MASK_SMOOTHED",), True),
    Fault("too small by 2 mm all around", _grow(-2.0), ("MASK_MARGIN",), True),
    Fault("too large by 2 mm all around", _grow(2.0), ("MASK_MARGIN",), True),
    Fault("40 single voxels added or removed", _on_grid(_specks), ("MASK_SPECKS",)),
    Fault("moved out of the body by 60 mm", _on_grid(_outside), ("MASK_OUTSIDE_BODY", "MASK_OTHER_PATIENT")),
    Fault("the whole image", _on_grid(lambda a, m, r: np.ones_like(m)), ("MASK_IMPLAUSIBLE",)),
    Fault("rescale intercept lost", _intercept, ("HU_RANGE",), True),
    Fault("rescale of one slice off by 100 HU", _slice_off, ("HU_RANGE",), True),
)

BY_MAGNITUDE = tuple(
    Fault(
        f"cut off at the {'dome' if at_head else 'lower edge'} by {depth} mm",
        _cut(depth, at_head=at_head),
        ("MASK_CUT",),
    )
    for depth in (15, 10)
    for at_head in (True, False)
)
"""Smaller than what is promised to be found: how often they are, is printed."""


def clean_masks(a: Abdomen) -> tuple[tuple[str, Bools], ...]:
    """Return the masks in which nothing is wrong: exact, and as another observer draws it."""
    return ("exact", a.liver), ("another observer, one voxel", wobble(a, 1))
