"""One study from masks to measurements: closed forms, and what is absent is absent with its reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.lesion import LesionStatus, StudyMeasurements
from pipeline.measurement import Measurement
from pipeline.measures.study import measure_study
from pipeline.structures import Role
from pipeline.study import ClinicalRecord, LesionUnit, Severity, Study, Unmapped
from pipeline.volume import Geometry, Mask
from tests.phantoms import (
    GRIDS,
    OBLIQUE,
    Box,
    Ellipsoid,
    empty,
    make_grid,
    make_record,
    make_study,
    sample,
    sphere,
    subtract,
    unite,
)

GRID = make_grid((44, 150, 160), (2.0, 0.8, 0.8))
LIVER = Ellipsoid((50.0, 42.0, 35.0))
SPOTS = ((10.0, (-22.0, 5.0, 4.0)), (7.0, (24.0, -8.0, 6.0)), (5.0, (2.0, 18.0, -12.0)))
LESION_ML = [sphere(radius).volume_mm3 / 1000 for radius, _ in SPOTS]
LIVER_ML = LIVER.volume_mm3 / 1000
RECORD = make_record(height_cm=180.0, weight_kg=80.0)
LESION_NUMBERS = ("lesion_count", "largest_diameter_mm", "total_lesion_volume_ml", "tumour_burden_percent")
LIVER_NUMBERS = ("total_liver_volume_ml", "functional_liver_volume_ml", "tumour_burden_percent")
RATIOS = (
    "remnant_percent",
    "standardized_remnant_percent",
    "remnant_to_body_weight_percent",
    "removed_percent",
    "remnant_index_difference_percent",
)


def measure(study: Study, record: ClinicalRecord = RECORD, connectivity: int = 26) -> StudyMeasurements:
    return measure_study(
        study,
        record,
        min_lesion_mm=3.0,
        connectivity=connectivity,
        bsa_formula="mosteller",
        etlv_formula="vauthey_bsa",
    )


def spots(grid: Geometry = GRID) -> list[Mask]:
    return [sample(sphere(radius, center), grid) for radius, center in SPOTS]


def liver(grid: Geometry = GRID) -> Mask:
    return sample(LIVER, grid)


def left_of(mask: Mask, x_mm: float) -> Mask:
    centres = np.argwhere(mask.voxels) + np.array(mask.offset)
    keep = mask.grid.to_world(centres.astype(float))[:, 0] > x_mm
    array = np.zeros(mask.grid.shape, dtype=bool)
    array[tuple(centres[keep].T)] = True
    return Mask.from_array(mask.grid, array)


def holds(measurement: Measurement, truth: float) -> bool:
    assert measurement.value is not None, measurement.reason
    assert measurement.low is not None
    assert measurement.high is not None
    assert measurement.low <= measurement.value <= measurement.high
    return measurement.low <= truth <= measurement.high


def reasons(measured: StudyMeasurements, *names: str) -> set[str]:
    found = {measured.measurements[name].reason or "none" for name in names}
    return {reason.split(":")[0] for reason in found}


def codes(measured: StudyMeasurements) -> set[str]:
    return {finding.code for finding in measured.findings}


@pytest.mark.hazard("G15")
@pytest.mark.hazard("G10")
@pytest.mark.parametrize(
    "grid",
    [
        GRID,
        make_grid((44, 150, 160), (2.0, 0.8, 0.8), rotation=OBLIQUE),
        make_grid((44, 170, 160), (2.0, 0.8, 0.8), tilt_degrees=12),
        make_grid((44, 150, 160), (2.0, 0.8, 0.8), uneven=0.08),
    ],
    ids=["axial", "oblique", "sheared", "uneven"],
)
def test_every_volume_and_ratio_holds_its_closed_form(grid: Geometry) -> None:
    """Liver, lesions and a half-liver remnant: each interval holds the formula, on every kind of grid."""
    drawn = liver(grid)
    study = make_study({Role.LIVER: drawn, Role.LESION: spots(grid), Role.REMNANT: left_of(drawn, 8.0)})
    found = measure(study).measurements
    cap = 8.0 / 50.0
    half = LIVER_ML * (2 - 3 * cap + cap**3) / 4
    remnant = half - LESION_ML[1]
    expected = -794.41 + 1267.28 * 2.0
    truth = {
        "lesion_count": 3,
        "largest_diameter_mm": 20.0,
        "largest_3d_diameter_mm": 20.0,
        "sum_of_target_diameters_mm": 34.0,
        "tumour_burden_score": np.hypot(2.0, 3),
        "total_lesion_volume_ml": sum(LESION_ML),
        "total_liver_volume_ml": LIVER_ML,
        "functional_liver_volume_ml": LIVER_ML - sum(LESION_ML),
        "tumour_burden_percent": 100 * sum(LESION_ML) / LIVER_ML,
        "remnant_volume_ml": remnant,
        "remnant_lesion_volume_ml": LESION_ML[1],
        "remnant_percent": 100 * remnant / (LIVER_ML - sum(LESION_ML)),
        "removed_percent": 100 * (1 - remnant / LIVER_ML),
        "standardized_remnant_percent": 100 * remnant / expected,
        "remnant_to_body_weight_percent": remnant / 800,
        "functional_to_estimated_liver_percent": 100 * (LIVER_ML - sum(LESION_ML)) / expected,
    }
    for name, value in truth.items():
        assert holds(found[name], value), name
        assert found[name].value == pytest.approx(value, rel=0.12 if "3d" in name else 0.05), name
    assert found["estimated_total_liver_volume_ml"].value == pytest.approx(expected)
    assert found["estimated_total_liver_volume_ml"].low is None


def test_a_shared_capsule_moves_once() -> None:
    """The interval of the remnant's share is far narrower than moving remnant and liver apart would make it."""
    drawn = liver()
    found = measure(
        make_study({Role.LIVER: drawn, Role.LESION: spots(), Role.REMNANT: left_of(drawn, 8.0)})
    ).measurements
    share, remnant, whole = (found[n] for n in ("remnant_percent", "remnant_volume_ml", "functional_liver_volume_ml"))
    assert share.high is not None
    assert share.low is not None
    apart = 100 * (remnant.high or 0) / (whole.low or 1) - 100 * (remnant.low or 0) / (whole.high or 1)
    assert 0 < share.high - share.low < 0.4 * apart
    assert "alone" in found["standardized_remnant_percent"].method


