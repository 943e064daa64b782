"""Truths and words of a report that its masks do not give are found; and honest reports agree."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.report import Report
from pipeline.verify import verify_report
from tests.measures.vessel_shapes import Tube
from tests.phantoms import sphere, subtract
from tests.verify.conftest import HERE, wrong
from tests.verify.scenes import run_scene
from tests.verify.test_scenes import ENDS, LESION, LIVER, drawn

CONTRARY = {
    "bilobar": "unilobar",
    "unilobar": "bilobar",
    "left": "right",
    "right": "left",
    "both": "caudate",
    "caudate": "both",
}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A lesion that interrupts the vena cava, beside hepatic veins, stomach and two segments, and a remnant."""
    folder = tmp_path_factory.mktemp("facts")
    halves = {"segment_2": drawn(sphere(30.0, (22.0, 0.0, 0.0))), "segment_5": drawn(sphere(30.0, (-30.0, 0.0, 0.0)))}
    masks = {
        "liver": LIVER,
        "lesion": LESION,
        "ivc": subtract(drawn(*ENDS), LESION),
        "hepatic_vein_right": drawn(Tube(6.0, 40.0, center_mm=(25.0, 0.0, 0.0))),
        "portal_vein_main": drawn(Tube(6.0, 40.0, center_mm=(0.0, 25.0, 0.0))),
        "portal_vein_left": drawn(Tube(6.0, 20.0, center_mm=(20.0, 25.0, 0.0))),
        "portal_vein_right": drawn(Tube(6.0, 20.0, center_mm=(-20.0, 25.0, 0.0))),
        "stomach": drawn(sphere(5.0, (50.0, 0.0, 0.0))),
        "remnant": subtract(drawn(sphere(20.0, (26.0, 0.0, 0.0))), LESION),
        "liver_segment_2": subtract(halves["segment_2"], halves["segment_5"]),
        "liver_segment_5": halves["segment_5"],
    }
    report = run_scene(folder, masks)
    return folder / "in" / "study", json.loads(report.model_dump_json())


def problems(record: dict[str, Any], study: Path) -> list[str]:
    return wrong(verify_report(Report.model_validate_json(json.dumps(record)), study, HERE))


def facts_of(record: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """Return every fact that masks give, with where it stands."""
    lesion = record["lesions"][0]["facts"]
    own = [(lesion, name) for name in lesion if name.startswith("occluded_") or name in ("segments", "lobe")]
    of_study = ("distribution", "remnant_tumour_free", "portal_inflow_blocked", "main_vessels_occluded")
    return [*own, *((record["facts"], name) for name in of_study)]


def test_the_scene_holds_every_kind_of_fact(scene: tuple[Path, dict[str, Any]]) -> None:
    record = scene[1]
    lesion = record["lesions"][0]["facts"]
    assert lesion["occluded_ivc"]["value"] is True
    assert lesion["occluded_hepatic_vein_right"]["value"] is False
    assert lesion["lobe"]["value"] == "both"
    assert record["facts"]["remnant_tumour_free"]["value"] is True
    assert record["facts"]["portal_inflow_blocked"]["value"] is False
    assert record["facts"]["main_vessels_occluded"]["value"] is None


@pytest.mark.usefixtures("remembered")
def test_every_fact_altered_is_found(scene: tuple[Path, dict[str, Any]]) -> None:
    study, record = scene
    for place, name in facts_of(record):
        before = place[name]
        value = before["value"]
        changed: Any = ["segment_7"] if name == "segments" else CONTRARY.get(str(value), not value)
        place[name] = {**before, "value": changed, "reason": None, "source": before["source"] or SOURCE}
        assert problems(record, study), name
        if value is not None:
            place[name] = {**before, "value": None, "reason": "NO_MASK: not drawn"}
            assert problems(record, study), name
        place[name] = before
    assert problems(record, study) == []


SOURCE = "no lesion mask touches the vessels' masks"


def test_a_distance_that_a_reason_quotes_is_checked(scene: tuple[Path, dict[str, Any]]) -> None:
    study, record = scene
    for place in (
        record["lesions"][0]["measurements"]["dist_bowel_mm"],
        record["measurements"]["main_vessel_distance_mm"],
    ):
        before = place["reason"]
        number = before.split(" is ")[1].split(" mm")[0]
        place["reason"] = before.replace(f" is {number} mm", " is 99.9 mm")
        assert problems(record, study), before
        place["reason"] = before


@pytest.mark.parametrize("plan", ["{procedure: right hepatectmy}", "{segments_removed: [9]}"])
def test_an_unusable_plan_is_no_disagreement(tmp_path: Path, plan: str) -> None:
    clinical = f"study: study\nresection_plan: {plan}\n"
    report = run_scene(tmp_path, {"liver": LIVER, "lesion": LESION}, clinical)
    assert (report.measurements["remnant_lesion_volume_ml"].reason or "").startswith("CLIN_VALUE")


def test_lesions_that_are_all_treated_are_no_disagreement(tmp_path: Path) -> None:
    report = run_scene(tmp_path, {"liver": LIVER, "lesion": LESION, "ablation_zone": drawn(sphere(14.0))})
    assert report.measurements["total_liver_volume_ml"].value is not None
    assert report.facts["distribution"].value is None


def test_sample_reports_with_a_fact_turned_round(records: dict[str, Any], altered: Callable[..., Any]) -> None:
    record = altered("synthetic_ct")
    fact = record["facts"]["remnant_tumour_free"]
    fact["value"] = not fact["value"]
    outcome = verify_report(Report.model_validate_json(json.dumps(record)), Path("sample_data/studies"), HERE)
    assert any("remnant_tumour_free" in each for each in outcome.problems)
