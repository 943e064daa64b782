"""The part of a vessel that is at least 3 mm wide: tubes of known diameter on every kind of grid."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt

from pipeline.geometry import Geometry
from pipeline.measures.vessels.width import _find_by_points, find_wide_parts
from pipeline.volume import Mask
from tests.measures.vessel_shapes import Tube
from tests.phantoms import GRIDS, OBLIQUE, make_grid, rotation_about, sample, sample_array, unite

HALF = 1.5
FINE = {
    "isotropic 0.6": make_grid((60, 60, 60), (0.6, 0.6, 0.6)),
    "1.25 mm slices": make_grid((32, 56, 56), (1.25, 0.7, 0.7)),
    "oblique": make_grid((40, 56, 56), (0.9, 0.7, 0.7), rotation=OBLIQUE),
    "sheared": make_grid((40, 64, 56), (0.9, 0.7, 0.7), tilt_degrees=15.0),
    "uneven": make_grid((40, 56, 56), (0.9, 0.7, 0.7), uneven=0.09),
}
DIRECTIONS = {"along the slices": (0.0, 0.0, 1.0), "in plane": (1.0, 0.2, 0.0), "oblique": (1.0, -0.7, 0.9)}


def wide_part(mask: Mask, radius_mm: float = HALF) -> Mask:
    return find_wide_parts(mask, (radius_mm,))[0]


@pytest.mark.parametrize("direction", DIRECTIONS.values(), ids=DIRECTIONS.keys())
@pytest.mark.parametrize("grid", FINE.values(), ids=FINE.keys())
@pytest.mark.parametrize(("diameter", "share"), [(2.0, 0.0), (2.3, 0.0), (4.0, 0.9), (6.0, 0.99)])
def test_tubes_clear_of_the_limit_are_wide_all_along_or_nowhere(
    diameter: float, share: float, grid: Geometry, direction: tuple[float, float, float]
) -> None:
    """No voxel of a 2 mm tube belongs to the wide part; nearly all of a 4 mm one and of a 6 mm one do."""
    tube = sample(Tube(diameter, 26.0, direction, center_mm=(0.21, -0.13, 0.34)), grid)
    found = wide_part(tube).count / tube.count
    assert found == 0.0 if share == 0 else found >= share


@pytest.mark.parametrize("spacing", [(0.6, 0.6, 0.6), (1.25, 0.7, 0.7)], ids=str)
def test_the_limit_is_hardly_biased(spacing: tuple[float, float, float]) -> None:
    """In random places and directions no 2.6 mm tube is wide anywhere, and a 3.2 mm one nearly always somewhere."""
    random = np.random.default_rng(3)
    grid = make_grid(tuple(int(34 / step) for step in spacing), spacing)  # type: ignore[arg-type]
    found: dict[float, list[int]] = {2.6: [], 3.2: []}
    for _ in range(12):
        direction, place = tuple(random.normal(size=3)), tuple(random.uniform(-0.4, 0.4, 3))
        for diameter, counts in found.items():
            counts.append(wide_part(sample(Tube(diameter, 26.0, direction, center_mm=place), grid)).count)
    assert not any(found[2.6])
    assert np.count_nonzero(found[3.2]) >= 11


@pytest.mark.parametrize("grid", FINE.values(), ids=FINE.keys())
def test_the_uncertain_ends_hold_the_true_diameter(grid: Geometry) -> None:
    """A 3.1 mm tube is never certainly thin, a 2.9 mm one never certainly wide: half a voxel more or less decides."""
    diagonal = float(np.linalg.norm(grid.spacing_mm)) / 2
    across = float(np.linalg.norm(np.sort(grid.spacing_mm)[:2])) / 2
    for direction in DIRECTIONS.values():
        wide, thin = (sample(Tube(size, 26.0, direction), grid) for size in (3.1, 2.9))
        assert wide_part(wide, HALF - diagonal).count >= 0.99 * wide.count
        assert wide_part(thin, HALF + across).is_empty


@pytest.mark.parametrize("grid", FINE.values(), ids=FINE.keys())
@pytest.mark.parametrize("direction", DIRECTIONS.values(), ids=DIRECTIONS.keys())
def test_a_tapering_tube_is_wide_up_to_where_it_is_3_mm(grid: Geometry, direction: tuple[float, float, float]) -> None:
    """A tube from 5 to 1 mm ends, as a wide one, where it is 3 mm, give or take the diagonal of a pixel."""
    tube = Tube(5.0, 26.0, direction, end_mm=1.0)
    part = wide_part(sample(tube, grid))
    centres = grid.to_world((np.argwhere(part.voxels) + np.array(part.offset)).astype(float))
    diagonal = float(np.linalg.norm(np.sort(grid.spacing_mm)[:2]))
    end, slope = float(tube.along(centres).max()), 26.0 / 4.0
    assert -slope * diagonal <= end <= slope * diagonal + HALF + float(grid.spacing_mm.max())


def test_a_thin_branch_of_a_trunk_is_left_out_but_for_its_root() -> None:
    """Of a 1.8 mm branch on an 8 mm trunk nothing is kept farther than 2 voxels from the trunk."""
    grid = make_grid((50, 60, 70), (0.7, 0.7, 0.7))
    trunk, branch = Tube(8.0, 30.0), Tube(1.8, 16.0, (1.0, 0.0, 0.0), center_mm=(8.0, 0.0, 0.0))
    part = wide_part(unite(sample(trunk, grid), sample(branch, grid)))
    centres = grid.to_world((np.argwhere(part.voxels) + np.array(part.offset)).astype(float))
    assert 3.9 <= float(centres[:, 0].max()) <= 4.0 + 2 * 0.7


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([(1.0, 0.7, 0.7), (0.5, 0.6, 0.8), (2.5, 0.8, 0.8)]))
def test_balls_lie_inside_by_the_distance_transform(seed: int, spacing: tuple[float, float, float]) -> None:
    """Centres of balls, and what the balls hold, equal those of SciPy's distance transform on even grids."""
    random = np.random.default_rng(seed)
    array = np.zeros((12, 24, 24), dtype=bool)
    for _ in range(5):
        middle, size = random.uniform(0, 1, 3) * array.shape, random.uniform(1, 6)
        at = np.indices(array.shape).reshape(3, -1).T
        near = np.linalg.norm((at - middle) * np.array(spacing), axis=1) <= size
        array |= near.reshape(array.shape)
    grid = make_grid(array.shape, spacing)
    free = distance_transform_edt(np.pad(array, 1), sampling=spacing)[1:-1, 1:-1, 1:-1]
    core = free >= HALF - 1e-6
    held = distance_transform_edt(~core, sampling=spacing) < HALF - 1e-6 if core.any() else np.zeros_like(core)
    part = wide_part(Mask.from_array(grid, array)).within(tuple(slice(0, n) for n in array.shape))
    assert not (held & ~part).any()
    beside = np.pad(held, 1)
    grown = np.any([np.roll(beside, step, (0, 1, 2)) for step in product((-1, 0, 1), repeat=3)], axis=0)
    np.testing.assert_array_equal(part, array & grown[1:-1, 1:-1, 1:-1])


