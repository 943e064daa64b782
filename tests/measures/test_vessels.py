"""Lesions and vessels of a study: distance to wide vessels, contact, interruption, great vessels; and reasons."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from pipeline.lesion import Lesion, LesionStatus
from pipeline.measurement import Fact, Measurement
from pipeline.measures.vessels.great_vessels import find_great_vessel_facts
from pipeline.measures.vessels.lesion_vessels import find_vessels, measure_vessels
from pipeline.measures.vessels.trees import bring
from pipeline.structures import Role
from pipeline.volume import Geometry, Mask
from tests.measures.vessel_shapes import Sector, Tube
from tests.phantoms import GRIDS, OBLIQUE, Shape, make_grid, make_study, sample, sphere, subtract

GRID = make_grid((60, 110, 110), (1.0, 0.7, 0.7))
DIST = "dist_vessel_ge3mm_mm"
PORTAL, HEPATIC = Role.PORTAL_VEIN, Role.HEPATIC_VEIN


def lesion_of(mask: Mask, name: str = "L1", status: LesionStatus = LesionStatus.INTRAHEPATIC) -> Lesion:
    return Lesion(name, status, mask, name, measurements={"volume_ml": Measurement("volume_ml", 1.0, "mL")})


def measure(masks: Mapping[Role, Mask], *lesions: Mask, limit_mm: float = 3.0) -> list[Lesion]:
    study = make_study(masks or {Role.SPLEEN: lesions[0]})
    vessels = find_vessels(study, limit_mm)
    return list(measure_vessels(study, [lesion_of(m, f"L{n}") for n, m in enumerate(lesions, 1)], vessels, limit_mm))


def distance_of(masks: Mapping[Role, Mask], lesion: Mask) -> Measurement:
    return measure(masks, lesion)[0].measurements[DIST]


def holds(found: Measurement, truth: float) -> bool:
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.value <= found.high
    return found.low <= truth <= found.high


@pytest.mark.parametrize(
    "grid",
    [
        GRID,
        make_grid((24, 80, 80), (2.5, 0.8, 0.8)),
        make_grid((60, 110, 110), (1.0, 0.7, 0.7), rotation=OBLIQUE),
        make_grid((60, 120, 110), (1.0, 0.7, 0.7), tilt_degrees=15.0),
        make_grid((60, 110, 110), (1.0, 0.7, 0.7), uneven=0.09),
    ],
    ids=["axial", "2.5 mm slices", "oblique", "sheared", "uneven"],
)
def test_the_distance_is_to_the_wide_vessel_and_not_to_the_thin_one(grid: Geometry) -> None:
    """A 1.8 mm vessel at 4 mm does not count, a 7 mm one at 12 mm does; the interval holds the formula."""
    lesion = sample(sphere(6.0, (-4.0, 0.0, 0.0)), grid)
    thin, wide = Tube(1.8, 44.0, center_mm=(6.9, 0.0, 0.0)), Tube(7.0, 44.0, center_mm=(17.5, 0.0, 0.0))
    found = distance_of({PORTAL: sample(thin, grid), HEPATIC: sample(wide, grid)}, lesion)
    truth = 17.5 - 3.5 + 4.0 - 6.0
    assert found.value == pytest.approx(truth, abs=float(np.linalg.norm(grid.spacing_mm)) / 2)
    assert holds(found, truth)
    assert found.masks == ("L1", "hepatic_vein")
    assert found.location is not None
    near, far = (np.array(point) for point in found.location.points_mm)
    assert float(np.linalg.norm(near - far)) == pytest.approx(found.value)
    assert near[0] < far[0]


@pytest.mark.parametrize(("diameter", "counts"), [(2.0, False), (2.9, None), (3.1, None), (6.0, True)])
def test_a_vessel_near_the_limit_makes_the_interval_wide(diameter: float, counts: bool | None) -> None:
    """2.0 mm never counts and 6 mm always; of 2.9 and 3.1 mm the interval holds both answers."""
    lesion = sample(sphere(6.0, (-4.0, 0.0, 0.0)), GRID)
    near, far = Tube(diameter, 44.0, center_mm=(6.0 + diameter / 2, 0.1, 0.2)), Tube(8.0, 44.0, center_mm=(22, 0, 0))
    found = distance_of({PORTAL: sample(near, GRID), HEPATIC: sample(far, GRID)}, lesion)
    close, distant = 4.0, 16.0
    assert holds(found, close) == (counts is not False)
    assert holds(found, distant) == (counts is not True)


def test_many_lesions_have_the_distance_that_each_has_alone() -> None:
    """Searches that are left out for lesions near sure vessels only change no number."""
    random = np.random.default_rng(2)
    tree = {PORTAL: sample(Tube(8.0, 50.0, (1, 0.3, 0.2), end_mm=1.0), GRID)}
    tree[HEPATIC] = sample(Tube(3.3, 40.0, (0.2, 1, 0.4), center_mm=(5, 5, 14)), GRID)
    lesions = [sample(sphere(3.0, tuple(random.uniform(-24, 24, 3))), GRID) for _ in range(12)]
    together = [lesion.measurements[DIST] for lesion in measure(tree, *lesions)]
    for lesion, found in zip(lesions, together, strict=True):
        alone = distance_of(tree, lesion)
        assert (alone.low, alone.value, alone.high) == (found.low, found.value, found.high)


def test_a_lesion_in_a_wide_vessel_is_at_0() -> None:
    """Masks that share a voxel of a wide part: 0 mm, whatever lies around."""
    found = distance_of(
        {PORTAL: sample(Tube(8.0, 40.0), GRID), HEPATIC: sample(Tube(6.0, 40.0, center_mm=(20, 0, 0)), GRID)},
        sample(sphere(5.0, (4.0, 0.0, 0.0)), GRID),
    )
    assert (found.low, found.value) == (0.0, 0.0)


WIDE, THIN = sample(Tube(8.0, 40.0, center_mm=(20.0, 0.0, 0.0)), GRID), sample(Tube(1.8, 40.0), GRID)
BALL = sample(sphere(5.0, (-12.0, 0.0, 0.0)), GRID)


@pytest.mark.parametrize(
    ("masks", "code"),
    [
        ({}, "NO_MASK"),
        ({PORTAL: WIDE}, "NO_MASK"),
        ({HEPATIC: WIDE, Role.IVC: THIN}, "NO_MASK"),
        ({PORTAL: THIN, HEPATIC: THIN}, "NO_VESSEL"),
        ({Role.LIVER_VESSEL: THIN}, "NO_VESSEL"),
    ],
)
def test_vessels_that_do_not_suffice_give_a_reason(masks: dict[Role, Mask], code: str) -> None:
    """Portal without hepatic veins, or nothing wide at all: no distance, and never one to what happens to be drawn."""
    found = distance_of(masks, BALL)
    assert found.value is None
    assert (found.reason or "").startswith(f"{code}: ")


@pytest.mark.parametrize(
    "masks", [{Role.LIVER_VESSEL: WIDE}, {Role.PORTAL_VEIN_MAIN: WIDE, Role.HEPATIC_VEIN_LEFT: THIN}]
)
def test_any_complete_set_of_vessels_suffices(masks: dict[Role, Mask]) -> None:
    """Vessels not told apart, or any named parts of both trees."""
    assert distance_of(masks, BALL).value == pytest.approx(23.0, abs=0.8)


def test_masks_on_another_grid_are_measured_and_flagged() -> None:
    """Vessels drawn on a finer or turned grid: the same distance and arc within a voxel, flagged GRID_OTHER."""
    fine = make_grid((100, 150, 150), (0.6, 0.5, 0.5), rotation=OBLIQUE)
    wide, portal = Tube(8.0, 40.0, center_mm=(14.0, 0.0, 0.0)), Tube(8.0, 40.0, center_mm=(-14.0, 0.0, 0.0))
    lesion = subtract(sample(sphere(10.0), GRID), sample(wide, GRID), sample(portal, GRID))
    own, other = (
        measure({PORTAL: sample(portal, grid), HEPATIC: sample(wide, grid)}, lesion)[0] for grid in (GRID, fine)
    )
    assert other.measurements[DIST].value == pytest.approx(own.measurements[DIST].value, abs=1.0)
    assert "GRID_OTHER" in other.measurements[DIST].flags
    assert "GRID_OTHER" not in own.measurements[DIST].flags
    arc = other.measurements["contact_arc_hepatic_vein_deg"]
    assert "GRID_OTHER" in arc.flags
    assert holds(arc, own.measurements["contact_arc_hepatic_vein_deg"].value or 0.0)


@pytest.mark.parametrize("name", ["anisotropic", "oblique", "sheared"])
def test_a_mask_brought_to_another_grid_keeps_its_place_and_size(name: str) -> None:
    """The nearest voxel decides: the volume stays within 5 percent, and the mask itself where the grid is its own."""
    mask = sample(sphere(12.0, (3.0, -2.0, 1.0)), GRIDS["isotropic"])
    moved = bring(mask, GRIDS[name])
    assert moved is not None
    assert moved.count * moved.grid.voxel_volume_mm3 == pytest.approx(mask.count, rel=0.05)
    assert bring(mask, mask.grid) is mask
    assert bring(mask, GRIDS["uneven"]) is None


def test_each_vessel_that_is_drawn_has_an_arc_and_a_word_on_interruption() -> None:
    """Named masks, and the trees they are parts of; nothing for vessels that are not drawn; specks stay."""
    vein = sample(Tube(8.0, 40.0), GRID)
    lesion = subtract(sample(Sector(4.0, 9.0, 180), GRID), vein)
    masks = {Role.HEPATIC_VEIN_MIDDLE: vein, Role.IVC: WIDE}
    study, speck = make_study(masks), lesion_of(lesion, "S1", LesionStatus.SPECK)
    found, left = measure_vessels(study, [lesion_of(lesion), speck], find_vessels(study, 3.0), 3.0)
    arcs = {name: each for name, each in found.measurements.items() if name.startswith("contact_arc")}
    assert sorted(arcs) == [f"contact_arc_{name}_deg" for name in ("hepatic_vein", "hepatic_vein_middle", "ivc")]
    assert holds(arcs["contact_arc_hepatic_vein_middle_deg"], 180.0)
    assert arcs["contact_arc_hepatic_vein_deg"].value == arcs["contact_arc_hepatic_vein_middle_deg"].value
    assert arcs["contact_arc_ivc_deg"].value == 0.0
    assert arcs["contact_arc_ivc_deg"].location is None
    place = arcs["contact_arc_hepatic_vein_deg"].location
    assert place is not None
    assert place.sop_instance_uid is not None
    assert len(place.points_mm) == 2
    assert found.facts["occluded_hepatic_vein_middle"].value is False
    assert found.facts["occluded_hepatic_vein"].value is None
    assert left is speck


LEFT, RIGHT = Tube(7.0, 16.0, (1.0, 0, 0), center_mm=(-14, 0, 0)), Tube(7.0, 16.0, (1.0, 0, 0), center_mm=(14, 0, 0))


@pytest.mark.parametrize(
    ("masks", "name", "expected"),
    [
        ({Role.IVC: [LEFT, RIGHT]}, "ivc", True),
        ({Role.PORTAL_VEIN: [LEFT, RIGHT]}, "portal_vein", True),
        ({Role.PORTAL_VEIN_MAIN: [LEFT], Role.PORTAL_VEIN_LEFT: [RIGHT]}, "portal_vein", True),
        ({Role.PORTAL_VEIN_RIGHT: [LEFT], Role.PORTAL_VEIN_LEFT: [RIGHT]}, "portal_vein", None),
        ({Role.HEPATIC_VEIN: [LEFT, RIGHT]}, "hepatic_vein", None),
        ({Role.HEPATIC_VEIN_LEFT: [LEFT], Role.HEPATIC_VEIN_RIGHT: [RIGHT]}, "hepatic_vein_left", False),
        ({Role.HEPATIC_VEIN_LEFT: [LEFT], Role.HEPATIC_VEIN_RIGHT: [RIGHT]}, "hepatic_vein_right", False),
        ({Role.HEPATIC_VEIN_LEFT: [LEFT], Role.HEPATIC_VEIN_RIGHT: [RIGHT]}, "hepatic_vein", None),
        ({Role.LIVER_VESSEL: [LEFT, RIGHT]}, "liver_vessel", None),
    ],
)
def test_two_veins_beside_one_lesion_are_no_interrupted_vein(
    masks: dict[Role, list[Shape]], name: str, expected: bool | None
) -> None:
    """Two pieces of one named vessel that reach the lesion: interrupted. Masks that may be two vessels: unknown."""
    drawn = {role: _join([sample(shape, GRID) for shape in shapes]) for role, shapes in masks.items()}
    fact = measure(drawn, sample(sphere(7.0), GRID))[0].facts[f"occluded_{name}"]
    assert fact.value is expected
    assert (fact.reason is None) == (expected is not None)


ALONG = [Tube(7.0, 16.0, center_mm=(0, 0, -14)), Tube(7.0, 16.0, center_mm=(0, 0, 14))]


@pytest.mark.parametrize("role", [Role.IVC, Role.PORTAL_VEIN, Role.PORTAL_VEIN_RIGHT, Role.HEPATIC_VEIN])
def test_a_vessel_that_the_lesion_interrupts_has_no_contact_arc(role: Role) -> None:
    """Nothing is left of the wall at the lesion: 0 degrees would say that it touches nothing."""
    drawn = _join([sample(shape, GRID) for shape in ALONG])
    lesion = sample(sphere(7.0), GRID)
    arc = measure({role: drawn, Role.LESION: lesion}, lesion)[0].measurements[f"contact_arc_{role.value}_deg"]
    assert (arc.value, arc.low, arc.high, arc.location) == (None, None, None, None)
    assert arc.reason is not None
    assert arc.reason.startswith("VESSEL_GONE: the lesion interrupts the vessel")


@pytest.mark.parametrize("carved", [False, True], ids=["drawn over", "left out of the vessel's mask"])
def test_a_lesion_within_the_lumen_has_no_contact_arc(carved: bool) -> None:
    vessel, lesion = sample(Tube(16.0, 30.0), GRID), sample(sphere(3.0), GRID)
    drawn = subtract(vessel, lesion) if carved else vessel
    arc = measure({Role.IVC: drawn}, lesion)[0].measurements["contact_arc_ivc_deg"]
    assert arc.value is None
    assert (arc.reason or "").startswith("VESSEL_GONE: the lesion lies within the vessel")


def test_a_lesion_beside_a_whole_vessel_keeps_its_arc() -> None:
    vessel = sample(Tube(8.0, 30.0), GRID)
    for place, least in ((8.0, 30.0), (20.0, 0.0)):
        lesion = subtract(sample(sphere(6.0, (place, 0.0, 0.0)), GRID), vessel)
        arc = measure({Role.IVC: vessel}, lesion)[0].measurements["contact_arc_ivc_deg"]
        assert arc.value is not None
        assert arc.value >= least


def test_slices_missing_in_a_vessel_are_no_interruption() -> None:
    """A vein with two empty slices beside a lesion may be whole: unknown, flagged. A lesion in it closes it."""
    vein = sample(Tube(7.0, 40.0), GRID)
    voxels = vein.voxels.copy()
    voxels[18:21] = False
    cut = Mask.from_array(GRID, voxels, vein.offset)
    beside, inside = sample(sphere(6.0, (9.0, 0.0, 0.0)), GRID), sample(sphere(6.0, (1.0, 0.0, 0.0)), GRID)
    for lesion, expected in ((beside, None), (inside, True)):
        study = make_study({Role.IVC: cut, Role.LESION: lesion})
        found = measure_vessels(study, [lesion_of(lesion)], find_vessels(study, 3.0), 3.0)[0]
        assert found.facts["occluded_ivc"].value is expected
        assert ("MASK_GAP" in found.measurements["contact_arc_ivc_deg"].flags) == (expected is None)


def test_a_vessel_that_the_scan_cuts_is_flagged_where_its_rest_may_be_nearer() -> None:
    """A vein that leaves the scan at its left: FOV_CUT where that face is nearer to the lesion than the vein."""
    vein = sample(Tube(8.0, 90.0, (1.0, 0.0, 0.0), center_mm=(30.0, 0.0, -10.0)), GRID)
    far, near = sample(sphere(3.0, (25.0, 0.0, 18.0)), GRID), sample(sphere(3.0, (0.0, 0.0, 0.0)), GRID)
    masks = {PORTAL: vein, HEPATIC: sample(Tube(6.0, 10.0, center_mm=(0.0, 25.0, 0.0)), GRID)}
    found = distance_of(masks, far)
    assert "FOV_CUT" in found.flags
    assert found.low == pytest.approx(38.5 - 25 - 3, abs=0.7)
    assert (found.value or 0) > 15
    other_side = sample(sphere(3.0, (-25.0, 0.0, 18.0)), GRID)
    assert "FOV_CUT" not in distance_of(masks, other_side).flags
    assert "FOV_CUT" not in distance_of(masks, near).flags


def _join(masks: list[Mask]) -> Mask:
    array = np.any([mask.within(tuple(slice(0, n) for n in mask.grid.shape)) for mask in masks], axis=0)
    return Mask.from_array(masks[0].grid, array)


PLACES = {
    Role.PORTAL_VEIN_MAIN: -30.0,
    Role.PORTAL_VEIN_LEFT: -20.0,
    Role.PORTAL_VEIN_RIGHT: -10.0,
    Role.HEPATIC_VEIN_LEFT: 0.0,
    Role.HEPATIC_VEIN_MIDDLE: 10.0,
    Role.HEPATIC_VEIN_RIGHT: 20.0,
    Role.IVC: 30.0,
    Role.HEPATIC_ARTERY: -35.5,
}
VESSELS = {role: sample(Tube(4.0, 40.0, center_mm=(x, 0.0, 0.0)), GRID) for role, x in PLACES.items()}
ASKED = ("portal_inflow_blocked", "hepatic_veins_blocked", "portal_or_hepatic_vein_contact", "main_vessels_occluded")


def ask(masks: dict[Role, Mask], lesions: list[Mask], reason: str | None = None) -> dict[str, Fact]:
    study = make_study(masks)
    facts = find_great_vessel_facts([lesion_of(mask) for mask in lesions], find_vessels(study, 3.0), reason)
    return {fact.name: fact for fact in facts}


def beside(*roles: Role) -> list[Mask]:
    return [sample(sphere(2.0, (PLACES[role] + 1.0, 3.5, 0.0)), GRID) for role in roles]


@pytest.mark.parametrize(
    ("touched", "unknown"),
    [
        ((), ()),
        (
            (Role.PORTAL_VEIN_MAIN,),
            ("portal_inflow_blocked", "portal_or_hepatic_vein_contact", "main_vessels_occluded"),
        ),
        ((Role.PORTAL_VEIN_LEFT,), ("portal_or_hepatic_vein_contact", "main_vessels_occluded")),
        (
            (Role.PORTAL_VEIN_LEFT, Role.PORTAL_VEIN_RIGHT),
            ("portal_inflow_blocked", "portal_or_hepatic_vein_contact", "main_vessels_occluded"),
        ),
        ((Role.HEPATIC_VEIN_LEFT, Role.HEPATIC_VEIN_MIDDLE), ("portal_or_hepatic_vein_contact",)),
        (
            (Role.HEPATIC_VEIN_LEFT, Role.HEPATIC_VEIN_MIDDLE, Role.HEPATIC_VEIN_RIGHT),
            ("hepatic_veins_blocked", "portal_or_hepatic_vein_contact"),
        ),
        ((Role.IVC,), ("hepatic_veins_blocked", "portal_or_hepatic_vein_contact", "main_vessels_occluded")),
        ((Role.HEPATIC_ARTERY,), ("main_vessels_occluded",)),
    ],
)
def test_great_vessels_are_open_where_no_lesion_touches_them_and_else_unknown(
    touched: tuple[Role, ...], unknown: tuple[str, ...]
) -> None:
    """From masks these facts are false or unknown, never true: contact is seen, infiltration is not."""
    facts = ask(VESSELS, beside(*touched))
    assert {name for name in ASKED if facts[name].value is None} == set(unknown)
    assert all(facts[name].value is False for name in ASKED if name not in unknown)
    assert all((facts[name].reason or "").startswith("VESSEL_CONTACT: ") for name in unknown)


@pytest.mark.parametrize("missing", list(VESSELS))
def test_a_great_vessel_that_is_not_drawn_leaves_what_it_decides_unknown(missing: Role) -> None:
    """Without the mask of any vessel that an answer speaks of there is no answer."""
    facts = ask({role: mask for role, mask in VESSELS.items() if role is not missing}, [])
    gone = {name for name in ASKED if facts[name].value is None}
    assert gone
    assert all((facts[name].reason or "").startswith("NO_MASK: ") for name in gone)


def test_an_interrupted_great_vessel_is_not_called_open() -> None:
    """A trunk in two pieces that no lesion touches may be closed by what is not drawn."""
    trunk = VESSELS[Role.PORTAL_VEIN_MAIN]
    voxels = trunk.voxels.copy()
    voxels[15:20] = False
    facts = ask({**VESSELS, Role.PORTAL_VEIN_MAIN: Mask.from_array(GRID, voxels, trunk.offset)}, [])
    assert (facts["portal_inflow_blocked"].reason or "").startswith("VESSEL_PIECES: ")
    assert facts["hepatic_veins_blocked"].value is False


def test_without_knowing_the_lesions_nothing_is_said() -> None:
    """The reason why the lesions are not known is the reason of each fact."""
    facts = ask(VESSELS, [], "LESION_ABSENT: no lesion mask is given")
    assert all(facts[name].reason == "LESION_ABSENT: no lesion mask is given" for name in ASKED)


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 1, 9), (1, 9, 9), (9, 9, 9)])
def test_degenerate_lesions_and_vessels_have_a_value_or_a_reason(shape: tuple[int, int, int]) -> None:
    """One voxel, a line, a slice, the whole array, against each other: never an exception."""
    grid = make_grid((9, 9, 9), (1.0, 0.8, 0.8))
    vessel = Mask.from_array(grid, np.ones(shape, bool))
    for lesion in (np.ones((1, 1, 1), bool), np.ones((9, 1, 1), bool), np.ones((9, 9, 9), bool)):
        found = measure({PORTAL: vessel, HEPATIC: vessel, Role.IVC: vessel}, Mask.from_array(grid, lesion))[0]
        assert (found.measurements[DIST].value is None) == (shape != (9, 9, 9))
        assert found.measurements["contact_arc_ivc_deg"].value is not None
        assert found.facts["occluded_ivc"].value is False
