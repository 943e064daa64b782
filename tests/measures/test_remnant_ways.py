"""The remnant four ways: they agree to the voxel on the same resection, and say so where they do not."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.lesion import StudyMeasurements
from pipeline.measures.study import measure_study
from pipeline.readers.clinical.fields import load_clinical_fields
from pipeline.resection import role_of_segment
from pipeline.settings import configs_folder
from pipeline.structures import Role
from pipeline.study import ClinicalRecord, Severity
from pipeline.volume import Geometry, Mask
from tests.measures.test_couinaud import halves_of, octants
from tests.measures.test_study import RATIOS, codes, liver, reasons, spots
from tests.phantoms import OBLIQUE, empty, make_grid, make_record, make_study, sphere, subtract, unite
from tests.phantoms import sample as sample_shape

RESECTIONS = load_clinical_fields(configs_folder() / "clinical.yaml").resections
SIZES = {"height_cm": 180.0, "weight_kg": 80.0}
REMNANT = (
    "remnant_volume_ml",
    "remnant_lesion_volume_ml",
    "remnant_per_body_surface_ml_m2",
    *RATIOS,
)


GRID = make_grid((26, 58, 62), (3.5, 2.0, 2.0))
TURNED = make_grid((34, 60, 62), (3.0, 2.0, 2.0), rotation=OBLIQUE)


def record(**values: object) -> ClinicalRecord:
    return make_record(**{**SIZES, **values})  # type: ignore[arg-type]


def measure(masks: dict[Role, Mask], plan: ClinicalRecord, grid: Geometry = GRID) -> StudyMeasurements:
    whole = liver(grid)
    study = make_study({Role.LIVER: whole, Role.LESION: spots(grid), **masks})
    return measure_study(
        study,
        plan,
        min_lesion_mm=3.0,
        connectivity=26,
        bsa_formula="mosteller",
        etlv_formula="vauthey_bsa",
        resections=RESECTIONS,
    )


def parts_of(numbers: str, parts: dict[Role, Mask]) -> Mask:
    return unite(*(parts[role_of_segment(number)] for number in numbers))


@pytest.mark.parametrize(
    ("name", "grid"),
    [
        *((name, GRID) for name in RESECTIONS.named if not name.startswith("segmentectomy") or "4" in name),
        ("mesohepatectomy", TURNED),
        ("caudate_resection", TURNED),
    ],
)
def test_four_ways_to_one_resection_agree_to_the_voxel(name: str, grid: Geometry) -> None:
    """Same values, intervals and method; only what is named as kept differs."""
    whole = liver(grid)
    parts = octants(whole)
    named = RESECTIONS.named[name]
    if {Role.SEGMENT_4A, Role.SEGMENT_4B} & set(named.removed):
        parts |= halves_of(parts.pop(Role.SEGMENT_4))
    removed = unite(*(parts[role] for role in named.removed))
    numbers = tuple(role.value.removeprefix("segment_") for role in named.removed)
    ways = {
        "mask": measure({**parts, Role.REMNANT: subtract(whole, removed)}, record(), grid),
        "resection": measure({**parts, Role.RESECTION: removed}, record(), grid),
        "list": measure(dict(parts), record(resection_segments=numbers), grid),
        "name": measure(dict(parts), record(resection_procedure=name), grid),
    }
    first = ways["mask"].measurements
    for way in ways.values():
        for quantity in REMNANT:
            one, other = first[quantity], way.measurements[quantity]
            assert one.value is not None
            assert other.value == pytest.approx(one.value, rel=1e-12, abs=1e-12)
            assert (other.low, other.high) == pytest.approx((one.low, one.high), rel=1e-9, abs=1e-9)
        method = way.measurements["remnant_volume_ml"].method
        assert method.startswith("what of the liver is kept, less the lesions in it; kept: ")
        assert way.facts["remnant_tumour_free"].value == ways["mask"].facts["remnant_tumour_free"].value
        assert "REMNANT_DIFFERS" not in codes(way)
    together = measure(
        {**parts, Role.REMNANT: subtract(whole, removed), Role.RESECTION: removed},
        record(resection_segments=numbers, resection_procedure=name),
        grid,
    )
    assert "REMNANT_DIFFERS" not in codes(together)
    assert f"{'segment' if len(numbers) == 1 else 'segments'} {', '.join(numbers)} removed" in (
        ways["name"].measurements["remnant_volume_ml"].method
    )
    assert ("segment 1 stays" in ways["name"].measurements["remnant_volume_ml"].method) == ("1" not in numbers)


def test_the_first_way_counts_and_others_that_differ_are_told_with_ml_and_points() -> None:
    """Remnant mask, resection mask, list, name; the difference is that of the volumes without lesions."""
    whole = liver(GRID)
    parts = octants(whole)
    kept = subtract(whole, parts_of("5678", parts))
    plan = record(resection_segments=("4", "5", "6", "7", "8"), resection_procedure="right_hepatectomy")
    measured = measure({**parts, Role.REMNANT: kept}, plan)
    alone = measure({**parts}, record(resection_segments=("4", "5", "6", "7", "8")))
    used, other = (each.measurements["remnant_volume_ml"].value or 0 for each in (measured, alone))
    functional = measured.measurements["functional_liver_volume_ml"].value or 0
    found = [each for each in measured.findings if each.code == "REMNANT_DIFFERS"]
    assert len(found) == 1
    assert found[0].severity is Severity.WARNING
    assert f"{used - other:.1f} mL ({100 * (used - other) / functional:.1f} points) less" in found[0].message
    assert "REMNANT_DIFFERS" in measured.measurements["remnant_percent"].flags
    by_list = measure({**parts}, plan)
    assert by_list.measurements["remnant_volume_ml"].value == pytest.approx(other)
    assert "REMNANT_DIFFERS" in codes(by_list)


def test_a_plan_that_the_segments_cannot_show_beside_a_mask_is_a_note() -> None:
    """The mask counts."""
    whole = liver(GRID)
    kept = subtract(whole, parts_of("5678", octants(whole)))
    measured = measure({Role.REMNANT: kept}, record(resection_procedure="right_hepatectomy"))
    found = [each for each in measured.findings if each.code == "REMNANT_DIFFERS"]
    assert [each.severity for each in found] == [Severity.INFO]
    assert measured.measurements["remnant_volume_ml"].value is not None


@pytest.mark.parametrize(
    ("plan", "code", "said"),
    [
        ({"resection_segments": ("4b",)}, "NO_SEGMENTS", "segment 4 is given as a whole"),
        ({"resection_procedure": "bisegmentectomy_4b_5"}, "NO_SEGMENTS", "segment 4 is given as a whole"),
        ({"resection_procedure": "somewhere"}, "CLIN_VALUE", "docs/clinical.md"),
        ({"resection_segments": ("1", "2", "3", "4", "5", "6", "7", "8")}, "EMPTY_REMNANT", "every segment"),
    ],
)
def test_a_plan_that_is_not_clear_is_refused(plan: dict[str, object], code: str, said: str) -> None:
    """With the reason beside every number of the remnant."""
    measured = measure(octants(liver(GRID)), record(**plan))
    assert reasons(measured, "remnant_volume_ml", *RATIOS) == {code}
    assert said in (measured.measurements["remnant_volume_ml"].reason or "")
    assert code in codes(measured)


def test_4a_and_4b_together_are_segment_4() -> None:
    """Whichever way masks and plan name them."""
    parts = octants(liver(GRID))
    split = {**parts, **halves_of(parts[Role.SEGMENT_4])}
    values = [
        measure(masks, record(resection_segments=numbers)).measurements["remnant_volume_ml"].value
        for masks in (parts, split)
        for numbers in (("4",), ("4a", "4b"), ("4b", "4", "4a"))
    ]
    assert values[0] is not None
    assert values == pytest.approx([values[0]] * 6, rel=1e-12)


@pytest.mark.parametrize("case", ["none", "one lacks"])
def test_a_plan_without_its_segments_gives_no_remnant_and_no_refusal(case: str) -> None:
    """A planned resection is no remnant of its own: the report says what is missing."""
    parts = octants(liver(GRID))
    lacking = {
        **parts,
        Role.SEGMENT_1: unite(parts[Role.SEGMENT_1], parts[Role.SEGMENT_8]),
        Role.SEGMENT_8: empty(GRID),
    }
    measured = measure({} if case == "none" else lacking, record(resection_procedure="right_hepatectomy"))
    assert reasons(measured, "remnant_volume_ml", *RATIOS) == {"NO_SEGMENTS"}
    found = [each for each in measured.findings if each.code == "NO_SEGMENTS"]
    assert [each.severity for each in found] == [Severity.WARNING]


def test_a_remnant_that_is_the_whole_liver_is_flagged_whichever_way() -> None:
    """An empty list removes nothing; a resection of a few voxels neither."""
    whole = liver(GRID)
    small = sample_shape(sphere(4.0, (40.0, 0.0, 0.0)), GRID)
    for measured in (
        measure({}, record(resection_segments=())),
        measure({Role.RESECTION: small}, record()),
    ):
        assert "REMNANT_IS_LIVER" in codes(measured)
        assert "REMNANT_IS_LIVER" in measured.measurements["remnant_percent"].flags
    nothing = measure({}, record(resection_segments=()))
    assert nothing.measurements["remnant_percent"].value == pytest.approx(100)
    assert whole.count > 0


def test_a_remnant_of_nothing_but_lesions_has_no_volume() -> None:
    """Refused, whichever way; the lesions in it are named as such."""
    spot = spots(GRID)[0]
    for masks in ({Role.REMNANT: spot}, {Role.RESECTION: subtract(liver(GRID), spot)}):
        measured = measure(masks, record())
        assert reasons(measured, "remnant_volume_ml", *RATIOS) == {"EMPTY_REMNANT"}
        assert measured.measurements["remnant_lesion_volume_ml"].value == pytest.approx(
            np.count_nonzero(spot.voxels) * GRID.voxel_volume_mm3 / 1000
        )
        assert {each.severity for each in measured.findings if each.code == "EMPTY_REMNANT"} == {Severity.REFUSED}


def test_an_empty_mask_beside_a_plan_is_told() -> None:
    """The plan is used."""
    parts = octants(liver(GRID))
    measured = measure({**parts, Role.REMNANT: empty(GRID)}, record(resection_segments=("5", "6", "7", "8")))
    assert measured.measurements["remnant_volume_ml"].value is not None
    assert "EMPTY_REMNANT" in measured.measurements["remnant_volume_ml"].flags


@pytest.mark.parametrize(("sizes", "said"), [({}, True), ({"height_cm": 180.0}, True), (SIZES, False)])
def test_without_body_size_the_report_says_that_rules_judge_the_measured_remnant(
    sizes: dict[str, float], said: bool
) -> None:
    """The missing field is named."""
    whole = liver(GRID)
    study = {Role.RESECTION: parts_of("5678", octants(whole))}
    measured = measure(study, make_record(**sizes))
    found = [each for each in measured.findings if "standardised remnant" in each.message]
    assert bool(found) == said
    assert all(each.code == "CLIN_MISSING" for each in found)
    assert (measured.measurements["standardized_remnant_percent"].reason is not None) == said


def test_the_spleen_is_measured_where_it_is_whole() -> None:
    """By closed form; at the border of the scan it has no volume."""
    ball = sphere(14.0, (29.6, 20.3, 0.7))
    found = measure({Role.SPLEEN: sample_shape(ball, GRID)}, record()).measurements["spleen_volume_ml"]
    assert found.value == pytest.approx(ball.volume_mm3 / 1000, rel=0.05)
    assert found.low is not None
    assert found.high is not None
    assert found.low < ball.volume_mm3 / 1000 < found.high
    cut = measure({Role.SPLEEN: sample_shape(sphere(14.0, (60.0, 20.0, 0.0)), GRID)}, record())
    assert reasons(cut, "spleen_volume_ml") == {"FOV_CUT"}
    assert reasons(measure({}, record()), "spleen_volume_ml") == {"NO_MASK"}


def test_remnant_by_body_surface() -> None:
    """180 cm and 80 kg have 2 m2 by Mosteller."""
    measured = measure({Role.RESECTION: parts_of("5678", octants(liver(GRID)))}, record()).measurements
    remnant, by_surface = measured["remnant_volume_ml"], measured["remnant_per_body_surface_ml_m2"]
    assert (by_surface.value or 0) * 2 == pytest.approx(remnant.value)
    assert (by_surface.low or 0) * 2 == pytest.approx(remnant.low)
    assert by_surface.unit == "mL/m2"
