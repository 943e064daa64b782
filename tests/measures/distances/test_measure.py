"""Every distance of a study's lesions: what is named, what is joined, and what is absent with its reason."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from pipeline.lesion import Lesion, LesionStatus
from pipeline.measures.distances.margins import find_main_vessel_distance, plan_margin
from pipeline.structures import Role
from pipeline.volume import Geometry, Mask
from tests.measures.distances import brute_force
from tests.measures.distances.scene import measure, value
from tests.phantoms import GRIDS, Box, Cylinder, make_grid, rotation_about, sample, sphere, unite

GRID = make_grid((40, 60, 60), (1.5, 1.0, 1.0))
LIVER = sample(Box((50.0, 48.0, 44.0)), GRID)


def _ball(radius: float, *center: float, grid: Geometry = GRID) -> Mask:
    return sample(sphere(radius, (center[0], center[1], center[2])), grid)


def _reason(lesion: Lesion, name: str) -> str:
    reason = lesion.measurements[name].reason
    assert reason is not None
    return reason


def test_a_structure_that_shares_voxels_is_at_zero_with_its_overlap() -> None:
    lesion, vessel = _ball(8, 0, 0, 0), sample(Cylinder(3.0, 40.0, center_mm=(7.0, 0.0, 0.0)), GRID)
    (found,) = measure([lesion], {Role.LIVER: LIVER, Role.IVC: vessel})
    shared = np.count_nonzero(lesion.within(vessel.box) & vessel.voxels)
    assert value(found, "dist_ivc_mm") == 0
    assert found.measurements["dist_ivc_mm"].high == 0
    assert value(found, "overlap_ivc_ml") == pytest.approx(shared * 1.5 / 1000)


def test_no_overlap_is_named_where_nothing_is_shared() -> None:
    (found,) = measure([_ball(5, 0, 0, 0)], {Role.IVC: _ball(3, 15, 0, 0)})
    assert "overlap_ivc_ml" not in found.measurements
    assert value(found, "dist_ivc_mm") == pytest.approx(7.0, abs=1.0)


def test_a_whole_tree_is_the_union_of_its_parts() -> None:
    masks = {Role.PORTAL_VEIN_MAIN: _ball(4, 15, 0, 0), Role.PORTAL_VEIN_LEFT: _ball(4, -18, 0, 0)}
    (found,) = measure([_ball(5, 0, 0, 0)], masks)
    tree = unite(*masks.values())
    expected = cdist(brute_force.crossings(_ball(5, 0, 0, 0)), brute_force.crossings(tree)).min()
    assert value(found, "dist_portal_vein_mm") == pytest.approx(expected)
    assert value(found, "dist_portal_vein_left_mm") > value(found, "dist_portal_vein_mm")
    assert "dist_hepatic_vein_mm" not in found.measurements


def test_a_plan_that_cuts_through_a_lesion_has_no_margin() -> None:
    """Wherever most of the lesion lies: two thirds of it in what is kept leave one third to be cut off."""
    kept = sample(Box((20.0, 48.0, 44.0), (15.0, 0.0, 0.0)), GRID)
    cut, whole = measure([_ball(6, 7, 0, 0), _ball(5, 16, 0, 12)], {Role.LIVER: LIVER}, kept=kept)
    assert value(cut, "resection_margin_mm") == 0
    assert "resection_margin_mm" not in whole.measurements
    assert plan_margin((cut, whole), kept, None).value == 0


def test_a_group_is_known_only_where_every_member_is_drawn() -> None:
    organs = {
        Role.STOMACH: _ball(4, 16, 0, 0),
        Role.DUODENUM: _ball(4, 0, 19, 0),
        Role.SMALL_BOWEL: _ball(4, 0, -20, 0),
    }
    (partly,) = measure([_ball(5, 0, 0, 0)], organs)
    (wholly,) = measure([_ball(5, 0, 0, 0)], {**organs, Role.COLON: _ball(4, -22, 0, 0)})
    assert _reason(partly, "dist_bowel_mm").startswith("NO_MASK: not drawn: colon; of those drawn the nearest, stomach")
    assert value(wholly, "dist_bowel_mm") == value(wholly, "dist_stomach_mm")
    assert _reason(wholly, "dist_bowel_or_gallbladder_mm").startswith("NO_MASK: not drawn: gallbladder")


def test_the_portal_trunk_stands_in_for_bile_ducts_that_are_not_drawn_and_says_so() -> None:
    trunk, branch = _ball(4, 15, 0, 0), _ball(3, 15, 8, 0)
    (found,) = measure([_ball(5, 0, 0, 0)], {Role.PORTAL_VEIN_MAIN: trunk, Role.PORTAL_VEIN_LEFT: branch})
    (alone,) = measure([_ball(5, 0, 0, 0)], {Role.PORTAL_VEIN_MAIN: trunk})
    (drawn,) = measure([_ball(5, 0, 0, 0)], {Role.PORTAL_VEIN_MAIN: trunk, Role.CENTRAL_BILE_DUCT: branch})
    proxy = found.measurements["dist_central_bile_duct_mm"]
    assert value(found, "dist_central_bile_duct_mm") == value(found, "dist_portal_vein_mm")
    assert proxy.method.startswith("proxy_portal")
    assert "PROXY_PORTAL" in proxy.flags
    assert _reason(alone, "dist_central_bile_duct_mm").startswith("NO_MASK")
    assert "PROXY_PORTAL" not in drawn.measurements["dist_central_bile_duct_mm"].flags
    assert not [name for name in found.measurements if "proxy" in name]


def test_the_nearest_other_lesion_is_found_among_many() -> None:
    rng = np.random.default_rng(5)
    grid = make_grid((50, 80, 80), (1.5, 1.0, 1.0))
    lesions = [_ball(rng.uniform(1.5, 4), *rng.uniform(-32, 32, 3), grid=grid) for _ in range(12)]
    found = measure(lesions, {})
    surfaces = [brute_force.crossings(mask) for mask in lesions]
    for number, lesion in enumerate(found):
        others = [n for n in range(len(lesions)) if n != number]
        nearest = min(cdist(surfaces[number], surfaces[n]).min() for n in others)
        steps = grid.axes
        ends = [
            brute_force.interval(brute_force.centres(lesions[number]), brute_force.centres(lesions[n]), steps)
            for n in others
        ]
        reading = lesion.measurements["nearest_lesion_mm"]
        if reading.value:
            assert reading.value == pytest.approx(nearest)
        assert reading.low == pytest.approx(min(low for low, _ in ends))
        assert reading.high == pytest.approx(min(high for _, high in ends))


def test_a_single_lesion_has_no_neighbour() -> None:
    (found,) = measure([_ball(5, 0, 0, 0)], {})
    assert _reason(found, "nearest_lesion_mm").startswith("NO_OTHER_LESION")
    assert _reason(found, "dist_capsule_mm").startswith("NO_LIVER")


def test_without_a_lesion_there_is_nothing_to_measure() -> None:
    assert measure([], {Role.LIVER: LIVER, Role.IVC: _ball(3, 0, 0, 0)}) == ()


def test_the_border_of_the_scan_is_no_capsule() -> None:
    """A liver that goes on above the scan: a lesion at the cut has an unknown distance, one at the side a known one."""
    grid = make_grid((30, 60, 60), (1.5, 1.0, 1.0))
    liver = sample(Box((50.0, 48.0, 90.0)), grid)
    at_cut, at_side = measure([_ball(4, 0, 0, 16, grid=grid), _ball(4, 18, 0, 0, grid=grid)], {Role.LIVER: liver})
    assert _reason(at_cut, "dist_capsule_mm").startswith("FOV_CUT")
    assert _reason(at_cut, "depth_mm").startswith("FOV_CUT")
    assert value(at_side, "dist_capsule_mm") == pytest.approx(25.0 - 22.0, abs=1.0)


def test_a_mask_cropped_to_the_liver_is_not_cut_by_the_scan() -> None:
    crop = LIVER.geometry
    liver = Mask(crop, (0, 0, 0), LIVER.voxels)
    lesion = _ball(4, 0, 0, 14)
    own = Mask(crop, tuple(a - b for a, b in zip(lesion.offset, LIVER.offset, strict=True)), lesion.voxels)
    (whole,) = measure([lesion], {Role.LIVER: LIVER})
    (cropped,) = measure([own], {Role.LIVER: liver}, image=GRID)
    for name in ("dist_capsule_mm", "depth_mm"):
        assert value(cropped, name) == pytest.approx(value(whole, name))


def test_the_margin_of_a_plan_is_that_of_the_removed_lesions() -> None:
    kept = sample(Box((20.0, 48.0, 44.0), (-15.0, 0.0, 0.0)), GRID)
    removed, left = measure([_ball(4, 6, 0, 0), _ball(3, -15, 0, 0)], {Role.LIVER: LIVER}, kept=kept)
    assert value(removed, "resection_margin_mm") == pytest.approx(6 - 4 + 5, abs=1.0)
    assert "resection_margin_mm" not in left.measurements
    planned = plan_margin((removed, left), kept, None)
    assert planned.value == removed.measurements["resection_margin_mm"].value
    assert plan_margin((left,), kept, None).reason == "NO_TARGET: no lesion in the liver is removed by the plan"


def test_a_plan_that_cuts_a_lesion_has_no_margin_left() -> None:
    kept = sample(Box((20.0, 48.0, 44.0), (-15.0, 0.0, 0.0)), GRID)
    (cut,) = measure([_ball(5, -3, 0, 0)], {Role.LIVER: LIVER}, kept=kept)
    assert value(cut, "resection_margin_mm") == 0


def test_the_main_vessels_have_to_be_drawn_all_three() -> None:
    vessels = {Role.PORTAL_VEIN_MAIN: _ball(3, 14, 0, 0), Role.IVC: _ball(3, 0, 18, 0)}
    partly = find_main_vessel_distance(measure([_ball(5, 0, 0, 0)], vessels), None)
    wholly = find_main_vessel_distance(
        measure([_ball(5, 0, 0, 0)], {**vessels, Role.HEPATIC_ARTERY: _ball(2, -20, 0, 0)}), None
    )
    assert partly.value is None
    assert partly.reason is not None
    assert partly.reason.startswith("NO_MASK: not drawn: hepatic artery; of those drawn the nearest is")
    assert wholly.value == pytest.approx(6.0, abs=1.0)


@pytest.mark.parametrize(("shift", "expected"), [(0.0, 4.0), (2.0, 2.0), (7.0, -3.0)])
def test_the_ablation_margin_is_negative_by_what_is_left_outside(shift: float, expected: float) -> None:
    """A ball of r in a zone of R, off-centre by c: R - r - c."""
    (found,) = measure(
        [_ball(6, shift, 0, 0)],
        {Role.LIVER: LIVER, Role.ABLATION_ZONE: _ball(10, 0, 0, 0)},
        status=LesionStatus.TREATED,
        joined=False,
    )
    assert value(found, "ablation_margin_mm") == pytest.approx(expected, abs=1.1)
    assert value(found, "ablation_shell_6mm_percent") < 100


def test_the_shell_of_a_wide_zone_is_ablated_all_around() -> None:
    (wide,) = measure([_ball(4, 0, 0, 0)], {Role.ABLATION_ZONE: _ball(13, 0, 0, 0)}, status=LesionStatus.TREATED)
    (narrow,) = measure([_ball(4, 0, 0, 0)], {Role.ABLATION_ZONE: _ball(7, 0, 0, 0)}, status=LesionStatus.TREATED)
    assert value(wide, "ablation_shell_6mm_percent") == 100
    shell = 100 * (7**3 - 4**3) / (10**3 - 4**3)
    assert value(narrow, "ablation_shell_6mm_percent") == pytest.approx(shell, abs=6)


def test_an_organ_cut_by_the_scan_is_flagged_where_its_unseen_part_may_be_nearer() -> None:
    grid = make_grid((24, 60, 60), (1.5, 1.0, 1.0))
    heart = sample(Box((10.0, 10.0, 40.0), (24.0, 0.0, 14.0)), grid)
    near_top, middle = measure([_ball(3, -10, 0, 11, grid=grid), _ball(3, 14, 0, 0, grid=grid)], {Role.HEART: heart})
    assert "FOV_CUT" in near_top.measurements["dist_heart_mm"].flags
    assert "FOV_CUT" not in middle.measurements["dist_heart_mm"].flags


def test_the_unseen_part_of_a_cut_organ_may_be_as_near_as_the_face_that_cuts_it() -> None:
    """An organ 10 mm off that leaves through the top, 4 mm over the lesion: its low end, and that of its group."""
    grid = make_grid((24, 60, 60), (1.5, 1.0, 1.0))
    cut, whole = sample(Box((10.0, 10.0, 40.0), (24.0, 0.0, 14.0)), grid), _ball(4, 24, 0, -8, grid=grid)
    lesion = Mask(grid, (16, 25, 5), np.ones((4, 6, 6), dtype=np.bool_))
    others = {Role.STOMACH: whole, Role.DUODENUM: whole, Role.SMALL_BOWEL: whole}
    (found,) = measure([lesion], {**others, Role.COLON: cut})
    (free,) = measure([lesion], {**others, Role.COLON: whole})
    for name in ("dist_colon_mm", "dist_bowel_mm"):
        assert found.measurements[name].low == pytest.approx((24 - 20) * 1.5)
        assert value(found, name) > 20
        assert "FOV_CUT" in found.measurements[name].flags
    assert free.measurements["dist_colon_mm"].low == found.measurements["dist_stomach_mm"].low
    assert found.measurements["dist_stomach_mm"].low == pytest.approx(value(found, "dist_stomach_mm"), abs=5)


DEGENERATE = {
    "one voxel": ((20,), (30,), (30,)),
    "one line": ((20,), (30,), tuple(range(20, 40))),
    "one slice": ((20,), tuple(range(25, 35)), tuple(range(25, 35))),
    "at the border": ((0, 1, 2), (0, 1), (0, 1)),
}


@pytest.mark.parametrize("shape", sorted(DEGENERATE))
@pytest.mark.parametrize("status", [LesionStatus.INTRAHEPATIC, LesionStatus.TREATED])
def test_degenerate_shapes_give_a_value_or_a_reason(shape: str, status: LesionStatus) -> None:
    array = np.zeros(GRID.shape, dtype=np.bool_)
    array[np.ix_(*DEGENERATE[shape])] = True
    lesion = Mask.from_array(GRID, array)
    masks = {Role.LIVER: LIVER, Role.IVC: lesion, Role.COLON: _ball(1, 10, 20, 10), Role.ABLATION_ZONE: lesion}
    (found,) = measure([lesion], masks, status=status, kept=_ball(6, -10, 0, 0))
    assert value(found, "dist_ivc_mm") == 0
    assert all((one.value is None) != (one.reason is None) for one in found.measurements.values())


def test_a_liver_that_fills_the_scan_has_no_capsule_in_it() -> None:
    liver = Mask.from_array(GRID, np.ones(GRID.shape, dtype=np.bool_))
    (found,) = measure([_ball(4, 0, 0, 0)], {Role.LIVER: liver})
    assert _reason(found, "dist_capsule_mm").startswith("FOV_CUT")


TURNS = [(order, signs) for order in permutations(range(3)) for signs in ((1, 1, 1), (-1, 1, 1), (1, -1, -1))]


@settings(max_examples=12, deadline=None)
@given(turn=st.sampled_from(TURNS), kind=st.sampled_from(sorted(GRIDS)), degrees=st.floats(0, 180))
def test_no_distance_changes_when_grid_and_patient_turn_together(
    turn: tuple[tuple[int, ...], tuple[int, ...]], kind: str, degrees: float
) -> None:
    """Axes of the arrays reordered and flipped, and everything turned about an axis: every number stays."""
    grid, rotation = GRIDS[kind], rotation_about((1, -2, 1.5), degrees)
    lesions = [_ball(5, 2, 1, 0, grid=grid), _ball(4, -12, 3, 4, grid=grid)]
    masks = {Role.LIVER: sample(Box((44.0, 40.0, 42.0)), grid), Role.IVC: _ball(3, 13, 1, -2, grid=grid)}
    before = measure(lesions, masks)
    after = measure(
        [_turn(mask, *turn, rotation) for mask in lesions],
        {role: _turn(mask, *turn, rotation) for role, mask in masks.items()},
    )
    for one, other in zip(before, after, strict=True):
        for name in ("dist_ivc_mm", "dist_capsule_mm", "depth_mm", "nearest_lesion_mm"):
            own, turned = one.measurements[name], other.measurements[name]
            assert (turned.value, turned.low, turned.high) == pytest.approx((own.value, own.low, own.high), abs=1e-6)


def _turn(mask: Mask, order: tuple[int, ...], signs: tuple[int, ...], rotation: np.ndarray) -> Mask:
    """Return a mask on its grid turned in space, its array with other axes and directions."""
    grid = brute_force.turned(mask.grid, rotation)
    array = np.zeros(grid.shape, dtype=np.bool_)
    array[mask.box] = mask.voxels
    flips = tuple(slice(None, None, sign) for sign in signs)
    affine, positions = np.eye(4), grid.slice_positions_mm
    first = np.array([0 if sign > 0 else grid.shape[axis] - 1 for axis, sign in zip(order, signs, strict=True)])
    start = np.zeros(3)
    start[list(order)] = first
    affine[:3, :3] = (grid.axes[list(order)] * np.array(signs)[:, None]).T
    affine[:3, 3] = grid.affine[:3, 3] + start @ grid.axes
    slice_axis = order.index(grid.slice_axis)
    if positions is not None:
        in_plane = start.copy()
        in_plane[grid.slice_axis] = 0
        positions = (positions + in_plane @ grid.axes)[:: signs[slice_axis]]
    shape = tuple(grid.shape[axis] for axis in order)
    return Mask.from_array(
        Geometry((shape[0], shape[1], shape[2]), affine, slice_axis, positions), array.transpose(order)[flips]
    )
