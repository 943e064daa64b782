"""Holes of a liver mask: vessels that it leaves out, and cavities. Their walls are no capsule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.measures.grids import intersect, same_grid, start_of
from pipeline.measures.volumes import mask_volume_ml
from pipeline.structures import Role
from pipeline.study import Finding, Severity, Study
from pipeline.volume import Mask

CODE = "LIVER_HOLES"
QUANTITIES = ("dist_capsule_mm", "depth_mm")
VESSELS = (
    Role.PORTAL_VEIN,
    Role.PORTAL_VEIN_MAIN,
    Role.PORTAL_VEIN_LEFT,
    Role.PORTAL_VEIN_RIGHT,
    Role.HEPATIC_VEIN,
    Role.HEPATIC_VEIN_RIGHT,
    Role.HEPATIC_VEIN_MIDDLE,
    Role.HEPATIC_VEIN_LEFT,
    Role.LIVER_VESSEL,
    Role.HEPATIC_ARTERY,
    Role.BILE_DUCT,
    Role.CENTRAL_BILE_DUCT,
)
"""What runs within the liver. Vena cava and gallbladder lie beside it."""
LEAST_AXES = 2
"""Axes of the grid along which the liver lies on either side of what it encloses."""


def fill_liver(study: Study, total: Mask) -> Mask:
    """Return a liver with its holes filled: the same mask where it has none.

    Filled are voxels of vessels and bile ducts drawn on its grid that it encloses (it has voxels on either side of them
    along two of the grid's three axes at least: a vessel leaves along the third), then all that no path of face
    neighbours leads out of.
    """
    vessels = [segment.mask for segment in study.segments_of(*VESSELS) if same_grid(segment.mask.grid, total.grid)]
    filled = _fill_cavities(_add_enclosed(total, vessels))
    return total if filled is total.voxels else Mask.from_array(total.grid, filled, start_of(total.box))


def check_holes(total: Mask | None, filled: Mask | None) -> tuple[Finding, ...]:
    """Return a note on the holes of a liver that were filled."""
    if total is None or filled is None or filled is total:
        return ()
    holes = Mask.from_array(total.grid, filled.voxels & ~total.within(filled.box), start_of(filled.box))
    message = (
        f"The liver mask leaves out {mask_volume_ml(holes):.2f} mL that lie within it (vessels, bile ducts, cavities). "
        "Distances to the capsule and depths are to its outer surface; its volume is as drawn."
    )
    return (Finding(CODE, Severity.INFO, message, QUANTITIES),)


def _add_enclosed(total: Mask, vessels: Sequence[Mask]) -> NDArray[np.bool_]:
    """Return the voxels of a body with those of vessels that it encloses; as they are without any."""
    parts = [_find_enclosed(total, mask) for mask in vessels if not mask.is_empty]
    places = np.concatenate([np.zeros((0, 3), dtype=np.int64), *parts])
    if not len(places):
        return total.voxels
    solid = total.voxels.copy()
    solid[tuple(places.T)] = True
    return solid


def _find_enclosed(total: Mask, vessel: Mask) -> NDArray[np.int64]:
    """Return the voxels of a vessel that a body encloses, as indices of its array, shape (n, 3)."""
    box = intersect(vessel.box, total.box)
    if box is None:
        return np.zeros((0, 3), dtype=np.int64)
    corner = np.array(start_of(box)) - np.array(total.offset)
    places = np.argwhere(vessel.within(box) & ~total.within(box)) + corner
    if not len(places):
        return np.zeros((0, 3), dtype=np.int64)
    return np.asarray(places[are_enclosed(total.voxels, places)], dtype=np.int64)


def are_enclosed(voxels: NDArray[np.bool_], places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which places of an array, shape (n, 3), have set voxels on either side along ``LEAST_AXES`` axes."""
    held = sum(_lie_between(voxels, places, axis).astype(np.int64) for axis in range(3))
    return np.asarray(held >= LEAST_AXES, dtype=np.bool_)


def _lie_between(voxels: NDArray[np.bool_], places: NDArray[np.int64], axis: int) -> NDArray[np.bool_]:
    """Tell which places have set voxels on either side along an axis."""
    low, high = places.min(axis=0), places.max(axis=0) + 1
    low[axis], high[axis] = 0, voxels.shape[axis]
    lines = voxels[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    across = tuple(np.delete(places - low, axis, axis=1).T)
    first = np.asarray(lines.argmax(axis=axis))[across]
    last = lines.shape[axis] - 1 - np.asarray(np.flip(lines, axis).argmax(axis=axis))[across]
    held = np.asarray(lines.any(axis=axis))[across]
    return np.asarray(held & (first < places[:, axis]) & (places[:, axis] < last))


def _fill_cavities(voxels: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return a body with what it encloses on all sides; as it is where that is nothing."""
    import cc3d

    labels = cc3d.connected_components(~voxels, connectivity=6, out_dtype=np.uint32)
    ends = [np.moveaxis(labels, axis, 0)[[0, -1]].ravel() for axis in range(3)]
    closed = np.ones(int(labels.max()) + 1, dtype=np.bool_)
    closed[np.concatenate(ends)] = False
    closed[0] = False
    return voxels | closed[labels] if closed.any() else voxels
