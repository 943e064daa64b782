"""The page's colours: readable at WCAG 2.2 AA on the background they are used on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pipeline.writers

STYLE = (Path(pipeline.writers.__file__).parent / "templates" / "style.css").read_text(encoding="utf-8")
COLOURS = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", STYLE))
PAIRS = [
    *[(text, "paper") for text in ("ink", "soft", "link", "go", "care", "ask", "stop", "off")],
    *[(text, "wash") for text in ("ink", "soft")],
    *[(text, "care-wash") for text in ("ink", "soft", "link", "care", "stop")],
    *[(text, "stop-wash") for text in ("ink", "stop")],
    *[(text, f"{text}-wash") for text in ("go", "ask", "off")],
]


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.2."""
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("text", "background"), PAIRS, ids=str)
def test_text_stands_out_from_its_background(text: str, background: str) -> None:
    """At least 4.5 to 1, also for small text."""
    dark, light = sorted((luminance(COLOURS[text]), luminance(COLOURS[background])))
    assert (light + 0.05) / (dark + 0.05) >= 4.5
