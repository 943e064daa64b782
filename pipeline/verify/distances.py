"""Distances of lesions to vessels, organs, the capsule and each other, computed again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from pipeline.measurement import Point
from pipeline.verify.gap import Body, Gap, Points, centre_ends, find_gap, nearest_inside, steps_between
from pipeline.verify.grid import Floats, Ints
from pipeline.verify.lesions import Lesion
from pipeline.verify.number import Number, absent, agree
from pipeline.verify.places import largest_slice, unseen_mm
from pipeline.verify.solid import Solid, common, together, trimmed
from pipeline.verify.steiner import volume_ends
from pipeline.verify.study_files import SecondReading
from pipeline.verify.surface import off_points

PORTAL = ("portal_vein_main", "portal_vein_left", "portal_vein_right")
VEINS = ("hepatic_vein_right", "hepatic_vein_middle", "hepatic_vein_left")
WHOLE = {
    "portal_vein": ("portal_vein", *PORTAL),
    "hepatic_vein": ("hepatic_vein", *VEINS),
    "bile_duct": ("bile_duct", "central_bile_duct"),
}
ALONE = (
    *PORTAL,
    *VEINS,
    *("liver_vessel", "ivc", "hepatic_artery", "central_bile_duct", "gallbladder", "stomach", "duodenum"),
    *("small_bowel", "colon", "right_kidney", "left_kidney", "heart", "lung", "spinal_cord", "oesophagus"),
    *("diaphragm", "chest_wall", "spleen"),
)
BOWEL = ("stomach", "duodenum", "small_bowel", "colon")
GROUPS = {
    "dist_bowel_mm": BOWEL,
    "dist_bowel_or_gallbladder_mm": (*BOWEL, "gallbladder"),
    "dist_heart_or_diaphragm_mm": ("heart", "diaphragm"),
    "dist_sbrt_organs_mm": ("heart", "chest_wall", "right_kidney", "central_bile_duct"),
}
BILE = "dist_central_bile_duct_mm"


def find_targets(second: SecondReading) -> dict[str, list[Body]]:
    """Return what distances are measured to, by name: what is drawn of it on each grid."""
    names = {**WHOLE, **{name: (name,) for name in ALONE}}
    found = {name: _bodies([each.solid for each in second.of(*roles)]) for name, roles in names.items()}
    trunk = [each.solid for each in second.of("portal_vein_main") if each.solid.count]
    branches = [each.solid for each in second.of(*PORTAL[1:]) if each.solid.count]
    if trunk and branches:
        found["bile_proxy"] = _bodies([*trunk, *branches])
    return {name: bodies for name, bodies in found.items() if bodies}


def _bodies(solids: Sequence[Solid]) -> list[Body]:
    """Return the union of solids on each grid."""
    by_grid: dict[int, list[Solid]] = {}
    for solid in solids:
        if solid.count:
            by_grid.setdefault(id(solid.grid), []).append(solid)
    return [Body(together(group)) for group in by_grid.values()]


def target_numbers(second: SecondReading, own: Body, targets: Mapping[str, list[Body]]) -> dict[str, Number]:
    """Return the distance of a lesion to every target and group, and the volume it shares with each."""
    found: dict[str, Number] = {}
    for name, bodies in targets.items():
        gaps = [find_gap(own, body) for body in bodies]
        number = smallest([_number(second, gap) for gap in gaps])
        unseen = unseen_mm(second.image, own.solid, [body.solid for body in bodies])
        found[f"dist_{name}_mm"] = replace(number, low=min(number.low or 0.0, unseen))
        if any(gap.shares for gap in gaps):
            found[f"overlap_{name}_ml"] = _overlap(second, own.solid, bodies)
    proxy = found.pop("dist_bile_proxy_mm", absent("NO_MASK"))
    found.pop("overlap_bile_proxy_ml", None)
    found.setdefault(BILE, proxy)
    return found | {
        name: _group([found.get(f"dist_{each}_mm") for each in members]) for name, members in GROUPS.items()
    }


def _number(second: SecondReading, gap: Gap) -> Number:
    own = second.image.grid.slice_axis == 0
    return Number(gap.value, gap.low, gap.high, uids=own, ends=gap.ends)


def smallest(numbers: Sequence[Number]) -> Number:
    """Return the smallest of several distances; its interval is that of the smallest ends."""
    best = min(numbers, key=lambda number: number.value or 0.0)
    equal = [number for number in numbers if agree(number.value, best.value)]
    low, high = min(number.low or 0.0 for number in numbers), min(number.high or 0.0 for number in numbers)
    value = best.value or 0.0

    def ends_of(ends: tuple[Point, ...], length: float) -> str | None:
        troubles = [number.ends(ends, length) if number.ends else None for number in equal]
        return None if None in troubles else troubles[0]

    return replace(best, low=min(low, value), high=max(high, value), ends=ends_of)


def _group(members: Sequence[Number | None]) -> Number:
    """Return the distance to the nearest member; none where one is not known."""
    known = [number for number in members if number is not None and number.value is not None]
    return smallest(known) if len(known) == len(members) else replace(absent("NO_MASK"), notes=say_nearest(known))


def say_nearest(known: Sequence[Number]) -> tuple[str, ...]:
    """Return what the reason of an unknown smallest distance says of the known ones."""
    return (f"{smallest(known).value:.1f} mm away",) if known else ()


def _overlap(second: SecondReading, solid: Solid, bodies: Sequence[Body]) -> Number:
    parts = [part for body in bodies for part in (_shared(solid, body.solid),) if part.count]
    ends = [volume_ends(part) for part in parts]
    value = sum(part.volume_ml for part in parts)
    low, high = min(sum(low for low, _ in ends), value), max(sum(high for _, high in ends), value)
    own = bool(parts) and parts[0].grid is second.image.grid and second.image.grid.slice_axis == 0
    slices = largest_slice(second.image, parts[0]) if parts else None
    return Number(value, low, high, slices=slices, uids=own)


def _shared(first: Solid, second: Solid) -> Solid:
    """Return what two solids share; on different grids on the finer one, by the nearest voxel of the other."""
    if first.grid is second.grid:
        return common(first, second)
    fine, coarse = (first, second) if first.grid.voxel_mm3 <= second.grid.voxel_mm3 else (second, first)
    voxels = np.zeros_like(fine.voxels)
    voxels[tuple((nearest_inside(fine, coarse) - fine.start).T)] = True
    return trimmed(Solid(fine.grid, fine.start, voxels))


NO_NEIGHBOUR = (
    *("NO_OTHER_LESION", "NO_LESION", "NO_LIVER", "FOV_CUT", "LESION_OUTSIDE", "LESION_TREATED", "LABEL_UNKNOWN"),
)
"""Why a lesion has no nearest one."""


def neighbour_number(second: SecondReading, lesion: Lesion, own: Body, others: Sequence[tuple[Lesion, Body]]) -> Number:
    """Return the distance of a lesion to the nearest other one in the liver."""
    asked = [body for other, body in others if other.id != lesion.id and other.status == "intrahepatic"]
    bounds = {id(body): _box_gap(own, body) for body in asked}
    gaps: list[Gap] = []
    for body in sorted(asked, key=lambda each: bounds[id(each)]):
        room = 4 * float(body.solid.grid.spacing.max())
        if gaps and bounds[id(body)] - room > min(gap.high for gap in gaps):
            break
        gaps.append(find_gap(own, body))
    if not gaps:
        return absent(*NO_NEIGHBOUR)
    return smallest([_number(second, gap) for gap in gaps])


def _box_gap(first: Body, second: Body) -> float:
    """Return a distance in mm that no two points of two surfaces are nearer than: that of their boxes."""
    lows = np.maximum(first.surface.min(axis=0), second.surface.min(axis=0))
    highs = np.minimum(first.surface.max(axis=0), second.surface.max(axis=0))
    return float(np.linalg.norm(np.maximum(lows - highs, 0)))


class Capsule:
    """The surface of the total liver as far as the scan shows it: crossings to voxels inside the scan."""

    def __init__(self, second: SecondReading, total: Solid) -> None:
        low, high = total.box()
        low, high = _inside_scan(second, total, low - 1, high + 1)
        inside = total.over(low, high)
        wide = np.pad(inside, 1)
        known = np.pad(np.ones_like(inside), 1)
        open_: list[Floats] = []
        cut: list[Floats] = []
        outer: list[Ints] = []
        for axis in range(3):
            for sense in (-1, 1):
                beyond, seen = np.roll(wide, -sense, axis), np.roll(known, -sense, axis)
                for found, where in ((open_, wide & ~beyond & seen), (cut, wide & ~seen)):
                    middle = np.argwhere(where).astype(float) - 1 + low
                    middle[:, axis] = middle[:, axis] + sense / 2
                    found.append(np.asarray(middle, dtype=np.float64))
                step = sense * np.eye(3, dtype=np.int64)[axis]
                outer.append(np.argwhere(wide & ~beyond & seen) - 1 + low + step)
        self.total = total
        self.points = total.grid.world(np.concatenate(open_))
        self.cut = total.grid.world(np.concatenate(cut))
        self.rim = total.grid.world(np.unique(np.concatenate(outer), axis=0))
        self.tree = Points(self.points) if len(self.points) else None


def _inside_scan(
    second: SecondReading, total: Solid, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return a box without its layers outside the scan."""
    if total.grid is second.image.grid:
        return np.maximum(low, 0), np.minimum(high, np.array(total.grid.shape) - 1)
    shape, image = np.array(total.grid.shape), second.image.grid
    for axis in range(3):
        for layer, ends in ((-1, low), (shape[axis], high)):
            middle = (shape - 1) / 2
            middle[axis] = layer
            place = image.index(total.grid.world(middle))[0]
            if (place < -0.5).any() or (place > np.array(image.shape) - 0.5).any():
                ends[axis] = max(ends[axis], 0) if layer < 0 else min(ends[axis], shape[axis] - 1)
    return low, high


