"""Pictures of a plan as a figure: the liver from the front, and one slice, ready for an SVG template.

Owns colours, patterns and positions. What differs in colour also differs in pattern and lightness, so that a grey print
says the same: the specimen is dark with light diagonals, an ablation zone has dots, what lies behind the surface shows
through as the pattern alone, lesions are shaded with a dark line round them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.picture import PlanPicture, PlanSlice, PlanView, Surface
from pipeline.writers.key_figure import draw_path, pack_png
from pipeline.writers.plan_labels import LesionLabel, place_labels

Bools = NDArray[np.bool_]
Bytes = NDArray[np.uint8]
Colour = tuple[int, int, int]

LEVELS = 20
"""Steps of light in the palette."""
DARKEST = 0.35
BLACK: Colour = (0, 0, 0)
PAPER: Colour = (255, 255, 255)
REMNANT: Colour = (236, 190, 170)
SPECIMEN: Colour = (44, 74, 140)
ABLATED: Colour = (214, 118, 0)
LESION: Colour = (70, 12, 40)
ON_SURFACE: tuple[Colour, ...] = (REMNANT, SPECIMEN, ABLATED)
PATTERNS: tuple[Colour, ...] = (
    (168, 190, 236),
    (70, 80, 132),
    (84, 40, 0),
    (150, 70, 0),
    (206, 220, 255),
    (255, 224, 150),
)
ON_SPECIMEN, SPECIMEN_BEHIND, ON_ABLATED, ABLATED_BEHIND, SPECIMEN_IN_LESION, ABLATED_IN_LESION = range(3, 9)
"""Places of the patterns' colours after those of the surfaces; in a lesion patterns are light."""
LESIONS = 9
"""Place of the first colour of lesions, one for each surface they shine through."""
LINE = 12
"""Place of the colour of lines."""
LESION_SHARE = 0.5
"""How much of a lesion's colour shows through."""
DIAGONAL, DOTS = 6, 4
"""Distance of the lines and dots of patterns in pixels."""
PACKING = 6
"""zlib's level: a percent larger than at 9, in a fifth of the time."""
GREYS = 32
"""Grey levels of a slice; the window's own steps are finer than the picture needs."""
VIEW_LEGEND = {
    "remnant": "plain: remnant",
    "specimen": "dark with diagonals: specimen (diagonals alone: behind the surface)",
    "ablated": "dots: ablation zone (dots alone: behind the surface)",
    "lesion": "shaded with a dark line: lesions, seen through the liver",
}
SLICE_LEGEND = {
    "remnant": "dashed blue: remnant",
    "specimen": "solid red with diagonals: specimen",
    "ablated": "dashed orange with dots: ablation zone",
    "lesion": "thin yellow: lesions",
}


@dataclass(frozen=True)
class SliceFigure:
    """A slice: positions in mm."""

    image: str
    width_mm: float
    height_mm: float
    outlines: tuple[tuple[str, str], ...]
    edge_letters: tuple[str, str, str, str]
    slice_number: int
    slice_count: int
    window: str


@dataclass(frozen=True)
class PlanFigure:
    """Everything the template draws of one plan."""

    plan_id: str
    image: str
    width: int
    height: int
    width_mm: float
    labels: tuple[LesionLabel, ...]
    edge_letters: tuple[str, str, str, str]
    slice: SliceFigure | None


def draw_plan_figure(picture: PlanPicture) -> PlanFigure:
    """Return the figure of a plan."""
    view = picture.view
    height, width = view.surface.shape
    return PlanFigure(
        plan_id=picture.plan_id,
        image=_pack_palette(paint_view(view), _list_colours()),
        width=width,
        height=height,
        width_mm=round(width * view.pixel_mm, 2),
        labels=tuple(place_labels(view)),
        edge_letters=view.edge_letters,
        slice=None if picture.slice is None else _draw_slice(picture.slice),
    )


