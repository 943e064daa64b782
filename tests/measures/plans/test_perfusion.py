"""What plans leave without inflow or outflow: exact where territories are bricks, unknown where masks do not tell."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from pipeline.ground import Ground
from pipeline.measures.plans.perfusion import Perfusion, find_perfusion, prepare_perfusion
from pipeline.plan import Plan
from pipeline.structures import Role
from pipeline.volume import Mask
from tests.measures.plans.vessel_phantom import GRID, LEFT, PART_ML, RIGHT, SLICE_ML, VESSELS, Ends, brick, draw, lay
from tests.phantoms import make_grid, sample, subtract, unite

ARTERY: Mapping[Role, tuple[Ends, Ends, Ends]] = {Role.HEPATIC_ARTERY: ((-2, 2), (6, 10), (-50, -24))}
LESION = sample(brick((-14, -10), (-6, 6), (-24, -14)), GRID)
"""Lies round the right portal vein in segment 5."""


@pytest.fixture(scope="module")
def bare() -> Ground:
    """Return the brick without a lesion, with its artery."""
    return lay(draw({**VESSELS, **ARTERY}))


@pytest.fixture(scope="module")
def hit() -> Ground:
    """Return the brick with one lesion that holds a stretch of the right portal vein."""
    return lay(draw({**VESSELS, **ARTERY}), [LESION])


def ask(ground: Ground, plan: Plan) -> Perfusion:
    """Return what a plan does to the supply."""
    return find_perfusion(prepare_perfusion(ground), plan)


def tell(found: Perfusion) -> dict[str, object]:
    """Return the facts by name; the code of the reason where there is no value."""
    return {fact.name: fact.value if fact.reason is None else fact.reason.partition(":")[0] for fact in found.facts}


CASES: Mapping[str, tuple[tuple[str, ...], tuple[int, int] | None, object, object, tuple[str, ...]]] = {
    "nothing": ((), (0, 0), True, True, ()),
    "right hepatectomy": (RIGHT, (0, 0), True, True, ("right",)),
    "left hepatectomy": (LEFT, (0, 0), True, True, ("left",)),
    "far segment": (("6",), (0, 0), True, True, ("right (in part)",)),
    "near segment": (("5",), (0, 1), "VESSEL_CUT", True, ("right (in part)",)),
    "middle": (("4", "5"), None, "VESSEL_CUT", "VESSEL_CUT", ("left (in part)", "right (in part)")),
    "everything": ((*RIGHT, *LEFT), None, "NO_REMNANT", "NO_REMNANT", ("left", "right")),
}
"""Parts; what surely loses and what loses its supply, in parts; inflow, outflow; portal and hepatic veins given up."""


@pytest.mark.parametrize("case", CASES)
def test_whole_parts(bare: Ground, case: str) -> None:
    """What is beyond a removed part is cut off, though not surely: it may be divided elsewhere."""
    parts, lost, inflow, outflow, given_up = CASES[case]
    found = ask(bare, Plan(parts))
    for measured in (found.without_inflow, found.without_outflow):
        if lost is None:
            assert measured.value is None, measured
        else:
            assert [measured.low, measured.value] == pytest.approx([part * PART_ML for part in lost])
            assert measured.high == measured.value
    facts = tell(found)
    names = [f"{kind}_vein_{side}" for kind in ("hepatic", "portal") for side in given_up]
    assert sorted(facts["vessels_given_up"]) == names  # type: ignore[call-overload]
    assert (facts["remnant_inflow_ok"], facts["remnant_outflow_ok"]) == (inflow, outflow)


def test_a_wedge_cuts_off_what_lies_beyond_it(hit: Ground) -> None:
    """Exactly the branch within its margin is taken, and the brick beyond it loses its inflow; the veins stay."""
    found = ask(hit, Plan(wedges=("L1",), wedge_mm=4.0))
    atoms = hit.atoms
    wedge = atoms.volume_ml[atoms.level[:, 0] <= 0].sum()
    assert wedge > LESION.count * 0.008
    assert found.without_inflow.value == pytest.approx((48 - 6) * SLICE_ML - wedge)
    assert found.without_inflow.low == found.without_inflow.high == found.without_inflow.value
    assert found.without_outflow.value == found.without_outflow.high == 0
    assert tell(found)["vessels_given_up"] == ("portal_vein_right (in part)",)
    assert found.in_part == ("portal_vein_right",)
    assert found.given_up == ()


def test_a_touched_branch_serves_nothing_for_certain(hit: Ground) -> None:
    """Nothing is lost by a plan that takes nothing; what lies behind the lesion may be."""
    for plan in (Plan(untreated=("L1",)), Plan(ablated=("L1",), ablation_mm=4.0)):
        found = ask(hit, plan)
        gone = LESION.count * 0.008 if plan.untreated else hit.atoms.volume_ml[hit.atoms.level[:, 0] <= 0].sum()
        assert (found.without_inflow.low, found.without_inflow.value) == (0, 0)
        assert found.without_inflow.high == pytest.approx((48 - 6) * SLICE_ML - gone)
        facts = tell(found)
        assert (facts["remnant_inflow_ok"], facts["remnant_outflow_ok"]) == ("VESSEL_CONTACT", True)


def test_a_wedge_at_the_root_leaves_no_inflow() -> None:
    """The trunk lies in no part, so that no resection of parts takes it; a wedge does."""
    trunk = {**VESSELS, Role.PORTAL_VEIN_MAIN: ((-4, 4), (-4, 4), (-50, -16))}
    lesion = sample(brick((-8, 8), (-8, 8), (-24, -12)), GRID)
    ground = lay(draw(trunk), [lesion])
    cut = tell(ask(ground, Plan(wedges=("L1",), wedge_mm=4.0)))
    assert cut["remnant_inflow_ok"] is False
    assert "portal_vein_main" in cut["vessels_given_up"]  # type: ignore[operator]
    assert ask(ground, Plan(LEFT)).without_inflow.value == 0
    assert tell(ask(ground, Plan(LEFT)))["remnant_inflow_ok"] == "VESSEL_CONTACT"


def test_a_sliver_of_the_trunk_beyond_the_cut_feeds_nothing() -> None:
    """Where the trunk leaves the liver's mask once more, blood comes in at its larger end alone."""
    course: tuple[Ends, Ends, Ends] = ((-4, 4), (-4, 4), (-50, 30))
    veins = draw({**VESSELS, Role.PORTAL_VEIN_MAIN: course})
    for role, side in ((Role.PORTAL_VEIN_RIGHT, (-48.0, 0.0)), (Role.PORTAL_VEIN_LEFT, (0.0, 48.0))):
        veins[role] = sample(brick(side, (-4, 4), (8, 14)), GRID)
    lesion = sample(brick((-8, 8), (-8, 8), (-24, -12)), GRID)
    ground = lay({role: mask for role, mask in veins.items() if role.value.startswith("portal")}, [lesion])
    found = ask(ground, Plan(wedges=("L1",), wedge_mm=4.0))
    assert len(ground.trees["inflow"].roots) == 1
    assert found.without_inflow.value == pytest.approx(
        96 * SLICE_ML - ground.atoms.volume_ml[ground.atoms.level[:, 0] <= 0].sum()
    )
    assert tell(found)["remnant_inflow_ok"] is False


