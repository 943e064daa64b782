"""Key figures: what is written on a picture stands inside it."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.picture import Caliper, KeyImage
from pipeline.writers.key_figure import draw_figure


@pytest.mark.parametrize("turn", [(0.0, 1.0), (1.0, 0.0), (0.7, 0.7), (-0.7, 0.7)], ids=str)
@pytest.mark.parametrize("size", [3.0, 40.0, 180.0])
def test_lengths_stand_inside_the_close_up(turn: tuple[float, float], size: float) -> None:
    """However long and however turned a diameter is, its number is not cut by the picture's edge."""
    ends = [(100 - size / 2 * turn[0], 100 - size / 2 * turn[1]), (100 + size / 2 * turn[0], 100 + size / 2 * turn[1])]
    calipers = tuple(Caliper(name, 1234.5, *ends) for name in ("longest_diameter_mm", "short_diameter_mm"))
    pixels = np.zeros((200, 200), dtype=np.uint8)
    picture = KeyImage("L1", pixels, (1.0, 1.0), (), calipers, ("R", "L", "A", "P"), 1, 2, 0.0, "W")
    figure = draw_figure(picture, {})
    panel = figure.panels[1]
    for label in figure.labels:
        length = 9.0 * len(label.text)
        start = label.x - {"start": 0.0, "middle": length / 2, "end": length}[label.anchor]
        assert panel.x <= start
        assert start + length <= panel.x + panel.width
        assert 15 <= label.y <= panel.height
