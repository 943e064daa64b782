"""What lies in the liver: half of the voxels, or half of the boundary within 3 mm of a liver that leaves it out."""

from __future__ import annotations

import pytest

from pipeline.geometry import Geometry
from pipeline.measures.hepatic import find_in_liver, lies_in_liver
from pipeline.volume import Mask
from tests.phantoms import GRIDS, make_grid, sample, sphere, subtract

THICK = make_grid((16, 90, 90), (5.0, 0.7, 0.7))


def places(grid: Geometry) -> tuple[Mask, Mask]:
    return sample(sphere(22), grid), sample(sphere(6, (4, 3, 2)), grid)


@pytest.mark.parametrize("grid", [*GRIDS.values(), THICK], ids=[*GRIDS.keys(), "thick"])
def test_a_lesion_that_the_liver_mask_leaves_out_lies_in_the_liver(grid: Geometry) -> None:
    """LiTS label 1: no voxel of the lesion is liver, all of its boundary is next to it."""
    liver, lesion = places(grid)
    assert lies_in_liver(lesion, [subtract(liver, lesion)])
    assert lies_in_liver(lesion, [liver])


def test_a_lesion_on_one_thick_slice_is_next_to_the_liver_above_it() -> None:
    """Neighbouring voxels touch, whatever the spacing between their centres."""
    liver, lesion = places(THICK)
    one_slice = Mask.from_array(THICK, lesion.voxels[1:2], (lesion.offset[0] + 1, *lesion.offset[1:]))
    assert lies_in_liver(one_slice, [subtract(liver, one_slice)])


@pytest.mark.hazard("M20")
def test_a_nodule_beside_the_liver_does_not_lie_in_it() -> None:
    """Only a small part of the boundary of a ball that touches the liver from outside is within 3 mm."""
    grid = make_grid((64, 90, 90))
    liver = sample(sphere(22), grid)
    assert not lies_in_liver(sample(sphere(8, (30.0, 0, 0)), grid), [liver])
    assert not lies_in_liver(sample(sphere(4, (38.0, 0, 0)), grid), [liver])


def test_half_of_the_voxels_decide() -> None:
    """A ball across the surface: with its centre inside it lies in the liver, well outside it does not."""
    grid = make_grid((64, 90, 90))
    liver = sample(sphere(22), grid)
    assert lies_in_liver(sample(sphere(9, (19.5, 0, 0)), grid), [liver])
    assert not lies_in_liver(sample(sphere(9, (26.0, 0, 0)), grid), [liver])


def test_lesions_in_the_liver_count_as_liver_for_their_neighbours() -> None:
    """A lesion inside another left-out lesion is found in the second round, in any order."""
    grid = GRIDS["isotropic"]
    liver, core = sample(sphere(24), grid), sample(sphere(5), grid)
    rim = subtract(sample(sphere(15), grid), core)
    left_out = subtract(liver, sample(sphere(15), grid))
    assert not lies_in_liver(core, [left_out])
    assert find_in_liver([core, rim], left_out) == (True, True)
    assert find_in_liver([rim, core], left_out) == (True, True)
