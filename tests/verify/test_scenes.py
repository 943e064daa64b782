"""Situations that the sample studies do not hold: both calculators say the same of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.report import Report
from pipeline.volume import Mask
from tests.measures.vessel_shapes import Tube
from tests.phantoms import Box, Shape, make_grid, sample, sphere, subtract, unite
from tests.verify.scenes import run_scene

GRID = make_grid((44, 80, 80), (2.0, 1.5, 1.5))


def drawn(*shapes: Shape) -> Mask:
    return unite(*(sample(shape, GRID) for shape in shapes))


LIVER = drawn(Box((80.0, 70.0, 60.0)))
LESION = drawn(sphere(8.0))


def reason(report: Report, name: str, lesion: int = 0) -> str:
    return (report.lesions[lesion].measurements[name].reason or "").split(":")[0]


def test_an_organ_that_the_scan_cuts(tmp_path: Path) -> None:
    """Beside a lesion 10 mm under the top: the low ends of the distances to colon, bowel and wide vessels."""
    lesion = drawn(sphere(6.0, (-20.0, 0.0, 26.0)))
    organs = {name: drawn(sphere(5.0, (52.0, 0.0, 0.0))) for name in ("stomach", "duodenum", "small_bowel")}
    vessels = {
        "portal_vein": drawn(Tube(8.0, 30.0)),
        "hepatic_veins": drawn(Tube(8.0, 60.0, center_mm=(20.0, 0.0, 30.0))),
    }
    colon = drawn(Box((10.0, 10.0, 60.0), (52.0, 30.0, 40.0)))
    report = run_scene(tmp_path, {"liver": LIVER, "lesion": lesion, "colon": colon, **organs, **vessels})
    for name in ("dist_colon_mm", "dist_bowel_mm", "dist_vessel_ge3mm_mm"):
        found = report.lesions[0].measurements[name]
        assert found.low == pytest.approx(12.0, abs=2.0)
        assert (found.value or 0) > 13
        assert "FOV_CUT" in found.flags


ENDS = [Tube(8.0, 16.0, center_mm=(0, 0, -16)), Tube(8.0, 16.0, center_mm=(0, 0, 16))]


@pytest.mark.parametrize("name", ["ivc", "portal_vein", "portal_vein_right", "hepatic_veins"])
def test_a_vessel_that_the_lesion_interrupts(tmp_path: Path, name: str) -> None:
    report = run_scene(tmp_path, {"liver": LIVER, "lesion": LESION, name: subtract(drawn(*ENDS), LESION)})
    arcs = [each for each in report.lesions[0].measurements if each.startswith("contact_arc")]
    assert arcs
    assert {reason(report, each) for each in arcs} == {"VESSEL_GONE"}


@pytest.mark.parametrize("carved", [False, True])
def test_a_lesion_within_the_lumen(tmp_path: Path, carved: bool) -> None:
    vessel, lesion = drawn(Tube(30.0, 60.0)), drawn(sphere(6.0))
    report = run_scene(
        tmp_path, {"liver": LIVER, "lesion": lesion, "ivc": subtract(vessel, lesion) if carved else vessel}
    )
    assert reason(report, "contact_arc_ivc_deg") == "VESSEL_GONE"


def test_slices_missing_in_a_vessel(tmp_path: Path) -> None:
    voxels = drawn(Tube(8.0, 60.0))
    holed = voxels.voxels.copy()
    holed[14:17] = False
    beside = drawn(sphere(6.0, (9.0, 0.0, 0.0)))
    report = run_scene(tmp_path, {"liver": LIVER, "lesion": beside, "ivc": Mask.from_array(GRID, holed, voxels.offset)})
    assert report.lesions[0].measurements["contact_arc_ivc_deg"].value is not None
    assert np.isfinite(report.lesions[0].measurements["contact_arc_ivc_deg"].value or 0)


def test_vessels_and_cavities_that_the_liver_leaves_out_are_no_capsule(tmp_path: Path) -> None:
    """A box of 80 x 70 x 60 mm: its surface is 27 mm off, the portal vein left out 4 mm, a cavity 5 mm."""
    vein, cavity = Tube(8.0, 40.0, center_mm=(16.0, 0.0, -20.0)), sphere(4.0, (-17.0, 0.0, 0.0))
    holed = subtract(LIVER, drawn(vein, cavity))
    whole = run_scene(tmp_path / "whole", {"liver": LIVER, "lesion": LESION, "portal_vein": drawn(vein)})
    report = run_scene(tmp_path / "holed", {"liver": holed, "lesion": LESION, "portal_vein": drawn(vein)})
    for name in ("dist_capsule_mm", "depth_mm"):
        found, expected = (each.lesions[0].measurements[name] for each in (report, whole))
        assert found.value == expected.value
        assert "LIVER_HOLES" in found.flags
        assert "LIVER_HOLES" not in expected.flags
    assert report.lesions[0].measurements["dist_capsule_mm"].value == pytest.approx(30 - 8, abs=2)
    (note,) = [each for each in report.findings if each.code == "LIVER_HOLES"]
    assert note.severity == "info"
    assert report.measurements["total_liver_volume_ml"].value == pytest.approx(
        (whole.measurements["total_liver_volume_ml"].value or 0) - _holes_ml(holed)
    )


def _holes_ml(holed: Mask) -> float:
    return (LIVER.count - unite(holed, LESION).count) * 4.5 / 1000


def test_a_vessel_outside_the_liver_is_no_hole_of_it(tmp_path: Path) -> None:
    """A groove of the surface in which a vessel runs is surface."""
    vein = drawn(Tube(10.0, 60.0, center_mm=(0.0, 35.0, 0.0)))
    grooved = subtract(LIVER, vein)
    report = run_scene(
        tmp_path, {"liver": grooved, "lesion": drawn(sphere(8.0, (0.0, 17.0, 0.0))), "portal_vein": vein}
    )
    assert report.lesions[0].measurements["dist_capsule_mm"].value == pytest.approx(30 - 25, abs=1.5)
    assert "LIVER_HOLES" not in {each.code for each in report.findings}


def test_a_margin_in_a_liver_that_the_scan_cuts(tmp_path: Path) -> None:
    """The remnant is 25 mm off the lesion, the face of the scan that cuts the liver 12 mm."""
    liver, kept = drawn(Box((80.0, 70.0, 160.0))), drawn(Box((20.0, 70.0, 160.0), (30.0, 0.0, 0.0)))
    lesion = drawn(sphere(6.0, (-11.0, 0.0, 26.0)))
    report = run_scene(tmp_path, {"liver": liver, "lesion": lesion, "remnant": kept})
    for found in (report.lesions[0].measurements["resection_margin_mm"], report.measurements["planned_margin_mm"]):
        assert found.value == pytest.approx(25.0, abs=1.5)
        assert found.low == pytest.approx(12.0, abs=1.0)
        assert "FOV_CUT" in found.flags


def ablate(folder: Path, lesion: Mask, zone: Mask, liver: Mask = LIVER) -> Report:
    return run_scene(folder, {"liver": liver, "lesion": lesion, "ablation_zone": zone})


def test_the_margin_under_the_capsule_is_that_inside_the_liver(tmp_path: Path) -> None:
    """A ball of 8 mm, 3 mm under the capsule, in a zone of 16 mm within the liver: 8 mm, and not 3 mm."""
    place = (0.0, 35.0 - 11.0, 0.0)
    zone = intersected(drawn(sphere(16.0, place)), LIVER)
    report = ablate(tmp_path, drawn(sphere(8.0, place)), zone)
    (lesion,) = report.lesions
    assert lesion.status == "treated"
    assert lesion.measurements["ablation_margin_mm"].value == pytest.approx(8.0, abs=2.1)
    share = lesion.measurements["ablation_margin_capsule_percent"].value
    assert share is not None
    assert 10 < share < 45


@pytest.mark.parametrize("radius", [10.0, 16.0])
def test_a_margin_within_the_liver_leaves_out_nothing(tmp_path: Path, radius: float) -> None:
    report = ablate(tmp_path, LESION, drawn(sphere(radius)))
    found = report.lesions[0].measurements
    assert found["ablation_margin_capsule_percent"].value == 0
    assert found["ablation_margin_mm"].value == pytest.approx(radius - 8.0, abs=2.1)


def test_what_is_not_ablated_under_the_capsule_counts(tmp_path: Path) -> None:
    """The zone leaves the 4 mm of the lesion next to the capsule: incomplete, however near the capsule is."""
    lesion, zone = drawn(sphere(8.0, (0.0, 26.0, 0.0))), drawn(sphere(16.0, (0.0, 14.0, 0.0)))
    found = ablate(tmp_path, lesion, zone).lesions[0].measurements["ablation_margin_mm"]
    assert found.value == pytest.approx(30.0 - 34.0, abs=2.1)


def test_a_zone_that_the_liver_leaves_out_has_no_capsule_side(tmp_path: Path) -> None:
    """A bite out of the liver: its wall is no capsule, and the whole surface counts."""
    place = (0.0, 30.0, 0.0)
    lesion, zone = drawn(sphere(6.0, place)), drawn(sphere(12.0, place))
    found = ablate(tmp_path, lesion, zone, subtract(LIVER, zone)).lesions[0].measurements
    assert (found["ablation_margin_capsule_percent"].reason or "").startswith("LIVER_REDUCED")
    assert found["ablation_margin_mm"].value == pytest.approx(6.0, abs=2.1)


def test_the_smallest_margin_names_the_lesion_it_belongs_to(tmp_path: Path) -> None:
    """Two treated balls of 8 mm in zones of 16 and 12 mm: the smaller margin, 4 mm, is the study's."""
    places = ((0.0, 20.0, 0.0), (0.0, -18.0, 0.0))
    lesions = unite(*(drawn(sphere(8.0, place)) for place in places))
    zones = unite(drawn(sphere(16.0, places[0])), drawn(sphere(12.0, places[1])))
    report = ablate(tmp_path, lesions, zones)
    found = report.measurements
    assert found["treated_lesion_count"].value == 2
    margins = {each.id: each.measurements["ablation_margin_mm"].value or 0 for each in report.lesions}
    assert found["smallest_ablation_margin_mm"].value == min(margins.values()) == pytest.approx(4.0, abs=2.1)
    assert found["smallest_ablation_margin_mm"].method.endswith(f": {min(margins, key=margins.__getitem__)}")
    shares = [each.measurements["ablation_shell_6mm_percent"].value for each in report.lesions]
    assert found["smallest_ablation_shell_6mm_percent"].value == min(share for share in shares if share is not None)


