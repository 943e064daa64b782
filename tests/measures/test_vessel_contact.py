"""Contact arcs against closed forms, and vessels that a lesion interrupts or passes by."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.geometry import Geometry
from pipeline.measures.vessels.arcs import measure_arc
from pipeline.measures.vessels.interruption import Pieces
from pipeline.measures.vessels.walls import fill_holes, find_wall
from pipeline.volume import Mask
from tests.measures.vessel_shapes import Sector, Tube
from tests.phantoms import Box, Shape, make_grid, rotation_about, sample, sphere, subtract, unite

PLACE = (0.23, -0.31, 0.12)
GRIDS = {
    "1 mm slices": make_grid((20, 50, 50), (1.0, 0.7, 0.7)),
    "5 mm slices": make_grid((6, 50, 50), (5.0, 0.7, 0.7)),
    "other pixels": make_grid((20, 60, 40), (1.0, 0.6, 0.8)),
    "tilted": make_grid((20, 60, 50), (1.0, 0.7, 0.7), tilt_degrees=15.0),
    "uneven": make_grid((20, 50, 50), (1.0, 0.7, 0.7), uneven=0.09),
}
LEAST = 4 / 3 * np.pi * 1.5**3


def whole(grid: Geometry) -> tuple[slice, slice, slice]:
    a, b, c = (slice(0, size) for size in grid.shape)
    return a, b, c


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS.keys())
@pytest.mark.parametrize("degrees", [45, 90, 180, 270, 360])
@pytest.mark.parametrize("diameter", [5.0, 8.0, 14.0])
def test_the_arc_of_a_sector_is_its_angle(diameter: float, degrees: int, grid: Geometry) -> None:
    """A lesion around so many degrees of a round vessel: value within two pixels of wall, interval holds the angle."""
    vessel = sample(Tube(diameter, 30.0, center_mm=PLACE), grid)
    for start in (0.0, 33.0, 111.0, 250.0):
        lesion = sample(Sector(diameter / 2, diameter / 2 + 4, degrees, start, center_mm=PLACE), grid)
        arc = measure_arc(vessel, subtract(lesion, vessel))
        tolerance = np.degrees(2.1 * float(grid.spacing_mm[1:].max()) / (diameter / 2))
        assert arc.degrees == pytest.approx(degrees, abs=tolerance)
        assert arc.low <= degrees <= arc.high
        assert arc.low <= arc.degrees <= arc.high


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS.keys())
@pytest.mark.parametrize(
    ("degrees", "boxes"),
    [
        (90, [(10.0, 10.0)]),
        (180, [(10.0, 10.0), (10.0, -10.0)]),
        (270, [(10.0, 10.0), (10.0, -10.0), (-10.0, 10.0)]),
        (360, [(10.0, 10.0), (10.0, -10.0), (-10.0, 10.0), (-10.0, -10.0)]),
    ],
)
def test_the_arc_of_boxes_is_a_quarter_each(degrees: int, boxes: list[tuple[float, float]], grid: Geometry) -> None:
    """Boxes with a corner on the axis of a 9 mm vessel cover 90 degrees each."""
    vessel = sample(Tube(9.0, 30.0, center_mm=PLACE), grid)
    corners = [(PLACE[0] + x / 2, PLACE[1] + y / 2, PLACE[2]) for x, y in boxes]
    lesion = unite(*(sample(Box((10.0, 10.0, 12.0), corner), grid) for corner in corners))
    for drawn in (subtract(lesion, vessel), lesion):
        arc = measure_arc(vessel, drawn)
        assert arc.low <= degrees <= arc.high
        assert arc.degrees == pytest.approx(degrees, abs=30)


def test_the_arc_of_a_sphere_beside_a_vessel_follows_from_two_circles() -> None:
    """A ball that overlaps the vessel: the arc between the intersections of two circles, in the widest plane."""
    grid = make_grid((30, 80, 80), (1.0, 0.5, 0.5))
    radius, ball, apart = 5.0, 8.0, 9.0
    truth = 2 * np.degrees(np.arccos((apart**2 + radius**2 - ball**2) / (2 * apart * radius)))
    vessel, lesion = sample(Tube(2 * radius, 30.0), grid), sample(sphere(ball, (apart, 0.0, 0.0)), grid)
    for drawn in (lesion, subtract(lesion, vessel)):
        arc = measure_arc(vessel, drawn)
        assert arc.low <= truth <= arc.high
        assert arc.degrees == pytest.approx(truth, abs=12)


@pytest.mark.parametrize(("gap", "expected"), [(0, 360.0), (1, 360.0), (2, 0.0), (4, 0.0)])
def test_contact_ends_with_more_than_one_voxel_between(gap: int, expected: float) -> None:
    """A square vessel with a square ring around it: with two voxels between only the high end sees a contact."""
    grid = make_grid((3, 40, 40), (1.0, 1.0, 1.0))
    vessel, ring = np.zeros(grid.shape, bool), np.zeros(grid.shape, bool)
    vessel[:, 16:22, 16:22] = True
    ring[:, 16 - gap - 3 : 22 + gap + 3, 16 - gap - 3 : 22 + gap + 3] = True
    ring[:, 16 - gap : 22 + gap, 16 - gap : 22 + gap] = False
    arc = measure_arc(Mask.from_array(grid, vessel), Mask.from_array(grid, ring))
    assert arc.degrees == pytest.approx(expected)
    assert arc.high == pytest.approx(360.0 if gap <= 2 else 0.0)
    assert arc.low == pytest.approx(360.0 if gap == 0 else 0.0)


def test_the_arc_is_that_of_the_section_that_touches() -> None:
    """Of two branches in one plane only the touched one counts, and the largest plane decides."""
    grid = make_grid((8, 60, 60), (1.0, 0.7, 0.7))
    near, far = Tube(6.0, 20.0, center_mm=(-8.0, 0.0, 0.0)), Tube(12.0, 20.0, center_mm=(10.0, 0.0, 0.0))
    lesion = subtract(
        sample(Sector(3.0, 6.0, 180, center_mm=(-8.0, 0.0, 0.0), height_mm=4.0), grid), sample(near, grid)
    )
    alone, both = sample(near, grid), unite(sample(near, grid), sample(far, grid))
    assert measure_arc(both, lesion).degrees == pytest.approx(measure_arc(alone, lesion).degrees)
    plane = measure_arc(both, lesion).plane
    assert plane is not None
    assert lesion.offset[0] <= plane < lesion.offset[0] + lesion.voxels.shape[0]


def test_a_hole_in_a_vessel_has_no_wall() -> None:
    """A vessel drawn as a ring has its outer wall alone: a lesion around half of it touches 180 degrees."""
    grid = make_grid((6, 60, 60), (1.0, 0.7, 0.7))
    tube = sample(Tube(12.0, 30.0), grid)
    hollow = subtract(tube, sample(Tube(5.0, 30.0), grid))
    lesion = subtract(sample(Sector(6.0, 10.0, 180), grid), tube)
    assert measure_arc(hollow, lesion).degrees == pytest.approx(measure_arc(tube, lesion).degrees)


def test_the_wall_is_as_long_as_the_contour() -> None:
    """All crossed edges together stand for the length of the marching-squares contour (scikit-image)."""
    from skimage.measure import find_contours

    random = np.random.default_rng(5)
    array = np.zeros((1, 30, 30), bool)
    array[0, 2:28, 2:28] = random.uniform(size=(26, 26)) < 0.6
    grid = make_grid((1, 30, 30), (1.0, 0.6, 0.9))
    sections = array.astype(np.uint32)
    traced = find_contours(array[0].astype(float), 0.5, fully_connected="high")
    length = sum(float(np.linalg.norm(np.diff(chain, axis=0) * (0.6, 0.9), axis=1).sum()) for chain in traced)
    assert find_wall(sections, grid).lengths_mm.sum() == pytest.approx(length)
    filled = fill_holes(sections)
    assert not (array & (filled == 0)).any()
    assert len(find_wall(filled, grid).sections) < len(find_wall(sections, grid).sections)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_flips_and_other_pixel_order_change_no_arc(seed: int) -> None:
    """Mirrored, with rows and columns exchanged, or turned with its grid, the arc is the same."""
    random = np.random.default_rng(seed)
    grid = make_grid((5, 22, 26), (1.0, 0.7, 0.9))
    vessel, lesion = (_blobs(random, grid.shape) for _ in range(2))
    expected = measure_arc(Mask.from_array(grid, vessel), Mask.from_array(grid, lesion))
    for steps in product((1, -1), repeat=3):
        flip = tuple(slice(None, None, step) for step in steps)
        arc = measure_arc(Mask.from_array(grid, vessel[flip]), Mask.from_array(grid, lesion[flip]))
        assert (arc.low, arc.degrees, arc.high) == pytest.approx((expected.low, expected.degrees, expected.high))
    turned = Geometry((5, 26, 22), grid.affine[:, [0, 2, 1, 3]])
    arc = measure_arc(*(Mask.from_array(turned, each.transpose(0, 2, 1)) for each in (vessel, lesion)))
    assert arc.degrees == pytest.approx(expected.degrees)
    oblique = make_grid((5, 22, 26), (1.0, 0.7, 0.9), rotation=rotation_about((1, 0.2, 0.4), 40))
    assert measure_arc(*(Mask.from_array(oblique, each) for each in (vessel, lesion))).degrees == pytest.approx(
        expected.degrees
    )
    assert 0 <= expected.low <= expected.degrees <= expected.high <= 360


def _blobs(random: np.random.Generator, shape: tuple[int, int, int]) -> NDArray[np.bool_]:
    at = np.indices(shape).reshape(3, -1).T
    out = np.zeros(len(at), bool)
    for _ in range(3):
        out |= np.linalg.norm(at - random.uniform(0, 1, 3) * shape, axis=1) < random.uniform(1, 6)
    return out.reshape(shape)


@pytest.mark.parametrize("vessel", [(1, 1, 1), (1, 1, 9), (1, 9, 1), (5, 1, 1), (1, 9, 9), (5, 9, 9)])
@pytest.mark.parametrize("lesion", [(1, 1, 1), (1, 1, 9), (5, 1, 1), (5, 9, 9)])
def test_degenerate_shapes_have_an_arc(vessel: tuple[int, int, int], lesion: tuple[int, int, int]) -> None:
    """One voxel, a line, one slice, the whole array at its border: a number between 0 and 360 and no exception."""
    grid = make_grid((5, 9, 9))
    one, other = (Mask.from_array(grid, np.ones(shape, bool)) for shape in (vessel, lesion))
    arc = measure_arc(one, other)
    assert 0 < arc.degrees <= 360
    assert arc.plane is not None
    assert arc.ends_mm.shape == (2, 3)
    assert Pieces(one, 1.0).count_at(other) == 1


@dataclass(frozen=True)
class Case:
    vessel: list[Shape]
    lesion: Shape
    pieces: int


LEFT, RIGHT = (
    Tube(6.0, 15.0, (1.0, 0, 0), center_mm=(-12.5, 0, 0)),
    Tube(6.0, 15.0, (1.0, 0, 0), center_mm=(12.5, 0, 0)),
)
CASES = {
    "interrupted by a lesion": Case([LEFT, RIGHT], sphere(6.0), 2),
    "passes by a lesion": Case([Tube(6.0, 40.0, (1.0, 0, 0))], sphere(6.0, (0.0, 7.0, 0.0)), 1),
    "runs through a lesion": Case([Tube(6.0, 40.0, (1.0, 0, 0))], sphere(9.0), 1),
    "interrupted elsewhere": Case([LEFT, RIGHT], sphere(5.0, (-14.0, 5.5, 0.0)), 1),
    "far from a lesion": Case([LEFT, RIGHT], sphere(4.0, (0.0, 18.0, 0.0)), 0),
    "a crumb beside the vessel": Case([LEFT, sphere(0.9, (6.0, 0.0, 0.0))], sphere(6.0), 1),
}


@pytest.mark.parametrize("grid", [make_grid((40, 60, 70), (1.0, 0.7, 0.7)), make_grid((8, 60, 70), (5.0, 0.7, 0.7))])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_pieces_that_reach_a_lesion(case: Case, grid: Geometry) -> None:
    """A vessel is interrupted at a lesion when two of its pieces reach it, and only then."""
    vessel = unite(*(sample(shape, grid) for shape in case.vessel))
    lesion = sample(case.lesion, grid)
    pieces = Pieces(vessel, LEAST / grid.voxel_volume_mm3)
    assert pieces.count_at(lesion) == case.pieces


@pytest.mark.parametrize(
    ("step", "reached"),
    [
        ((0, 0, 2), True),
        ((0, 2, 2), True),
        ((0, 0, 3), False),
        ((1, 1, 1), True),
        ((1, 0, 2), False),
        ((2, 0, 0), False),
    ],
)
def test_a_piece_reaches_a_lesion_with_one_voxel_between_in_plane_and_none_across(
    step: tuple[int, int, int], reached: bool
) -> None:
    """Two voxels apart in a plane, one apart between planes."""
    grid = make_grid((9, 9, 9))
    one, other = np.zeros(grid.shape, bool), np.zeros(grid.shape, bool)
    one[4, 4, 4] = True
    for sign in (1, -1):
        other[:] = False
        other[tuple(4 + sign * np.array(step))] = True
        assert Pieces(Mask.from_array(grid, one), 1.0).count_at(Mask.from_array(grid, other)) == reached
