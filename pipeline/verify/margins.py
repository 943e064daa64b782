"""Margins of a planned resection and of ablation zones, and the distance to the main vessels, computed again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from pipeline.measurement import Fact, Point
from pipeline.verify.distances import say_nearest, smallest
from pipeline.verify.gap import Body, Points, find_gap, steps_between
from pipeline.verify.grid import Floats, Ints
from pipeline.verify.lesions import Lesion
from pipeline.verify.number import Number, absent, agree
from pipeline.verify.solid import Solid, shared_count
from pipeline.verify.surface import crossed_edges, off_points

MAIN_VESSELS = ("portal_vein_main", "hepatic_artery", "ivc")
SHELL_MM = 6.0
MARGIN, OUTSIDE, SHELL = "ablation_margin_mm", "ablation_margin_capsule_percent", "ablation_shell_6mm_percent"
EPSILON_MM = 1e-6
FACES = [sense * np.eye(3, dtype=np.int64)[axis] for axis in range(3) for sense in (-1, 1)]


def is_removed(lesion: Lesion, kept: Solid) -> bool:
    """Tell whether a plan removes or cuts a lesion: more than a tenth of it lies outside of what is kept."""
    inside = lesion.status == "intrahepatic" and lesion.solid.grid is kept.grid
    return inside and shared_count(lesion.solid, kept) < 0.9 * lesion.solid.count


def resection_margin(own: Body, kept: Body, *, uids: bool) -> Number:
    """Return the distance of a removed lesion to what is kept of the liver."""
    gap = find_gap(own, kept)
    return Number(gap.value, gap.low, gap.high, uids=uids, ends=gap.ends)


def plan_numbers(
    inside: Sequence[Mapping[str, Number]],
    known: tuple[str, ...],
    plan: tuple[str, ...],
    facts: Mapping[str, Fact],
    *,
    kept: bool,
) -> dict[str, Number]:
    """Return the smallest margin of a plan and distance to the main vessels; unknown ones left to the clinical record.

    Parameters
    ----------
    inside
        Numbers of each lesion in the liver.
    known, plan
        Codes of why the lesions, and the plan, are not known.
    """
    margins = [each["resection_margin_mm"] for each in inside if "resection_margin_mm" in each]
    planned = smallest(margins) if margins else absent("NO_TARGET", "NO_REMNANT")
    if known or plan or not kept:
        planned = absent(*plan, *known, "NO_REMNANT")
    main = _main_vessels(inside) if not known else absent(*known)
    found = {"planned_margin_mm": planned, "main_vessel_distance_mm": main}
    return {name: number for name, number in found.items() if number.value is not None or name not in facts}


def _main_vessels(inside: Sequence[Mapping[str, Number]]) -> Number:
    if not inside:
        return absent("NO_LESION")
    names = [f"dist_{vessel}_mm" for vessel in MAIN_VESSELS]
    if any(name not in inside[0] for name in names):
        known = [each[name] for each in inside for name in names if name in each]
        return replace(absent("NO_MASK"), notes=say_nearest(known))
    return smallest([each[name] for each in inside for name in names])


def treated_numbers(treated: Sequence[Mapping[str, Number]], known: tuple[str, ...]) -> dict[str, Number]:
    """Return how many lesions were treated, and the smallest margin and shell share over all of them.

    Parameters
    ----------
    treated
        Numbers of each treated lesion.
    known
        Codes of why the lesions are not known.
    """
    if not treated:
        return {"treated_lesion_count": absent(*known) if known else Number(0.0, 0.0, 0.0)}
    count = float(len(treated))
    found = {"treated_lesion_count": Number(count, count, count)}
    for name, of in (("smallest_ablation_margin_mm", MARGIN), ("smallest_ablation_shell_6mm_percent", SHELL)):
        held = [each[of] for each in treated]
        unknown = [each for each in held if each.value is None]
        found[name] = absent(*(code for each in unknown for code in each.codes)) if unknown else _least(held)
    return found


def _least(held: Sequence[Number]) -> Number:
    """Return the least of several numbers, its ends the least ends; seen where any that is as small is seen."""
    best = min(held, key=lambda each: each.value or 0.0)
    equal = [each for each in held if agree(each.value, best.value)]

    def ends_of(ends: tuple[Point, ...], length: float) -> str | None:
        troubles = [each.ends(ends, length) if each.ends else None for each in equal]
        return None if None in troubles else troubles[0]

    low, high = (min(getattr(each, end) for each in held) for end in ("low", "high"))
    return replace(best, low=low, high=high, ends=None if best.ends is None else ends_of)


def ablation_numbers(
    own: Body, zone: Solid, liver: Solid | None, capsule: tuple[Points | None, str], *, uids: bool
) -> dict[str, Number]:
    """Return the margin of an ablation zone around a treated lesion, and how much of the shell around it lies in it.

    Parameters
    ----------
    capsule
        The liver's surface; None with a code of why it limits no margin, or ``""`` where it lies outside the scan.
    """
    surface = Body(zone)
    steps = steps_between(own.solid, zone)
    low, high = own.solid.box()
    edges = crossed_edges(own.solid.over(low, high), (0, 1, 2)) + low
    sides = [np.floor(edges + 0.25).astype(int), np.ceil(edges - 0.25).astype(int)]
    inside = _set_at(zone, sides[0]) & _set_at(zone, sides[1])
    points = own.solid.grid.world(edges)
    gaps, numbers = surface.tree.nearest(points)
    signed = np.where(inside, gaps, -gaps)
    free = (
        np.ones(len(points), dtype=bool) if capsule[0] is None else capsule[0].nearest(points)[0] > signed + EPSILON_MM
    )
    outside = Number(100 * float((~free).mean())) if not capsule[1] else absent(capsule[1])
    shell = _shell(own, zone, surface, liver, steps)
    if not free.any():
        return {MARGIN: absent("EMPTY_MASK"), OUTSIDE: outside, SHELL: shell}
    points, signed, numbers = points[free], signed[free], numbers[free]
    at = int(signed.argmin())
    value = float(signed[at])
    line = surface.surface[numbers[at]] - points[at]
    length = float(np.linalg.norm(line))
    shift = float(np.linalg.norm(steps @ line)) / length if length else float(np.linalg.norm(steps, axis=1).max())

    def ends_of(ends: tuple[Point, ...], length: float) -> str | None:
        if len(ends) != 2 or off_points(ends[:1], points) or off_points(ends[1:], surface.surface):
            return "its end points are not on both surfaces"
        apart = float(np.linalg.norm(np.subtract(*ends)))
        return None if agree(apart, abs(length)) else "its end points are not as far apart as it is long"

    margin = Number(value, value - shift, value + shift, uids=uids, ends=ends_of)
    return {MARGIN: margin, OUTSIDE: outside, SHELL: shell}


def _set_at(solid: Solid, indices: Ints) -> np.ndarray:
    places = indices - solid.start
    fits = ((places >= 0) & (places < np.array(solid.voxels.shape))).all(axis=1)
    found = np.zeros(len(indices), dtype=bool)
    found[fits] = solid.voxels[tuple(places[fits].T)]
    return found


def _shell(own: Body, zone: Solid, surface: Body, liver: Solid | None, steps: Floats) -> Number:
    """Return the share of the voxels within 6 mm around a lesion, in the liver, that lie in the zone."""
    solid = own.solid
    low, high = solid.box()
    reach = np.ceil(SHELL_MM * np.linalg.norm(np.linalg.inv(solid.grid.steps), axis=0)).astype(int) + 2
    low, high = np.maximum(low - reach, 0), np.minimum(high + reach, np.array(solid.grid.shape) - 1)
    free = ~solid.over(low, high)
    if liver is not None and liver.grid is solid.grid:
        free &= liver.over(low, high)
    voxels = np.argwhere(free) + low
    centres = solid.grid.world(voxels)
    near = Points(own.surface).nearest(centres)[0] <= SHELL_MM
    voxels, centres = voxels[near], centres[near]
    if not len(voxels):
        return absent("EMPTY_MASK")
    inside = _set_at(zone, voxels)
    gaps, numbers = surface.tree.nearest(centres)
    lines = surface.surface[numbers] - centres
    shifts = np.linalg.norm(lines @ steps.T, axis=1) / np.maximum(gaps, 1e-12) / 2
    sure, possible = inside & (gaps >= shifts), inside | (gaps <= shifts)
    value = 100 * float(inside.mean())
    return Number(value, min(100 * float(sure.mean()), value), max(100 * float(possible.mean()), value))