@pytest.mark.hazard("M19")
def test_both_habits_of_drawing_the_liver_give_the_same_numbers() -> None:
    """A liver with its tumours and one that leaves them out (LiTS label 1) give the same totals and ratios."""
    whole, marks = liver(), spots()
    results = []
    for drawn in (whole, subtract(whole, *marks)):
        study = make_study({Role.LIVER: drawn, Role.LESION: marks, Role.REMNANT: left_of(whole, 8.0)})
        measured = measure(study)
        assert [lesion.status for lesion in measured.lesions] == [LesionStatus.INTRAHEPATIC] * 3
        results.append({name: (m.value, m.low, m.high) for name, m in measured.measurements.items()})
    assert results[0] == results[1]


@pytest.mark.hazard("M18")
def test_a_lesion_drawn_twice_burdens_the_liver_once() -> None:
    """A copy of a lesion as a new segment leaves volumes and burden unchanged and is flagged."""
    marks = spots()
    once = measure(make_study({Role.LIVER: liver(), Role.LESION: marks}))
    twice = measure(make_study({Role.LIVER: liver(), Role.LESION: [*marks, marks[0]]}))
    for name in ("total_lesion_volume_ml", "tumour_burden_percent", "total_liver_volume_ml"):
        assert twice.measurements[name].value == once.measurements[name].value
    assert "SEG_OVERLAP" in codes(twice)
    assert "SEG_OVERLAP" in twice.measurements["lesion_count"].flags
    assert twice.measurements["lesion_count"].low == 3
    assert "SEG_OVERLAP" not in codes(once)


@pytest.mark.hazard("M20")
def test_an_extrahepatic_lesion_stands_apart() -> None:
    """One lesion far outside is listed as E1 and changes no number of the liver."""
    outside = sample(sphere(6, (55.0, 45.0, 20.0)), GRID)
    with_it = measure(make_study({Role.LIVER: liver(), Role.LESION: [*spots(), outside]}))
    without = measure(make_study({Role.LIVER: liver(), Role.LESION: spots()}))
    assert [lesion.id for lesion in with_it.lesions] == ["L1", "L2", "L3", "E1"]
    assert "LESION_OUTSIDE" in codes(with_it)
    values = [{name: m.value for name, m in x.measurements.items()} for x in (with_it, without)]
    assert values[0] == values[1]


