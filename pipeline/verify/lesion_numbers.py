"""The numbers of one lesion, computed again."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.measurement import Point
from pipeline.verify.diameters import diameter_3d, extents, find_widest, long_diameter, short_diameter
from pipeline.verify.grid import Grid
from pipeline.verify.intensity import intensity_numbers
from pipeline.verify.lesions import Lesion
from pipeline.verify.mesh import mesh_numbers
from pipeline.verify.number import Number, bounded, within
from pipeline.verify.places import Slices, largest_slice, slice_of
from pipeline.verify.solid import Solid
from pipeline.verify.steiner import volume_ends
from pipeline.verify.study_files import SecondReading
from pipeline.verify.surface import surface_points

Middle = Callable[[tuple[Point, ...]], Slices]
MEASURABLE_MM, THIN_MM = 10.0, 5.0
"""RECIST 1.1: measurable from 10 mm on, or from twice the slice spacing where that is above 5 mm."""


@dataclass(frozen=True, eq=False)
class LesionNumbers:
    """A lesion found again, its numbers by name, and whether it is measurable (None for specks)."""

    lesion: Lesion
    numbers: dict[str, Number]
    measurable: bool | None


def volume_number(solid: Solid, slices: Slices, *, own: bool) -> Number:
    """Return a solid's volume with its interval."""
    return replace(within(solid.volume_ml, *volume_ends(solid)), slices=slices, uids=own)


def lesion_numbers(second: SecondReading, lesion: Lesion, modality: str) -> LesionNumbers:
    """Return size of a lesion and, unless it is a speck, its diameters and extents."""
    image, solid = second.image, lesion.solid
    own = solid.grid is image.grid and image.grid.slice_axis == 0
    volume = volume_number(solid, largest_slice(image, solid), own=own)
    sphere = [_sphere_mm(each or 0.0) for each in (volume.value, volume.low, volume.high)]
    numbers = {"volume_ml": volume, "equivalent_diameter_mm": bounded(sphere).at(volume)}
    if lesion.status == "speck":
        return LesionNumbers(lesion, numbers, None)
    widest = find_widest(solid)
    place = slice_of(image, solid, widest.plane, widest.ends.mean(axis=0))
    long, short = long_diameter(solid, widest, place, own), short_diameter(solid, widest, place, own)
    numbers |= {"longest_diameter_mm": long, "short_diameter_mm": short}
    numbers["bidimensional_product_mm2"] = _product(long, short)
    numbers["max_3d_diameter_mm"] = replace(diameter_3d(solid), slices=None, uids=own)
    numbers |= extents(solid)
    numbers["surface_area_mm2"], numbers["mesh_volume_ml"] = (each.at(volume) for each in mesh_numbers(solid))
    numbers |= intensity_numbers(image, solid, modality, volume)
    return LesionNumbers(lesion, numbers, (long.value or 0.0) >= recist_limit_mm(image.grid, solid.grid))


def _sphere_mm(volume_ml: float) -> float:
    return 2 * float(np.cbrt(3 * volume_ml * 1000 / (4 * math.pi)))


def _product(long: Number, short: Number) -> Number:
    """Return the product of both diameters: its end points are those of the longer, then of the shorter one."""

    def ends_of(ends: tuple[Point, ...], value: float) -> str | None:
        if len(ends) != 4 or long.ends is None or short.ends is None:
            return "it has no four end points"
        return _first(long.ends(ends[:2], long.value or 0.0), short.ends(ends[2:], short.value or 0.0))

    value, low, high = (_times(getattr(long, name), getattr(short, name)) for name in ("value", "low", "high"))
    return Number(value, low, high, slices=long.slices, uids=long.uids, ends=ends_of)


def _times(first: float | None, second: float | None) -> float:
    return (first or 0.0) * (second or 0.0)


def _first(*problems: str | None) -> str | None:
    return next((problem for problem in problems if problem), None)


def recist_limit_mm(image: Grid, own: Grid) -> float:
    """Return the diameter from which on a lesion drawn on a grid is measurable."""
    planes = np.delete(own.steps, own.slice_axis, axis=0)
    area = float(np.linalg.norm(np.cross(planes[0], planes[1])))
    slices = np.arange(own.shape[own.slice_axis])
    apart = float(own.slab_mm3(slices).max()) / area
    thickness = (image.thickness if own is image else None) or own.thickness or 0.0
    coarsest = max(apart, thickness)
    return MEASURABLE_MM if coarsest <= THIN_MM + 1e-6 else 2 * coarsest


def slice_of_end(second: SecondReading, solid: Solid) -> Middle:
    """Return which slice a distance is shown in: that of its end on the lesion."""
    low, high = solid.box()

    def slices_of(ends: tuple[Point, ...]) -> Slices:
        place = float(solid.grid.index(np.array(ends[:1]))[0, 0])
        near = {math.floor(place + 0.5 + shift) for shift in (-1e-6, 1e-6)}
        middle = np.mean(np.array(ends), axis=0)
        planes = [int(np.clip(plane, low[0], high[0])) for plane in near]
        return frozenset(n for plane in planes for n in slice_of(second.image, solid, plane, middle))

    return slices_of


def slice_of_any_end(second: SecondReading, solids: Sequence[Solid]) -> Middle:
    """Return which slice a distance of some lesion is shown in: that of the lesion whose surface its end lies on."""

    def slices_of(ends: tuple[Point, ...]) -> Slices:
        gaps = [float(np.linalg.norm(surface_points(solid) - np.array(ends[0]), axis=1).min()) for solid in solids]
        return slice_of_end(second, solids[int(np.argmin(gaps))])(ends)

    return slices_of


def lesion_places(second: SecondReading, found: LesionNumbers) -> dict[str, Middle]:
    """Return which slice lengths in space are shown in, for those whose end points say it."""
    solid = found.lesion.solid
    end = slice_of_end(second, solid)
    placed = [name for name, number in found.numbers.items() if number.ends is not None and number.slices is None]
    return dict.fromkeys(placed, end) | {"max_3d_diameter_mm": plane_of_middle(second, solid)}


def plane_of_middle(second: SecondReading, solid: Solid) -> Middle:
    """Return which slice a length in space is shown in: that of its middle."""

    def slices_of(ends: tuple[Point, ...]) -> Slices:
        middle = np.mean(np.array(ends), axis=0)
        low, high = solid.box()
        place = float(solid.grid.index(middle)[0, 0])
        near = {round(place), math.floor(place + 0.5 - 1e-6), math.floor(place + 0.5 + 1e-6)}
        planes = {int(np.clip(each, low[0], high[0])) for each in near}
        return frozenset(n for plane in planes for n in slice_of(second.image, solid, plane, middle))

    return slices_of