@pytest.mark.parametrize("name", ["isotropic", "anisotropic", "oblique", "sheared"])
def test_steps_on_the_lattice_and_nearest_points_agree(name: str) -> None:
    """The way for even grids and the one for all grids find the same voxels, on sheared grids too."""
    grid = GRIDS[name]
    mask = unite(sample(Tube(7.0, 30.0, (1.0, 0.4, 0.8)), grid), sample(Tube(4.0, 30.0, (0.3, 1.0, -0.2)), grid))
    for radius in (1.2, 1.5, 2.4):
        one, other = wide_part(mask, radius), _find_by_points(mask, (radius,))[0]
        assert one.offset == other.offset
        np.testing.assert_array_equal(one.voxels, other.voxels)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_stored_order_of_the_axes_changes_nothing(order: tuple[int, int, int]) -> None:
    """A tree stored with axes in any order, and all of them reversed, has the same wide part."""
    grid = make_grid((40, 44, 48), (0.9, 0.7, 0.8))
    turned = Geometry(
        tuple(grid.shape[axis] for axis in order),  # type: ignore[arg-type]
        grid.affine[:, [*order, 3]],
    )
    shape = Tube(4.2, 26.0, (1.0, 0.5, 0.7), end_mm=2.0)
    one, other = (wide_part(Mask.from_array(each, sample_array(shape, each))) for each in (grid, turned))
    assert one.count == other.count
    np.testing.assert_array_equal(one.voxels.transpose(order), other.voxels)
    mirrored = Mask.from_array(grid, sample(shape, grid).within(tuple(slice(0, n) for n in grid.shape))[::-1, ::-1])
    assert wide_part(mirrored).count == one.count


def test_turning_vessel_and_grid_together_changes_nothing() -> None:
    """The wide part has as many voxels after any rotation of both."""
    turn = rotation_about((0.3, 1.0, 0.2), 35)
    still, turned = (make_grid((40, 44, 48), (0.9, 0.7, 0.8), rotation=r) for r in (np.eye(3), turn))
    direction = np.array([1.0, 0.5, 0.7])
    counts = [
        wide_part(sample(Tube(4.2, 26.0, tuple(rotation @ direction), end_mm=2.0), grid)).count
        for grid, rotation in ((still, np.eye(3)), (turned, turn))
    ]
    assert counts[0] == counts[1]


@pytest.mark.parametrize("uneven", [0.0, 0.09], ids=["even", "uneven"])
def test_degenerate_vessels_have_no_wide_part(uneven: float) -> None:
    """One voxel, a line, one slice of 2 mm, nothing: no wide part, and no exception."""
    grid = make_grid((8, 20, 20), (0.8, 0.8, 0.8), uneven=uneven)
    for voxels in (np.ones((1, 1, 1), bool), np.ones((1, 1, 9), bool), np.ones((8, 2, 20), bool)):
        assert wide_part(Mask.from_array(grid, voxels)).is_empty
    assert wide_part(Mask(grid, (0, 0, 0), np.zeros((0, 0, 0), bool))).is_empty


def test_the_border_of_the_scan_is_no_vessel() -> None:
    """What lies outside the array counts as unset: a slab of two voxels at the border is 1.6 mm thin."""
    grid = make_grid((2, 20, 20), (0.8, 0.8, 0.8))
    assert wide_part(Mask.from_array(grid, np.ones(grid.shape, bool))).is_empty


def test_parts_for_several_widths_lie_in_each_other() -> None:
    """Each wider limit keeps a part of what the narrower one keeps."""
    mask = sample(Tube(7.0, 30.0, (1.0, 0.4, 0.8), end_mm=0.5), GRIDS["oblique"])
    parts = find_wide_parts(mask, (0.0, 0.8, 1.5, 2.2, 9.0))
    counts = [part.count for part in parts]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == mask.count
    assert counts[-1] == 0
    for wider, narrower in zip(parts[1:-1], parts, strict=False):
        assert not (wider.voxels & ~narrower.within(wider.box)).any()