def test_a_vena_cava_within_the_liver_is_never_taken() -> None:
    """A liver mask that holds a stretch of it changes nothing."""
    ground = lay(draw({**VESSELS, Role.IVC: ((-8, 8), (-4, 4), (10, 50))}))
    for plan in (Plan(RIGHT), Plan(LEFT)):
        assert ask(ground, plan).without_outflow.value == 0


def test_an_artery_that_is_not_drawn_taken_or_touched_leaves_inflow_open(hit: Ground) -> None:
    """Inflow is portal and arterial: the first alone is not enough."""
    none = lay(draw(VESSELS))
    right = lay(draw({**VESSELS, Role.HEPATIC_ARTERY: ((-30, 0), (6, 10), (-24, -20))}))
    assert tell(ask(none, Plan(RIGHT)))["remnant_inflow_ok"] == "NO_MASK"
    assert tell(ask(right, Plan(RIGHT)))["remnant_inflow_ok"] == "VESSEL_CUT"
    assert tell(ask(right, Plan(LEFT)))["remnant_inflow_ok"] is True
    assert tell(ask(hit, Plan(RIGHT)))["remnant_inflow_ok"] is True


def gap(width_mm: float) -> Mask:
    """Return the right portal vein with a gap in the middle of segment 5."""
    vein = draw(VESSELS)[Role.PORTAL_VEIN_RIGHT]
    return subtract(vein, sample(brick((-12 - width_mm / 2, -12 + width_mm / 2), (-8, 8), (-24, -14)), GRID))


