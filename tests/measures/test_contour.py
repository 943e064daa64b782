"""Half-level contours: mid-points of crossed grid edges, in patient mm, closed at the border of the array."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.measure import find_contours, marching_cubes

from pipeline.measures.contour import find_plane_points, find_surface_points, trace_plane
from pipeline.volume import Geometry, Mask
from tests.phantoms import GRIDS, make_grid, sample, sphere


def as_set(points: np.ndarray) -> set[tuple[float, ...]]:
    return {tuple(np.round(point, 4) + 0.0) for point in points}


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS.keys())
def test_surface_points_are_the_vertices_of_marching_cubes(grid: Geometry) -> None:
    """On every grid the surface points are scikit-image's marching-cubes vertices taken to patient mm."""
    mask = sample(sphere(9.0, (0.4, -0.3, 0.2)), grid)
    vertices = marching_cubes(np.pad(mask.voxels, 1).astype(float), 0.5)[0] - 1 + np.array(mask.offset)
    assert as_set(find_surface_points(mask)) == as_set(grid.to_world(vertices))


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS.keys())
def test_plane_points_are_the_vertices_of_marching_squares(grid: Geometry) -> None:
    """In every plane the contour points are scikit-image's marching-squares vertices taken to patient mm."""
    mask = sample(sphere(9.0, (0.4, -0.3, 0.2)), grid)
    points, planes = find_plane_points(mask)
    for plane in range(mask.box[0].start, mask.box[0].stop):
        chains = find_contours(np.pad(mask.within(mask.box)[plane - mask.offset[0]], 1).astype(float), 0.5)
        flat = np.concatenate(chains) - 1 + np.array(mask.offset[1:])
        vertices = np.column_stack([np.full(len(flat), plane), flat])
        assert as_set(points[planes == plane]) == as_set(grid.to_world(vertices))


def test_a_contour_closes_at_the_border_of_the_array() -> None:
    """A structure that fills the array has its contour half a voxel outside the outermost centres."""
    grid = make_grid((2, 3, 4), (2.0, 1.0, 1.0))
    mask = Mask.from_array(grid, np.ones(grid.shape, dtype=bool))
    points = find_surface_points(mask)
    assert np.ptp(points, axis=0) == pytest.approx([4.0, 3.0, 4.0])
    (chain,) = trace_plane(mask, 0)
    assert chain[0] == pytest.approx(chain[-1])


def test_traced_contours_follow_every_ring_of_a_plane() -> None:
    """A ring has an outer and an inner contour; a plane without a voxel has none."""
    from tests.phantoms import Cylinder

    mask = sample(Cylinder(10, 6, inner_mm=5), make_grid())
    chains = trace_plane(mask, mask.offset[0])
    assert sorted(round(float(np.linalg.norm(c[:, :2], axis=1).mean())) for c in chains) == [5, 10]
    assert trace_plane(mask, 0) == ()
