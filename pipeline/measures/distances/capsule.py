"""How far lesions lie from the liver's surface, and how deep under it they reach.

The surface is that of the total liver (liver with its intrahepatic lesions). Where the scan ends in the liver there is
no capsule: what is not known outside the scan counts as neither liver nor surrounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box, Geometry, Points
from pipeline.lesion import Lesion
from pipeline.measurement import Measurement
from pipeline.measures.distances.cells import STEPS
from pipeline.measures.distances.depth import Depth, find_depths
from pipeline.measures.distances.nearest import nearest_points
from pipeline.measures.distances.reading import flags_of, place, read_distance
from pipeline.measures.distances.search import Distance, find_distances
from pipeline.measures.distances.surface import Surface
from pipeline.measures.grids import grow_box, same_grid, start_of
from pipeline.study import Study
from pipeline.volume import Mask

CAPSULE, DEPTH = "dist_capsule_mm", "depth_mm"
NO_CAPSULE = "FOV_CUT: the scan ends in the liver all around; its surface is not in it"
CUT = "FOV_CUT: the lesion is nearer to where the scan ends in the liver than to any surface of the liver in it"
METHOD = "smallest distance between the half-level surfaces of lesion and total liver"
DEPTH_METHOD = "largest distance of a voxel centre of the lesion to the half-level surface of the total liver"


@dataclass(frozen=True, eq=False)
class Capsule:
    """The surface of a liver as far as the scan shows it.

    Parameters
    ----------
    around
        What surrounds the liver within the scan.
    cut_mm
        Crossings of the liver's surface on the border of the scan, LPS mm, shape (n, 3): no capsule.
    """

    around: Surface
    cut_mm: Points


def find_capsule(total: Mask, image: Geometry) -> Capsule:
    """Return the capsule of a liver that is not empty."""
    box = _inside_scan(grow_box(total.box, (1, 1, 1)), total.grid, image)
    voxels = ~total.within(box)
    around = Mask(total.grid, start_of(box), voxels)
    return Capsule(Surface(around, beyond=True), _cut_points(total, box))


def measure_capsule(
    study: Study, lesions: Sequence[Lesion], bodies: Sequence[Surface], total: Mask | None, reason: str | None
) -> list[dict[str, Measurement]]:
    """Return ``dist_capsule_mm`` and ``depth_mm`` of each intrahepatic lesion.

    Parameters
    ----------
    total
        Liver with its intrahepatic lesions; None without one.
    reason
        Why its surface cannot be trusted, ``CODE: sentence``; None where it can.
    """
    if total is None or reason is not None:
        why = reason or "NO_LIVER: no liver mask holds a voxel"
        return [_absent(lesion, why) for lesion in lesions]
    capsule = find_capsule(total, study.image.geometry)
    if capsule.around.mask.is_empty:
        return [_absent(lesion, NO_CAPSULE) for lesion in lesions]
    distances = [each for each in find_distances(bodies, capsule.around) if each is not None]
    depths = find_depths(bodies, capsule.around, distances)
    return [
        _read(study, lesion, capsule, distance, depth)
        for lesion, distance, depth in zip(lesions, distances, depths, strict=True)
    ]


def _absent(lesion: Lesion, reason: str) -> dict[str, Measurement]:
    """Return both quantities without a value."""
    masks = (lesion.label, "liver")
    return {name: Measurement(name, None, "mm", reason=reason, masks=masks) for name in (CAPSULE, DEPTH)}


def _read(study: Study, lesion: Lesion, capsule: Capsule, distance: Distance, depth: Depth) -> dict[str, Measurement]:
    """Return both quantities of one lesion; without a value where the unseen part of the liver decides them."""
    found = _absent(lesion, CUT)
    if not _is_nearer(Surface(lesion.mask).points_mm, capsule.cut_mm, distance.value_mm):
        found[CAPSULE] = read_distance(study, lesion, CAPSULE, distance, ("liver",), method=METHOD)
    if not _is_nearer(depth.ends_mm[:1], capsule.cut_mm, depth.value_mm):
        found[DEPTH] = Measurement(
            DEPTH,
            depth.value_mm,
            "mm",
            depth.low_mm,
            depth.high_mm,
            None,
            DEPTH_METHOD,
            (lesion.label, "liver"),
            place(study, lesion.mask, depth.ends_mm),
            flags_of(study, lesion),
        )
    return found


def _is_nearer(points: Points, cut: Points, value_mm: float) -> bool:
    """Tell whether points are nearer to where the scan cuts the liver than a distance."""
    return bool(len(cut)) and nearest_points(points, cut).value_mm < value_mm


def _inside_scan(box: Box, grid: Geometry, image: Geometry) -> Box:
    """Return a box without its layers outside the scan; whether a layer is, is told by its middle."""
    parts = []
    for axis, part in enumerate(box):
        size = grid.shape[axis]
        low = max(part.start, 0) if _ends(grid, image, axis, -1) else part.start
        high = min(part.stop, size) if _ends(grid, image, axis, size) else part.stop
        parts.append(slice(low, high))
    a, b, c = parts
    return a, b, c


def _ends(grid: Geometry, image: Geometry, axis: int, layer: int) -> bool:
    """Tell whether a layer just outside a grid lies outside the image."""
    if same_grid(grid, image):
        return True
    middle = (np.array(grid.shape, dtype=np.float64) - 1) / 2
    middle[axis] = layer
    place = image.to_index(grid.to_world(middle[None]))[0]
    return bool(((place < -0.5) | (place > np.array(image.shape) - 0.5)).any())


def _cut_points(total: Mask, box: Box) -> Points:
    """Return the crossings of a liver's surface on the border of the scan: its voxels in the outermost layers there."""
    found: list[NDArray[np.float64]] = [np.zeros((0, 3))]
    for side, step in enumerate(STEPS):
        axis, last = divmod(side, 2)
        edge = box[axis].stop - 1 if last else box[axis].start
        place = edge - total.offset[axis]
        if not 0 <= place < total.voxels.shape[axis]:
            continue
        layer = np.argwhere(np.take(total.voxels, [place], axis=axis))
        layer[:, axis] = place
        found.append(layer + np.array(total.offset) + step / 2)
    return total.grid.to_world(np.concatenate(found))
