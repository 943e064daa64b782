"""Key images: what is shown lies where the patient has it, and a drawn length is the measured one."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, replace
from itertools import permutations, product

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from pipeline.lesion import Lesion, LesionStatus, StudyMeasurements
from pipeline.measurement import Location, Measurement
from pipeline.measures.key_images import Window, draw_key_images, find_edge_letters
from pipeline.picture import KeyImage
from pipeline.structures import Role
from pipeline.study import Identity, ImageSeries, Segment, Study
from pipeline.volume import Box, Geometry, Image, Mask, Points, canonical_geometry
from pipeline.writers.key_figure import draw_figure, encode_png

CENTRE = np.array([-40.0, -10.0, 25.0])
RADII = np.array([12.0, 8.0, 10.0])
LONGEST = ((-52.0, -10.0, 25.0), (-28.0, -10.0, 25.0))
SHORT = ((-40.0, -18.0, 25.0), (-40.0, -2.0, 25.0))
MARKER = np.array([30.0, 0.0, 25.0])
"""A bright ball on the patient's left, at the height of the lesion."""


@dataclass
class Phantom:
    study: Study
    measurements: StudyMeasurements
    voxels: NDArray[np.float32]
    asked: list[Box]

    def read(self, box: Box) -> Image:
        self.asked.append(box)
        return Image(self.study.image.geometry.crop(box), box, self.voxels[box])

    def draw(self) -> tuple[KeyImage, ...]:
        return draw_key_images(self.study, self.measurements, self.read)


def ball(world: Points, centre: NDArray[np.float64], radii: NDArray[np.float64] | float) -> NDArray[np.bool_]:
    return np.asarray((((world - centre) / radii) ** 2).sum(axis=-1) < 1)


def make_phantom(stored: Geometry, modality: str = "CT", mask_grid: Geometry | None = None) -> Phantom:
    """Return a liver at 110 HU with a lesion at 60 HU and a marker at 900 HU, read from a grid stored in any order."""
    grid, turn = canonical_geometry(stored)
    world = stored.to_world(np.indices(stored.shape).reshape(3, -1).T).reshape(*stored.shape, 3)
    liver, lesion = ball(world, np.array([-30.0, 0.0, 20.0]), np.array([70.0, 60.0, 50.0])), ball(world, CENTRE, RADII)
    values = np.full(stored.shape, -50, dtype=np.float32)
    values[liver], values[lesion], values[ball(world, MARKER, 7.0)] = 110, 60, 900
    if mask_grid is not None:
        inside = ball(mask_grid.to_world(np.indices(mask_grid.shape).reshape(3, -1).T), CENTRE, RADII)
        mask = Mask.from_array(mask_grid, inside.reshape(mask_grid.shape))
    else:
        mask = Mask.from_array(grid, turn.apply(lesion))
    found = Lesion(
        "L1",
        LesionStatus.INTRAHEPATIC,
        mask,
        "Tumor",
        measurements={
            "longest_diameter_mm": Measurement(
                "longest_diameter_mm", 24.0, "mm", location=Location(None, None, LONGEST)
            ),
            "short_diameter_mm": Measurement("short_diameter_mm", 16.0, "mm", location=Location(None, None, SHORT)),
        },
    )
    segments = (Segment(Role.LIVER, "liver", Mask.from_array(grid, turn.apply(liver))),)
    study = Study("s", "f", Identity(), ImageSeries(modality, grid, ()), "n", ("m",), segments)
    measurements = StudyMeasurements((found,), (), (), {}, {}, (), True)
    return Phantom(study, measurements, np.ascontiguousarray(turn.apply(values)), [])


def stored_grid(order: tuple[int, int, int], signs: tuple[int, int, int]) -> Geometry:
    """Return a grid over x -110..90, y -80..80, z -35..65 mm whose array axes run along signed patient axes."""
    spacing, low, size = np.array([1.0, 1.25, 2.5]), np.array([-110.0, -80.0, -35.0]), (201, 129, 41)
    affine = np.zeros((4, 4))
    affine[3, 3] = 1
    for column, axis in enumerate(order):
        affine[axis, column] = signs[column] * spacing[axis]
        affine[axis, 3] = low[axis] + ((size[axis] - 1) * spacing[axis] if signs[column] < 0 else 0.0)
    shape = (size[order[0]], size[order[1]], size[order[2]])
    return Geometry(shape, affine)


