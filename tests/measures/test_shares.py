"""Shares of voxels: parts add up, whole shares say what voxels say, and nothing depends on the order of axes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.measures.components import find_components
from pipeline.measures.grids import unite
from pipeline.measures.lattices import share_lattices
from pipeline.measures.shares import shares_at, take_common, take_off
from pipeline.measures.volumes import describe_volume, mask_volume_ml, voxel_volume_ml
from pipeline.structures import Role
from pipeline.volume import Coverage, Geometry, Mask, ShareKind
from tests.measures.test_study import measure
from tests.phantoms import make_grid, make_record, make_study

SHAPE = (5, 9, 10)
GRID = make_grid(SHAPE, (3.0, 1.5, 2.0))
UNEVEN = make_grid(SHAPE, (3.0, 1.5, 2.0), uneven=0.08)
EVERYWHERE = np.argwhere(np.ones(SHAPE, dtype=bool))
KIND = ShareKind.POLYGONS


def random_shares(seed: int) -> NDArray[np.float64]:
    """Return shares of a blob or two: full inside, empty outside, anything between along the border."""
    rng = np.random.default_rng(seed)
    shares = np.zeros(SHAPE)
    for _ in range(int(rng.integers(1, 3))):
        middle, radius = rng.uniform(1, np.array(SHAPE) - 1), rng.uniform(1.5, 4)
        away = np.linalg.norm(EVERYWHERE - middle, axis=1).reshape(SHAPE)
        shares = np.maximum(shares, np.clip(radius - away, 0, 1))
    return np.where((shares > 0) & (shares < 1), np.round(rng.random(SHAPE), 6), shares)


def mask_of(shares: NDArray[np.float64], grid: Geometry = GRID) -> Mask:
    return Mask.from_shares(grid, shares, kind=KIND)


def volume_ml(shares: NDArray[np.float64], grid: Geometry = GRID) -> float:
    return float(shares.sum(axis=(1, 2)) @ grid.slab_volumes_mm3) / 1000


@pytest.mark.parametrize("grid", [GRID, UNEVEN], ids=["even", "uneven"])
def test_the_volume_is_the_sum_of_the_shares(grid: Geometry) -> None:
    """Each slice with its own slab; the voxels are told beside it."""
    shares = random_shares(5)
    mask = mask_of(shares, grid)
    assert mask_volume_ml(mask) == pytest.approx(volume_ml(shares, grid), rel=1e-12)
    assert f"its {np.count_nonzero(shares >= 0.5)} voxels make" in describe_volume(mask)


@settings(deadline=None, max_examples=80)
@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_parts_add_up_to_the_whole(first: int, second: int) -> None:
    """A = what it has in common with B + the rest of it; A + B = both together + in common, voxel by voxel."""
    a, b = mask_of(random_shares(first)), mask_of(random_shares(second))
    if a.is_empty or b.is_empty:
        return
    common, rest, both = take_common(a, b), take_off(a, b), unite([a, b])
    if common.is_empty or rest.is_empty:
        return
    assert shares_at(a, EVERYWHERE) == pytest.approx(shares_at(common, EVERYWHERE) + shares_at(rest, EVERYWHERE))
    assert mask_volume_ml(both) + mask_volume_ml(common) == pytest.approx(mask_volume_ml(a) + mask_volume_ml(b))
    together = shares_at(both, EVERYWHERE)
    assert (together >= np.maximum(shares_at(a, EVERYWHERE), shares_at(b, EVERYWHERE)) - 1e-12).all()
    assert together.max() <= 1


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.sampled_from([6, 18, 26]))
def test_components_split_the_shares_without_losing_or_doubling_any(seed: int, connectivity: int) -> None:
    """Every share goes with exactly one component, set voxels with their own."""
    mask = mask_of(random_shares(seed))
    parts = find_components(mask, connectivity)
    if not parts:
        return
    total = sum(shares_at(part, EVERYWHERE) for part in parts)
    assert total == pytest.approx(shares_at(mask, EVERYWHERE))
    joined = unite(parts)
    assert mask_volume_ml(joined) == pytest.approx(mask_volume_ml(mask))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(0, 10_000), st.sets(st.integers(0, 2)))
def test_flips_change_no_volume(first: int, second: int, axes: set[int]) -> None:
    """Union, common part and rest have the same volumes in a mirrored array."""
    a, b = random_shares(first), random_shares(second)
    turned = [mask_of(np.flip(each, tuple(axes))) for each in (a, b)]
    straight = [mask_of(a), mask_of(b)]
    for combine in (take_common, take_off, lambda x, y: unite([x, y])):
        if straight[0].is_empty or straight[1].is_empty:
            continue
        volumes = [mask_volume_ml(combine(*pair)) for pair in (straight, turned)]
        assert volumes[0] == pytest.approx(volumes[1], rel=1e-9, abs=1e-12)


def test_touching_structures_side_by_side_fill_their_common_voxels() -> None:
    """Two halves of a bar that meet within a voxel are together the whole bar."""
    left, right = np.zeros(SHAPE), np.zeros(SHAPE)
    left[2, 4, 1:4], left[2, 4, 4] = 1.0, 0.6
    right[2, 4, 5:8], right[2, 4, 4] = 1.0, 0.4
    assert mask_volume_ml(unite([mask_of(left), mask_of(right)])) == pytest.approx(7 * 9.0 / 1000)


def test_a_structure_inside_another_adds_nothing() -> None:
    """A lesion at the capsule, both cut by the same line, is within the liver."""
    liver = np.zeros(SHAPE)
    liver[1:4, 2:7, 2:8], liver[1:4, 2:7, 8] = 1.0, 0.5
    lesion = np.zeros(SHAPE)
    lesion[2, 3:6, 6:8], lesion[2, 3:6, 8] = 1.0, 0.5
    both = unite([mask_of(liver), mask_of(lesion)])
    assert mask_volume_ml(both) == pytest.approx(volume_ml(liver))
    assert mask_volume_ml(take_off(mask_of(liver), mask_of(lesion))) == pytest.approx(volume_ml(liver - lesion))


def study_of(shares: dict[Role, NDArray[np.float64]], with_coverage: bool) -> dict[str, float | None]:
    masks = {role: mask_of(each) for role, each in shares.items()}
    if not with_coverage:
        masks = {role: Mask(each.grid, each.offset, each.voxels) for role, each in masks.items()}
    found = measure(make_study(masks), make_record(height_cm=170.0, weight_kg=70.0), 26)
    values = {name: (m.value, m.low, m.high) for name, m in found.measurements.items()}
    values |= {f"structure {n}": (m.value, m.low, m.high) for n, m in enumerate(found.structure_volumes)}
    for lesion in found.lesions:
        values |= {f"{lesion.id} {name}": (m.value, m.low, m.high) for name, m in lesion.measurements.items()}
    return values  # type: ignore[return-value]


def boxes() -> dict[Role, NDArray[np.float64]]:
    liver, lesion, remnant = np.zeros(SHAPE), np.zeros(SHAPE), np.zeros(SHAPE)
    liver[1:4, 1:8, 1:9] = 1.0
    lesion[1:3, 2:6, 2:5] = 1.0
    remnant[1:4, 1:8, 4:9] = 1.0
    return {Role.LIVER: liver, Role.LESION: lesion, Role.REMNANT: remnant}


def test_shares_of_0_and_1_give_the_same_numbers_as_none() -> None:
    """Every number of a study, bit by bit."""
    assert study_of(boxes(), True) == study_of(boxes(), False)


def test_liver_volumes_are_sums_of_shares() -> None:
    """Total = functional + lesions, remnant without the lesion in it; from the shares themselves."""
    shares = boxes()
    shares[Role.LIVER][1:4, 1:8, 8] = 0.75
    shares[Role.REMNANT][1:4, 1:8, 8] = 0.75
    shares[Role.LESION][1:3, 2:6, 4] = 0.7
    found = measure(make_study({role: mask_of(each) for role, each in shares.items()}), make_record(), 26)
    value = {name: m.value or 0.0 for name, m in found.measurements.items()}
    assert value["total_liver_volume_ml"] == pytest.approx(volume_ml(shares[Role.LIVER]))
    assert value["total_lesion_volume_ml"] == pytest.approx(volume_ml(shares[Role.LESION]))
    assert value["functional_liver_volume_ml"] == pytest.approx(
        volume_ml(shares[Role.LIVER]) - volume_ml(shares[Role.LESION])
    )
    inside = volume_ml(np.minimum(shares[Role.REMNANT], shares[Role.LESION]))
    assert value["remnant_volume_ml"] == pytest.approx(volume_ml(shares[Role.REMNANT]) - inside)
    assert value["remnant_lesion_volume_ml"] == pytest.approx(inside)
    assert "polygon area" in found.structure_volumes[0].method
    assert "polygon area" in found.measurements["remnant_volume_ml"].method
    for measured in (*found.measurements.values(), *found.structure_volumes):
        if measured.value is not None and measured.low is not None and measured.high is not None:
            assert measured.low <= measured.value <= measured.high


def test_shares_move_with_their_mask_between_grids_of_one_lattice() -> None:
    """A mask drawn on a crop of the image keeps its volume and its places."""
    shares = random_shares(8)
    shares[[0, -1]] = shares[:, [0, -1]] = shares[:, :, [0, -1]] = 0
    crop = (slice(1, 4), slice(1, 8), slice(1, 9))
    cropped = Mask.from_shares(GRID.crop(crop), shares[crop], kind=KIND)
    study = share_lattices(make_study({Role.LIVER: cropped}, grid=GRID))
    mask = study.segments[0].mask
    assert mask.grid.shape == SHAPE
    assert mask_volume_ml(mask) == pytest.approx(volume_ml(shares))
    assert shares_at(mask, EVERYWHERE).reshape(SHAPE) == pytest.approx(shares)


def test_shares_that_leave_the_grid_are_dropped() -> None:
    coverage = Coverage(KIND, np.array([[0, 0, 0], [1, 2, 3]]), np.array([0.5, 0.25]))
    moved = coverage.moved((-1, 0, 0), SHAPE)
    assert moved.indices.tolist() == [[0, 2, 3]]
    assert moved.shares.tolist() == [0.25]


def test_a_mask_without_shares_says_so() -> None:
    mask = Mask.from_array(GRID, random_shares(1) >= 0.5)
    assert mask_volume_ml(mask) == voxel_volume_ml(mask)
    assert describe_volume(mask) == "voxels x voxel volume"
