"""The place of lesions under a plan, by masks and by segments; what the record says of R0 and augmentation."""

from __future__ import annotations

import pytest

from pipeline.measurement import Fact, Inputs, Measurement, Quantity
from pipeline.measures.derived.deriving import FormulaWords
from pipeline.measures.derived.plans import derive_plans

NO_REMNANT = Measurement("remnant_volume_ml", None, "mL", reason="SEGMENT_GAP: 12 % of the liver lie in no segment")
RIGHT = Fact("planned_segments", ("segment_5", "segment_6", "segment_7", "segment_8"))


def mm(name: str, value: float | None, low: float | None = None, high: float | None = None) -> Measurement:
    return Measurement(name, value, "mm", low, high, None if value is not None else "GRID_OTHER: other grids")


def in_segments(*shares: str) -> dict[str, Quantity]:
    names = tuple(share.split()[0] for share in shares)
    return {"segments": Fact("segments", names), "segment_shares": Fact("segment_shares", shares)}


def place(lesion: dict[str, Quantity], **study: Quantity) -> str | None:
    found = derive_plans(Inputs(study, {"L1": lesion}), FormulaWords()).lesions["L1"]["plan_relation"]
    return found.value if isinstance(found.value, str) else None


@pytest.mark.parametrize(
    ("lesion", "wanted"),
    [
        ({"resection_margin_mm": mm("resection_margin_mm", 12)}, "removed"),
        ({"resection_margin_mm": mm("resection_margin_mm", 0.1)}, "removed"),
        ({"resection_margin_mm": mm("resection_margin_mm", 0)}, "cut"),
        ({"resection_margin_mm": mm("resection_margin_mm", None)}, None),
        ({}, "remnant"),
    ],
)
def test_by_the_masks_of_the_plan(lesion: dict[str, Quantity], wanted: str | None) -> None:
    """A distance to the cut is measured of what the plan removes or cuts, and of nothing else."""
    assert place(lesion, remnant_volume_ml=Measurement("remnant_volume_ml", 600, "mL")) == wanted


@pytest.mark.parametrize(
    ("shares", "planned", "wanted"),
    [
        (("segment_6 80.0 %", "segment_7 20.0 %"), RIGHT, "removed"),
        (("segment_2 100.0 %",), RIGHT, "remnant"),
        (("segment_5 70.0 %", "segment_4 30.0 %"), RIGHT, "cut"),
        (("segment_5 70.0 %",), RIGHT, None),
        (("segment_4 100.0 %",), Fact("planned_segments", ("segment_4b", "segment_5")), None),
        (("segment_4 100.0 %",), Fact("planned_segments", ("segment_4a", "segment_4b")), "removed"),
        (("segment_4a 100.0 %",), Fact("planned_segments", ("segment_4b",)), "remnant"),
    ],
)
def test_by_segments_where_the_remnant_is_not_known(shares: tuple[str, ...], planned: Fact, wanted: str | None) -> None:
    """In removed segments only, in kept ones only, in both; not known with a part elsewhere, or half of its segment."""
    assert place(in_segments(*shares), remnant_volume_ml=NO_REMNANT, planned_segments=planned) == wanted


def test_without_any_plan_no_place_is_known() -> None:
    """The reason is that of the remnant."""
    found = derive_plans(Inputs({"remnant_volume_ml": NO_REMNANT}, {"L1": {}}), FormulaWords())
    assert found.lesions["L1"]["plan_relation"].reason == NO_REMNANT.reason
    assert found.study["remnant_lesion_count"].reason == NO_REMNANT.reason


def test_lesions_that_stay() -> None:
    """Of three lesions one is removed, one cut, one left: two stay, the larger of 31 mm (29 to 33)."""
    margin = "resection_margin_mm"
    lesions: dict[str, dict[str, Quantity]] = {
        "L1": {margin: mm(margin, 8), "longest_diameter_mm": mm("longest_diameter_mm", 70, 68, 72)},
        "L2": {margin: mm(margin, 0), "longest_diameter_mm": mm("longest_diameter_mm", 31, 29, 32)},
        "L3": {"longest_diameter_mm": mm("longest_diameter_mm", 30, 27, 33)},
    }
    study: dict[str, Quantity] = {"remnant_volume_ml": Measurement("remnant_volume_ml", 600, "mL")}
    found = derive_plans(Inputs(study, lesions), FormulaWords()).study
    assert found["remnant_lesion_count"].value == 2
    largest = found["largest_remnant_lesion_mm"]
    assert isinstance(largest, Measurement)
    assert (largest.value, largest.low, largest.high) == (31, 29, 33)


def test_share_removed_or_ablated() -> None:
    """450 of 1500 mL are left: 70 %."""
    study: dict[str, Quantity] = {
        "remnant_after_ablation_ml": Measurement("remnant_after_ablation_ml", 450, "mL"),
        "total_liver_volume_ml": Measurement("total_liver_volume_ml", 1500, "mL"),
    }
    assert derive_plans(Inputs(study), FormulaWords()).study["removed_after_ablation_percent"].value == pytest.approx(
        70
    )


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (Fact("surgeon_r0_expected", True), "expected"),
        (Fact("surgeon_r0_expected", False), "not_expected"),
        (None, "not_stated"),
        (Fact("surgeon_r0_expected", None, "CLIN_VALUE: maybe is neither true nor false"), None),
    ],
)
def test_what_the_surgeon_says(said: Fact | None, wanted: str | None) -> None:
    """A refused word is not silence."""
    study: dict[str, Quantity] = {} if said is None else {"surgeon_r0_expected": said}
    assert derive_plans(Inputs(study), FormulaWords()).study["surgeon_r0_stated"].value == wanted


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"pve_type": "LVD"}, "LVD"),
        ({"prior_liver_treatments": ("pve", "resection")}, "PVE"),
        ({"prior_liver_treatments": ()}, "none"),
        ({"prior_liver_treatments": ("rfa",)}, "none"),
        ({}, None),
    ],
)
def test_augmentation(given: dict[str, str | tuple[str, ...]], wanted: str | None) -> None:
    """By its kind, else by the list of earlier treatments; without either it is not known."""
    study: dict[str, Quantity] = {name: Fact(name, value) for name, value in given.items()}
    found = derive_plans(Inputs(study), FormulaWords()).study.get("augmentation_done")
    assert (found.value if found is not None else None) == wanted