def test_without_a_treated_lesion_only_their_number_is_stated(tmp_path: Path) -> None:
    """None is zero treated lesions, and no margin."""
    report = run_scene(tmp_path, {"liver": LIVER, "lesion": LESION})
    assert report.measurements["treated_lesion_count"].value == 0
    assert "smallest_ablation_margin_mm" not in report.measurements


def test_near_lesions_make_one_target_and_far_ones_none(tmp_path: Path) -> None:
    """Balls of 6 mm at 0 and 20 mm (gap 8 mm), and one at -25 mm (gap 13 mm): targets of 32 mm and of 12 mm."""
    balls = [drawn(sphere(6.0, (0.0, y, 0.0))) for y in (0.0, 20.0, -25.0)]
    report = run_scene(tmp_path, {"liver": LIVER, "lesion": unite(*balls)})
    found = [each.measurements["cluster_10mm_diameter_mm"].value for each in report.lesions]
    near = [each.measurements["nearest_lesion_mm"].value for each in report.lesions]
    wanted = [32.0 if (gap or 0) < 10 else 12.0 for gap in near]
    assert sorted(wanted) == [12.0, 32.0, 32.0]
    assert found == pytest.approx(wanted, abs=2.1)


def test_a_chain_of_lesions_is_one_target(tmp_path: Path) -> None:
    """Four balls of 3 mm, 14 mm from middle to middle: gaps of 8 mm, together 42 + 6 mm."""
    balls = [drawn(sphere(3.0, (0.0, y, 0.0))) for y in (-21.0, -7.0, 7.0, 21.0)]
    report = run_scene(tmp_path, {"liver": LIVER, "lesion": unite(*balls)})
    found = [each.measurements["cluster_10mm_diameter_mm"] for each in report.lesions]
    assert [each.value for each in found] == pytest.approx([48.0] * 4, abs=2.1)
    assert {each.method for each in found} == {
        "largest distance between two vertices of the half-level surfaces of L1, L2, L3, L4, less than 10 mm apart"
    }