AXIAL = stored_grid((2, 1, 0), (1, 1, 1))
GRIDS = {
    "axial": AXIAL,
    "axial-negated-columns": stored_grid((2, 1, 0), (1, 1, -1)),
    "axial-negated-rows": stored_grid((2, 1, 0), (1, -1, 1)),
    "feet-first": stored_grid((2, 1, 0), (-1, 1, 1)),
    "sagittal": stored_grid((0, 2, 1), (1, -1, 1)),
    "coronal": stored_grid((1, 2, 0), (1, -1, 1)),
}


def drawn_mm(picture: KeyImage, index: int) -> float:
    caliper = picture.calipers[index]
    return float(np.hypot(*((np.subtract(caliper.end, caliper.start)) * picture.pixel_spacing_mm)))


@pytest.mark.hazard("U07")
@pytest.mark.parametrize("stored", GRIDS.values(), ids=GRIDS)
def test_a_picture_is_never_mirrored(stored: Geometry) -> None:
    """However the files are stored, the patient's left is on the right, the back below, and the letters say so."""
    picture = make_phantom(stored).draw()[0]
    assert picture.edge_letters == ("R", "L", "A", "P")
    rows, columns = np.nonzero(picture.pixels == 255)
    lesion = next(outline for outline in picture.outlines if outline.role == "lesion").contours[0]
    assert columns.mean() > lesion[:, 1].max() + 20
    row_mm, column_mm = picture.pixel_spacing_mm
    assert (columns.mean() - lesion[:, 1].mean()) * column_mm == pytest.approx(MARKER[0] - CENTRE[0], abs=0.6)
    assert (rows.mean() - lesion[:, 0].mean()) * row_mm == pytest.approx(MARKER[1] - CENTRE[1], abs=0.6)


@pytest.mark.hazard("U07")
@pytest.mark.parametrize("signs", list(product((1, -1), repeat=3)), ids=str)
@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_letters_follow_the_affine(order: tuple[int, int, int], signs: tuple[int, int, int]) -> None:
    """Of any signed axis permutation each edge is named by the patient direction it points to."""
    letters = find_edge_letters(stored_grid(order, signs))
    names = ("RL", "AP", "FH")
    column, row = names[order[2]], names[order[1]]
    assert letters[:2] == (tuple(column) if signs[2] > 0 else tuple(reversed(column)))
    assert letters[2:] == (tuple(row) if signs[1] > 0 else tuple(reversed(row)))


@pytest.mark.hazard("U07")
def test_an_oblique_edge_has_two_letters() -> None:
    """More than 20 degrees off, the second direction is named after the first."""
    turn = np.radians(30)
    affine = np.array([[0, 0, np.cos(turn), 0], [0, 1, 0, 0], [1, 0, np.sin(turn), 0], [0, 0, 0, 1]], dtype=float)
    assert find_edge_letters(Geometry((2, 2, 2), affine)) == ("RF", "LH", "A", "P")


@pytest.mark.parametrize("stored", GRIDS.values(), ids=GRIDS)
def test_a_drawn_length_is_the_measured_one(stored: Geometry) -> None:
    """The end points in the picture are as far apart in mm as the measured diameter, and lie on the contour."""
    picture = make_phantom(stored).draw()[0]
    assert [caliper.name for caliper in picture.calipers] == ["longest_diameter_mm", "short_diameter_mm"]
    assert drawn_mm(picture, 0) == pytest.approx(24.0, abs=1e-9)
    assert drawn_mm(picture, 1) == pytest.approx(16.0, abs=1e-9)
    contour = next(outline for outline in picture.outlines if outline.role == "lesion").contours[0]
    gaps = np.linalg.norm((contour - picture.calipers[0].start) * picture.pixel_spacing_mm, axis=1)
    assert gaps.min() <= 1.25


