"""The liver seen from the front by parallel rays along the grid's rows, on any grid, without an image.

A ray runs from front to back through one slice and column of the grid, so what it meets is what the mask has there:
nothing is resampled. Where the picture's pixels lie follows from the voxels' centres in patient mm, so that its aspect
is right on uneven, oblique and sheared grids.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.ground import NO_LESION
from pipeline.measures.key_images import name_direction
from pipeline.measures.plans.cells import Cells
from pipeline.measures.plans.taking import Fate, Taken
from pipeline.picture import PlanView, Surface
from pipeline.volume import Geometry

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MOST_COLUMNS, MOST_ROWS = 320, 260
"""Largest size of a picture in pixels."""
SMALLEST_PIXEL_MM = 0.25
MARGIN_PIXELS = 3
SURFACES = np.array(
    [Surface.NOTHING, Surface.SPECIMEN, Surface.ABLATED, Surface.REMNANT, Surface.REMNANT], dtype=np.uint8
)
"""What a voxel of each ``Fate`` shows."""
LIGHT = np.array([-0.45, 0.5, -0.74])
"""Where the light comes from: the patient's right, the head, the front."""
AMBIENT = 0.3
SMOOTHING_MM = 1.5
"""Width of the Gaussian that takes the steps of voxels out of the shading; of slices farther apart, their distance."""


@dataclass(frozen=True, eq=False)
class Scene:
    """What is the same in the pictures of all plans; rays have the shape (slices, columns) of the liver's box.

    Parameters
    ----------
    hit, first
        Whether a ray meets the liver, and the row at which it does.
    lesion
        Number of the first lesion on the ray, counted from 1; 0 where there is none.
    at_slice, at_column
        The ray that a pixel shows, shape (rows, columns) of the picture.
    inside
        Pixels whose ray meets the liver.
    """

    hit: Bools
    first: Ints
    lesion: NDArray[np.int16]
    at_slice: Ints
    at_column: Ints
    inside: Bools
    shade: NDArray[np.uint8]
    pixel_mm: float
    lesions: tuple[str, ...]
    edge_letters: tuple[str, str, str, str]


@dataclass(frozen=True, eq=False)
class _Plane:
    """The plane across the rays: where rays of a slice and column meet it, and how far away the liver begins (mm).

    Parameters
    ----------
    along_slices, across_slices
        Head-ward place of each slice, and its sideward shift, shape (slices,).
    along_columns
        Place of each column to the left, shape (columns,).
    """

    along_slices: Floats
    across_slices: Floats
    along_columns: Floats
    depth_rows: Floats
    depth_rays: Floats
    left: Floats
    up: Floats


def set_scene(cells: Cells) -> Scene:
    """Return what the pictures of all plans of a liver share.

    Parameters
    ----------
    cells
        The total liver, not empty, with its lesions.
    """
    grid, voxels = cells.total.geometry, cells.total.voxels
    hit = np.asarray(voxels.any(axis=1))
    first = np.asarray(voxels.argmax(axis=1))
    plane = _lay_plane(grid)
    at_slice, at_column, on_grid, pixel_mm = _place_pixels(plane)
    inside = on_grid & hit[at_slice, at_column]
    depth = (plane.depth_rays + plane.depth_rows[first])[at_slice, at_column]
    smoothing_mm = max(SMOOTHING_MM, float(np.abs(np.diff(plane.along_slices)).max(initial=0.0)) / 2)
    letters = (
        *(name_direction(-plane.left), name_direction(plane.left)),
        *(name_direction(plane.up), name_direction(-plane.up)),
    )
    return Scene(
        *(hit, first, _find_first_lesions(cells), at_slice, at_column, inside),
        shade=_light(depth, inside, pixel_mm, smoothing_mm),
        pixel_mm=pixel_mm,
        lesions=tuple(grown.id for grown in cells.grown),
        edge_letters=(letters[0], letters[1], letters[2], letters[3]),
    )


def view_plan(scene: Scene, taken: Taken) -> PlanView:
    """Return the liver under a plan as it is seen from the front."""
    states = taken.states
    slices, columns = np.indices(scene.first.shape)
    kind = SURFACES[states[slices, scene.first, columns]]
    specimen_behind = (states == Fate.REMOVED).any(axis=1) & (kind != Surface.SPECIMEN)
    ablated_behind = (states == Fate.ABLATED).any(axis=1) & (kind != Surface.ABLATED)
    pixel = (scene.at_slice, scene.at_column)
    return PlanView(
        surface=np.where(scene.inside, kind[pixel], np.uint8(Surface.NOTHING)),
        specimen_behind=specimen_behind[pixel] & scene.inside,
        ablated_behind=ablated_behind[pixel] & scene.inside,
        lesion=np.where(scene.inside, scene.lesion[pixel], np.int16(0)),
        shade=scene.shade,
        pixel_mm=scene.pixel_mm,
        lesions=scene.lesions,
        edge_letters=scene.edge_letters,
    )


