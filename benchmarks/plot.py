"""A plot of times over a number, both on logarithmic scales, as SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDE, HIGH, EDGE = 360, 260, 52
COLOURS = ("#0b5fa5", "#c8501e", "#5a8f29", "#7a5195")
TICKS = (1, 2, 5)


@dataclass(frozen=True)
class Panel:
    """One plot: a title, what the axis counts, and seconds at each number by name."""

    title: str
    axis: str
    lines: Mapping[str, Sequence[tuple[float, float]]]


def draw(panels: Sequence[Panel], note: str) -> str:
    """Return the panels side by side, their lines named below."""
    names = list(panels[0].lines)
    height = HIGH + 2 * EDGE + 18 * (len(names) + 1)
    width = (WIDE + 2 * EDGE) * len(panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for number, panel in enumerate(panels):
        parts.append(f'<g transform="translate({number * (WIDE + 2 * EDGE) + EDGE} {EDGE})">{_draw(panel)}</g>')
    for number, name in enumerate(names):
        y = HIGH + 2 * EDGE + 18 * number
        parts.append(f'<rect x="{EDGE}" y="{y - 9}" width="18" height="4" fill="{COLOURS[number]}"/>')
        parts.append(f'<text x="{EDGE + 26}" y="{y - 3}">{escape(name)}</text>')
    parts.append(f'<text x="{EDGE}" y="{height - 12}" fill="#555">{escape(note)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _draw(panel: Panel) -> str:
    points = [point for line in panel.lines.values() for point in line]
    across = _Scale([x for x, _ in points], WIDE)
    seconds = [y for _, y in points]
    upward = _Scale([min(seconds) * 0.8, max(seconds) * 1.2], HIGH)
    parts = [f'<rect width="{WIDE}" height="{HIGH}" fill="none" stroke="#999"/>']
    parts.append(f'<text x="0" y="-14" font-weight="bold">{escape(panel.title)}</text>')
    parts.append(f'<text x="{WIDE / 2}" y="{HIGH + 34}" text-anchor="middle">{escape(panel.axis)}</text>')
    parts += [
        f'<text x="{across(x):.1f}" y="{HIGH + 16}" text-anchor="middle">{x:g}</text>'
        for x in sorted({x for x, _ in points})
    ]
    for y in _ticks(min(seconds), max(seconds)):
        level = HIGH - upward(y)
        parts.append(f'<line x1="0" x2="{WIDE}" y1="{level:.1f}" y2="{level:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="-6" y="{level + 4:.1f}" text-anchor="end">{y:g} s</text>')
    for colour, line in zip(COLOURS, panel.lines.values(), strict=False):
        places = [(across(x), HIGH - upward(y)) for x, y in line]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
    return "".join(parts)


class _Scale:
    """Place of a value on an axis of a length, logarithmic."""

    def __init__(self, values: Sequence[float], length: float) -> None:
        self.low, self.length = math.log(min(values)), length
        self.span = math.log(max(values)) - self.low or 1.0

    def __call__(self, value: float) -> float:
        """Return the place."""
        return (math.log(value) - self.low) / self.span * self.length


def _ticks(low: float, high: float) -> list[float]:
    """Return 1, 2 and 5 of each power of ten within a range."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [tick * 10.0**power for power in powers for tick in TICKS if low * 0.8 <= tick * 10.0**power <= high * 1.2]
