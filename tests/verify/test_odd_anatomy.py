"""Odd anatomy in whole runs: both calculators refuse the same plans for the same reasons."""

from __future__ import annotations

from pathlib import Path

from tests.phantoms import Box
from tests.verify.scenes import run_scene
from tests.verify.test_plans_altered import BODY, MASKS, drawn


def test_a_vein_in_two_pieces_leaves_the_outflow_of_every_plan_unknown(tmp_path: Path) -> None:
    pieces = drawn(Box((20.0, 10.0, 10.0), (-16.0, 8.0, 20.0)), Box((20.0, 10.0, 10.0), (-42.0, 8.0, 20.0)))
    report = run_scene(tmp_path, {**MASKS, "hepatic_vein_right": pieces}, BODY)
    assert "VEIN_ACCESSORY" in {finding.code for finding in report.findings}
    assert report.plans is not None
    assert report.plans.options
    for plan in report.plans.options:
        assert (plan.facts["remnant_outflow_ok"].reason or "").startswith("VEIN_ACCESSORY")


def test_exchanged_labels_leave_plans_without_parts(tmp_path: Path) -> None:
    """5 and 8: no option removes a part of the liver whole, no named resection is followed, and it is said."""
    wrong = {"liver_segment_5": MASKS["liver_segment_8"], "liver_segment_8": MASKS["liver_segment_5"]}
    report = run_scene(tmp_path, {**MASKS, **wrong}, BODY)
    assert "SEGMENT_ORDER" in {finding.code for finding in report.findings}
    assert report.plans is not None
    assert report.plans.options
    assert not any(plan.parts for plan in report.plans.options)
    assert all(plan.reason is not None for plan in report.plans.named)


def test_plans_by_mask_stand_beside_those_by_segments(tmp_path: Path) -> None:
    """A list of three, in its order, the first the study's; what is drawn and not named follows."""
    drawings = {
        "my wedge": drawn(Box((40.0, 40.0, 40.0), (-42.0, 20.0, 12.0))),
        "resection_b": MASKS["liver_segment_8"],
    }
    plans = "resection_plans: [{name: W, mask: My_Wedge}, {segments_removed: ['5', '8']}, {mask: nothing}]\n"
    report = run_scene(tmp_path, {**MASKS, **drawings}, BODY + plans)
    assert report.plans is not None
    own = report.plans.own
    assert [(plan.mask, plan.reason is None) for plan in own] == [
        ("my wedge", True), ("", True), ("nothing", False), ("resection_b", True),
    ]  # fmt: skip
    assert report.plans.adopted is not None
    assert report.plans.adopted.id == own[0].id
    assert report.measurements["removed_percent"].value == own[0].measurements["removed_percent"].value
