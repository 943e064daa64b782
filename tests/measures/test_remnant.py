"""The remnant: cut to the liver, without lesions, and refused when it lies elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.structures import Role
from pipeline.volume import Mask
from tests.measures.test_study import GRID, RATIOS, codes, holds, left_of, liver, measure, reasons, spots
from tests.phantoms import empty, make_record, make_study, subtract


def shifted(mask: Mask, columns: int) -> Mask:
    return Mask(mask.grid, (mask.offset[0], mask.offset[1], mask.offset[2] + columns), mask.voxels)


@pytest.mark.hazard("M22")
@pytest.mark.parametrize(("columns", "flagged", "refused"), [(0, False, False), (2, True, False), (12, True, True)])
def test_a_remnant_outside_the_liver_is_cut_flagged_and_refused(columns: int, flagged: bool, refused: bool) -> None:
    """Above 1 % outside it is flagged, above 10 % its ratios are refused; the volume is what lies in the liver."""
    whole = liver()
    remnant = shifted(left_of(whole, 8.0), columns)
    measured = measure(make_study({Role.LIVER: whole, Role.LESION: spots(), Role.REMNANT: remnant}))
    found = measured.measurements
    inside = np.count_nonzero(remnant.voxels & whole.within(remnant.box)) * GRID.voxel_volume_mm3 / 1000
    kept = (found["remnant_volume_ml"].value or 0) + (found["remnant_lesion_volume_ml"].value or 0)
    assert kept == pytest.approx(inside)
    assert ("FLR_OUTSIDE" in codes(measured)) == flagged
    assert ("FLR_OUTSIDE" in found["remnant_volume_ml"].flags) == flagged
    assert (reasons(measured, *RATIOS) == {"FLR_OUTSIDE"}) == refused
    if not refused:
        assert all(found[name].value is not None for name in RATIOS)


@pytest.mark.hazard("M22")
def test_a_remnant_that_lies_elsewhere_has_no_volume() -> None:
    """No overlap with the liver: refused, never 0 mL."""
    remnant = shifted(left_of(liver(), 45.0), 12)
    measured = measure(make_study({Role.LIVER: liver(), Role.LESION: spots(), Role.REMNANT: remnant}))
    assert reasons(measured, "remnant_volume_ml", "remnant_lesion_volume_ml", *RATIOS) == {"FLR_OUTSIDE"}
    assert "FLR_OUTSIDE" in codes(measured)
    assert measured.facts["remnant_tumour_free"].value is None


@pytest.mark.hazard("M22")
def test_lesions_in_the_remnant_are_taken_off_and_reported() -> None:
    """Their volume is given and flagged; without them the remnant is free of tumour."""
    whole, marks = liver(), spots()
    with_it = measure(make_study({Role.LIVER: whole, Role.LESION: marks, Role.REMNANT: left_of(whole, 8.0)}))
    without = measure(make_study({Role.LIVER: whole, Role.LESION: marks, Role.REMNANT: left_of(whole, 34.0)}))
    assert "FLR_LESION" in with_it.measurements["remnant_volume_ml"].flags
    assert with_it.facts["remnant_tumour_free"].value is False
    assert without.facts["remnant_tumour_free"].value is True
    assert "FLR_LESION" not in codes(without)
    assert without.measurements["remnant_lesion_volume_ml"].value == 0


def test_lesions_that_a_remnant_leaves_holes_for_lie_in_it() -> None:
    """Drawn without its lesions or with them, a remnant is the same, and not free of tumour."""
    whole, marks = liver(), spots()
    drawn = left_of(whole, 8.0)
    with_holes = measure(make_study({Role.LIVER: whole, Role.LESION: marks, Role.REMNANT: subtract(drawn, *marks)}))
    filled = measure(make_study({Role.LIVER: whole, Role.LESION: marks, Role.REMNANT: drawn}))
    assert filled.facts["remnant_tumour_free"].value is False
    assert with_holes.facts["remnant_tumour_free"].value is False
    for name in ("remnant_volume_ml", "remnant_lesion_volume_ml", "planned_margin_mm", *RATIOS):
        assert with_holes.measurements[name].value == pytest.approx(filled.measurements[name].value), name


def test_a_resection_leaves_the_rest_of_the_liver() -> None:
    """A resection mask and the remnant it leaves give the same numbers."""
    whole, marks = liver(), spots()
    remnant = left_of(whole, 8.0)
    by_remnant = measure(make_study({Role.LIVER: whole, Role.LESION: marks, Role.REMNANT: remnant}))
    specimen = subtract(whole, remnant)
    by_resection = measure(make_study({Role.LIVER: whole, Role.LESION: marks, Role.RESECTION: specimen}))
    for name in ("remnant_volume_ml", "remnant_lesion_volume_ml", *RATIOS):
        assert by_remnant.measurements[name].value == pytest.approx(by_resection.measurements[name].value), name


def test_no_remnant_and_an_empty_one_are_told_apart() -> None:
    """Neither is 0 mL, and a remnant that nobody gave is no finding."""
    none = measure(make_study({Role.LIVER: liver(), Role.LESION: spots()}))
    declared = measure(make_study({Role.LIVER: liver(), Role.LESION: spots(), Role.REMNANT: empty(GRID)}))
    assert reasons(none, "remnant_volume_ml", *RATIOS) == {"NO_REMNANT"}
    assert reasons(declared, "remnant_volume_ml", *RATIOS) == {"EMPTY_REMNANT"}
    assert codes(none) == set()
    assert codes(declared) == {"EMPTY_REMNANT"}


def test_without_body_size_only_ratios_to_the_body_are_unknown() -> None:
    """sFLR needs height and weight, the share of body weight needs weight, the rest neither."""
    whole = liver()
    study = make_study({Role.LIVER: whole, Role.LESION: spots(), Role.REMNANT: left_of(whole, 8.0)})
    measured = measure(study, make_record(weight_kg=80.0))
    assert reasons(measured, "standardized_remnant_percent", "estimated_total_liver_volume_ml") == {"CLIN_MISSING"}
    assert holds(measured.measurements["remnant_to_body_weight_percent"], measured_weight_share(measured))
    assert measured.measurements["remnant_percent"].value is not None


def measured_weight_share(measured: object) -> float:
    remnant = measured.measurements["remnant_volume_ml"].value  # type: ignore[attr-defined]
    return float(remnant) / 800


@pytest.mark.hazard("M22")
@pytest.mark.parametrize(
    ("voxels", "flagged", "refused"), [(10, False, False), (11, True, False), (100, True, False), (101, True, True)]
)
def test_the_limits_outside_the_liver_are_above_1_and_above_10_percent(
    voxels: int, flagged: bool, refused: bool
) -> None:
    """Of a remnant of 1000 voxels: exactly 1 % outside is not flagged, exactly 10 % is not refused, one more is."""
    array = np.zeros(GRID.shape, dtype=bool)
    array[15:25, 50:60, 60:70] = True
    remnant = Mask.from_array(GRID, array)
    cut = array.copy()
    cut.reshape(-1)[np.flatnonzero(array)[:voxels]] = False
    around = np.zeros(GRID.shape, dtype=bool)
    around[15:25, 30:100, 70:120] = True
    study = make_study(
        {Role.LIVER: Mask.from_array(GRID, cut | around), Role.LESION: lesion_at(90), Role.REMNANT: remnant}
    )
    measured = measure(study)
    assert measured.measurements["remnant_volume_ml"].value == pytest.approx((1000 - voxels) * 1.28e-3)
    assert ("FLR_OUTSIDE" in codes(measured)) == flagged
    assert (reasons(measured, *RATIOS) == {"FLR_OUTSIDE"}) == refused


def lesion_at(column: int) -> Mask:
    return Mask(GRID, (17, 60, column), np.ones((4, 10, 10), dtype=bool))