def test_pieces_that_hang_together_with_nothing_leave_it_open() -> None:
    """They are not lost by the plan, and not fed for certain; where the plan takes them they do not matter."""
    ground = lay({**draw(VESSELS), Role.PORTAL_VEIN_RIGHT: gap(4.0)})
    kept, taken = ask(ground, Plan(("2",))), ask(ground, Plan(RIGHT))
    assert (kept.without_inflow.reason or "").startswith("VESSEL_PIECES")
    assert tell(kept)["remnant_inflow_ok"] == "VESSEL_PIECES"
    assert taken.without_inflow.value == 0


def test_veins_that_are_not_drawn_leave_it_open() -> None:
    """With the right hepatic vein alone, what lies nearest to the vena cava is not known to be drained."""
    veins = draw({**VESSELS, Role.IVC: ((-8, 8), (-4, 4), (-50, 50))})
    del veins[Role.HEPATIC_VEIN_LEFT]
    found = ask(lay(veins), Plan(RIGHT))
    assert (found.without_outflow.reason or "").startswith("NO_MASK")
    assert tell(found)["remnant_outflow_ok"] == "NO_MASK"


def test_small_stray_pieces_do_not_tell() -> None:
    """A speck of a vein in the far corner has no territory."""
    speck = sample(brick((-40, -38), (18, 20), (10, 12)), GRID)
    veins = draw(VESSELS)
    ground = lay({**veins, Role.PORTAL_VEIN_LEFT: unite(veins[Role.PORTAL_VEIN_LEFT], speck)})
    assert ask(ground, Plan(LEFT)).without_inflow.value == 0
    assert [b.voxels for b in ground.trees["inflow"].branches if b.voxels < 10] == []


def test_an_accessory_vein_drains_what_is_nearest_to_it() -> None:
    """With a second vein along the lower face that has its own way out, the upper half alone loses its outflow."""
    veins, low = draw(VESSELS), ((-8.0, 8.0), (-4.0, 4.0), (-50.0, -24.0))
    veins[Role.IVC] = unite(veins[Role.IVC], sample(brick(*low), GRID))
    accessory = sample(brick((-48, 0), (-4, 4), (-24, -18)), GRID)
    ground = lay(veins, [lesion := sample(brick((-6, -2), (-6, 6), (14, 24)), GRID)])
    own = {**veins, Role.HEPATIC_VEIN_RIGHT: unite(veins[Role.HEPATIC_VEIN_RIGHT], accessory)}
    plan = Plan(wedges=("L1",), wedge_mm=4.0)
    alone, both = (ask(each, plan).without_outflow for each in (ground, lay(own, [lesion])))
    wedge = ground.atoms.volume_ml[ground.atoms.level[:, 0] <= 0].sum()
    assert both.value == pytest.approx(50 * 48 * 24 / 1000 - wedge)
    assert alone.value is not None
    assert alone.value > 50 * 48 * 24 / 1000 - wedge + PART_ML / 4


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("spacing_mm", [(2.0, 2.0, 2.0), (1.5, 1.5, 1.5), (4.0, 2.0, 1.0)])
def test_mirrors_and_spacings_change_nothing(mirrored: bool, spacing_mm: tuple[float, float, float]) -> None:
    """Blocks of several voxels end where the bricks do."""
    a, b, c = (int(np.ceil(size / step / 2)) * 2 for size, step in zip((112, 56, 104), spacing_mm, strict=True))
    grid = make_grid((a, b, c), spacing_mm)
    found = ask(lay(draw(VESSELS, grid, mirrored=mirrored), grid=grid, mirrored=mirrored), Plan(("5",)))
    for measured in (found.without_inflow, found.without_outflow):
        assert [measured.low, measured.value] == pytest.approx([0, PART_ML])


def test_a_plan_of_an_unknown_part_or_margin_is_refused(bare: Ground, hit: Ground) -> None:
    """Rather than measured as if it were none."""
    with pytest.raises(ValueError, match="3 mm"):
        ask(hit, Plan(wedges=("L1",), wedge_mm=3.0))
    with pytest.raises(ValueError, match="7"):
        ask(bare, Plan(("7",)))
    assert ask(bare, Plan(mask="specimen")).without_inflow.value is None
