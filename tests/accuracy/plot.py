"""A small plot of errors by size and spacing, written as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

WIDTH, HEIGHT, MARGIN = 360.0, 240.0, 44.0
COLORS = ("#1b6ca8", "#d1495b", "#3a7d44", "#8a5a9e", "#c98a1b")
Line = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Panel:
    """One plot: lines by name over sizes in mm."""

    title: str
    unit: str
    lines: Mapping[str, Line]
    low: float
    high: float


def draw(panels: Sequence[Panel]) -> str:
    """Return panels side by side as an SVG document."""
    parts = [_draw(panel, number * (WIDTH + 20)) for number, panel in enumerate(panels)]
    size = f"{len(panels) * (WIDTH + 20):g} {HEIGHT + 40:g}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" font-family="sans-serif" font-size="11">'
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', *parts, "</svg>\n"])


def _draw(panel: Panel, left: float) -> str:
    parts = [f'<text x="{left + MARGIN:g}" y="16" font-weight="bold">{panel.title}</text>']
    for value in np.linspace(panel.low, panel.high, 5):
        height = _height(panel, float(value))
        parts.append(
            f'<line x1="{left + MARGIN:g}" x2="{left + WIDTH:g}" y1="{height:.1f}" y2="{height:.1f}" stroke="#ddd"/>'
        )
        parts.append(f'<text x="{left + MARGIN - 5:g}" y="{height + 4:.1f}" text-anchor="end">{value:g}</text>')
    sizes = sorted({size for line in panel.lines.values() for size, _ in line})
    labels = f'y="{HEIGHT:g}" text-anchor="middle"'
    parts += [f'<text x="{_across(size, left):.1f}" {labels}>{size:g}</text>' for size in sizes]
    for number, (name, line) in enumerate(panel.lines.items()):
        color = COLORS[number % len(COLORS)]
        points = " ".join(f"{_across(size, left):.1f},{_height(panel, value):.1f}" for size, value in line)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts.append(
            f'<text x="{left + WIDTH - 5:g}" y="{36 + 13 * number}" text-anchor="end" fill="{color}">{name}</text>'
        )
    parts.append(f'<text x="{left + MARGIN:g}" y="{HEIGHT + 18:g}">equivalent diameter in mm; {panel.unit}</text>')
    return "\n".join(parts)


def _height(panel: Panel, value: float) -> float:
    share = (value - panel.low) / (panel.high - panel.low)
    return HEIGHT - 20 - share * (HEIGHT - 50)


def _across(size: float, left: float) -> float:
    """Return where a size lies, on a logarithmic axis from 5 to 70 mm."""
    return float(left + MARGIN + (WIDTH - MARGIN - 10) * np.log(size / 5) / np.log(14))
