"""Slices left out inside one structure: told, counted nowhere as nothing, and never more lesions than there are."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.measures.gaps import count_missing_slices
from pipeline.structures import Role
from pipeline.study import Severity, Study
from pipeline.volume import Geometry, Mask
from tests.measures.test_study import (
    GRID,
    LIVER_ML,
    LIVER_NUMBERS,
    RATIOS,
    codes,
    holds,
    left_of,
    liver,
    measure,
    reasons,
    spots,
)
from tests.phantoms import Box, make_grid, make_study, sample, sphere, subtract, unite

MIDDLE = range(20, 23)
EVERY_OTHER = range(1, 44, 2)


def without(mask: Mask, slices: range) -> Mask:
    """A mask whose frames of these slices were left out."""
    array = mask.within(tuple(slice(0, size) for size in mask.grid.shape)).copy()  # type: ignore[arg-type]
    np.moveaxis(array, mask.grid.slice_axis, 0)[list(slices)] = False
    return Mask.from_array(mask.grid, array)


def warnings(study: Study) -> list[str]:
    return [f.message for f in measure(study).findings if f.code == "MASK_GAP" and f.severity is Severity.WARNING]


@pytest.mark.hazard("M17")
@pytest.mark.parametrize("grid", [GRID, make_grid((150, 44, 160), (0.8, 2.0, 0.8), slice_axis=1)], ids=["axial", "cor"])
def test_a_liver_that_lacks_slices_has_no_total(grid: Geometry) -> None:
    """Three frames left out, along the acquired axis: totals, ratios and burden are null; what is drawn is given."""
    drawn = without(liver(grid), MIDDLE)
    study = make_study({Role.LIVER: drawn, Role.LESION: spots(grid), Role.REMNANT: left_of(liver(grid), 8.0)})
    measured = measure(study)
    assert reasons(measured, *LIVER_NUMBERS, "remnant_volume_ml", *RATIOS) == {"MASK_GAP"}
    assert "3 slices" in (measured.measurements["total_liver_volume_ml"].reason or "")
    volume = measured.structure_volumes[0]
    assert volume.value == pytest.approx(drawn.count * grid.voxel_volume_mm3 / 1000)
    assert "MASK_GAP" in volume.flags
    assert measured.measurements["lesion_count"].value == 3
    assert "MASK_GAP" in measured.measurements["lesion_count"].flags
    assert [message.count("'liver_1' (3)") for message in warnings(study)] == [1]


@pytest.mark.hazard("M17")
def test_one_missing_slice_is_enough_and_empty_slices_across_others_are_not() -> None:
    """One frame of 35: refused. Empty rows inside a liver are not frames: nothing is said of them."""
    study = make_study({Role.LIVER: without(liver(), range(21, 22)), Role.LESION: spots()})
    assert reasons(measure(study), *LIVER_NUMBERS) == {"MASK_GAP"}
    array = liver().within(tuple(slice(0, size) for size in GRID.shape)).copy()  # type: ignore[arg-type]
    array[:, 70] = False
    assert count_missing_slices(Mask.from_array(GRID, array)) == 0


@pytest.mark.hazard("M17")
def test_lesions_in_the_missing_slices_of_a_liver_are_not_called_extrahepatic() -> None:
    """A lesion whose liver frames are left out lies outside of what is left: how many lie in the liver is unknown."""
    hidden = [sample(Box((10, 10, 7.9), (0.0, 0.0, 0.0)), GRID)]
    drawn = without(liver(), range(14, 30))
    measured = measure(make_study({Role.LIVER: drawn, Role.LESION: [*hidden, *spots()]}))
    assert reasons(measured, "lesion_count", "tumour_burden_percent") == {"MASK_GAP"}
    assert not measured.lesions_known


@pytest.mark.hazard("M17")
@pytest.mark.parametrize("role", [Role.REMNANT, Role.RESECTION])
def test_a_remnant_that_lacks_slices_has_no_ratio(role: Role) -> None:
    """A remnant or resection mask with frames left out: no remnant volume, no ratio; the liver stands."""
    part = without(left_of(liver(), 8.0), MIDDLE)
    measured = measure(make_study({Role.LIVER: liver(), Role.LESION: spots(), role: part}))
    assert reasons(measured, "remnant_volume_ml", *RATIOS) == {"MASK_GAP"}
    assert holds(measured.measurements["total_liver_volume_ml"], LIVER_ML)
    assert "MASK_GAP" in measured.structure_volumes[-1].flags


@pytest.mark.hazard("M17")
def test_another_structure_that_lacks_slices_is_flagged_alone() -> None:
    """A spleen with a frame left out is flagged at its own volume; liver and lesions are clean."""
    spleen = without(sample(sphere(12, (50.0, 40.0, 20.0)), GRID), range(31, 32))
    measured = measure(make_study({Role.LIVER: liver(), Role.LESION: spots(), Role.SPLEEN: spleen}))
    assert measured.structure_volumes[-1].flags == ("MASK_GAP",)
    assert "MASK_GAP" in codes(measured)
    assert not any("MASK_GAP" in found.flags for found in measured.measurements.values())


@pytest.mark.hazard("M17")
def test_what_is_whole_is_not_called_incomplete() -> None:
    """A stray piece far below the liver, a slice that is all lesion, bodies side by side: nothing is missing."""
    block = sample(Box((60, 60, 40)), GRID)
    stray = Mask.from_array(GRID, np.ones((1, 12, 12), dtype=bool), (1, 70, 75))
    assert count_missing_slices(unite(block, stray)) == 0
    lesion = sample(Box((60, 60, 7.9), (0.0, 0.0, 4.0)), GRID)
    study = make_study({Role.LIVER: subtract(block, lesion), Role.LESION: lesion})
    assert "MASK_GAP" not in codes(measure(study))
    assert measure(study).measurements["total_liver_volume_ml"].value is not None
    beside = unite(*(sample(Box((20, 20, 12), (x, 0.0, z)), GRID) for x, z in ((-30.0, -15.0), (30.0, 15.0))))
    assert count_missing_slices(beside) == 0


@pytest.mark.hazard("M17")
@pytest.mark.parametrize("together", [False, True], ids=["a segment each", "one segment"])
def test_lesions_that_lack_every_other_frame_are_no_more_lesions(together: bool) -> None:
    """Three lesions stay three, flagged; the high end of the count shows their components."""
    thin = [without(mark, EVERY_OTHER) for mark in spots()]
    study = make_study({Role.LIVER: liver(), Role.LESION: unite(*thin) if together else thin})
    measured = measure(study)
    number = measured.measurements["lesion_count"]
    assert (number.value, number.low) == (3, 3)
    least_voxels = sphere(1.5).volume_mm3 / GRID.voxel_volume_mm3
    assert number.high == sum(np.count_nonzero(mark.voxels.sum(axis=(1, 2)) >= least_voxels) for mark in thin)
    assert "MASK_GAP" in number.flags
    for lesion in measured.lesions[:3]:
        published = [each for each in lesion.measurements.values() if each.value is not None]
        assert len(published) >= 10
        assert all("MASK_GAP" in each.flags for each in published)


@pytest.mark.hazard("M17")
def test_one_frame_missing_in_a_lesion_is_flagged() -> None:
    """Its segment is still one lesion; where components are the lesions, the count may be one lower than it reads."""
    marks = spots()
    study = make_study({Role.LIVER: liver(), Role.LESION: [without(marks[0], range(23, 24)), *marks[1:]]})
    number = measure(study).measurements["lesion_count"]
    assert (number.value, number.high) == (3, 4)
    assert "MASK_GAP" in number.flags
    alone = make_study({Role.LIVER: liver(), Role.LESION: without(marks[0], range(23, 24))})
    number = measure(alone).measurements["lesion_count"]
    assert (number.value, number.low, number.high) == (2, 1, 2)
    assert "MASK_GAP" in number.flags
    assert warnings(alone) != []


@pytest.mark.hazard("M17")
def test_lesions_one_above_the_other_stay_two() -> None:
    """Two balls of one segment with empty slices between them that are no section through either: two, not flagged."""
    pair = unite(*(sample(sphere(6, (x, 0.0, z)), GRID) for x, z in ((0.0, -12.0), (9.0, 12.0))))
    measured = measure(make_study({Role.LIVER: liver(), Role.LESION: pair}))
    number = measured.measurements["lesion_count"]
    assert (number.value, number.low, number.high) == (2, 2, 2)
    assert "MASK_GAP" not in codes(measured)