def test_the_page_keeps_the_measured_length() -> None:
    """In the figure's own unit, the mm, a caliper is as long as it was measured, on pixels that are not square too."""
    figure = draw_figure(make_phantom(AXIAL).draw()[0], {})
    longest, short = figure.lines[:2]
    assert np.hypot(longest.x2 - longest.x1, longest.y2 - longest.y1) == pytest.approx(24.0, abs=1e-3)
    assert np.hypot(short.x2 - short.x1, short.y2 - short.y1) == pytest.approx(16.0, abs=1e-3)
    rows, columns = make_phantom(AXIAL).draw()[0].pixels.shape
    assert figure.image_width_mm == pytest.approx(columns * 1.0)
    assert figure.image_height_mm == pytest.approx(rows * 1.25)
    for panel in figure.panels:
        _, _, width_mm, height_mm = (float(part) for part in panel.view_box.split())
        assert width_mm / height_mm == pytest.approx(panel.width / panel.height, rel=1e-4)
        assert panel.bar_length / panel.bar_mm == pytest.approx(panel.height / height_mm, rel=1e-3)


def test_the_embedded_picture_is_the_picture() -> None:
    """Decoded by another reader it is the same, pixel by pixel."""
    pixels = np.arange(256, dtype=np.uint8).reshape(8, 32)
    content = base64.b64decode(encode_png(pixels).removeprefix("data:image/png;base64,"))
    assert np.array_equal(np.asarray(PIL.Image.open(io.BytesIO(content))), pixels)


def test_only_the_needed_box_of_one_slice_is_read() -> None:
    """The whole liver and 40 mm around the lesion are in view, and no pixel beyond was asked for."""
    phantom = make_phantom(AXIAL)
    picture = phantom.draw()[0]
    assert [part.stop - part.start for part in phantom.asked[0]] == [1, *picture.pixels.shape]
    assert len(phantom.asked) == 1
    low = AXIAL.to_world(np.array([[part.start for part in phantom.asked[0]]], dtype=float))[0]
    high = AXIAL.to_world(np.array([[part.stop - 1 for part in phantom.asked[0]]], dtype=float))[0]
    assert low[0] <= -100
    assert high[0] >= 40
    assert low[1] <= CENTRE[1] - RADII[1] - 40
    assert high[1] >= 60
    assert picture.pixels.size < AXIAL.shape[1] * AXIAL.shape[2]


def test_slice_and_position_are_those_of_the_longest_diameter() -> None:
    """Counted from the feet, at the height of the diameter, also when the stack is stored head first."""
    for stored in (AXIAL, GRIDS["feet-first"], GRIDS["sagittal"]):
        picture = make_phantom(stored).draw()[0]
        assert (picture.slice_index, picture.slice_count) == (24, 41)
        assert picture.slice_position_mm == pytest.approx(25.0)


def test_uneven_slices_are_found_by_their_own_positions() -> None:
    """Where slices are uneven the picture is the slice that holds the diameter, and nothing shifts in it."""
    heights = -35 + 2.5 * np.arange(41) + 0.2 * np.sin(np.arange(41.0))
    heights[24] = 25.0
    positions = np.stack([np.full(41, -110.0), np.full(41, -80.0), heights], axis=1)
    phantom = make_phantom(AXIAL)
    grid = replace(AXIAL, slice_positions_mm=positions)
    phantom.study = replace(phantom.study, image=replace(phantom.study.image, geometry=grid))
    picture = phantom.draw()[0]
    assert picture.slice_index == 24
    assert picture.slice_position_mm == pytest.approx(25.0)
    assert drawn_mm(picture, 0) == pytest.approx(24.0)


def test_a_mask_on_another_grid_is_drawn_where_it_lies() -> None:
    """A finer, shifted mask grid changes neither the place nor the size of the contour."""
    affine = np.array([[0, 0, 0.5, -60.2], [0, 0.5, 0, -30.1], [1.0, 0, 0, 10.3], [0, 0, 0, 1]])
    own = make_phantom(AXIAL).draw()[0]
    other = make_phantom(AXIAL, mask_grid=Geometry((30, 90, 90), affine)).draw()[0]
    for one, two in zip(own.outlines, other.outlines, strict=True):
        assert one.role == two.role
        assert np.allclose(one.contours[0].min(axis=0), two.contours[0].min(axis=0), atol=1.1)
        assert np.allclose(one.contours[0].max(axis=0), two.contours[0].max(axis=0), atol=1.1)