@pytest.mark.hazard("M20")
def test_mostly_extrahepatic_lesions_refuse_the_liver() -> None:
    """Lesions of a mirrored mask: no number of liver or lesions is published, each drawn structure's own volume is."""
    mirrored = [sample(sphere(6, (x, 50.0, 20.0)), GRID) for x in (-50.0, 50.0)]
    study = make_study({Role.LIVER: liver(), Role.LESION: [*mirrored, spots()[0]], Role.REMNANT: left_of(liver(), 0)})
    measured = measure(study)
    assert not measured.lesions_known
    names = (*LESION_NUMBERS, *LIVER_NUMBERS, "remnant_volume_ml", *RATIOS)
    assert reasons(measured, *names) == {"LESION_OUTSIDE"}
    assert all(volume.value for volume in measured.structure_volumes)


@pytest.mark.hazard("M23")
@pytest.mark.parametrize(
    ("masks", "record", "state", "code"),
    [
        ({}, {}, "absent", "LESION_ABSENT"),
        ({}, {"lesion_search_confirmed": True}, "absent", "LESION_ABSENT"),
        ({Role.LESION: empty(GRID)}, {}, "declared_empty", "EMPTY_LESIONS"),
        ({Role.LESION: empty(GRID)}, {"lesion_search_confirmed": False}, "declared_empty", "EMPTY_LESIONS"),
        ({Role.LESION: sample(sphere(1.2), GRID)}, {"lesion_search_confirmed": True}, "only_specks", "LESION_SPECK"),
    ],
    ids=["absent", "absent but confirmed", "empty", "empty and denied", "only specks"],
)
def test_no_lesion_voxel_is_never_zero_lesions(
    masks: dict[Role, Mask], record: dict[str, bool], state: str, code: str
) -> None:
    """Absent, empty and only specks: nothing on lesions is published, and each says its own word."""
    drawn = liver()
    study = make_study({Role.LIVER: drawn, **masks, Role.REMNANT: left_of(drawn, 0)})
    measured = measure(study, make_record(height_cm=180.0, weight_kg=80.0, **record))
    assert not measured.lesions_known
    assert measured.lesions_reason is not None
    assert measured.lesions_reason.startswith(code)
    assert measured.facts["lesion_state"].value == state
    assert measured.facts["distribution"].value is None
    names = (*LESION_NUMBERS, "functional_liver_volume_ml", "remnant_volume_ml", *RATIOS)
    assert reasons(measured, *names) == {code}
    assert holds(measured.measurements["total_liver_volume_ml"], LIVER_ML)
    assert code in measured.measurements["total_liver_volume_ml"].flags


@pytest.mark.hazard("M23")
def test_an_empty_lesion_segment_beside_drawn_ones_is_told_beside_the_count() -> None:
    """Its segmentation may have failed: the others are counted, flagged. Empty organs say nothing."""
    drawn = liver()
    whole = measure(make_study({Role.LIVER: drawn, Role.LESION: spots(), Role.SPLEEN: empty(GRID)}))
    measured = measure(make_study({Role.LIVER: drawn, Role.LESION: [*spots(), empty(GRID)]}))
    (finding,) = (each for each in measured.findings if each.code == "EMPTY_LESIONS")
    assert finding.severity is Severity.WARNING
    assert "lesion_5" in finding.message
    for name in LESION_NUMBERS:
        assert "EMPTY_LESIONS" in measured.measurements[name].flags
        assert "EMPTY_LESIONS" not in whole.measurements[name].flags
        assert measured.measurements[name].value == whole.measurements[name].value
    assert "EMPTY_LESIONS" not in measured.measurements["total_liver_volume_ml"].flags
    assert not [each for each in whole.findings if each.code == "EMPTY_LESIONS"]


