"""Masks on the same voxels, cropped differently, are joined as if they had never been cropped."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import Geometry
from pipeline.lesion import StudyMeasurements
from pipeline.measures.lattices import find_start, share_lattices
from pipeline.structures import Role
from pipeline.volume import Mask
from tests.measures.test_study import (
    GRID,
    LESION_NUMBERS,
    LIVER_NUMBERS,
    left_of,
    liver,
    measure,
    reasons,
    spots,
)
from tests.phantoms import OBLIQUE, empty, make_grid, make_study

COARSE = make_grid((60, 110, 120), (1.4, 1.1, 1.1))
TURNED = make_grid((44, 150, 160), (2.0, 0.8, 0.8), rotation=OBLIQUE)


def cropped(mask: Mask, noise_voxels: float = 0.0) -> Mask:
    """The same voxels on a grid that ends where they do, its origin off by a rounding error."""
    affine = mask.geometry.affine.copy()
    affine[:3, 3] += noise_voxels * affine[:3, :3].sum(axis=1)
    return Mask(Geometry(mask.geometry.shape, affine, mask.grid.slice_axis), (0, 0, 0), mask.voxels)


def numbers(measured: StudyMeasurements) -> dict[str, list[float]]:
    return {
        name: [-1.0 if number is None else number for number in (found.value, found.low, found.high)]
        for name, found in measured.measurements.items()
    }


@pytest.mark.hazard("M07")
@pytest.mark.hazard("M08")
@pytest.mark.parametrize("grid", [GRID, COARSE, TURNED], ids=["image", "another lattice", "turned"])
@pytest.mark.parametrize("noise", [0.0, 0.004])
def test_masks_cropped_differently_give_the_numbers_of_the_whole_grid(grid: Geometry, noise: float) -> None:
    """Each structure on a grid of its own size: lesions, liver and remnant are joined to the same numbers."""
    whole = {Role.LIVER: liver(grid), Role.REMNANT: left_of(liver(grid), 8.0)}
    parts = {
        Role.LIVER: cropped(whole[Role.LIVER], noise),
        Role.LESION: [cropped(mark, -noise) for mark in spots(grid)],
        Role.REMNANT: cropped(whole[Role.REMNANT]),
    }
    clean = numbers(measure(make_study({**whole, Role.LESION: spots(grid)}, grid=GRID)))
    assert clean["remnant_percent"][0] > 0
    found = numbers(measure(make_study(parts, grid=GRID)))
    for name, values in clean.items():
        assert found[name] == pytest.approx(values, rel=1e-9), name


@pytest.mark.hazard("M07")
@pytest.mark.parametrize("voxels", [0.02, 0.5])
def test_masks_between_the_voxels_of_another_are_not_joined(voxels: float) -> None:
    """Origins apart by a fraction of a voxel are other voxels: what joins them stays null."""
    marks = [cropped(mark, voxels) for mark in spots(COARSE)]
    measured = measure(make_study({Role.LIVER: liver(COARSE), Role.LESION: marks}, grid=GRID))
    assert reasons(measured, *LESION_NUMBERS, *LIVER_NUMBERS) == {"GRID_OTHER"}


@pytest.mark.hazard("M07")
def test_other_steps_slices_or_axes_are_another_lattice() -> None:
    """Found by formula: a crop starts at its own offset; other spacing, slice axis or uneven slices never do."""
    box = (slice(3, 9), slice(-4, 20), slice(5, 6))
    assert find_start(GRID.crop(box), GRID) == (3, -4, 5)
    assert find_start(GRID, GRID.crop(box)) == (-3, 4, -5)
    for other in (
        make_grid((1, 150, 160), (2.02, 0.8, 0.8)),
        make_grid((44, 150, 160), (2.0, 0.8, 0.8), slice_axis=1),
        make_grid((44, 150, 160), (2.0, 0.8, 0.8), uneven=0.05),
        make_grid((44, 150, 160), (2.0, 0.8, 0.8), tilt_degrees=5),
    ):
        assert find_start(other, GRID) is None


@pytest.mark.hazard("M08")
def test_masks_on_one_grid_are_left_alone_and_empty_ones_stay_empty() -> None:
    """Nothing is moved without need; an empty mask on a cropped grid is still declared and empty."""
    study = make_study({Role.LIVER: liver(), Role.LESION: spots()})
    assert share_lattices(study) is study
    small = empty(GRID.crop((slice(2, 4), slice(2, 4), slice(2, 4))))
    moved = share_lattices(make_study({Role.LIVER: liver(), Role.LESION: small}, grid=GRID))
    assert moved.segments[1].mask.is_empty
    assert moved.segments[0].mask.grid is GRID
    assert np.array_equal(moved.segments[0].mask.voxels, liver().voxels)
