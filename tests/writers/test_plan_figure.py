"""Figures of plans: colours and patterns that survive a grey print, and pictures that stay small."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from pipeline.picture import PlanPicture
from pipeline.writers.plan_figure import draw_plan_figure

from .test_plans_page import picture


def decode(address: str) -> NDArray[np.float64]:
    """Return the grey values of an embedded PNG, as a printer without colour has them."""
    content = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    return np.asarray(PIL.Image.open(io.BytesIO(content)).convert("L"), dtype=np.float64)


def test_surfaces_differ_without_colour() -> None:
    """Paper, specimen, remnant and lesion differ in grey; specimen and hidden zone have a pattern."""
    grey = decode(draw_plan_figure(picture()).image)
    specimen, remnant, zone = grey[8:32, 8:22], grey[8:13, 30:50], grey[16:24, 36:40]
    values = [255.0, float(np.median(specimen)), float(np.median(remnant)), float(np.median(grey[19:22, 41:45]))]
    assert all(abs(one - other) >= 20 for one, other in combinations(values, 2))
    assert specimen.std() > 15
    assert zone.std() > 15
    assert remnant.std() < 2


def test_the_figure_is_not_mirrored() -> None:
    """The specimen that lies on the left of the arrays lies on the left of the picture; so does the slice's outline."""
    figure = draw_plan_figure(picture())
    grey = decode(figure.image)
    assert np.median(grey[8:32, 8:22]) < np.median(grey[8:32, 30:34]) - 40
    assert [(label.id, label.x, label.y) for label in figure.labels] == [("L1", 43.0, 20.5)]
    assert figure.slice is not None
    assert (figure.slice.width_mm, figure.slice.height_mm) == (25.0, 30.0)
    assert figure.slice.outlines == (("specimen", "M2.75 5.50L10.25 5.50L10.25 20.50L2.75 20.50L2.75 5.50Z"),)


def test_of_many_lesions_the_largest_are_named() -> None:
    """At most 40 ids stand on a picture, none of a lesion that is a few pixels; in the order of the lesions."""
    lesion = np.zeros((200, 200), dtype=np.int16)
    for number in range(100):
        row, column = divmod(number, 10)
        size = 3 + number % 12
        lesion[20 * row : 20 * row + size, 20 * column : 20 * column + size] = number + 1
    plain = picture().view
    flat = np.zeros(lesion.shape, dtype=bool)
    surface = np.ones(lesion.shape, dtype=np.uint8)
    ids = tuple(f"L{number + 1}" for number in range(100))
    view = replace(
        plain, surface=surface, specimen_behind=flat, ablated_behind=flat, lesion=lesion, shade=surface, lesions=ids
    )
    labels = draw_plan_figure(PlanPicture("P1", view, None)).labels
    assert len(labels) == 40
    numbers = [int(label.id[1:]) - 1 for label in labels]
    assert numbers == sorted(numbers)
    assert min(number % 12 for number in numbers) >= 6


def test_no_id_covers_another() -> None:
    """Ids of lesions side by side stand apart, and a line leads from each that had to move to its lesion."""
    lesion = np.zeros((120, 160), dtype=np.int16)
    for number in range(12):
        row, column = 40 + 6 * (number // 4), 60 + 9 * (number % 4)
        lesion[row : row + 5, column : column + 5] = number + 1
    plain, flat = picture().view, np.zeros(lesion.shape, dtype=bool)
    surface = np.ones(lesion.shape, dtype=np.uint8)
    ids = tuple(f"L{number + 1}" for number in range(12))
    view = replace(
        plain, surface=surface, specimen_behind=flat, ablated_behind=flat, lesion=lesion, shade=surface, lesions=ids
    )
    labels = draw_plan_figure(PlanPicture("P1", view, None)).labels
    assert len(labels) == 12
    for one, other in combinations(labels, 2):
        assert abs(one.y - other.y) >= 10 or abs(one.x - other.x) >= 7 * (len(one.id) + len(other.id)) / 2
    assert [(one.at_x, one.at_y) for one in labels][:2] == [(62.5, 42.5), (71.5, 42.5)]


def test_a_straight_line_of_many_points_is_drawn_by_its_ends() -> None:
    """Points between the corners are left out: the line is the same, the page smaller."""
    plain = picture()
    assert plain.slice is not None
    corners = np.array([[0.0, 0.0], [0.0, 9.0], [9.0, 9.0], [9.0, 0.0], [0.0, 0.0]])
    fine = np.concatenate([np.linspace(a, b, 10)[:-1] for a, b in pairwise(corners)] + [corners[:1]])
    outline = type(plain.slice.outlines[0])("specimen", (fine,))
    cut = type(plain.slice)(plain.slice.pixels, (1.0, 1.0), (outline,), ("R", "L", "A", "P"), 0, 1, "W")
    figure = draw_plan_figure(PlanPicture("P1", plain.view, cut))
    assert figure.slice is not None
    assert figure.slice.outlines[0][1] == "M0.50 0.50L9.50 0.50L9.50 9.50L0.50 9.50L0.50 0.50Z"