@pytest.mark.hazard("M23")
@pytest.mark.parametrize("others", [[], spots()[:1]], ids=["alone", "beside a drawn lesion"])
def test_a_lesion_below_one_half_leaves_the_lesions_unknown(others: list[Mask]) -> None:
    """Fractions that never reach the threshold are not "declared and empty", whatever the record confirms."""
    lost = replace(empty(GRID), below_half_ml=1.25)
    study = make_study({Role.LIVER: liver(), Role.LESION: [lost, *others]})
    measured = measure(study, make_record(lesion_search_confirmed=True))
    assert not measured.lesions_known
    assert measured.facts["lesion_state"].value == ("found" if others else "below_half")
    assert reasons(measured, *LESION_NUMBERS, "functional_liver_volume_ml") == {"SEG_FRACTIONAL"}
    volume = measured.structure_volumes[1]
    assert volume.value is None
    assert volume.reason is not None
    assert volume.reason.startswith("SEG_FRACTIONAL: fractions of 1.250 mL")


@pytest.mark.hazard("M23")
def test_an_unknown_structure_below_one_half_leaves_the_lesions_unknown() -> None:
    """It may be a lesion, and where it lies is not said."""
    study = make_study({Role.LIVER: liver(), Role.LESION: spots()})
    lost = Unmapped("thing", 9, replace(empty(GRID), below_half_ml=0.5))
    assert measure(study).lesions_known
    assert reasons(measure(replace(study, unmapped=(lost,))), *LESION_NUMBERS) == {"LABEL_UNKNOWN"}


@pytest.mark.hazard("M23")
def test_zero_lesions_are_published_when_the_search_is_confirmed() -> None:
    """An empty declared lesion mask with a confirmed search is zero lesions, and the whole liver is functional."""
    record = make_record(lesion_search_confirmed=True)
    measured = measure(make_study({Role.LIVER: liver(), Role.LESION: empty(GRID)}), record)
    assert measured.lesions_known
    assert measured.facts["lesion_state"].value == "zero_confirmed"
    found = measured.measurements
    assert [found[n].value for n in ("lesion_count", "total_lesion_volume_ml", "tumour_burden_percent")] == [0, 0, 0]
    assert found["functional_liver_volume_ml"].value == found["total_liver_volume_ml"].value
    assert reasons(measured, "largest_diameter_mm", "tumour_burden_score") == {"NO_LESION"}


@pytest.mark.hazard("M24")
def test_specks_change_nothing_and_are_listed() -> None:
    """25 single voxels in the liver: main lesions unchanged, specks listed with their volume."""
    rng = np.random.default_rng(2)
    array = unite(*spots()).within(tuple(slice(0, size) for size in GRID.shape))  # type: ignore[arg-type]
    clean = measure(make_study({Role.LIVER: liver(), Role.LESION: Mask.from_array(GRID, array)}))
    noisy = array.copy()
    for row, column in rng.integers(10, 45, (25, 2)):
        noisy[20, 45 + row, 45 + column] = True
    measured = measure(make_study({Role.LIVER: liver(), Role.LESION: Mask.from_array(GRID, noisy)}))
    assert [lesion.id for lesion in measured.lesions[:3]] == ["L1", "L2", "L3"]
    specks = measured.lesions[3:]
    assert specks
    assert all(lesion.status is LesionStatus.SPECK and lesion.measurements["volume_ml"].value for lesion in specks)
    assert "LESION_SPECK" in measured.measurements["lesion_count"].flags
    assert measured.measurements["lesion_count"].value == 3
    for one, other in zip(measured.lesions[:3], clean.lesions, strict=True):
        assert one.measurements["longest_diameter_mm"].value == other.measurements["longest_diameter_mm"].value


@pytest.mark.hazard("M25")
@pytest.mark.parametrize(
    ("step", "count", "interval"),
    [((20, 20, 20), 1, (1, 2)), ((0, 20, 20), 1, (1, 2)), ((0, 0, 20), 1, (1, 1))],
    ids=["corner", "edge", "face"],
)
def test_touching_lesions_are_counted_by_the_stated_connectivity(
    step: tuple[int, int, int], count: int, interval: tuple[int, int]
) -> None:
    """Cubes meeting in a corner or an edge: one by 26 neighbours, two by 6, flagged, and both in the interval."""
    grid = make_grid((60, 70, 70))
    array = np.zeros(grid.shape, dtype=bool)
    array[8:28, 12:32, 12:32] = True
    a, b, c = 8 + step[0], 12 + step[1], 12 + step[2]
    array[a : a + 20, b : b + 20, c : c + 20] = True
    around = sample(Box((66, 66, 56)), grid)
    study = make_study({Role.LIVER: around, Role.LESION: Mask.from_array(grid, array)})
    measured = measure(study)
    number = measured.measurements["lesion_count"]
    assert (number.value, (number.low, number.high)) == (count, interval)
    assert ("LESION_TOUCH" in codes(measured)) == (interval[1] > 1)
    assert measure(study, connectivity=6).measurements["lesion_count"].value == interval[1]