def _find_first_lesions(cells: Cells) -> NDArray[np.int16]:
    """Return the number, counted from 1, of the first lesion on each ray; 0 where there is none."""
    held = cells.lesion != NO_LESION
    row = held.argmax(axis=1)[:, None, :]
    found = np.take_along_axis(cells.lesion, row, axis=1)[:, 0, :]
    return np.where(held.any(axis=1), found + 1, 0).astype(np.int16)


def _lay_plane(grid: Geometry) -> _Plane:
    """Return the plane across the grid's rows."""
    slices, rows, columns = grid.axes
    away = rows / np.linalg.norm(rows)
    left = _unit(columns - (columns @ away) * away)
    up = slices - (slices @ away) * away
    up = _unit(up - (up @ left) * left)
    count, depth, width = grid.shape
    rays = np.stack(np.meshgrid(np.arange(count), [0], np.arange(width), indexing="ij"), axis=-1).reshape(-1, 3)
    starts = grid.to_world(rays.astype(np.float64)).reshape(count, width, 3)
    along_row = grid.to_world(np.stack([np.zeros(depth), np.arange(depth), np.zeros(depth)], axis=1)) @ away
    sideward = starts @ left
    return _Plane(
        along_slices=starts[:, 0] @ up,
        across_slices=sideward[:, 0],
        along_columns=sideward[0] - sideward[0, 0],
        depth_rows=along_row - along_row[0],
        depth_rays=starts @ away,
        left=left,
        up=up,
    )


def _place_pixels(plane: _Plane) -> tuple[Ints, Ints, Bools, float]:
    """Return slice and column of every pixel's ray, whether there is one, and the side of a pixel in mm."""
    before, after = _find_halves(plane.along_columns)
    below, above = _find_halves(plane.along_slices)
    right, left = plane.across_slices.min() - before, plane.across_slices.max() + plane.along_columns[-1] + after
    foot, head = plane.along_slices[0] - below, plane.along_slices[-1] + above
    free_columns, free_rows = (most - 2 * MARGIN_PIXELS - 1 for most in (MOST_COLUMNS, MOST_ROWS))
    pixel_mm = max((left - right) / free_columns, (head - foot) / free_rows, SMALLEST_PIXEL_MM)
    edge = MARGIN_PIXELS * pixel_mm
    across = np.arange(right - edge, left + edge + pixel_mm / 2, pixel_mm)
    down = np.arange(head + edge, foot - edge - pixel_mm / 2, -pixel_mm)
    at_slice, slice_near = _find_nearest(plane.along_slices, down)
    shift = plane.across_slices[at_slice]
    at_column, column_near = _find_nearest(plane.along_columns, across[None, :] - shift[:, None])
    slices = np.broadcast_to(at_slice[:, None], at_column.shape)
    return slices, at_column, column_near & slice_near[:, None], float(pixel_mm)


def _find_nearest(places: Floats, wanted: Floats) -> tuple[Ints, Bools]:
    """Return the nearest of ascending places, and whether it is within half a step."""
    before, after = _find_halves(places)
    nearest = np.searchsorted((places[:-1] + places[1:]) / 2, wanted)
    near = (wanted >= places[0] - before) & (wanted <= places[-1] + after)
    return np.asarray(nearest, dtype=np.int64), np.asarray(near)


def _find_halves(places: Floats) -> tuple[float, float]:
    """Return half of the first and of the last step between ascending places; half a mm for a single one."""
    steps = np.diff(places) if len(places) > 1 else np.ones(1)
    return float(steps[0]) / 2, float(steps[-1]) / 2


def _light(depth_mm: Floats, inside: Bools, pixel_mm: float, smoothing_mm: float) -> NDArray[np.uint8]:
    """Return the light on a surface by its normal (Lambert), from its depth smoothed within the liver."""
    from scipy.ndimage import gaussian_filter

    sigma = smoothing_mm / pixel_mm
    weight = gaussian_filter(inside.astype(np.float64), sigma)
    smooth = gaussian_filter(np.where(inside, depth_mm, 0.0), sigma) / np.maximum(weight, 1e-6)
    down, left = np.gradient(smooth, pixel_mm)
    normal = np.stack([left, -down, -np.ones_like(left)])
    lit = np.tensordot(LIGHT / np.linalg.norm(LIGHT), normal / np.linalg.norm(normal, axis=0), axes=1)
    bright = AMBIENT + (1 - AMBIENT) * np.clip(lit, 0.0, 1.0)
    return np.where(inside, np.rint(255 * bright), 0).astype(np.uint8)


def _unit(vector: Floats) -> Floats:
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float64)
