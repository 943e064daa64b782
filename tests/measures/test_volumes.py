"""Volumes by voxels, each slice with its own slab."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.measures.locations import locate
from pipeline.measures.volumes import equivalent_diameter_mm, mask_volume_ml
from pipeline.structures import Role
from pipeline.volume import Geometry, Mask
from tests.phantoms import GRIDS, Box, empty, make_grid, make_study, sample, sphere


@pytest.mark.hazard("G10")
@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS.keys())
def test_a_ball_has_its_volume_on_every_grid(grid: Geometry) -> None:
    """Voxels times the determinant, sheared or not; uneven slices by their slabs."""
    ball = sphere(20.0, (0.3, 0.4, -0.6))
    assert 1000 * mask_volume_ml(sample(ball, grid)) == pytest.approx(ball.volume_mm3, rel=0.01)


def test_uneven_slices_count_with_half_the_gap_to_each_neighbour() -> None:
    """Three slices at 0, 4 and 6 mm have slabs of 4, 3 and 2 mm."""
    even = make_grid((3, 4, 5), (3.0, 1.0, 1.0))
    positions = even.affine[:3, 3] + np.array([0.0, 4.0, 6.0])[:, None] * np.array([0.0, 0.0, 1.0])
    grid = Geometry(even.shape, even.affine, 0, positions)
    for plane, slab in enumerate((4.0, 3.0, 2.0)):
        mask = Mask.from_array(grid, np.ones((1, 2, 2), dtype=bool), (plane, 1, 1))
        assert 1000 * mask_volume_ml(mask) == pytest.approx(4 * slab)


def test_equivalent_diameter_is_that_of_the_sphere() -> None:
    """A sphere of 24 mm has the equivalent diameter 24 mm; nothing has 0."""
    assert equivalent_diameter_mm(sphere(12.0).volume_mm3 / 1000) == pytest.approx(24.0)
    assert mask_volume_ml(empty(make_grid())) == 0


@pytest.mark.hazard("M07")
def test_a_plane_of_another_grid_is_shown_on_the_nearest_slice_of_the_image() -> None:
    """By position, never by index; without an SOPInstanceUID, as it is not that slice."""
    image = make_grid((30, 40, 40), (2.0, 1.0, 1.0))
    mask = sample(Box((6, 6, 6), (0.0, 0.0, 9.0)), make_grid((60, 40, 40), (1.0, 1.0, 1.0)))
    study = make_study({Role.LESION: mask}, grid=image)
    plane = mask.offset[0] + 3
    where = locate(study, mask, plane)
    height = mask.grid.to_world(np.array([[plane, 20.0, 20.0]]))[0, 2]
    assert where.slice_index is not None
    assert abs(image.to_world(np.array([[where.slice_index, 20.0, 20.0]]))[0, 2] - height) <= 1.0
    assert where.sop_instance_uid is None
