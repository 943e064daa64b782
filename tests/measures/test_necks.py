"""How many lesions one may be: necks, edges and corners against brute force, each named with its place and width."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import binary_dilation, generate_binary_structure, label

from pipeline.measures.contacts import find_contacts, find_near_pairs
from pipeline.measures.necks import find_pieces
from pipeline.measures.study import measure_study
from pipeline.structures import Role
from pipeline.study import ClinicalRecord, Finding
from pipeline.volume import Geometry, Mask
from tests.phantoms import GRIDS, Box, make_grid, make_study, sample, sphere, unite

FACES, ALL = generate_binary_structure(3, 1), generate_binary_structure(3, 3)
GRID = make_grid((24, 24, 40), (2.0, 0.8, 0.7), center_mm=(10.0, -20.0, 35.0))


def is_neck(array: np.ndarray, place: tuple[int, ...]) -> bool:
    """Tell whether the set face neighbours of a voxel, not all six, fall apart within its 18 neighbours without it."""
    around = array[tuple(slice(at - 1, at + 2) for at in place)] & generate_binary_structure(3, 2)
    around[1, 1, 1] = False
    parts = label(around, FACES)[0]
    ends = [np.ones(3, dtype=int) + step * np.eye(3, dtype=int)[axis] for axis, step in product(range(3), (-1, 1))]
    found = [int(parts[tuple(end)]) for end in ends]
    return 0 in found and len(set(found) - {0}) > 1


def brute_force(array: np.ndarray, least: int) -> tuple[int, int, int]:
    """Return bodies, parts of 6 neighbours, and pieces with all necks cut."""
    padded = np.pad(array, 1)
    bodies, count = label(padded, ALL)
    by_faces = cut = 0
    for body in range(1, count + 1):
        own = bodies == body
        sizes = np.bincount(label(own, FACES)[0].ravel())[1:]
        by_faces += 1 if sizes.size == 1 else int((sizes >= least).sum())
        rest = own.copy()
        for place in np.argwhere(own):
            rest[tuple(place)] = not is_neck(own, tuple(place))
        cut += max(1, int((np.bincount(label(rest, FACES)[0].ravel())[1:] >= least).sum()))
    return count, by_faces, cut


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.2, 0.9), st.integers(1, 6))
def test_pieces_are_those_of_brute_force(seed: int, share: float, least: int) -> None:
    """Random voxels, smoothed or not: every voxel's neighbourhood looked at one by one."""
    array = np.random.default_rng(seed).random((5, 6, 7)) < share
    if seed % 2:
        array = binary_dilation(array & (np.indices(array.shape).sum(axis=0) % 5 == 0), FACES)
    pieces = find_pieces(Mask.from_array(make_grid(array.shape), array), least)
    assert (pieces.bodies, pieces.by_faces, pieces.cut) == brute_force(array, least)
    assert bool(pieces.necks) == (pieces.cut > pieces.bodies)


def measured_findings(*lesions: Mask) -> tuple[dict[str, Finding], tuple[float | None, ...]]:
    """Return the findings of a study with these lesions in a liver, by code, and the count with its ends."""
    grid = lesions[0].grid
    around = np.zeros(grid.shape, dtype=np.bool_)
    around[1:-1, 1:-1, 1:-1] = True
    study = make_study({Role.LIVER: Mask.from_array(grid, around), Role.LESION: lesions})
    found = measure_study(
        study, ClinicalRecord(), min_lesion_mm=3.0, connectivity=26, bsa_formula="mosteller", etlv_formula="urata"
    )
    count = found.measurements["lesion_count"]
    return {finding.code: finding for finding in found.findings}, (count.value, count.low, count.high)


def two_balls(grid: Geometry, radius_mm: float = 5.0) -> np.ndarray:
    """Return two balls side by side, 18 mm apart."""
    middle = grid.corners_mm().mean(axis=0)
    mask = unite(*(sample(sphere(radius_mm, tuple(middle + np.array([x, 0, 0]))), grid) for x in (-9.0, 9.0)))
    return mask.within(tuple(slice(0, size) for size in grid.shape))


@pytest.mark.hazard("M25")
def test_a_neck_is_named_with_lesion_place_thickness_and_count() -> None:
    """Two balls on a bridge one voxel wide: where it is, in patient mm and by slice, and what the count would be."""
    array = two_balls(GRID)
    array[11, 12, 14:26] = True
    (neck,) = find_pieces(Mask.from_array(GRID, array), 14).necks
    bridge = np.argwhere(array[11, 12] & (np.arange(40) > 13) & ~two_balls(GRID)[11, 12]).ravel()
    assert neck.place_mm == pytest.approx(tuple(GRID.to_world(np.array([[11, 12, bridge.mean()]]))[0]), abs=0.8)
    assert (neck.plane, neck.thickness_mm) == (11, pytest.approx(2.0))
    findings, count = measured_findings(Mask.from_array(GRID, array))
    assert count == (1, 1, 2)
    message = findings["LESION_NECK"].message
    assert "L1 may be 2 (one voxel of 2.0 mm in slice 12 at LPS " in message
    assert "lesion_count would be 2 instead of 1" in message
    assert findings["LESION_NECK"].touches == ("lesion_count", "tumour_burden_score")
    assert "LESION_TOUCH" not in findings


