"""Pictures before any output format: one slice with what is drawn on it; the liver under a plan, seen from the front.

Pixel coordinates are (row, column), centres at whole numbers; rows run down and columns to the right of the picture.
In canonical orientation that is the radiological view: the patient's right on the left of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

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


class Surface(IntEnum):
    """What a line of sight from the front meets first of the liver under a plan."""

    NOTHING = 0
    REMNANT = 1
    SPECIMEN = 2
    ABLATED = 3


@dataclass(frozen=True, eq=False)
class PlanView:
    """The liver under a plan seen from the front by parallel rays; arrays of shape (rows, columns), square pixels.

    Rows run to the feet and columns to the patient's left: the view of someone who stands before the patient.

    Parameters
    ----------
    surface
        ``Surface`` of the first voxel of liver on the ray, uint8.
    specimen_behind, ablated_behind
        Whether the ray meets the specimen, or an ablation zone, farther back.
    lesion
        Number of the first lesion on the ray, counted from 1 in the order of ``lesions``; 0 where there is none.
    shade
        Light on the surface: 0 none, 255 most, uint8.
    pixel_mm
        Side of a pixel.
    lesions
        Ids of the lesions.
    edge_letters
        What the left, right, top and bottom edge point to: letters of R, L, A, P, H, F from the affine.
    """

    surface: NDArray[np.uint8]
    specimen_behind: NDArray[np.bool_]
    ablated_behind: NDArray[np.bool_]
    lesion: NDArray[np.int16]
    shade: NDArray[np.uint8]
    pixel_mm: float
    lesions: tuple[str, ...]
    edge_letters: tuple[str, str, str, str]


@dataclass(frozen=True, eq=False)
class PlanSlice:
    """The slice that shows most of the specimen, or of the ablation zones where there is none; fields as ``KeyImage``.

    Roles of the outlines: ``remnant``, ``specimen``, ``ablated``, ``lesion``.
    """

    pixels: NDArray[np.uint8]
    pixel_spacing_mm: tuple[float, float]
    outlines: tuple[Outline, ...]
    edge_letters: tuple[str, str, str, str]
    slice_index: int
    slice_count: int
    window: str


@dataclass(frozen=True, eq=False)
class PlanPicture:
    """Both pictures of a plan; ``slice`` is None where its pixels cannot be read."""

    plan_id: str
    view: PlanView
    slice: PlanSlice | None


Picture: TypeAlias = KeyImage | PlanPicture
"""A picture of a study."""
