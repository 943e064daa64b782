"""Vessels that must stay: those that the plan does not give up, and the lesions that it resects."""

from __future__ import annotations

import pytest

from pipeline.measurement import Fact, Inputs, Location, Measurement, Quantity
from pipeline.measures.derived.deriving import FormulaWords
from pipeline.measures.derived.kept_vessels import VESSELS, derive_kept_vessels

Held = dict[str, Quantity]


def mm(name: str, value: float) -> Measurement:
    return Measurement(name, value, "mm", max(value - 1, 0.0), value + 1)


def lesion(relation: str | None = "removed", **distances: float) -> Held:
    """Return a lesion 20 mm from every vessel but those that are named, with arcs of 10 degrees a millimetre nearer."""
    held: Held = {}
    for vessel in VESSELS:
        value = distances.get(vessel, 20.0)
        held[f"dist_{vessel}_mm"] = mm(f"dist_{vessel}_mm", value)
        held[f"contact_arc_{vessel}_deg"] = Measurement("arc", 10 * (20 - value), "deg")
        held[f"occluded_{vessel}"] = Fact("occluded", value=False)
    if relation is not None:
        held["plan_relation"] = Fact("plan_relation", relation)
    return held


def derive(given_up: tuple[str, ...] | None, **lesions: Held) -> Held:
    study: Held = {} if given_up is None else {"vessels_given_up": Fact("vessels_given_up", given_up)}
    return dict(derive_kept_vessels(Inputs(study, lesions), FormulaWords()).study)


def values(held: Held) -> tuple[object, ...]:
    return tuple(held[f"kept_vessel_{name}"].value for name in ("distance_mm", "contact_deg", "occluded"))


def test_a_vessel_that_the_plan_gives_up_does_not_count() -> None:
    """The nearest of the others does; one given up in part stays in part."""
    own = lesion(portal_vein_right=0.0, hepatic_vein_middle=4.0)
    given_up = ("portal_vein_right", "hepatic_vein_right", "hepatic_vein_middle (in part)")
    found = derive(given_up, L1=own)
    assert values(found) == (4.0, 160.0, False)
    distance = found["kept_vessel_distance_mm"]
    assert isinstance(distance, Measurement)
    assert (distance.low, distance.high) == (3.0, 5.0)
    assert "L1 to hepatic vein middle" in distance.method


def test_a_lesion_that_stays_does_not_count() -> None:
    """Cut ones do."""
    found = derive((), L1=lesion(ivc=12.0), L2=lesion("remnant", ivc=1.0), L3=lesion("cut", portal_vein_left=9.0))
    assert values(found) == (9.0, 110.0, False)
    assert values(derive((), L2=lesion("remnant"))) == (None, None, None)
    assert "NO_TARGET" in (derive((), L2=lesion("remnant"))["kept_vessel_distance_mm"].reason or "")


@pytest.mark.parametrize("given_up", [None, ()])
def test_without_all_that_counts_only_what_nothing_undercuts_is_known(given_up: tuple[str, ...] | None) -> None:
    """A distance of 0 to the trunk or the vena cava, and an interruption."""
    apart, touching = lesion(ivc=3.0), lesion(ivc=0.0)
    for held in (apart, touching):
        del held["dist_hepatic_vein_left_mm"]
        del held["contact_arc_hepatic_vein_left_deg"]
        del held["occluded_hepatic_vein_left"]
    assert values(derive(given_up, L1=apart)) == (None, None, None)
    touching["occluded_ivc"] = Fact("occluded_ivc", value=True)
    assert values(derive(given_up, L1=touching)) == (0.0, None, True)


def test_without_a_plan_other_vessels_are_not_taken_to_stay() -> None:
    """A branch that is touched may be one that a plan would give up."""
    assert values(derive(None, L1=lesion(None, portal_vein_right=0.0))) == (None, None, None)
    assert "no plan" in (derive(None, L1=lesion(None))["kept_vessel_distance_mm"].reason or "")


def test_of_the_portal_vein_as_a_whole_only_that_nothing_is_interrupted_is_told() -> None:
    """An interruption somewhere in it does not say in which branch."""
    for whole, answer in ((False, False), (True, None)):
        own = lesion()
        for vessel in VESSELS[:3]:
            del own[f"occluded_{vessel}"]
        own["occluded_portal_vein"] = Fact("occluded_portal_vein", value=whole)
        assert values(derive((), L1=own))[2] is answer


def test_of_equal_arcs_the_one_that_is_seen_is_shown() -> None:
    """No contact of either lesion as drawn; of the second one half a voxel might make it one, and that has a place."""
    place = Location(4, None, ((0.0, 0.0, 0.0), (3.0, 0.0, 0.0)))
    near = lesion()
    near["contact_arc_ivc_deg"] = Measurement("arc", 0.0, "deg", 0.0, 180.0, location=place)
    found = derive((), L1=lesion(), L2=near)["kept_vessel_contact_deg"]
    assert isinstance(found, Measurement)
    assert (found.value, found.high, found.location) == (0.0, 180.0, place)
    assert "L2 to ivc" in found.method