@pytest.mark.hazard("M25")
def test_separate_segments_that_touch_are_never_merged() -> None:
    """Two segments that share a face are two lesions, flagged; by their voxels alone they could be one."""
    grid = make_grid((60, 70, 70))
    boxes = [sample(Box((20, 20, 20), (x, 0.0, 0.0)), grid) for x in (-10.0, 10.0)]
    measured = measure(make_study({Role.LIVER: sample(Box((66, 66, 56)), grid), Role.LESION: boxes}))
    number = measured.measurements["lesion_count"]
    assert (number.value, number.low) == (2, 1)
    assert "LESION_TOUCH" in codes(measured)


def test_a_segment_of_two_parts_is_one_lesion_and_flagged() -> None:
    """Where segments are lesions, one of two components counts once; the count's interval goes up to both."""
    marks = spots()
    pair = unite(marks[1], marks[2])
    more = sample(sphere(6, (-5.0, -20.0, 10.0)), GRID)
    measured = measure(make_study({Role.LIVER: liver(), Role.LESION: [marks[0], pair, more]}))
    number = measured.measurements["lesion_count"]
    assert (number.value, number.high) == (3, 4)
    assert "LESION_SPLIT" in codes(measured)
    as_components = make_study({Role.LIVER: liver(), Role.LESION: [marks[0], pair, more]}, unit=LesionUnit.COMPONENT)
    assert measure(as_components).measurements["lesion_count"].value == 4


@pytest.mark.hazard("M27")
def test_a_lesion_on_one_slice_is_flagged_and_its_volume_may_be_nothing() -> None:
    """One slice of a square: LESION_THIN, volume down to 0, longest diameter widened by a slice."""
    square = sample(Box((12, 12, 1.9), (0, 0, 1.0)), GRID)
    measured = measure(make_study({Role.LIVER: liver(), Role.LESION: square}))
    (lesion,) = measured.lesions
    volume, longest = lesion.measurements["volume_ml"], lesion.measurements["longest_diameter_mm"]
    assert "LESION_THIN" in volume.flags
    assert "LESION_THIN" in codes(measured)
    assert volume.low == pytest.approx(0, abs=0.1 * (volume.value or 0))
    assert longest.high is not None
    assert longest.high**2 >= 2.0**2 + (longest.value or 0) ** 2


@pytest.mark.hazard("G19")
def test_a_liver_cut_by_the_scan_has_no_total() -> None:
    """Total, functional volume, burden and remnant ratios are refused; what was scanned is given as not complete."""
    grid = make_grid((20, 150, 160), (2.0, 0.8, 0.8), center_mm=(0.0, 0.0, 6.0))
    drawn = liver(grid)
    study = make_study({Role.LIVER: drawn, Role.LESION: spots(grid)[:2], Role.REMNANT: left_of(drawn, 8.0)})
    measured = measure(study)
    assert reasons(measured, *LIVER_NUMBERS, "remnant_volume_ml", *RATIOS) == {"FOV_CUT"}
    assert measured.structure_volumes[0].value is not None
    assert measured.structure_complete[0] is False
    assert measured.measurements["lesion_count"].value == 2
    assert measured.lesions_known
    assert "FOV_CUT" in codes(measured)


@pytest.mark.hazard("M15")
def test_an_unmapped_structure_in_the_liver_leaves_the_lesions_unknown() -> None:
    """It may be a lesion; one elsewhere changes nothing while lesions are mapped."""
    marks = spots()
    inside = measure(make_study({Role.LIVER: liver(), Role.LESION: marks[:2]}, unmapped=[marks[2]]))
    assert not inside.lesions_known
    assert reasons(inside, *LESION_NUMBERS) == {"LABEL_UNKNOWN"}
    outside = sample(sphere(6, (55.0, 45.0, 20.0)), GRID)
    assert measure(make_study({Role.LIVER: liver(), Role.LESION: marks}, unmapped=[outside])).lesions_known
    alone = measure(make_study({Role.LIVER: liver()}, unmapped=[outside]))
    assert reasons(alone, *LESION_NUMBERS) == {"LABEL_UNKNOWN"}


