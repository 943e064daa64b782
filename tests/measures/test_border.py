"""Complete or cut is judged against the border of the scan, not of the grid a mask happens to be drawn on."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import Geometry
from pipeline.measures.border import beyond_border_mm, border_gaps_mm, find_cut_faces, reaches_border
from pipeline.structures import Role
from pipeline.volume import Mask
from tests.measures.test_study import LIVER_ML, LIVER_NUMBERS, codes, holds, liver, measure, reasons, spots
from tests.phantoms import GRIDS, OBLIQUE, empty, make_grid, make_study

IMAGE = make_grid((44, 150, 160), (2.0, 0.8, 0.8))


def block(grid: Geometry, first: tuple[int, int, int], last: tuple[int, int, int]) -> Mask:
    size = tuple(b - a + 1 for a, b in zip(first, last, strict=True))
    return Mask(grid, first, np.ones(size, dtype=bool))


def tight(mask: Mask) -> Mask:
    """The same voxels on a grid that ends where they do."""
    return Mask(mask.geometry, (0, 0, 0), mask.voxels)


def finer(mask: Mask) -> Mask:
    """The same solid with every voxel cut in eight, on a grid padded far beyond it."""
    voxels = mask.voxels.repeat(2, 0).repeat(2, 1).repeat(2, 2)
    affine = mask.geometry.affine.copy()
    affine[:3, :3] /= 2
    affine[:3, 3] -= (affine[:3, :3] @ np.full(3, 0.5)) + affine[:3, :3] @ np.full(3, 6.0)
    shape = tuple(size + 12 for size in voxels.shape)
    return Mask(Geometry(shape, affine), (6, 6, 6), voxels)  # type: ignore[arg-type]


@pytest.mark.hazard("G19")
@pytest.mark.parametrize("turned", [None, OBLIQUE], ids=["axial", "oblique"])
@pytest.mark.parametrize("drawn_on", [lambda mask: mask, tight, finer], ids=["image", "tight", "finer and padded"])
def test_one_layer_decides_on_every_grid(turned: np.ndarray | None, drawn_on: object) -> None:
    """A block in the layer next to the outermost is complete; grown by one voxel on any side it is cut."""
    image = make_grid((12, 14, 16), (3.0, 1.0, 1.5), rotation=turned)
    inner, outer = (1, 1, 1), (10, 12, 14)
    assert not reaches_border(drawn_on(block(image, inner, outer)), image)  # type: ignore[operator]
    for axis in range(3):
        low, high = list(inner), list(outer)
        low[axis], high[axis] = 0, high[axis] + 1
        assert reaches_border(drawn_on(block(image, tuple(low), outer)), image)  # type: ignore[arg-type,operator]
        assert reaches_border(drawn_on(block(image, inner, tuple(high))), image)  # type: ignore[arg-type,operator]


@pytest.mark.hazard("G19")
def test_a_turned_mask_is_judged_by_its_voxels_not_by_its_box() -> None:
    """The corners of a turned mask's box leave the image; its voxels do not. An empty mask touches nothing."""
    grid = make_grid((60, 60, 60), rotation=OBLIQUE)
    centres = grid.to_world(np.argwhere(np.ones(grid.shape)).astype(float))
    image = make_grid((41, 41, 41))
    inside = (np.abs(centres) <= 18).all(axis=1).reshape(grid.shape)
    assert not reaches_border(Mask.from_array(grid, inside), image)
    wider = (np.abs(centres) <= 20).all(axis=1).reshape(grid.shape)
    assert reaches_border(Mask.from_array(grid, wider), image)
    assert not reaches_border(empty(grid), image)


@pytest.mark.hazard("G19")
def test_masks_cropped_to_their_structures_are_complete() -> None:
    """Finer masks that end where the liver ends: total volume and burden are given, nothing is called cut."""
    whole = finer(liver(IMAGE))
    marks = [on_grid(finer(mark), whole) for mark in spots(IMAGE)]
    cropped = Mask(whole.geometry, (0, 0, 0), whole.voxels)
    marks = [Mask(cropped.grid, tuple(a - 6 for a in m.offset), m.voxels) for m in marks]  # type: ignore[arg-type]
    measured = measure(make_study({Role.LIVER: cropped, Role.LESION: marks}, grid=IMAGE))
    assert holds(measured.measurements["total_liver_volume_ml"], LIVER_ML)
    assert measured.measurements["tumour_burden_percent"].value is not None
    assert measured.structure_complete == (True,) * 4
    assert "FOV_CUT" not in codes(measured)


@pytest.mark.hazard("G19")
def test_a_padded_mask_of_a_cut_liver_is_not_complete() -> None:
    """The image ends in mid-liver; a mask on a finer grid with a margin around it has no total either."""
    image = make_grid((20, 150, 160), (2.0, 0.8, 0.8), center_mm=(0.0, 0.0, 6.0))
    whole = finer(liver(image))
    marks = [on_grid(finer(mark), whole) for mark in spots(image)[:2]]
    measured = measure(make_study({Role.LIVER: whole, Role.LESION: marks}, grid=image))
    assert reasons(measured, *LIVER_NUMBERS) == {"FOV_CUT"}
    assert measured.structure_complete[0] is False
    assert "FOV_CUT" in measured.structure_volumes[0].flags


def on_grid(mask: Mask, other: Mask) -> Mask:
    """A mask on the grid of another one on the same lattice."""
    world = mask.grid.to_world(np.array([mask.offset], dtype=float))
    start = np.rint(other.grid.to_index(world))[0].astype(int)
    return Mask(other.grid, (int(start[0]), int(start[1]), int(start[2])), mask.voxels)


@pytest.mark.parametrize("name", sorted(GRIDS))
def test_the_gap_to_each_face_is_that_of_the_voxels_edges(name: str) -> None:
    """Along the face's normal, from the outermost edges of the voxels to those of the scan."""
    grid = GRIDS[name]
    first, last = (3, 4, 5), tuple(size - 7 for size in grid.shape)
    mask = block(grid, first, last)
    corners = grid.to_world(np.array([[-0.5] * 3, [size - 0.5 for size in grid.shape]]))
    found = border_gaps_mm(mask, grid)
    for axis in range(3):
        a, b = np.delete(grid.axes, axis, axis=0)
        normal = np.cross(a, b) / np.linalg.norm(np.cross(a, b))
        own = grid.to_world(np.array([np.array(first) - 0.5, np.array(last) + 0.5]))
        if grid.slice_positions_mm is None or axis == grid.slice_axis:
            assert found[axis] == pytest.approx(np.abs((own - corners) @ normal))
    assert border_gaps_mm(block(grid, (0, 0, 0), (2, 2, 2)), grid)[:, 0] == pytest.approx(0, abs=1e-9)


def test_only_the_faces_that_cut_a_structure_hide_a_part_of_it() -> None:
    lesion, organ = block(IMAGE, (10, 50, 60), (14, 59, 69)), block(IMAGE, (30, 0, 60), (43, 20, 70))
    gaps = border_gaps_mm(lesion, IMAGE)
    assert beyond_border_mm(gaps, find_cut_faces(organ, IMAGE)) == pytest.approx(min(50 * 0.8, (44 - 15) * 2.0))
    assert beyond_border_mm(gaps, find_cut_faces(lesion, IMAGE)) == np.inf
    assert np.array_equal(find_cut_faces(finer(organ), IMAGE), find_cut_faces(organ, IMAGE))
    assert border_gaps_mm(finer(lesion), IMAGE) == pytest.approx(gaps)
