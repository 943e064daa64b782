"""Where blood comes into a tree and leaves it: known, or a reason; pieces on other grids are one tree."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pipeline.measures.plans.perfusion import find_perfusion, prepare_perfusion
from pipeline.plan import Plan
from pipeline.structures import Role
from pipeline.volume import Mask
from tests.measures.plans.vessel_phantom import GRID, VESSELS, Ends, brick, draw, lay
from tests.phantoms import make_grid, sample, unite

PORTAL = {role: ends for role, ends in VESSELS.items() if role.value.startswith("portal")}
VEINS = {role: ends for role, ends in VESSELS.items() if role.value.startswith("hepatic")}


def united(*ends: tuple[Ends, Ends, Ends]) -> Mask:
    """Return bricks as one mask."""
    return unite(*(sample(brick(*each), GRID) for each in ends))


WHOLE = united(*PORTAL.values())
WITHIN = united(PORTAL[Role.PORTAL_VEIN_RIGHT], PORTAL[Role.PORTAL_VEIN_LEFT])
BRANCHES = {role: PORTAL[role] for role in (Role.PORTAL_VEIN_RIGHT, Role.PORTAL_VEIN_LEFT)}
SECOND = united(((20, 28), (-4, 4), (-50, -24)))
TWIG = united(((46, 52), (-4, 4), (-24, -18)))
HIGH = {role: (*ends[:2], (18, 34)) for role, ends in VEINS.items()}
ROOTS: Mapping[str, tuple[str, Mapping[Role, Mask], str | None]] = {
    "nothing drawn": ("inflow", {}, "NO_MASK"),
    "not told apart": ("inflow", {Role.LIVER_VESSEL: WHOLE}, "NO_MASK"),
    "no trunk": ("inflow", draw(BRANCHES), "NO_MASK"),
    "one mask with its trunk": ("inflow", {Role.PORTAL_VEIN: WHOLE}, None),
    "one mask within the liver": ("inflow", {Role.PORTAL_VEIN: WITHIN}, "NO_MASK"),
    "two pieces outside": ("inflow", {Role.PORTAL_VEIN: unite(WHOLE, SECOND)}, "NO_MASK"),
    "a twig sticks out": ("inflow", {Role.PORTAL_VEIN: unite(WITHIN, TWIG)}, "NO_MASK"),
    "specks alone": ("inflow", {Role.PORTAL_VEIN: united(((0, 2), (0, 2), (0, 2)))}, "NO_MASK"),
    "no vena cava": ("outflow", draw(VEINS), "NO_MASK"),
    "veins that leave at their upper end": ("outflow", draw(HIGH), None),
    "vena cava alone": ("outflow", draw({Role.IVC: VESSELS[Role.IVC]}), "NO_MASK"),
    "vena cava alone, within the liver": ("outflow", draw({Role.IVC: ((-8, 8), (-4, 4), (-50, 50))}), "NO_MASK"),
    "trunk alone": ("inflow", draw({Role.PORTAL_VEIN_MAIN: ((-4, 4), (-4, 4), (-50, 0))}), "NO_MASK"),
    "vena cava": ("outflow", draw(VESSELS), None),
}


@pytest.mark.parametrize("case", ROOTS)
def test_a_root_is_known_or_a_reason_is_given(case: str) -> None:
    """Where it is not certain at which end blood comes in, nothing is said of what it feeds."""
    name, vessels, code = ROOTS[case]
    ground = lay(vessels)
    tree, found = ground.trees[name], find_perfusion(prepare_perfusion(ground), Plan(("5", "6")))
    measured = found.without_inflow if name == "inflow" else found.without_outflow
    if code is None:
        assert (tree.reason, measured.value) == (None, 0)
        return
    assert (tree.roots, (measured.reason or "").partition(":")[0]) == ((), code)
    assert all(fact.value is None for fact in found.facts if name in fact.name)


def test_pieces_of_different_names_and_grids_are_one_tree() -> None:
    """The left portal vein on a finer grid, moved by a fraction of a voxel, still hangs on the trunk."""
    fine = make_grid((110, 56, 104), (1.0, 1.0, 1.0), center_mm=(0.3, 0.2, 0.3))
    veins = draw(VESSELS)
    veins[Role.PORTAL_VEIN_LEFT] = sample(brick(*VESSELS[Role.PORTAL_VEIN_LEFT]), fine)
    ground = lay(veins)
    found = find_perfusion(prepare_perfusion(ground), Plan(("5", "6")))
    assert found.without_inflow.value == 0
    assert found.given_up == ("portal_vein_right", "hepatic_vein_right")
    uneven = make_grid((56, 28, 52), (2.0, 2.0, 2.0), uneven=0.2)
    veins[Role.PORTAL_VEIN_LEFT] = sample(brick(*VESSELS[Role.PORTAL_VEIN_LEFT]), uneven)
    assert (lay(veins).trees["inflow"].reason or "").startswith("GRID_OTHER")


def test_a_liver_mask_without_its_vessels_tells_nothing_of_them() -> None:
    """What no part of the liver holds is taken by no plan, so that every plan would seem to spare it."""
    ends: tuple[Ends, Ends, Ends] = ((-44, 44), (-4, 4), (-4, 4))
    right, left = ((-44, 0), *ends[1:]), ((0, 44), *ends[1:])
    veins = {**draw(VEINS), **draw({Role.PORTAL_VEIN_RIGHT: right, Role.PORTAL_VEIN_LEFT: left})}
    veins[Role.PORTAL_VEIN_MAIN] = united(((-4, 4), (-4, 4), (-50, -4)))
    ground = lay(veins, hole=united(ends))
    found = find_perfusion(prepare_perfusion(ground), Plan(("5", "6")))
    assert (found.without_inflow.reason or "").startswith("LIVER_HOLES")
    assert {fact.value for fact in found.facts} == {None}
    whole = find_perfusion(prepare_perfusion(lay(veins)), Plan(("5", "6")))
    assert whole.without_inflow.value is not None
    assert "portal_vein_right" in whole.given_up