def test_without_a_liver_lesions_are_measured_and_not_counted() -> None:
    """Status unknown, every liver number null with NO_LIVER; segments of the liver do not stand in for it."""
    for masks in ({}, {Role.LIVER: empty(GRID)}, {Role.SEGMENT_6: liver()}):
        measured = measure(make_study({Role.LESION: spots(), **masks}, grid=GRID))
        assert [lesion.status for lesion in measured.lesions] == [LesionStatus.UNKNOWN] * 3
        assert all(lesion.measurements["longest_diameter_mm"].value for lesion in measured.lesions)
        assert reasons(measured, *LESION_NUMBERS, *LIVER_NUMBERS) == {"NO_LIVER"}
        assert not measured.lesions_known


def test_masks_on_different_grids_are_not_joined() -> None:
    """Liver and lesions on two grids: each one's own numbers stand, what joins them is null."""
    other = make_grid((60, 110, 120), (1.5, 1.1, 1.1))
    measured = measure(make_study({Role.LIVER: liver(), Role.LESION: spots(other)}))
    assert reasons(measured, *LESION_NUMBERS, *LIVER_NUMBERS) == {"GRID_OTHER"}
    assert all(volume.value for volume in measured.structure_volumes)
    assert all(lesion.measurements["volume_ml"].value for lesion in measured.lesions)
    assert not measured.lesions_known
    remnant = left_of(liver(other), 0.0)
    split = measure(make_study({Role.LIVER: liver(), Role.LESION: spots(), Role.REMNANT: remnant}))
    assert reasons(split, "remnant_volume_ml", *RATIOS) == {"GRID_OTHER"}
    assert holds(split.measurements["total_liver_volume_ml"], LIVER_ML)


def test_a_treated_lesion_stands_apart() -> None:
    """A lesion in an ablation zone is in no count and no diameter."""
    marks = spots()
    zone = sample(sphere(13, SPOTS[0][1]), GRID)
    measured = measure(make_study({Role.LIVER: liver(), Role.LESION: marks, Role.ABLATION_ZONE: zone}))
    assert [lesion.id for lesion in measured.lesions] == ["L1", "L2", "T1"]
    assert holds(measured.measurements["largest_diameter_mm"], 14.0)
    assert holds(measured.measurements["total_lesion_volume_ml"], LESION_ML[1] + LESION_ML[2])
    every = measure(make_study({Role.LIVER: liver(), Role.LESION: marks[:1], Role.ABLATION_ZONE: zone}))
    assert reasons(every, "lesion_count") == {"LESION_TREATED"}


def test_an_ablation_zone_on_another_grid_treats_its_lesion_all_the_same() -> None:
    """It is in no count; its margin, which would need one grid, is absent with the reason."""
    marks = spots()
    other = make_grid((90, 100, 110), (1.5, 1.2, 1.2), center_mm=(0.3, 0.4, 0.2))
    zone = sample(sphere(SPOTS[0][0] + 4, SPOTS[0][1]), other)
    measured = measure(make_study({Role.LIVER: liver(), Role.LESION: marks, Role.ABLATION_ZONE: zone}, grid=GRID))
    assert measured.measurements["lesion_count"].value == 2
    (treated,) = (found for found in measured.lesions if found.id == "T1")
    for name in ("ablation_margin_mm", "ablation_shell_6mm_percent"):
        assert (treated.measurements[name].reason or "").startswith("GRID_OTHER")


@pytest.mark.parametrize(("rows", "treated"), [(5, True), (4, False)])
def test_a_lesion_is_treated_from_half_of_it_on(rows: int, treated: bool) -> None:
    """Exactly half of its voxels in the ablation zones is treated, one row less is not; zones count together."""
    lesion = Mask(GRID, (20, 70, 75), np.ones((4, 10, 10), dtype=bool))
    zones = [Mask(GRID, (18, 60, 70), np.ones((8, 12, 20), dtype=bool))]
    zones.append(Mask(GRID, (18, 72, 70), np.ones((8, rows - 2, 20), dtype=bool)))
    measured = measure(make_study({Role.LIVER: liver(), Role.LESION: [*spots(), lesion], Role.ABLATION_ZONE: zones}))
    assert ("T1" in [found.id for found in measured.lesions]) == treated
    assert measured.measurements["lesion_count"].value == (3 if treated else 4)


