"""Hull corners found on the grid, held against Qhull and against every pair of surface points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist

from pipeline.measures.contour import find_plane_points, find_surface_points
from pipeline.measures.diameters import find_3d_diameter, find_axial_diameters
from pipeline.measures.hull_points import find_plane_corners, find_space_corners
from pipeline.volume import Geometry, Mask

SEEDS = st.integers(0, 2**32 - 1)
EXAMPLES = settings(max_examples=60, deadline=None)


def draw_mask(seed: int) -> Mask:
    """Return noise or a cut ellipsoid on an oblique, sheared, sometimes uneven grid acquired along any axis."""
    rng = np.random.default_rng(seed)
    shape = rng.integers(1, 14, 3)
    if rng.random() < 0.4:
        voxels = rng.random(shape) < rng.uniform(0.05, 0.6)
    else:
        index = np.stack(np.meshgrid(*[np.linspace(-1, 1, size) for size in shape], indexing="ij"), -1)
        turned = index @ rng.normal(size=(3, 3))
        voxels = ((turned**2).sum(-1) < 1.5) & ~((turned[..., 0] > 0) & (turned[..., 1] > 0))
    voxels[tuple(rng.integers(0, shape))] = True
    affine = np.eye(4)
    affine[:3, :3] = np.fliplr(np.eye(3)) * rng.uniform(0.5, 5, 3) + rng.normal(0, 0.15, (3, 3))
    axis = int(rng.integers(0, 3))
    heights = np.cumsum(rng.uniform(0.7, 1.3, 20))[:, None]
    uneven = affine[:3, :3].T[axis] * heights + rng.normal(0, 0.1, (20, 3))
    grid = Geometry((20, 20, 20), affine, axis, uneven if rng.random() < 0.3 else None)
    return Mask.from_array(grid, voxels, (2, 1, 3))


@given(SEEDS)
@EXAMPLES
def test_corners_of_every_plane_are_those_of_qhull(seed: int) -> None:
    """On an even grid: the same corners in every plane, none more and none less."""
    mask = draw_mask(seed)
    mask = Mask(Geometry(mask.grid.shape, np.eye(4)), mask.offset, mask.voxels)
    points, planes = find_plane_points(mask)
    found = find_plane_corners(mask) / 2 + np.array(mask.offset)
    for plane in np.unique(planes):
        own = points[planes == plane][:, 1:]
        expected = own[ConvexHull(own).vertices]
        ours = found[found[:, 0] == plane][:, 1:]
        assert sorted(map(tuple, ours)) == sorted(map(tuple, expected))


@given(SEEDS)
@EXAMPLES
def test_corners_in_space_hold_those_of_qhull(seed: int) -> None:
    """On any grid: no corner of the hull of the surface is lost."""
    mask = draw_mask(seed)
    surface = find_surface_points(mask)
    corners = surface[ConvexHull(surface).vertices]
    found = mask.grid.to_world(find_space_corners(mask, find_plane_corners(mask)) / 2 + np.array(mask.offset))
    gaps = np.linalg.norm(corners[:, None] - found[None], axis=2).min(axis=1)
    assert gaps.max() < 1e-6


@given(SEEDS)
@EXAMPLES
def test_longest_diameters_are_the_largest_of_all_distances(seed: int) -> None:
    """In space and in the widest plane: as every pair of points of the half-level surface gives it."""
    mask = draw_mask(seed)
    assert find_3d_diameter(mask).length_mm == pytest.approx(pdist(find_surface_points(mask)).max(), abs=1e-9)
    points, planes = find_plane_points(mask)
    long, short = find_axial_diameters(mask)
    basis = np.linalg.qr(mask.grid.axes[1:].T)[0]
    longest = max(pdist(points[planes == plane] @ basis).max() for plane in np.unique(planes))
    assert float(np.linalg.norm(basis.T @ (long.ends_mm[1] - long.ends_mm[0]))) == pytest.approx(longest, abs=1e-9)
    assert short.length_mm <= long.length_mm + 1e-6
