"""A key image as a figure: the whole field and a close-up of the lesion side by side, ready for an SVG template.

Owns sizes and positions on the page. Inside a panel the unit is the millimetre, so a drawn length is the measured one.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.picture import Caliper, KeyImage, PlanSlice
from pipeline.writers.format import Limits, format_number, with_unit

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

HEIGHT = 440.0
FIELD_WIDTH = 620.0
CLOSE_UP_WIDTH = 440.0
GAP = 12.0
CLOSE_UP_FACTOR = 2.4
CLOSE_UP_LEAST_MM = 40.0
SCALE_BARS_MM = (100, 50, 20, 10, 5, 2)
TICK = 7.0
LABEL_GAP = 12.0
LETTER_WIDTH = 9.0
"""Room of one letter of a length, generously."""
EDGE = 6.0
LEGEND = {
    "lesion": "solid yellow: this lesion",
    "liver": "green: liver with the lesions in it",
    "remnant": "dashed blue: remnant",
    "other_lesion": "dotted orange: other lesions",
}
CALIPER_LEGEND = ("caliper", "white: the diameters")


@dataclass(frozen=True)
class Line:
    """A caliper or one of its end ticks in mm of the picture, with the words at its end for the close-up."""

    kind: str
    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True)
class Label:
    """A text on the figure, in units of the page."""

    x: float
    y: float
    anchor: str
    text: str
    kind: str


@dataclass(frozen=True)
class Panel:
    """One view of the picture: where it stands on the page, what part of the picture it shows, its scale bar."""

    x: float
    width: float
    height: float
    view_box: str
    bar_mm: int
    bar_length: float


@dataclass(frozen=True)
class Figure:
    """Everything the template draws of one key image."""

    lesion_id: str
    width: float
    height: float
    image: str
    image_width_mm: float
    image_height_mm: float
    outlines: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]
    panels: tuple[Panel, Panel]
    labels: tuple[Label, ...]
    edge_letters: tuple[str, str, str, str]
    slice_number: int
    slice_count: int
    slice_position: str
    window: str
    legend: tuple[tuple[str, str], ...]
    """What is in this picture, each with its words."""


def draw_figure(picture: KeyImage, limits: Limits) -> Figure:
    """Return the figure of a key image: left the whole field, right the lesion at a larger scale."""
    row_mm, column_mm = picture.pixel_spacing_mm
    height, width = picture.pixels.shape[0] * row_mm, picture.pixels.shape[1] * column_mm
    field = _view((width / 2, height / 2), max(height, width * HEIGHT / FIELD_WIDTH), 0.0, FIELD_WIDTH)
    centre, side = _find_close_up(picture)
    close = _view(centre, side, FIELD_WIDTH + GAP, CLOSE_UP_WIDTH)
    lines = tuple(_caliper_line(caliper, picture) for caliper in picture.calipers)
    return Figure(
        lesion_id=picture.lesion_id,
        width=FIELD_WIDTH + GAP + CLOSE_UP_WIDTH,
        height=HEIGHT,
        image=encode_png(picture.pixels),
        image_width_mm=round(width, 4),
        image_height_mm=round(height, 4),
        outlines=tuple(
            (outline.role, "".join(draw_path(contour, picture) for contour in outline.contours))
            for outline in picture.outlines
        ),
        lines=lines + tuple(tick for line in lines for tick in _ticks(line, TICK * side / HEIGHT)),
        panels=(field, close),
        labels=tuple(
            _label(line, caliper, close, centre, side, limits)
            for line, caliper in zip(lines, picture.calipers, strict=True)
        ),
        edge_letters=picture.edge_letters,
        slice_number=picture.slice_index + 1,
        slice_count=picture.slice_count,
        slice_position=with_unit(format_number(picture.slice_position_mm, "mm"), "mm"),
        window=picture.window,
        legend=_list_legend(picture),
    )


def _list_legend(picture: KeyImage) -> tuple[tuple[str, str], ...]:
    """Return the words for what is drawn, and for nothing else."""
    drawn = {outline.role for outline in picture.outlines if outline.contours}
    shown = [(role, words) for role, words in LEGEND.items() if role in drawn]
    return (*shown, CALIPER_LEGEND) if picture.calipers else tuple(shown)


def encode_png(pixels: NDArray[np.uint8]) -> str:
    """Return grey values as a PNG in a ``data:`` address."""
    from PIL import Image

    return pack_png(Image.fromarray(pixels))


def pack_png(picture: PillowImage, level: int = 9) -> str:
    """Return a picture as a PNG in a ``data:`` address, packed as hard as zlib's ``level`` says."""
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", compress_level=level)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _to_mm(point: tuple[float, float], picture: KeyImage | PlanSlice) -> tuple[float, float]:
    """Return x and y in mm from the picture's upper left corner; pixel centres are whole (row, column) numbers."""
    row_mm, column_mm = picture.pixel_spacing_mm
    return (point[1] + 0.5) * column_mm, (point[0] + 0.5) * row_mm


