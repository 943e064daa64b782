"""Lesions of every shape, however small or odd, on grids of every kind: ordered values or a reason, no exception."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.lesion import Lesion, LesionStatus
from pipeline.measurement import Measurement
from pipeline.measures.lesion_measures import measure_lesion
from pipeline.measures.lesions import find_lesions
from pipeline.measures.locations import find_centroid
from pipeline.measures.necks import find_pieces
from pipeline.measures.study import measure_study
from pipeline.structures import Role
from pipeline.study import ClinicalRecord
from pipeline.volume import Geometry, Mask, canonical_geometry
from tests.phantoms import CANONICAL_AXES, empty, make_grid, make_study, rotation_about

SHAPE = (6, 7, 8)
AXES = {"extent_left_right_mm": 0, "extent_front_back_mm": 1, "extent_foot_head_mm": 2}


def drawn(*places: tuple[int | slice, int | slice, int | slice]) -> np.ndarray:
    """Return an array in which these places are set."""
    array = np.zeros(SHAPE, dtype=bool)
    for place in places:
        array[place] = True
    return array


def ring() -> np.ndarray:
    array = drawn((2, slice(1, 6), slice(1, 7)))
    array[2, 3, 3:5] = False
    return array


def shell() -> np.ndarray:
    array = drawn((slice(1, 5), slice(1, 6), slice(1, 7)))
    array[2:4, 2:5, 2:6] = False
    return array


ALL = slice(None)
SHAPES = {
    "one voxel": drawn((2, 3, 4)),
    "voxel in a corner of the scan": drawn((0, 0, 0)),
    "line along slices": drawn((slice(1, 5), 3, 3)),
    "line along rows": drawn((2, slice(1, 6), 3)),
    "line along columns, border to border": drawn((2, 3, ALL)),
    "one slice": drawn((2, slice(1, 6), slice(1, 7))),
    "one sagittal plane": drawn((ALL, slice(1, 6), 3)),
    "whole scan": drawn((ALL, ALL, ALL)),
    "ring": ring(),
    "shell": shell(),
    "two voxels across a face": drawn((2, 3, 4), (2, 4, 5)),
    "two voxels across a corner": drawn((2, 3, 4), (3, 4, 5)),
    "two voxels apart": drawn((0, 0, 0), (5, 6, 7)),
    "cross": drawn((2, 3, slice(2, 6)), (2, slice(1, 6), 4), (slice(0, 5), 3, 4)),
}
KINDS: dict[str, dict[str, object]] = {
    "isotropic": {},
    "anisotropic": {"spacing_mm": (5.0, 0.8, 0.8)},
    "oblique": {"spacing_mm": (2.0, 0.9, 0.7), "rotation": rotation_about((1, 2, 0.5), 17.0)},
    "sheared": {"spacing_mm": (3.0, 0.8, 0.8), "tilt_degrees": 18.0},
    "uneven": {"spacing_mm": (3.0, 0.8, 0.8), "uneven": 0.3},
    "flipped": {"axes": CANONICAL_AXES * np.array([[-1], [1], [-1]])},
    "sagittal": {"spacing_mm": (0.8, 4.0, 0.9), "slice_axis": 1},
}


def mask_on(grid: Geometry, array: np.ndarray) -> Mask:
    """Return the mask of an array on a grid, made canonical as the readers do."""
    canonical, turn = canonical_geometry(grid)
    return Mask.from_array(canonical, turn.apply(array))


def measured(mask: Mask, status: LesionStatus = LesionStatus.INTRAHEPATIC) -> dict[str, Measurement]:
    """Return what is measured of one lesion."""
    study = make_study({Role.LESION: mask})
    return dict(measure_lesion(study, Lesion("L1", status, mask, "lesion (1)")).measurements)


def check(mask: Mask) -> dict[str, float]:
    """Return the values of a lesion after looking at everything that has to hold of any lesion."""
    found = measured(mask)
    values = {name: each.value for name, each in found.items() if each.value is not None}
    assert all(each.reason for name, each in found.items() if name not in values)
    for each in (found[name] for name in values):
        ends = [end for end in (each.low, each.value, each.high) if end is not None]
        assert all(math.isfinite(end) for end in ends)
        assert ends == sorted(ends)
        assert ends[0] >= 0
    assert values["short_diameter_mm"] <= values["longest_diameter_mm"] + 1e-6
    assert values["longest_diameter_mm"] <= values["max_3d_diameter_mm"] + 1e-6
    for name in ("longest_diameter_mm", "short_diameter_mm", "max_3d_diameter_mm"):
        location = found[name].location
        assert location is not None
        first, second = np.array(location.points_mm)
        assert np.linalg.norm(second - first) == pytest.approx(values[name])
        for extent, axis in AXES.items():
            assert abs(second - first)[axis] <= values[extent] + 1e-6
    assert values["surface_area_mm2"] > 0
    assert values["mesh_volume_ml"] > 0
    if mask.grid.slice_positions_mm is None:
        assert values["mesh_volume_ml"] <= mask.voxels.size * mask.grid.voxel_volume_mm3 / 1000 + 1e-9
    centre = np.array(find_centroid(mask))
    centres = mask.grid.to_world(np.argwhere(mask.voxels) + np.array(mask.offset))
    assert (centres.min(axis=0) - 1e-6 <= centre).all()
    assert (centre <= centres.max(axis=0) + 1e-6).all()
    return values


@pytest.mark.hazard("M27")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_odd_lesions_are_measured(shape: str, kind: str) -> None:
    """One voxel to the whole scan, on grids of every kind: as a lesion, as a speck, and as the study's only lesion."""
    grid = make_grid(SHAPE, **KINDS[kind])
    mask = mask_on(grid, SHAPES[shape])
    check(mask)
    assert set(measured(mask, LesionStatus.SPECK)) == {"volume_ml", "equivalent_diameter_mm"}
    assert find_pieces(mask, 1).bodies >= 1
    whole = mask_on(grid, np.ones(SHAPE, dtype=bool))
    found = measure_study(
        make_study({Role.LIVER: whole, Role.LESION: mask}),
        ClinicalRecord(),
        min_lesion_mm=0.1,
        connectivity=26,
        bsa_formula="mosteller",
        etlv_formula="urata",
    )
    count = found.measurements["lesion_count"]
    assert count.value == len(found.lesions)
    assert (count.low or 0) <= (count.value or 0) <= (count.high or 0)