def paint_view(view: PlanView) -> Bytes:
    """Return the place in the palette of each pixel: 0 paper, then ``LEVELS`` of each colour."""
    height, width = view.surface.shape
    rows, columns = np.arange(height)[:, None], np.arange(width)[None, :]
    diagonal = (rows + columns) % DIAGONAL == 0
    dots = (rows % DOTS < 2) & ((columns + rows // DOTS * 2) % DOTS < 2)
    specimen, ablated, lesion = view.surface == Surface.SPECIMEN, view.surface == Surface.ABLATED, view.lesion > 0
    ink = np.where(lesion, np.int16(LESIONS), np.int16(0)) + view.surface - np.int16(1)
    for where, plain, in_lesion in (
        (view.ablated_behind & dots, ABLATED_BEHIND, ABLATED_IN_LESION),
        (view.specimen_behind & diagonal, SPECIMEN_BEHIND, SPECIMEN_IN_LESION),
        (ablated & dots, ON_ABLATED, ABLATED_IN_LESION),
        (specimen & diagonal, ON_SPECIMEN, SPECIMEN_IN_LESION),
    ):
        ink[where] = np.where(lesion, in_lesion, plain)[where]
    ink[_find_edges(view.lesion, 0) | _find_edges(view.surface, Surface.REMNANT)] = LINE
    level = np.minimum(view.shade.astype(np.int16) * LEVELS // 256, LEVELS - 1)
    place = 1 + np.where(ink == LINE, LINE * LEVELS, ink * LEVELS + level)
    return np.where(view.surface == Surface.NOTHING, 0, place).astype(np.uint8)


def list_legends(pictures: Iterable[PlanPicture]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return the words for what some view, and some slice, shows, and for nothing else."""
    in_views: set[str] = set()
    in_slices: set[str] = set()
    for picture in pictures:
        view = picture.view
        shown = {
            "remnant": view.surface == Surface.REMNANT,
            "specimen": view.specimen_behind | (view.surface == Surface.SPECIMEN),
            "ablated": view.ablated_behind | (view.surface == Surface.ABLATED),
            "lesion": view.lesion > 0,
        }
        in_views |= {role for role, pixels in shown.items() if pixels.any()}
        in_slices |= set() if picture.slice is None else {outline.role for outline in picture.slice.outlines}
    return (
        [(role, words) for role, words in VIEW_LEGEND.items() if role in in_views],
        [(role, words) for role, words in SLICE_LEGEND.items() if role in in_slices],
    )


def _list_colours() -> list[Colour]:
    """Return the palette: paper, each ink from dark to light, the colour of lines."""
    through = [_mix(surface, LESION, LESION_SHARE) for surface in ON_SURFACE]
    shaded = [
        _mix(BLACK, ink, DARKEST + (1 - DARKEST) * level / (LEVELS - 1))
        for ink in (*ON_SURFACE, *PATTERNS, *through)
        for level in range(LEVELS)
    ]
    return [PAPER, *shaded, LESION]


def _mix(first: Colour, second: Colour, share: float) -> Colour:
    """Return a colour between two, ``share`` of the second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _find_edges(kinds: NDArray[np.integer], beyond: int) -> Bools:
    """Return pixels that differ from the one above or to the left, where one of both is greater than ``beyond``."""
    edges = np.zeros(kinds.shape, dtype=np.bool_)
    edges[1:] |= (kinds[1:] != kinds[:-1]) & (np.maximum(kinds[1:], kinds[:-1]) > beyond)
    edges[:, 1:] |= (kinds[:, 1:] != kinds[:, :-1]) & (np.maximum(kinds[:, 1:], kinds[:, :-1]) > beyond)
    return edges


def _draw_slice(picture: PlanSlice) -> SliceFigure:
    """Return a slice with its outlines."""
    row_mm, column_mm = picture.pixel_spacing_mm
    greys = [(grey, grey, grey) for grey in np.linspace(0, 255, GREYS).round().astype(int).tolist()]
    return SliceFigure(
        image=_pack_palette((picture.pixels // (256 // GREYS)).astype(np.uint8), greys),
        width_mm=round(picture.pixels.shape[1] * column_mm, 2),
        height_mm=round(picture.pixels.shape[0] * row_mm, 2),
        outlines=tuple(
            (outline.role, "".join(draw_path(_drop_straight(contour), picture) for contour in outline.contours))
            for outline in picture.outlines
        ),
        edge_letters=picture.edge_letters,
        slice_number=picture.slice_index + 1,
        slice_count=picture.slice_count,
        window=picture.window,
    )


def _drop_straight(contour: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a contour without the points on a straight line between their neighbours: the same line."""
    before, after = np.diff(contour, axis=0)[:-1], np.diff(contour, axis=0)[1:]
    turns = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]) > 1e-6
    return np.asarray(contour[np.concatenate([[True], turns, [True]])])


def _pack_palette(places: Bytes, colours: list[Colour]) -> str:
    """Return a picture of a palette as a PNG in a ``data:`` address."""
    from PIL import Image

    picture = Image.fromarray(places)
    picture.putpalette([part for colour in colours for part in colour])
    return pack_png(picture, PACKING)