@pytest.mark.hazard("G15")
def test_planes_that_are_not_axial_are_flagged() -> None:
    """Coronal slices: the axial diameter is still measured, in planes that were not acquired, and says so."""
    grid = replace(GRID, slice_axis=1)
    measured = measure(make_study({Role.LIVER: liver(grid), Role.LESION: spots(grid)}))
    longest = measured.lesions[0].measurements["longest_diameter_mm"]
    assert "non_axial_plane" in longest.flags
    assert "non_axial_plane" in measured.measurements["largest_diameter_mm"].flags
    assert longest.location is not None
    assert longest.location.sop_instance_uid is None
    assert "non_axial_plane" not in measured.lesions[0].measurements["max_3d_diameter_mm"].flags


def test_every_number_says_where_it_can_be_seen() -> None:
    """Slice and SOPInstanceUID of the image, end points in patient mm, masks and method."""
    measured = measure(make_study({Role.LIVER: liver(), Role.LESION: spots()}))
    longest = measured.lesions[0].measurements["longest_diameter_mm"]
    assert longest.location is not None
    assert longest.location.sop_instance_uid == f"1.2.3.{longest.location.slice_index}"
    ends = np.array(longest.location.points_mm)
    assert np.linalg.norm(ends[1] - ends[0]) == pytest.approx(longest.value)
    assert GRID.to_index(ends)[:, 0] == pytest.approx([longest.location.slice_index] * 2)
    for measurement in (*measured.measurements.values(), *measured.lesions[0].measurements.values()):
        assert measurement.method or measurement.reason
        assert measurement.masks or measurement.reason or measurement.name.startswith(("body", "estimated"))


def test_every_number_has_an_interval_but_those_of_the_clinical_record() -> None:
    """Only body surface and estimated liver volume carry none."""
    drawn = liver()
    measured = measure(make_study({Role.LIVER: drawn, Role.LESION: spots(), Role.REMNANT: left_of(drawn, 8)}))
    bare = {name for name, m in measured.measurements.items() if m.value is not None and m.low is None}
    assert bare == {"body_surface_area_m2", "estimated_total_liver_volume_ml"}
    for measurement in (
        *measured.measurements.values(),
        *(m for x in measured.lesions for m in x.measurements.values()),
    ):
        if measurement.low is not None:
            assert measurement.low <= (measurement.value or 0) <= (measurement.high or 0), measurement.name


def test_parts_add_up() -> None:
    """Total = functional + lesions; remnant + its lesions = the remnant mask within the liver."""
    drawn = liver()
    kept = left_of(drawn, 8.0)
    measured = measure(make_study({Role.LIVER: drawn, Role.LESION: spots(), Role.REMNANT: kept}))
    value = {name: m.value or 0.0 for name, m in measured.measurements.items()}
    assert value["total_liver_volume_ml"] == pytest.approx(
        value["functional_liver_volume_ml"] + value["total_lesion_volume_ml"]
    )
    whole = measured.structure_volumes[-1].value
    assert value["remnant_volume_ml"] + value["remnant_lesion_volume_ml"] == pytest.approx(whole)


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS.keys())
def test_lesions_are_numbered_by_decreasing_volume_whatever_their_order(grid: Geometry) -> None:
    """L1 is the largest; equal ones are numbered from the head."""
    around = sample(sphere(24), grid)
    marks = [sample(sphere(r, c), grid) for r, c in ((4.0, (8, 0, -8)), (6.0, (-8, 0, 0)), (4.0, (8, 0, 8)))]
    for order in ([0, 1, 2], [2, 0, 1]):
        measured = measure(make_study({Role.LIVER: around, Role.LESION: [marks[n] for n in order]}))
        volumes = [lesion.measurements["volume_ml"].value or 0 for lesion in measured.lesions]
        assert volumes == sorted(volumes, reverse=True)
        assert measured.lesions[0].mask.count == marks[1].count
