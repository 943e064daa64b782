"""Components, and the pieces that are left when one-voxel necks are cut."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import generate_binary_structure, label

from pipeline.measures.components import find_components
from pipeline.measures.necks import count_pieces
from pipeline.volume import Mask
from tests.phantoms import make_grid, sample, sphere, unite

GRID = make_grid((24, 24, 40))


def cubes(step: tuple[int, int, int], edge: int = 6) -> Mask:
    array = np.zeros(GRID.shape, dtype=bool)
    array[4 : 4 + edge, 4 : 4 + edge, 4 : 4 + edge] = True
    a, b, c = (4 + s for s in step)
    array[a : a + edge, b : b + edge, c : c + edge] = True
    return Mask.from_array(GRID, array)


@pytest.mark.hazard("M25")
@pytest.mark.parametrize(
    ("step", "by_26", "by_18", "by_6", "pieces"),
    [((6, 6, 6), 1, 2, 2, 2), ((0, 6, 6), 1, 1, 2, 2), ((0, 0, 6), 1, 1, 1, 1), ((0, 0, 8), 2, 2, 2, 2)],
    ids=["corner", "edge", "face", "apart"],
)
def test_cubes_that_meet(step: tuple[int, int, int], by_26: int, by_18: int, by_6: int, pieces: int) -> None:
    """Cubes meeting in a corner, an edge and a face: each connectivity gives its own number."""
    mask = cubes(step)
    assert [len(find_components(mask, c)) for c in (26, 18, 6)] == [by_26, by_18, by_6]
    assert sum(count_pieces(part, 14) for part in find_components(mask, 26)) == pieces


@pytest.mark.hazard("M25")
@pytest.mark.parametrize("length", [1, 3])
def test_a_bridge_one_voxel_wide_is_cut(length: int) -> None:
    """Two balls joined by a bridge one voxel wide may be two lesions; a bridge of two voxels is not cut."""
    balls = unite(sample(sphere(5, (-8, 0, 0)), GRID), sample(sphere(5, (8, 0, 0)), GRID))
    array = balls.within((slice(0, 24), slice(0, 24), slice(0, 40)))
    thin, thick = array.copy(), array.copy()
    thin[12, 12, 10:30] = True
    thick[11:13, 11:13, 10:30] = True
    assert len(find_components(Mask.from_array(GRID, thin), 6)) == 1
    assert count_pieces(Mask.from_array(GRID, thin), 14) == 2
    assert count_pieces(Mask.from_array(GRID, thick), 14) == 1


def test_a_thin_lesion_stays_one() -> None:
    """Cutting necks never makes a lesion vanish: a line, a sheet and a ball each stay one."""
    for size in ((1, 1, 9), (1, 7, 7), (5, 5, 5)):
        assert count_pieces(Mask.from_array(GRID, np.ones(size, dtype=bool), (2, 2, 2)), 14) == 1


@pytest.mark.parametrize("shape", [(14, 15, 16), (1, 1, 9), (9, 1, 1), (1, 9, 1), (1, 8, 8)], ids=str)
def test_components_are_those_of_scipy_and_add_up(shape: tuple[int, int, int]) -> None:
    """Same parts as scipy finds; together they are the mask."""
    array = np.random.default_rng(0).random(shape) < 0.12 + 0.5 * (min(shape) == 1)
    mask = Mask.from_array(make_grid(array.shape), array)
    for connectivity, order in ((6, 1), (18, 2), (26, 3)):
        parts = find_components(mask, connectivity)
        assert len(parts) == label(array, generate_binary_structure(3, order))[1]
        whole = np.zeros_like(array)
        for part in parts:
            assert not whole[part.box][part.voxels].any()
            whole[part.box] |= part.voxels
        assert (whole == array).all()


def test_nothing_has_no_component() -> None:
    """An empty mask has none."""
    assert find_components(Mask.from_array(GRID, np.zeros(GRID.shape, dtype=bool)), 26) == ()
