"""Where the ids of lesions stand on the picture of a plan, so that none covers another."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pipeline.picture import PlanView

MOST_LABELS = 40
"""Lesions named on a picture; of more, those of which most is seen."""
SMALLEST_LABEL = 12
"""Pixels of a lesion from which on it is named."""
LABEL_PIXELS, LETTER_PIXELS = 10.0, 7.2
"""Height of an id, and width of each of its letters, as the style sheet prints them."""
BESIDE_PIXELS = tuple(
    (round(distance * math.cos(angle), 1), round(distance * math.sin(angle), 1))
    for distance in (11.0, 15.0, 20.0, 26.0, 33.0)
    for angle in (math.pi * turn / 6 for turn in (9, 3, 0, 6, 10, 8, 2, 4, 11, 7, 1, 5))
)
"""Where an id may stand beside its lesion, right and down: nearest first; above, below, to the right, to the left."""


@dataclass(frozen=True)
class LesionLabel:
    """A lesion's id on the view from the front, in pixels.

    Parameters
    ----------
    x, y
        Middle of the text.
    at_x, at_y
        Middle of the lesion; where the text lies beside it, a line leads there.
    """

    id: str
    x: float
    y: float
    at_x: float
    at_y: float


def place_labels(view: PlanView) -> list[LesionLabel]:
    """Return the ids of the lesions that are seen, at most ``MOST_LABELS``, each in the middle of its pixels.

    An id that would cover another one stands beside, at the nearest of ``BESIDE_PIXELS`` where nothing is covered; the
    lesions of which most is seen have the first choice.
    """
    seen = np.bincount(view.lesion.ravel(), minlength=len(view.lesions) + 1)[1:]
    largest = np.argsort(-seen, kind="stable")[:MOST_LABELS]
    labels: dict[int, LesionLabel] = {}
    for number in (int(each) for each in largest if seen[each] >= SMALLEST_LABEL):
        rows, columns = np.nonzero(view.lesion == number + 1)
        at = round(float(columns.mean()) + 0.5, 1), round(float(rows.mean()) + 0.5, 1)
        name = view.lesions[number]
        x, y = _find_free(name, at, list(labels.values()), view.surface.shape)
        labels[number] = LesionLabel(name, x, y, *at)
    return [labels[number] for number in sorted(labels)]


def _find_free(
    name: str, at: tuple[float, float], placed: list[LesionLabel], shape: tuple[int, ...]
) -> tuple[float, float]:
    """Return where the id of a lesion covers no other: in its middle or else beside it; the middle where none is."""
    half, (height, width) = _half_width(name), shape
    for right, down in ((0.0, 0.0), *BESIDE_PIXELS):
        x, y = round(at[0] + right, 1), round(at[1] + down, 1)
        inside = half <= x <= width - half and LABEL_PIXELS / 2 <= y <= height - LABEL_PIXELS / 2
        near = (abs(one.x - x) < half + _half_width(one.id) and abs(one.y - y) < LABEL_PIXELS for one in placed)
        if (inside or (x, y) == at) and not any(near):
            return x, y
    return at


def _half_width(name: str) -> float:
    return len(name) * LETTER_PIXELS / 2