def test_the_window_decides_the_greys() -> None:
    """Width 200, level 100: 0 HU is black, 200 HU is white, 110 HU is 140."""
    phantom = make_phantom(AXIAL)
    picture = draw_key_images(phantom.study, phantom.measurements, phantom.read, window=Window(200.0, 100.0))[0]
    assert set(np.unique(picture.pixels)) == {0, 76, 140, 255}
    assert picture.window == "W 200 L 100 HU"


def test_an_image_without_hounsfield_units_is_shown_between_percentiles() -> None:
    """An MR picture spans black to white and says how."""
    picture = make_phantom(AXIAL, modality="MR").draw()[0]
    assert picture.pixels.min() == 0
    assert picture.pixels.max() == 255
    assert "percentile" in picture.window


def test_a_lesion_without_a_diameter_is_shown_at_its_widest_slice() -> None:
    """The picture is there, with the contour and without a caliper."""
    phantom = make_phantom(AXIAL)
    bare = replace(phantom.measurements.lesions[0], measurements={})
    phantom.measurements = replace(phantom.measurements, lesions=(bare,))
    picture = phantom.draw()[0]
    assert picture.slice_index == 24
    assert picture.calipers == ()
    assert draw_figure(picture, {}).labels == ()


def test_a_lesion_outside_the_image_has_no_picture() -> None:
    """A slice that does not hold the lesion is never shown in its place."""
    affine = np.array([[0, 0, 1, -60], [0, 1, 0, -30], [1, 0, 0, 10], [0, 0, 0, 1]], dtype=float)
    phantom = make_phantom(AXIAL, mask_grid=Geometry((30, 60, 60), affine))
    half = AXIAL.crop((slice(0, 15), slice(0, 129), slice(0, 201)))
    phantom.study = replace(phantom.study, image=replace(phantom.study.image, geometry=half), segments=())
    assert phantom.draw() == ()
    assert phantom.asked == []


def test_pictures_follow_the_lesions_and_leave_out_what_does_not_count_as_one() -> None:
    """Intrahepatic, extrahepatic and unplaced lesions have one each, specks and treated ones none."""
    phantom = make_phantom(AXIAL)
    first = phantom.measurements.lesions[0]
    kinds = [*LesionStatus]
    lesions = tuple(replace(first, id=str(kind), status=kind) for kind in kinds)
    phantom.measurements = replace(phantom.measurements, lesions=lesions)
    pictures = phantom.draw()
    assert [picture.lesion_id for picture in pictures] == ["intrahepatic", "extrahepatic", "unknown"]
    assert [outline.role for outline in pictures[0].outlines] == ["liver", "other_lesion", "lesion"]


def test_a_lesion_that_the_liver_mask_leaves_out_is_not_drawn_as_liver() -> None:
    """With or without a hole for the lesions in the liver mask, the liver has one contour, round all of it."""
    phantom = make_phantom(AXIAL)
    whole = phantom.draw()[0]
    lesion, segment = phantom.measurements.lesions[0], phantom.study.segments[0]
    liver = segment.mask.within((slice(0, 41), slice(0, 129), slice(0, 201))).copy()
    hole = lesion.mask.within((slice(0, 41), slice(0, 129), slice(0, 201)))
    left_out = replace(segment, mask=Mask.from_array(AXIAL, liver & ~hole))
    phantom.study = replace(phantom.study, segments=(left_out,))
    for status in (LesionStatus.INTRAHEPATIC, LesionStatus.TREATED, LesionStatus.SPECK):
        other = replace(lesion, id="X", status=status)
        phantom.measurements = replace(phantom.measurements, lesions=(lesion, other))
        outlines = {outline.role: outline for outline in phantom.draw()[0].outlines}
        assert list(outlines) == ["liver", "other_lesion", "lesion"]
        assert len(outlines["liver"].contours) == 1
        assert np.array_equal(outlines["liver"].contours[0], whole.outlines[0].contours[0])
