"""Grids: where voxels lie, whatever the orientation, tilt or slice spacing."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.geometry import Geometry, canonical_geometry, find_reorientation
from pipeline.volume import Mask, bounding_box

SIGNED_AXES = [(order, signs) for order in permutations(range(3)) for signs in product((1.0, -1.0), repeat=3)]
SPACINGS = np.array([2.5, 0.7, 1.3])


def grid(axes: np.ndarray, origin: tuple[float, float, float] = (-50.0, 20.0, 300.0), **more: object) -> Geometry:
    affine = np.eye(4)
    affine[:3, :3] = axes.T
    affine[:3, 3] = origin
    return Geometry((4, 5, 6), affine, **more)  # type: ignore[arg-type]


def signed_axes(order: tuple[int, ...], signs: tuple[float, ...]) -> np.ndarray:
    return np.diag(signs)[list(order)] * SPACINGS[:, None]


@pytest.mark.hazard("G15")
@pytest.mark.parametrize(("order", "signs"), SIGNED_AXES)
def test_every_signed_axis_permutation_becomes_head_posterior_left(
    order: tuple[int, ...], signs: tuple[float, ...]
) -> None:
    """All 48 orientations become one: axes along head, posterior, left, and each voxel stays where it was."""
    source = grid(signed_axes(order, signs))
    canonical, turn = canonical_geometry(source)
    directions = canonical.axes / canonical.spacing_mm[:, None]
    np.testing.assert_allclose(directions, [[0, 0, 1], [0, 1, 0], [1, 0, 0]], atol=1e-12)
    world = source.to_world(np.argwhere(np.ones(source.shape))).reshape(*source.shape, 3)
    moved = np.stack([turn.apply(np.ascontiguousarray(world[..., axis])) for axis in range(3)], axis=-1)
    expected = canonical.to_world(np.argwhere(np.ones(canonical.shape))).reshape(*canonical.shape, 3)
    np.testing.assert_allclose(moved, expected, atol=1e-9)


@given(st.integers(0, 10_000))
def test_index_and_world_are_inverse_on_oblique_and_sheared_grids(seed: int) -> None:
    """An index goes to millimetres and back unchanged on any affine with three independent axes."""
    random = np.random.default_rng(seed)
    rotation, _ = np.linalg.qr(random.normal(size=(3, 3)))
    shear = np.eye(3) + np.triu(random.uniform(-0.3, 0.3, (3, 3)), 1)
    oblique = grid((rotation @ shear) * SPACINGS[:, None])
    indices = random.uniform(-3, 9, (20, 3))
    np.testing.assert_allclose(oblique.to_index(oblique.to_world(indices)), indices, atol=1e-8)


@pytest.mark.hazard("G10")
def test_a_tilted_stack_keeps_the_slices_and_the_volume_of_its_voxels() -> None:
    """A 15 degree gantry tilt shears the stack: the voxel volume is base times height, not the product of steps."""
    axes = np.diag(SPACINGS)[[2, 1, 0]].astype(float)
    axes = np.array([[0.0, 2.5 * np.tan(np.radians(15)), 2.5], [0.0, 0.7, 0.0], [1.3, 0.0, 0.0]])
    tilted = grid(axes)
    canonical, turn = canonical_geometry(tilted)
    assert turn.order == (0, 1, 2)
    assert canonical.voxel_volume_mm3 == pytest.approx(2.5 * 0.7 * 1.3)
    np.testing.assert_allclose(np.abs(canonical.plane_normal), [0, 0, 1], atol=1e-12)


@pytest.mark.hazard("G05")
def test_uneven_slices_fill_half_the_gap_to_each_neighbour() -> None:
    """Slabs of an uneven stack add up to the whole stack, the outermost reaching half their own gap outward."""
    heights = np.array([0.0, 2.0, 4.2, 6.2])
    positions = np.stack([np.zeros(4), np.zeros(4), heights], axis=1)
    axes = np.array([[0, 0, 2.0667], [0, 1.0, 0], [1.0, 0, 0]])
    uneven = grid(axes, (0.0, 0.0, 0.0), slice_positions_mm=positions)
    np.testing.assert_allclose(uneven.slab_volumes_mm3, [2.0, 2.1, 2.1, 2.0])
    np.testing.assert_allclose(uneven.to_world(np.array([[2.0, 3, 1]])), [[1, 3, 4.2]], atol=1e-9)


@pytest.mark.hazard("G05")
@pytest.mark.parametrize("flip", [False, True])
def test_uneven_slices_stay_at_their_positions_when_the_stack_is_turned_over(flip: bool) -> None:
    """A stack listed from the head down becomes the same canonical grid as one listed from the feet up."""
    heights = np.array([0.0, 2.0, 4.2, 6.2])
    listed = heights[::-1] if flip else heights
    positions = np.stack([np.full(4, 5.0), np.full(4, 7.0), listed], axis=1)
    axes = np.array([[0, 0, -2.0667 if flip else 2.0667], [0, 1.0, 0], [1.0, 0, 0]])
    canonical, _ = canonical_geometry(grid(axes, (5.0, 7.0, float(listed[0])), slice_positions_mm=positions))
    voxels = canonical.to_world(np.array([[k, 0.0, 0.0] for k in range(4)]))
    np.testing.assert_allclose(voxels, np.stack([np.full(4, 5.0), np.full(4, 7.0), heights], axis=1), atol=1e-9)


def test_equal_closeness_keeps_the_acquired_slices_as_slices() -> None:
    """At 45 degrees two grid families are equally near to axial; the acquired one stays the slice axis."""
    half = np.sqrt(0.5)
    axes = np.array([[0.0, half, half], [0.0, half, -half], [1.0, 0.0, 0.0]])
    for acquired in (0, 1):
        assert find_reorientation(grid(axes, slice_axis=acquired)).order[0] == acquired


@pytest.mark.parametrize("affine", [np.diag([1.0, 1, 0, 1]), np.full((4, 4), np.nan), np.eye(3)])
def test_a_grid_without_three_independent_axes_is_refused(affine: np.ndarray) -> None:
    """Spacing 0, NaN or a matrix of another size never becomes a grid."""
    with pytest.raises(ValueError, match=r"affine|axes"):
        Geometry((2, 2, 2), affine)


def test_a_mask_is_kept_as_its_bounding_box_and_found_again_in_any_box() -> None:
    """Cropping loses nothing: the mask over the whole grid is the array it was made from."""
    geometry = grid(np.diag(SPACINGS))
    array = np.zeros(geometry.shape, dtype=bool)
    array[1:3, 2, 3:5] = True
    mask = Mask.from_array(geometry, array)
    assert (mask.offset, mask.voxels.shape, mask.count) == ((1, 2, 3), (2, 1, 2), 4)
    assert np.array_equal(mask.within((slice(0, 4), slice(0, 5), slice(0, 6))), array)
    grown = mask.within(bounding_box([mask], margin=2))
    assert grown.sum() == 4
    assert grown.shape == (6, 5, 6)
    np.testing.assert_allclose(mask.geometry.to_world(np.zeros((1, 3))), geometry.to_world(np.array([[1.0, 2, 3]])))


def test_an_empty_mask_has_no_box_and_touches_nothing() -> None:
    """A declared structure without voxels is empty; asking for its box is an error, never a box of size 0."""
    empty = Mask.from_array(grid(np.diag(SPACINGS)), np.zeros((4, 5, 6), dtype=bool))
    assert empty.is_empty
    assert not empty.touches_border
    with pytest.raises(ValueError, match="no set voxel"):
        bounding_box([empty])
