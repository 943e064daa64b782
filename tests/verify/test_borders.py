"""What the scan's border hides, by both calculators, on every kind of grid."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import Geometry
from pipeline.measures.border import beyond_border_mm, border_gaps_mm, find_cut_faces
from pipeline.verify.dicom_image import SourceImage
from pipeline.verify.grid import Grid
from pipeline.verify.places import at_border, unseen_mm
from pipeline.verify.solid import Solid
from pipeline.volume import Mask
from tests.phantoms import GRIDS


def grid_of(grid: Geometry) -> Grid:
    """Return the second calculator's grid with the same voxels."""
    places, origin = grid.slice_positions_mm, grid.affine[:3, 3]
    return Grid(grid.shape, origin, grid.axes, grid.slice_axis, None if places is None else np.asarray(places))


def solid_of(mask: Mask, grid: Grid) -> Solid:
    """Return the second calculator's solid with the same voxels."""
    return Solid(grid, np.array(mask.offset), mask.voxels)


@pytest.mark.parametrize("name", sorted(GRIDS))
@pytest.mark.parametrize("axis", range(3))
def test_both_calculators_say_how_near_the_unseen_part_of_an_organ_may_be(name: str, axis: int) -> None:
    image = GRIDS[name]
    size = np.array(image.shape)
    lesion = Mask(image, (size // 3)[0:3].tolist(), np.ones((2, 3, 4), dtype=np.bool_))  # type: ignore[arg-type]
    start = size // 2
    start[axis] = size[axis] - 2
    organ = Mask(image, tuple(start.tolist()), np.ones((2, 2, 2), dtype=np.bool_))
    again = grid_of(image)
    second = SourceImage(again, ())
    expected = beyond_border_mm(border_gaps_mm(lesion, image), find_cut_faces(organ, image))
    assert 0 < expected < np.inf
    assert unseen_mm(second, solid_of(lesion, again), [solid_of(organ, again)]) == pytest.approx(expected)
    assert at_border(second, solid_of(organ, again))
    assert unseen_mm(second, solid_of(lesion, again), [solid_of(lesion, again)]) == np.inf