def test_the_portal_vein_stands_in_for_bile_ducts_and_the_study_says_so(tmp_path: Path) -> None:
    """Trunk and a branch are drawn, the ducts are not: basis proxy_portal; with the ducts: drawn."""
    trunk, branch = drawn(Box((4.0, 4.0, 20.0), (20.0, 0.0, 0.0))), drawn(Box((4.0, 4.0, 20.0), (-20.0, 0.0, 0.0)))
    masks = {"liver": LIVER, "lesion": LESION, "portal_vein_main": trunk, "portal_vein_left": branch}
    assert run_scene(tmp_path / "proxy", masks).facts["central_bile_duct_basis"].value == "proxy_portal"
    ducts = {**masks, "central_bile_duct": drawn(Box((4.0, 4.0, 20.0), (0.0, 20.0, 0.0)))}
    assert run_scene(tmp_path / "ducts", ducts).facts["central_bile_duct_basis"].value == "drawn"


def intersected(first: Mask, second: Mask) -> Mask:
    return Mask.from_array(first.grid, first.voxels & second.within(first.box), first.offset)


def test_something_unknown_in_the_liver_leaves_the_lesions_unknown_in_both(tmp_path: Path) -> None:
    masks = {"liver": LIVER, "lesion": LESION, "finding_x": drawn(sphere(4.0, (-15.0, 5.0, 0.0)))}
    report = run_scene(tmp_path, masks)
    reason = report.measurements["lesion_count"].reason
    assert reason is not None
    assert reason.startswith("LABEL_UNKNOWN")