def capsule_numbers(second: SecondReading, own: Body, capsule: Capsule) -> dict[str, Number]:
    """Return how far a lesion's surface lies from the capsule, and how deep its farthest voxel lies under it."""
    if capsule.tree is None:
        return {"dist_capsule_mm": absent("FOV_CUT"), "depth_mm": absent("FOV_CUT")}
    value = float(capsule.tree.nearest(own.surface)[0].min())
    steps = steps_between(own.solid, capsule.total)
    low, high = centre_ends(own.centres, capsule.rim, steps)
    apart = min(max(value, low), high)
    found = {"dist_capsule_mm": absent("FOV_CUT"), "depth_mm": absent("FOV_CUT")}
    uids = second.image.grid.slice_axis == 0
    if not len(capsule.cut) or Points(capsule.cut).nearest(own.surface)[0].min() >= apart:
        ends = _both(own.surface, capsule.points, value)
        found["dist_capsule_mm"] = Number(apart, low, high, uids=uids, ends=ends)
    centres = own.centres
    gaps = capsule.tree.nearest(centres)[0]
    at = int(gaps.argmax())
    depth = float(gaps[at])
    if not len(capsule.cut) or Points(capsule.cut).nearest(centres[at])[0][0] >= depth:
        deepest = centres[gaps >= depth - 1e-7]
        around = [
            capsule.points[np.linalg.norm(capsule.points - each, axis=1) <= depth + 1e-7] - each for each in deepest
        ]
        shift = float(np.linalg.norm(np.concatenate(around) @ steps.T, axis=1).max()) / depth
        signs = np.array([[1, 1, 1], [1, 1, -1], [1, -1, 1], [-1, 1, 1]])
        diagonal = float(np.linalg.norm(signs @ steps, axis=1).max()) / 2
        number = Number(depth, max(depth - shift, 0), depth + shift + diagonal, uids=uids)
        found["depth_mm"] = replace(number, ends=_both(centres, capsule.points, depth))
    return found


def _both(first: Floats, second: Floats, apart: float) -> Callable[[tuple[Point, ...], float], str | None]:
    def ends_of(ends: tuple[Point, ...], _: float) -> str | None:
        if len(ends) != 2 or off_points(ends[:1], first) or off_points(ends[1:], second):
            return "its end points are not on both surfaces"
        return None if agree(float(np.linalg.norm(np.subtract(*ends))), apart) else "its end points are off"

    return ends_of
