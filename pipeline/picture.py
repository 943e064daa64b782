"""A picture of one slice with what is drawn on it, before any output format.

Pixel coordinates are (row, column), centres at whole numbers; rows run down and columns to the right of the picture.
In canonical orientation that is the radiological view: the patient's right on the left of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Outline:
    """Closed contours of one structure, each of shape (n, 2)."""

    role: str
    contours: tuple[NDArray[np.float64], ...]


@dataclass(frozen=True)
class Caliper:
    """A measured length: its name, its printed value in mm and its two end points."""

    name: str
    length_mm: float
    start: tuple[float, float]
    end: tuple[float, float]


@dataclass(frozen=True, eq=False)
class KeyImage:
    """One slice with a lesion's contour and diameters.

    Parameters
    ----------
    pixels
        Grey values 0-255 after windowing, shape (rows, columns), dtype uint8.
    pixel_spacing_mm
        Distance between rows, then between columns.
    edge_letters
        What the left, right, top and bottom edge point to: letters of R, L, A, P, H, F from the affine.
    window
        Width and level the pixels were shown with, such as ``W 150 L 90 HU``.
    """

    lesion_id: str
    pixels: NDArray[np.uint8]
    pixel_spacing_mm: tuple[float, float]
    outlines: tuple[Outline, ...]
    calipers: tuple[Caliper, ...]
    edge_letters: tuple[str, str, str, str]
    slice_index: int
    slice_count: int
    slice_position_mm: float
    window: str
