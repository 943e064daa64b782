"""Which lesions there are, found again: segments or components, where each lies, in which order."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from pipeline.verify.components import split
from pipeline.verify.gap import nearest_inside
from pipeline.verify.gaps import join_parts
from pipeline.verify.grid import Floats, Grid
from pipeline.verify.solid import Solid, shared_count, together
from pipeline.verify.study_files import SecondReading, Structure

NEAR_MM = 3.0
LETTERS = {"intrahepatic": "L", "extrahepatic": "E", "treated": "T", "speck": "S", "unknown": "U"}


@dataclass(frozen=True, eq=False)
class Lesion:
    """One lesion found again."""

    id: str
    status: str
    label: str
    components: int
    solid: Solid
    tracking_uid: str | None = None


@dataclass(frozen=True, eq=False)
class _Body:
    solid: Solid
    label: str
    components: int = 1


def least_ml(min_lesion_mm: float) -> float:
    """Return the volume of the sphere from which on a component is a lesion."""
    return math.pi / 6 * min_lesion_mm**3 / 1000


def find_lesions(second: SecondReading, unit: str, min_lesion_mm: float, neighbours: int) -> list[Lesion]:
    """Return all lesions and specks of a study in the order of the report.

    Parameters
    ----------
    unit
        ``auto``, ``segment`` or ``component``.
    """
    drawn = [each for each in second.of("lesion") if each.solid.count]
    least = least_ml(min_lesion_mm) * (1 - 1e-9)
    alone = [each for each in drawn if _is_unit(each, drawn, unit, neighbours, least)]
    large: list[_Body] = []
    specks: list[_Body] = []
    for each in alone:
        big, small = _sort(split(each.solid, neighbours), least)
        large += [_Body(together(big), each.label, len(big))] if big else []
        specks += [_Body(part, each.label) for part in small]
    rest = [each for each in drawn if all(each is not other for other in alone)]
    for grid in {id(each.solid.grid) for each in rest}:
        members = [each for each in rest if id(each.solid.grid) == grid]
        found, scraps = _bodies(members, neighbours, least)
        large += found
        specks += scraps
    return _numbered(large, _statuses(second, large), specks)


def _sort(parts: list[Solid], least: float) -> tuple[list[Solid], list[Solid]]:
    big = [part for part in parts if part.volume_ml >= least]
    return big, [part for part in parts if part.volume_ml < least]


def _bodies(members: list[Structure], neighbours: int, least: float) -> tuple[list[_Body], list[_Body]]:
    """Return the components of several structures together, joined where slices are missing again and again."""
    whole = together([each.solid for each in members])
    big, small = _sort(split(whole, neighbours), least)
    bodies, runs = join_parts(whole, big) if len(big) > 1 else ([[n] for n in range(len(big))], 0)
    bodies = bodies if runs > 1 else [[n] for n in range(len(big))]
    found = [
        _Body(part, _labels(part, members), len(body))
        for body in bodies
        for part in (together([big[n] for n in body]),)
    ]
    return found, [_Body(part, _labels(part, members)) for part in small]


def _labels(part: Solid, members: list[Structure]) -> str:
    return " + ".join(each.label for each in members if shared_count(part, each.solid))


def _is_unit(each: Structure, drawn: list[Structure], unit: str, neighbours: int, least: float) -> bool:
    """Tell whether a structure is one lesion: most of two or more of one object are single bodies."""
    if unit != "auto":
        return unit == "segment"
    siblings = [other for other in drawn if _object_of(other) == _object_of(each)]
    if len(siblings) < 2:
        return False
    single = 0
    for other in siblings:
        big, _ = _sort(split(other.solid, neighbours), least)
        single += len(big) <= 1 or len(join_parts(other.solid, big)[0]) == 1
    return 2 * single > len(siblings)


def _object_of(each: Structure) -> tuple[str, str]:
    return each.record.mask, "" if each.record.mask == "structure files" else str(each.source)


def _statuses(second: SecondReading, bodies: list[_Body]) -> list[str]:
    """Tell where each lesion stands; those in the liver count as liver for the others, until nothing changes."""
    zones = [each.solid for each in second.of("ablation_zone") if each.solid.count]
    liver = second.first("liver")
    found = ["treated" if _treated(body.solid, zones) else "unknown" for body in bodies]
    if liver is None:
        return found
    asked = [n for n, body in enumerate(bodies) if found[n] == "unknown" and body.solid.grid is liver.grid]
    changed = True
    while changed:
        changed = False
        parts = [liver, *(bodies[n].solid for n in asked if found[n] == "intrahepatic")]
        for n in asked:
            if found[n] != "intrahepatic" and lies_in_liver(bodies[n].solid, parts):
                found[n], changed = "intrahepatic", True
    return ["extrahepatic" if n in asked and status == "unknown" else status for n, status in enumerate(found)]


def _treated(solid: Solid, zones: list[Solid]) -> bool:
    held = {tuple(voxel) for zone in zones for voxel in nearest_inside(solid, zone)}
    return bool(zones) and 2 * len(held) >= solid.count


def lies_in_liver(solid: Solid, parts: list[Solid]) -> bool:
    """Tell whether half of a lesion's voxels, or half of its boundary voxels within 3 mm, are at the liver."""
    low, high = solid.box()
    inside = np.zeros(high - low + 1, dtype=bool)
    for part in parts:
        inside |= part.over(low, high)
    if 2 * int((inside & solid.over(low, high)).sum()) >= solid.count:
        return True
    rim = outer_voxels(solid)
    liver = np.concatenate([outer_voxels(part) for part in parts])
    return 2 * _count_near(rim, inside, low, liver, solid.grid) >= len(rim)


