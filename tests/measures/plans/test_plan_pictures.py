"""Pictures of plans: nothing mirrored, the right aspect on any grid, and what is taken where it is taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.ground import NO_LESION, NO_PART
from pipeline.measures.plans.cells import Cells, Grown
from pipeline.measures.plans.front_view import MOST_COLUMNS, MOST_ROWS, set_scene, view_plan
from pipeline.measures.plans.plan_pictures import draw_plan_pictures
from pipeline.measures.plans.taking import Fate, Taken
from pipeline.picture import PlanPicture, PlanView, Surface
from pipeline.structures import Role
from pipeline.volume import Box, Geometry, Image, Mask
from tests.phantoms import GRIDS, Array, Ellipsoid, make_grid, make_study, sample, sample_array, sphere

LIVER = Ellipsoid((22.0, 16.0, 13.0), (-2.0, 1.0, 2.0))
FRONT = sphere(7.0, (-13.0, -8.0, 7.0))
"""At the patient's right, in front, to the head: what is resected; it meets the surface."""
ZONE = sphere(5.0, (8.0, 5.0, -2.0))
"""At the patient's left, behind, to the feet: what is ablated, hidden from the front."""
TUMOUR = sphere(3.5, (8.0, 5.0, -2.0))
MARKER_HU = 900.0
ALL_GRIDS = pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)


@dataclass(frozen=True)
class Scene:
    cells: Cells
    taken: Taken

    @property
    def view(self) -> PlanView:
        return view_plan(set_scene(self.cells), self.taken)


def build(grid: Geometry, *, resect: bool = True) -> Scene:
    """Return a liver on a grid, with a specimen, an ablation zone and a lesion in it."""
    total = sample(LIVER, grid)
    inside = total.voxels

    def where(shape: Ellipsoid) -> NDArray[np.bool_]:
        return np.asarray(sample_array(shape, grid)[total.box] & inside)

    states = np.where(inside, Fate.REMNANT, Fate.OUTSIDE).astype(np.uint8)
    states[where(ZONE)] = Fate.ABLATED
    if resect:
        states[where(FRONT)] = Fate.REMOVED
    lesion = np.where(where(TUMOUR), 0, NO_LESION).astype(np.int16)
    part = np.where(inside, 0, NO_PART).astype(np.int8)
    grown = (Grown("L1", total.box, np.zeros(inside.shape, dtype=np.int8)),)
    return Scene(Cells(total, part, lesion, grown), Taken(total, states))


def draw(grid: Geometry, *, resect: bool = True) -> tuple[tuple[PlanPicture, ...], list[Box]]:
    """Return the picture of one plan in an image that is bright where the specimen is, and the boxes that were read."""
    scene, asked = build(grid, resect=resect), list[Box]()
    values = np.where(sample_array(FRONT, grid), MARKER_HU, 90.0).astype(np.float32)

    def read(box: Box) -> Image:
        asked.append(box)
        return Image(grid.crop(box), box, values[box])

    def plans() -> Iterator[tuple[str, Taken]]:
        yield "P1", scene.taken

    study = make_study({Role.LIVER: scene.cells.total})
    return draw_plan_pictures(study, scene.cells, plans, read), asked


def plane_of(grid: Geometry) -> tuple[Array, Array]:
    """Return where left and head-ward lie across the grid's rows, by Gram and Schmidt."""
    rows = grid.axes[1] / np.linalg.norm(grid.axes[1])
    left = grid.axes[2] - (grid.axes[2] @ rows) * rows
    left = left / np.linalg.norm(left)
    up = grid.axes[0] - (grid.axes[0] @ rows) * rows
    up = up - (up @ left) * left
    return left, up / np.linalg.norm(up)


def middle(pixels: NDArray[np.bool_]) -> Array:
    """Return the mean of row and column."""
    return np.argwhere(pixels).mean(axis=0)


@ALL_GRIDS
def test_the_silhouette_is_the_livers(grid: Geometry) -> None:
    """Its width and height in mm are those of the ellipsoid's shadow, on even, tilted, oblique and uneven grids."""
    view = build(grid).view
    rows, columns = np.nonzero(view.surface != Surface.NOTHING)
    semi_axes = np.array(LIVER.semi_axes_mm)
    left, up = plane_of(grid)
    step = float(grid.spacing_mm.max()) + view.pixel_mm
    assert np.ptp(columns) * view.pixel_mm == pytest.approx(2 * np.linalg.norm(semi_axes * left), abs=1.3 * step)
    assert np.ptp(rows) * view.pixel_mm == pytest.approx(2 * np.linalg.norm(semi_axes * up), abs=1.3 * step)
    assert not view.surface[0].any()
    assert not view.surface[-1].any()
    assert not view.surface[:, 0].any()
    assert not view.surface[:, -1].any()
    assert view.surface.shape[0] <= MOST_ROWS
    assert view.surface.shape[1] <= MOST_COLUMNS


@ALL_GRIDS
def test_what_lies_left_is_drawn_right_and_what_lies_head_ward_above(grid: Geometry) -> None:
    """The lesion lies where the patient has it, in mm from the liver's middle, neither mirrored nor turned over."""
    view = build(grid).view
    away = middle(view.lesion == 1) - middle(view.surface != Surface.NOTHING)
    left, up = plane_of(grid)
    apart = np.array(TUMOUR.center_mm) - np.array(LIVER.center_mm)
    expected = np.array([-apart @ up, apart @ left]) / view.pixel_mm
    assert away * view.pixel_mm == pytest.approx(expected * view.pixel_mm, abs=0.7 * float(grid.spacing_mm.max()))