def _view(centre: tuple[float, float], height_mm: float, x: float, width: float) -> Panel:
    """Return a panel that shows ``height_mm`` of the picture around a centre."""
    width_mm = height_mm * width / HEIGHT
    left, top = centre[0] - width_mm / 2, centre[1] - height_mm / 2
    bar = next((bar for bar in SCALE_BARS_MM if bar <= 0.3 * width_mm), SCALE_BARS_MM[-1])
    view_box = f"{left:.3f} {top:.3f} {width_mm:.3f} {height_mm:.3f}"
    return Panel(x, width, HEIGHT, view_box, bar, round(bar * HEIGHT / height_mm, 2))


def _find_close_up(picture: KeyImage) -> tuple[tuple[float, float], float]:
    """Return centre and side in mm of the square around the lesion's contour and calipers."""
    points = [_to_mm(end, picture) for caliper in picture.calipers for end in (caliper.start, caliper.end)]
    for outline in picture.outlines:
        if outline.role == "lesion":
            points += [
                _to_mm((row, column), picture) for contour in outline.contours for row, column in contour.tolist()
            ]
    if not points:
        rows, columns = picture.pixels.shape
        points = [_to_mm((0, 0), picture), _to_mm((rows - 1, columns - 1), picture)]
    low, high = np.min(points, axis=0), np.max(points, axis=0)
    centre = (low + high) / 2
    return (float(centre[0]), float(centre[1])), max(CLOSE_UP_LEAST_MM, CLOSE_UP_FACTOR * float((high - low).max()))


def draw_path(contour: NDArray[np.float64], picture: KeyImage | PlanSlice) -> str:
    """Return one closed contour as SVG path data in mm."""
    points = [_to_mm((row, column), picture) for row, column in contour.tolist()]
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points) + "Z"


def _caliper_line(caliper: Caliper, picture: KeyImage) -> Line:
    """Return the line of a caliper."""
    (x1, y1), (x2, y2) = _to_mm(caliper.start, picture), _to_mm(caliper.end, picture)
    kind = "longest" if caliper.name.startswith("longest") else "short"
    return Line(kind, round(x1, 4), round(y1, 4), round(x2, 4), round(y2, 4))


def _direction(line: Line) -> tuple[float, float]:
    """Return the unit vector from start to end; across the page for a line of no length."""
    dx, dy = line.x2 - line.x1, line.y2 - line.y1
    length = float(np.hypot(dx, dy))
    return (dx / length, dy / length) if length > 0 else (1.0, 0.0)


def _ticks(line: Line, length_mm: float) -> tuple[Line, Line]:
    """Return the short strokes across both ends of a caliper."""
    dx, dy = _direction(line)
    half_x, half_y = -dy * length_mm / 2, dx * length_mm / 2
    first, second = (
        Line(line.kind + " tick", *(round(part, 4) for part in (x - half_x, y - half_y, x + half_x, y + half_y)))
        for x, y in ((line.x1, line.y1), (line.x2, line.y2))
    )
    return first, second


def _label(
    line: Line, caliper: Caliper, panel: Panel, centre: tuple[float, float], side: float, limits: Limits
) -> Label:
    """Return the printed length beyond the end of a caliper that lies further right or down in the close-up."""
    dx, dy = _direction(line)
    ends = [(line.x2, line.y2, dx, dy), (line.x1, line.y1, -dx, -dy)]
    x, y, dx, dy = max(ends, key=lambda end: end[2] if caliper.name.startswith("longest") else end[3])
    scale = HEIGHT / side
    page_x = panel.x + panel.width / 2 + (x - centre[0]) * scale + dx * LABEL_GAP
    page_y = HEIGHT / 2 + (y - centre[1]) * scale + dy * LABEL_GAP + 5 + 6 * dy
    anchor = "middle" if abs(dx) < 0.5 else ("start" if dx > 0 else "end")
    number = with_unit(format_number(caliper.length_mm, "mm", limits.get(caliper.name, ())), "mm")
    return Label(
        _keep_inside(page_x, anchor, number, panel), _clamp(page_y, 18.0, HEIGHT - EDGE), anchor, number, line.kind
    )


def _keep_inside(x: float, anchor: str, text: str, panel: Panel) -> float:
    """Return where a text starts, ends or has its middle so that all of it stands inside a panel."""
    length = LETTER_WIDTH * len(text)
    before = {"start": 0.0, "middle": length / 2, "end": length}[anchor]
    return _clamp(x, panel.x + EDGE + before, panel.x + panel.width - EDGE - (length - before))


def _clamp(value: float, low: float, high: float) -> float:
    """Return the value, or the end of the range that it lies beyond."""
    return round(min(max(value, low), high), 1)