def outer_voxels(solid: Solid) -> np.ndarray:
    """Return the grid indices of set voxels with an unset face neighbour."""
    low, high = solid.box()
    wide = np.pad(solid.over(low, high), 1)
    inner = wide.copy()
    for axis in range(3):
        inner &= np.roll(wide, 1, axis) & np.roll(wide, -1, axis)
    return np.argwhere(wide & ~inner) - 1 + low


def _count_near(rim: np.ndarray, inside: np.ndarray, low: np.ndarray, liver: np.ndarray, grid: Grid) -> int:
    """Return how many voxels lie in the liver or within 3 mm: distance of centres less half a voxel at either end."""
    reach = NEAR_MM + float(np.linalg.norm(np.abs(grid.steps).sum(axis=0)))
    even = Grid(grid.shape, grid.origin, grid.steps, grid.slice_axis)
    centres = even.world(liver)
    tree, near = cKDTree(centres), 0
    for voxel in rim:
        if inside[tuple(voxel - low)]:
            near += 1
            continue
        here = even.world(voxel)[0]
        lines = centres[tree.query_ball_point(here, reach)] - here
        near += bool(len(lines)) and bool((_gaps(lines, grid.steps) <= NEAR_MM).any())
    return near


def _gaps(lines: Floats, steps: Floats) -> Floats:
    lengths = np.maximum(np.linalg.norm(lines, axis=1), 1e-12)
    return np.asarray(lengths - np.linalg.norm((lines / lengths[:, None]) @ steps.T, axis=1))


def _numbered(bodies: list[_Body], statuses: list[str], specks: list[_Body]) -> list[Lesion]:
    marked = [*zip(bodies, statuses, strict=True), *((speck, "speck") for speck in specks)]
    found = []
    for status, letter in LETTERS.items():
        members = sorted((body for body, own in marked if own == status), key=_order)
        found += [
            Lesion(f"{letter}{n}", status, body.label, body.components, body.solid) for n, body in enumerate(members, 1)
        ]
    return found


def _order(body: _Body) -> tuple[float, ...]:
    left, back, head = (round(float(v), 3) for v in body.solid.grid.world(body.solid.indices.mean(axis=0))[0])
    return -round(body.solid.volume_ml, 9), -head, left, back