@ALL_GRIDS
def test_the_specimen_in_front_is_seen_and_the_zone_behind_shines_through(grid: Geometry) -> None:
    """The specimen meets the surface at the patient's right, on the left of the picture; the zone is not in front."""
    view = build(grid).view
    specimen, liver = view.surface == Surface.SPECIMEN, view.surface != Surface.NOTHING
    assert specimen.any()
    assert (middle(specimen) < middle(liver)).all()
    assert not (view.surface == Surface.ABLATED).any()
    assert view.ablated_behind.any()
    assert not (view.specimen_behind & specimen).any()
    assert (view.lesion[view.ablated_behind] == 1).any()


def test_the_sides_are_named_by_the_affine() -> None:
    """R stands on the left, H on top; a grid turned by 30 degrees about the head-foot axis has two letters a side."""
    assert build(GRIDS["isotropic"]).view.edge_letters == ("R", "L", "H", "F")
    turned = make_grid((40, 70, 70), rotation=np.array([[0.866, -0.5, 0], [0.5, 0.866, 0], [0, 0, 1.0]]))
    assert build(turned).view.edge_letters == ("RA", "LP", "H", "F")


def test_light_comes_from_the_right_shoulder_of_the_patient() -> None:
    """Upper left is brighter than lower right; nothing outside of the liver is lit."""
    view = build(GRIDS["isotropic"]).view
    rows, columns = view.shade.shape
    assert view.shade[: rows // 2, : columns // 2].mean() > 1.3 * view.shade[rows // 2 :, columns // 2 :].mean()
    assert not view.shade[view.surface == Surface.NOTHING].any()


@ALL_GRIDS
def test_the_slice_holds_most_of_the_specimen_and_its_outline_runs_round_it(grid: Geometry) -> None:
    """The outline drawn as specimen is where the image shows the marker; one slice is read."""
    (picture,), asked = draw(grid)
    assert picture.slice is not None
    index = picture.slice.slice_index
    counts = (build(grid).taken.states == Fate.REMOVED).sum(axis=(1, 2))
    assert index == sample(LIVER, grid).offset[0] + int(np.argmax(counts))
    assert [box[0] for box in asked] == [slice(index, index + 1)]
    bright = picture.slice.pixels == 255
    inside = sample_array(FRONT, grid)[asked[0]][0]
    assert (bright == inside).all()
    (outline,) = [one for one in picture.slice.outlines if one.role == "specimen"]
    held = bright & sample_array(LIVER, grid)[asked[0]][0]
    low, high = np.argwhere(held).min(axis=0), np.argwhere(held).max(axis=0)
    points = np.concatenate(outline.contours)
    assert points.min(axis=0) == pytest.approx(low - 0.5)
    assert points.max(axis=0) == pytest.approx(high + 0.5)


def test_without_a_specimen_the_slice_shows_the_zone() -> None:
    """Nothing is outlined as specimen; the slice is one of the zone's largest."""
    (picture,), _ = draw(GRIDS["isotropic"], resect=False)
    assert picture.slice is not None
    assert {one.role for one in picture.slice.outlines} == {"remnant", "ablated", "lesion"}
    world = GRIDS["isotropic"].to_world(np.array([[picture.slice.slice_index, 0, 0]]))[0]
    assert world[2] == pytest.approx(ZONE.center_mm[2], abs=1.0)


def test_pixels_that_cannot_be_read_leave_the_view_from_the_front() -> None:
    """A slice that the reader refuses is left out; nothing is raised."""
    scene = build(GRIDS["isotropic"])

    def read(box: Box) -> Image:
        raise StudyRefused("PIXELS", "no decoder")

    study = make_study({Role.LIVER: scene.cells.total})
    (picture,) = draw_plan_pictures(study, scene.cells, lambda: iter([("P1", scene.taken)]), read)
    assert picture.slice is None
    assert picture.view.surface.any()


def test_a_liver_without_a_voxel_has_no_picture() -> None:
    """Nothing is drawn and nothing is read."""
    grid = GRIDS["isotropic"]
    none = np.zeros((0, 0, 0))
    empty = Mask(grid, (0, 0, 0), none.astype(bool))
    cells = Cells(empty, none.astype(np.int8), none.astype(np.int16), ())
    study = make_study({Role.LIVER: sample(LIVER, grid)})

    def read(box: Box) -> Image:
        raise AssertionError(box)

    assert draw_plan_pictures(study, cells, lambda: iter(()), read) == ()


def test_a_liver_of_one_voxel_has_a_picture() -> None:
    """The smallest liver is drawn without an error."""
    grid = make_grid((5, 6, 7))
    voxels = np.zeros(grid.shape, dtype=bool)
    voxels[2, 3, 4] = True
    total = Mask.from_array(grid, voxels)
    cells = Cells(total, np.zeros((1, 1, 1), np.int8), np.full((1, 1, 1), NO_LESION, np.int16), ())
    view = view_plan(set_scene(cells), Taken(total, np.full((1, 1, 1), Fate.REMOVED, np.uint8)))
    assert (view.surface == Surface.SPECIMEN).any()