@pytest.mark.hazard("M25")
@pytest.mark.parametrize(
    ("step", "named"), [((6, 6, 6), True), ((0, 6, 6), True), ((0, 0, 6), False)], ids=["corner", "edge", "face"]
)
def test_cubes_that_meet_are_named_where_they_meet(step: tuple[int, int, int], named: bool) -> None:
    """In a corner or an edge: both findings, and the place; in a face they are one lesion, and no finding says else."""
    grid = make_grid((24, 24, 40))
    array = np.zeros(grid.shape, dtype=bool)
    array[4:10, 4:10, 4:10] = True
    a, b, c = (4 + s for s in step)
    array[a : a + 6, b : b + 6, c : c + 6] = True
    findings, count = measured_findings(Mask.from_array(grid, array))
    assert count == (1, 1, 2 if named else 1)
    assert ("LESION_NECK" in findings, "LESION_TOUCH" in findings) == (named, named)
    if named:
        (neck,) = find_pieces(Mask.from_array(grid, array), 14).necks
        meeting = np.array([9.5 if s else 6.5 for s in step])
        assert np.abs(grid.to_index(np.array([neck.place_mm]))[0] - meeting).max() <= 0.5
        assert "edges or corners of voxels alone" in findings["LESION_NECK"].message


@pytest.mark.hazard("M25")
def test_segments_that_touch_are_named() -> None:
    """Two segments that share a face stay two; the finding says which, and in which slice."""
    grid = make_grid((60, 70, 70))
    boxes = [sample(Box((20, 20, 20), (x, 0.0, 0.0)), grid) for x in (-10.0, 10.0)]
    findings, count = measured_findings(*boxes)
    assert count == (2, 1, 2)
    assert "L1 and L2 touch in slice 30 at LPS -0.5, " in findings["LESION_TOUCH"].message
    assert "LESION_NECK" not in findings


def test_lesions_that_fall_apart_nowhere_have_no_such_finding() -> None:
    """A count that is a point is not spoken of."""
    findings, count = measured_findings(sample(sphere(6.0, (10.0, -20.0, 35.0)), GRID))
    assert count == (1, 1, 1)
    assert not {"LESION_NECK", "LESION_TOUCH"} & set(findings)


def test_a_voxel_on_a_flat_face_is_no_lesion() -> None:
    """Where voxels are larger than the smallest lesion: a bump of one voxel hangs on the body, and on no neck."""
    array = np.zeros((8, 9, 9), dtype=bool)
    array[1:5, 1:8, 1:8] = True
    array[5, 4, 4] = True
    assert find_pieces(Mask.from_array(make_grid(array.shape), array), 0.7).cut == 1


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_contacts_are_those_of_brute_force(seed: int) -> None:
    """Random small boxes: pairs that share a voxel once one of them is dilated by all 26 neighbours."""
    rng = np.random.default_rng(seed)
    masks, arrays = [], []
    for _ in range(5):
        start = rng.integers(0, 9, 3)
        array = np.zeros((12, 12, 12), dtype=bool)
        array[tuple(slice(a, a + n) for a, n in zip(start, rng.integers(1, 4, 3), strict=True))] = True
        array &= rng.random(array.shape) < 0.8
        arrays.append(array)
        masks.append(Mask.from_array(make_grid((12, 12, 12)), array))
    pairs = [(a, b) for a in range(5) for b in range(a + 1, 5)]
    touching = {(a, b) for a, b in pairs if (binary_dilation(arrays[a], ALL) & arrays[b]).any()}
    assert {(contact.first, contact.second) for contact in find_contacts(masks)} == touching
    assert {(a, b) for a, b in pairs if (arrays[a] & arrays[b]).any()} <= set(find_near_pairs(masks, 0))


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS.keys())
def test_the_place_of_a_neck_is_in_patient_mm_on_every_grid(grid: Geometry) -> None:
    """A bridge between two boxes of voxels, wherever the mask's box begins: the middle voxel of the bridge."""
    array = np.zeros(grid.shape, dtype=bool)
    array[10:16, 10:18, 20:26] = array[10:16, 10:18, 31:37] = True
    array[13, 14, 26:31] = True
    (neck,) = find_pieces(Mask.from_array(grid, array), 14).necks
    assert neck.place_mm == pytest.approx(tuple(grid.to_world(np.array([[13.0, 14.0, 28.0]]))[0]), abs=0.6)
