"""Plans of the user's own, from files to numbers: both calculators follow the same mask, and say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.report import Report
from pipeline.volume import Mask
from tests.phantoms import Box, Shape, make_grid, sample, sphere, unite
from tests.verify.scenes import run_scene

GRID = make_grid((22, 40, 40), (4.0, 3.0, 3.0))


def drawn(*shapes: Shape) -> Mask:
    return unite(*(sample(shape, GRID) for shape in shapes))


LIVER = drawn(Box((80.0, 70.0, 60.0)))
RIGHT, LEFT = drawn(Box((50.0, 70.0, 60.0), (-15.0, 0.0, 0.0))), drawn(Box((30.0, 70.0, 60.0), (25.0, 0.0, 0.0)))
TOP = drawn(Box((80.0, 70.0, 20.0), (0.0, 0.0, 20.0)))
LESION = drawn(sphere(7.0, (-20.0, 0.0, 0.0)))
SPECIMENS = {"right": RIGHT, "left": LEFT, "top": TOP}
PLANS = {"plan_a_resection": RIGHT, "plan_b_resection": LEFT}


def run(folder: Path, masks: dict[str, Mask], clinical: str = "") -> Report:
    return run_scene(folder, {"liver": LIVER, "lesion": LESION, **masks}, f"study: study\n{clinical}")


def share_of(name: str) -> object:
    """Return what of the liver is no remnant, in percent: the specimen, and the lesion that no plan leaves as liver."""
    return pytest.approx(100 * unite(SPECIMENS[name], LESION).count / LIVER.count, abs=1e-6)


def removed(report: Report) -> object:
    return report.measurements["removed_percent"].value


def said(report: Report, code: str) -> list[str]:
    return [finding.message for finding in report.findings if finding.code == code]


@pytest.mark.parametrize(
    ("clinical", "share", "chosen"),
    [
        ("", "right", "plan_a_resection"),
        ("resection_plan: {mask: Plan B resection}\n", "left", "plan_b_resection"),
        ("resection_plans: [{mask: plan-b-resection}, {mask: plan a resection}]\n", "left", "plan_b_resection"),
    ],
)
def test_several_masks_are_several_plans_and_one_of_them_counts(
    tmp_path: Path, clinical: str, share: str, chosen: str
) -> None:
    report = run(tmp_path, dict(PLANS), clinical)
    assert removed(report) == share_of(share)
    (message,) = said(report, "PLAN_MASKS")
    assert f"rest on {chosen}:" in message
    assert not said(report, "REMNANT_DIFFERS")


def test_a_list_that_begins_with_segments_leaves_the_masks_to_the_other_plans(tmp_path: Path) -> None:
    """Hemilivers alone are drawn: a right hepatectomy removes the right one, voxel by voxel."""
    sides = {"hemiliver_right": RIGHT, "left_hemiliver": LEFT}
    report = run(
        tmp_path,
        {**sides, "resection": TOP},
        "resection_plans: [{segments_removed: [5, 6, 7, 8]}, {mask: resection}]\n",
    )
    assert removed(report) == share_of("right")
    assert said(report, "HEMILIVER_ONLY")
    assert report.measurements["segment_5_volume_ml"].reason is not None


@pytest.mark.parametrize(
    ("segments", "share"), [("2, 3, 4a, 4b", "left"), ("4, 5, 8", None), ("4, 5, 6, 7, 8", None), ("1, 2, 3, 4", None)]
)
def test_hemilivers_show_no_resection_of_parts_of_them(tmp_path: Path, segments: str, share: str | None) -> None:
    sides = {"hemiliver_right": RIGHT, "left_hemiliver": LEFT}
    report = run(tmp_path, sides, f"resection_segments: [{segments}]\n")
    if share is None:
        assert "only the hemilivers are drawn" in (report.measurements["remnant_volume_ml"].reason or "")
    else:
        assert removed(report) == share_of(share)


@pytest.mark.parametrize(
    "clinical", ["resection_mask: Meine Wahl\n", "resection_plans: [{name: W, mask: MEINE_wahl}]\n"]
)
def test_a_structure_of_any_name_may_be_a_plan(tmp_path: Path, clinical: str) -> None:
    """It is no unknown structure then."""
    report = run(tmp_path, {"meine_wahl": TOP}, clinical)
    assert removed(report) == share_of("top")
    assert not said(report, "LABEL_UNKNOWN")
    (own,) = [each for each in report.structures if each.name == "meine_wahl"]
    assert (own.role, own.mapped_by) == ("resection", "clinical record")


@pytest.mark.parametrize(
    ("name", "why"), [("nothing", "no structure of the masks"), ("lesion", "is the lesion, which is no specimen")]
)
def test_a_mask_that_is_none_leaves_the_remnant_unknown(tmp_path: Path, name: str, why: str) -> None:
    """Another mask that is drawn does not take its place."""
    report = run(tmp_path, dict(PLANS), f"resection_plan: {{mask: {name}}}\n")
    reason = report.measurements["remnant_volume_ml"].reason or ""
    assert reason.startswith("PLAN_MASK: ")
    assert why in reason
