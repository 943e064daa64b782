"""Points, hulls, diameters and areas of one mask, by numpy and scipy's Qhull.

Points are the mid-points of crossed grid edges (the half-level surface), so that numbers can be compared with ours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist, squareform

from benchmarks.peers.opening import Part

Points = NDArray[np.float64]


def find_surface(part: Part, spacing: Points) -> tuple[Points, NDArray[np.int64]]:
    """Return the half-level points of a mask in mm of the grid (slice, row, column), and the axis each edge runs on."""
    padded = np.pad(part.voxels, 1)
    found = []
    for axis in range(3):
        low, high = (padded[(slice(None),) * axis + (cut,)] for cut in (slice(-1), slice(1, None)))
        edges = np.stack(np.unravel_index(np.flatnonzero(low != high), low.shape), axis=1).astype(np.float64)
        edges[:, axis] += 0.5
        found.append(edges)
    axes = np.repeat(np.arange(3), [len(edges) for edges in found])
    return (np.concatenate(found) + np.array(part.start) - 1) * spacing, axes


def find_diameters(points: Points, axes: NDArray[np.int64]) -> dict[str, float]:
    """Return the longest axial diameter, the longest at right angles to it, and the largest 3D one.

    Planes are taken from the largest down, and left out where their box cannot hold a longer diameter: 4 of 5 hulls
    are saved.
    """
    flat = points[axes != 0]
    flat = flat[np.argsort(flat[:, 0], kind="stable")]
    planes = np.split(flat[:, 1:], np.flatnonzero(np.diff(flat[:, 0])) + 1)
    reach = np.array([np.hypot(*np.ptp(plane, axis=0)) for plane in planes])
    best = (0.0, 0.0)
    for number in np.argsort(-reach):
        if reach[number] < best[0]:
            break
        hull = planes[number][ConvexHull(planes[number]).vertices]
        found = _measure_plane(hull, best[0])
        if found is not None:
            best = max(best, found, key=lambda pair: (round(pair[0], 6), pair[1]))
    corners = points[ConvexHull(points).vertices]
    return {
        "longest_diameter_mm": best[0],
        "short_diameter_mm": best[1],
        "max_3d_diameter_mm": float(pdist(corners).max()),
    }


def _measure_plane(hull: Points, least: float) -> tuple[float, float] | None:
    """Return the longest chord of a convex polygon and the longest at right angles to it; None below a length."""
    lengths = squareform(pdist(hull))
    longest = float(lengths.max())
    if longest < least - 1e-6:
        return None
    pairs = np.argwhere(np.triu(lengths) > longest - 1e-6)
    return longest, max(_measure_across(hull, hull[b] - hull[a]) for a, b in pairs)


def _measure_across(hull: Points, along: Points) -> float:
    """Return the longest chord of a convex polygon at right angles to a direction: it starts at a corner."""
    unit = along / np.linalg.norm(along)
    turned = hull @ np.array([[unit[0], -unit[1]], [unit[1], unit[0]]])
    start, end = int(np.argmin(turned[:, 0])), int(np.argmax(turned[:, 0]))
    ring = np.roll(turned, -start, axis=0)
    turn = (end - start) % len(hull)
    one, other = ring[: turn + 1], np.concatenate([ring[turn:], ring[:1]])[::-1]
    at = turned[:, 0]
    sides = [np.interp(at, side[:, 0], side[:, 1]) for side in (one, other)]
    return float(np.abs(sides[0] - sides[1]).max())


def measure_area(part: Part, spacing: Points) -> tuple[float, float]:
    """Return the area in mm2 and the volume in mL of scikit-image's surface (Lorensen's cubes)."""
    from skimage.measure import marching_cubes

    corners, faces, _, _ = marching_cubes(
        np.pad(part.voxels, 1).astype(np.float32), 0.5, spacing=tuple(spacing), method="lorensen"
    )
    first, second, third = (corners[faces[:, n]].astype(np.float64) for n in range(3))
    normals = np.cross(second - first, third - first)
    volume = abs(float(np.einsum("ij,ij->", first, normals))) / 6000
    return float(np.linalg.norm(normals, axis=1).sum() / 2), volume