def test_an_empty_lesion_is_none() -> None:
    """Nothing drawn is no lesion, not one of size 0."""
    grid = make_grid(SHAPE)
    study = make_study({Role.LESION: empty(grid)})
    assert find_lesions(study, None, min_lesion_mm=3.0, connectivity=26).all == ()


grids = st.fixed_dictionaries(
    {
        "spacing_mm": st.tuples(*(st.floats(0.4, 6.0) for _ in range(3))),
        "tilt_degrees": st.sampled_from([0.0, 0.0, 12.0, -20.0]),
        "uneven": st.sampled_from([0.0, 0.0, 0.25, -0.2]),
    }
)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.03, 0.9), grids, st.floats(0, 360))
def test_what_may_not_change_does_not(seed: int, share: float, kind: dict[str, object], angle: float) -> None:
    """Random voxels on random grids: every order and sense of the stored axes gives each number again; rotating image
    and mask together leaves volumes, surface and 3D diameter as they are."""
    rng = np.random.default_rng(seed)
    array = rng.random((3, 4, 5)) < share
    array[1, 2, 3] = True
    grid = make_grid(array.shape, **kind)
    values = check(mask_on(grid, array))
    orders = [(0, 1, 2), (2, 0, 1), (1, 0, 2)]
    order, flips = orders[seed % 3], list(product((1, -1), repeat=3))[seed % 8]
    again = check(mask_on(*stored(grid, array, order, flips)))
    assert again == pytest.approx(values, rel=1e-6)
    turned = measured(mask_on(rotated(grid, rotation_about(rng.normal(size=3), angle)), array))
    for name in ("volume_ml", "mesh_volume_ml", "surface_area_mm2", "max_3d_diameter_mm", "equivalent_diameter_mm"):
        assert turned[name].value == pytest.approx(values[name], rel=1e-6)


def stored(
    grid: Geometry, array: np.ndarray, order: tuple[int, int, int], flips: tuple[int, ...]
) -> tuple[Geometry, np.ndarray]:
    """Return the same voxels at the same places, with the array's axes in another order and sense."""
    affine = np.eye(4)
    affine[:3, :3] = (grid.axes[list(order)] * np.array(flips)[:, None]).T
    first = np.array([array.shape[axis] - 1 if flip < 0 else 0 for axis, flip in zip(order, flips, strict=True)])
    start = np.zeros(3)
    start[list(order)] = first
    affine[:3, 3] = start @ grid.axes + grid.affine[:3, 3]
    slice_axis = order.index(grid.slice_axis)
    positions = grid.slice_positions_mm
    if positions is not None:
        start[grid.slice_axis] = 0
        positions = (positions + start @ grid.axes)[:: flips[slice_axis]]
    shape = tuple(array.shape[axis] for axis in order)
    moved = array.transpose(order)[tuple(slice(None, None, flip) for flip in flips)]
    return Geometry((shape[0], shape[1], shape[2]), affine, slice_axis, positions), moved


def rotated(grid: Geometry, turn: np.ndarray) -> Geometry:
    """Return a grid turned about the origin."""
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = turn @ grid.affine[:3, :3], turn @ grid.affine[:3, 3]
    positions = grid.slice_positions_mm
    return Geometry(grid.shape, affine, grid.slice_axis, None if positions is None else positions @ turn.T)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), grids)
def test_parts_add_up(seed: int, kind: dict[str, object]) -> None:
    """The volumes of a mask's bodies add to its own, and so do areas and volumes of their meshes."""
    array = np.random.default_rng(seed).random(SHAPE) < 0.15
    array[3, 3, 3] = True
    grid = make_grid(SHAPE, **kind)
    study = make_study({Role.LESION: mask_on(grid, array)})
    parts = [measured(each.mask) for each in find_lesions(study, None, min_lesion_mm=0.01, connectivity=26).all]
    whole = measured(mask_on(grid, array))
    for name in ("volume_ml", "surface_area_mm2", "mesh_volume_ml"):
        assert sum(part[name].value or 0 for part in parts) == pytest.approx(whole[name].value)
