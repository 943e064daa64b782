"""What a change of grid may not change, and what must hold between quantities (docs/measurements.md)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pipeline.lesion import Lesion, LesionStatus
from pipeline.measurement import Measurement
from pipeline.measures.lesion_measures import measure_lesion
from pipeline.measures.study import measure_study
from pipeline.structures import Role
from pipeline.volume import Geometry, Mask, canonical_geometry
from tests.phantoms import make_grid, make_record, make_study, rotation_about

ORIENTATIONS = [(order, signs) for order in permutations(range(3)) for signs in product((False, True), repeat=3)]
IN_ANY_TURN = ("volume_ml", "equivalent_diameter_mm", "max_3d_diameter_mm", "surface_area_mm2", "mesh_volume_ml")
AXIAL = ("longest_diameter_mm", "short_diameter_mm", "bidimensional_product_mm2")
EXTENTS = ("extent_left_right_mm", "extent_front_back_mm", "extent_foot_head_mm")
SPACING = (2.5, 0.7, 0.9)
FEW = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
BLOBS = st.integers(0, 10_000).map(lambda seed: _blob(np.random.default_rng(seed)))


def _blob(rng: np.random.Generator) -> np.ndarray:
    """Return a lump of random balls in an array of 12 x 14 x 16 voxels."""
    places = np.stack(np.indices((12, 14, 16)), axis=-1)
    array = np.zeros((12, 14, 16), dtype=bool)
    for _ in range(3):
        array |= np.linalg.norm(places - rng.uniform(4, 8, 3), axis=-1) < rng.uniform(1.2, 3.5)
    return array


def lesion_of(grid: Geometry, array: np.ndarray) -> Mapping[str, Measurement]:
    """Return what is measured of a mask on a grid in any orientation, made canonical as the readers do."""
    canonical, turn = canonical_geometry(grid)
    mask = Mask.from_array(canonical, np.ascontiguousarray(turn.apply(array)))
    return measure_lesion(make_study({Role.LESION: mask}), Lesion("L1", LesionStatus.UNKNOWN, mask, "x")).measurements


def values_of(found: Mapping[str, Measurement], *names: str) -> dict[str, float]:
    """Return values and both ends of intervals, where there are any, by name."""
    ends = {f"{name} {end}": getattr(found[name], end) for name in names for end in ("low", "high")}
    every = {name: found[name].value for name in names} | ends
    return {name: value for name, value in every.items() if value is not None}


def reordered(
    grid: Geometry, array: np.ndarray, order: tuple[int, ...], flips: tuple[bool, ...]
) -> Mapping[str, Measurement]:
    """Return what is measured of the same voxels at the same places, stored with other axes."""
    view = array.transpose(order)[tuple(slice(None, None, -1) if flip else slice(None) for flip in flips)]
    steps, start = [], grid.affine[:3, 3].copy()
    for axis, flip in zip(order, flips, strict=True):
        start += grid.axes[axis] * (array.shape[axis] - 1) * flip
        steps.append(grid.axes[axis] * (-1 if flip else 1))
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = np.array(steps).T, start
    shape = (view.shape[0], view.shape[1], view.shape[2])
    return lesion_of(Geometry(shape, affine, order.index(grid.slice_axis)), np.ascontiguousarray(view))


@FEW
@given(BLOBS, st.sampled_from(ORIENTATIONS))
def test_the_order_and_direction_of_axes_change_nothing(
    array: np.ndarray, how: tuple[tuple[int, ...], tuple[bool, ...]]
) -> None:
    """All 48 ways to store the same voxels give every number and both ends of its interval."""
    grid = make_grid((12, 14, 16), SPACING)
    here, there = lesion_of(grid, array), reordered(grid, array, *how)
    for name, value in values_of(here, *IN_ANY_TURN, *AXIAL, *EXTENTS).items():
        other = values_of(there, *IN_ANY_TURN, *AXIAL, *EXTENTS)[name]
        assert other == pytest.approx(value, rel=1e-9, abs=1e-9), name


@FEW
@given(BLOBS, st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda a: np.linalg.norm(a) > 0.1), st.floats(-180, 180))
def test_volume_and_3d_diameter_do_not_change_in_any_turn(
    array: np.ndarray, axis: tuple[float, float, float], degrees: float
) -> None:
    """Image and mask are turned together; which axis is nearest to head may change."""
    here = lesion_of(make_grid((12, 14, 16), SPACING), array)
    there = lesion_of(make_grid((12, 14, 16), SPACING, rotation=rotation_about(axis, degrees)), array)
    for name in IN_ANY_TURN:
        assert there[name].value == pytest.approx(here[name].value, rel=1e-6, abs=1e-6), name


@FEW
@given(BLOBS, st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda a: np.linalg.norm(a) > 0.1), st.floats(-20, 20))
def test_axial_diameters_do_not_change_in_turns_of_up_to_20_degrees(
    array: np.ndarray, axis: tuple[float, float, float], degrees: float
) -> None:
    """The planes stay those that were acquired. Of ties that a turn decides otherwise the interval holds both."""
    here = lesion_of(make_grid((12, 14, 16), SPACING), array)
    there = lesion_of(make_grid((12, 14, 16), SPACING, rotation=rotation_about(axis, degrees)), array)
    assert there["longest_diameter_mm"].value == pytest.approx(here["longest_diameter_mm"].value, abs=1e-5)
    assert there["short_diameter_mm"].value == pytest.approx(here["short_diameter_mm"].value, abs=1e-5)


@FEW
@given(BLOBS)
def test_short_is_at_most_longest_is_at_most_3d(array: np.ndarray) -> None:
    """And every value lies in its interval, every interval at or above zero."""
    found = lesion_of(make_grid((12, 14, 16), SPACING), array)
    short, long, most = (found[n].value for n in ("short_diameter_mm", "longest_diameter_mm", "max_3d_diameter_mm"))
    assert short is not None
    assert long is not None
    assert most is not None
    assert short <= long + 1e-9
    assert long <= most + 1e-9
    for name in (*AXIAL, *EXTENTS, "volume_ml", "max_3d_diameter_mm"):
        low, value, high = found[name].low, found[name].value, found[name].high
        assert low is not None
        assert value is not None
        assert high is not None
        assert 0 <= low <= value <= high, name


@FEW
@given(BLOBS, st.integers(3, 12))
def test_parts_of_the_liver_add_up(array: np.ndarray, cut: int) -> None:
    """Total = functional + lesions; functional = remnant + what is removed, to the voxel."""
    grid = make_grid((12, 14, 16), SPACING)
    body = np.zeros(grid.shape, dtype=bool)
    body[1:-1, 1:-1, 1:-1] = True
    kept = body.copy()
    kept[:, :, :cut] = False
    inside = array & body
    assume(inside.any())
    masks = {Role.LIVER: body, Role.LESION: inside, Role.REMNANT: kept, Role.RESECTION: body & ~kept}
    volumes = {}
    for name, roles in {"remnant": (Role.REMNANT,), "removed": (Role.RESECTION,)}.items():
        drawn = {role: Mask.from_array(grid, masks[role]) for role in (Role.LIVER, Role.LESION, *roles)}
        formulas = {"bsa_formula": "mosteller", "etlv_formula": "urata"}
        volumes[name] = measure_study(
            make_study(drawn), make_record(), min_lesion_mm=0.0, connectivity=26, **formulas
        ).measurements
    here = {name: each.value or 0.0 for name, each in volumes["remnant"].items()}
    total, functional = here["total_liver_volume_ml"], here["functional_liver_volume_ml"]
    assert total == pytest.approx(functional + here["total_lesion_volume_ml"], rel=1e-12)
    voxels = np.count_nonzero(kept & ~inside) * grid.voxel_volume_mm3 / 1000
    assert here["remnant_volume_ml"] == pytest.approx(voxels, rel=1e-12)
    assert volumes["removed"]["remnant_volume_ml"].value == pytest.approx(voxels, rel=1e-12)
    removed = np.count_nonzero(body & ~kept & ~inside) * grid.voxel_volume_mm3 / 1000
    assert functional == pytest.approx(voxels + removed, rel=1e-12)
