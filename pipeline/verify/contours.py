"""Structures drawn as contours (RTSTRUCT): areas by even-odd, pixel by pixel, with shapely's polygons."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import shapely
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from pipeline.verify.dicom_image import SourceImage
from pipeline.verify.grid import Floats, Grid
from pipeline.verify.problems import NotSupported
from pipeline.verify.seg_masks import RawMask
from pipeline.verify.solid import Solid, trimmed

NUDGE = (1.3e-6, 1.7e-6)
"""A centre on a contour belongs to the structure on its far side: this far beside it, in rows and columns."""
ROUNDING = 1e-9
Rings = dict[int, list[Floats]]
"""Contours by slice: column and row of their points."""


def read_contours(path: Path, image: SourceImage) -> list[RawMask]:
    """Return every structure of an RTSTRUCT on the image's grid, with the share of each pixel that it covers."""
    data = pydicom.dcmread(path)
    names = {int(roi.ROINumber): str(roi.get("ROIName", "")) for roi in data.StructureSetROISequence}
    drawn = {int(item.ReferencedROINumber): item for item in data.get("ROIContourSequence", [])}
    return [RawMask(name, number, _solid(drawn.get(number), image.grid), path) for number, name in names.items()]


def _solid(item: Dataset | None, grid: Grid) -> Solid:
    """Return one structure; empty where no contour of it bounds an area."""
    rings = _place(item, grid) if item is not None else {}
    used = sorted(rings)
    if len(used) > 2 and min(np.diff(used)) > 1:
        raise NotSupported("contours on every second, third ... slice have no second reader")
    others = [axis for axis in range(3) if axis != grid.slice_axis]
    size = (grid.shape[others[0]], grid.shape[others[1]])
    low = used[0] if used else 0
    shape = (used[-1] - low + 1 if used else 0, *size)
    voxels, shares = np.zeros(shape, dtype=bool), np.zeros(shape)
    for place in used:
        voxels[place - low], shares[place - low] = _fill(rings[place], size)
    order = np.argsort([grid.slice_axis, *others])
    start = np.zeros(3, dtype=np.int64)
    start[grid.slice_axis] = low
    return trimmed(Solid(grid, start, voxels.transpose(order), shares.transpose(order) if used else None))


def _place(item: Dataset, grid: Grid) -> Rings:
    """Return closed contours by the slice whose plane each lies in, each outline once."""
    first, second = np.delete(grid.steps, grid.slice_axis, axis=0)
    normal = np.cross(first, second) / np.linalg.norm(np.cross(first, second))
    count = grid.shape[grid.slice_axis]
    even = grid.origin + np.arange(count)[:, None] * grid.steps[grid.slice_axis]
    origins = grid.places if grid.places is not None else even
    found: Rings = {}
    for contour in item.get("ContourSequence", []):
        points = np.array(contour.ContourData, dtype=float).reshape(-1, 3)
        if contour.get("ContourGeometricType") not in ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR") or len(points) < 3:
            continue
        place = int(np.abs(origins @ normal - (points @ normal).mean()).argmin())
        flat = points - origins[place]
        flat = flat - np.outer(flat @ normal, normal)
        row_column = np.linalg.lstsq(np.array([first, second]).T, flat.T, rcond=None)[0].T
        ring = row_column[:, ::-1]
        known = found.setdefault(place, [])
        if not any(len(other) == len(ring) and np.allclose(other, ring) for other in known):
            known.append(ring)
    return found


def _fill(rings: list[Floats], size: tuple[int, int]) -> tuple[NDArray[np.bool_], Floats]:
    """Return which centres of a slice lie within an odd number of contours, and the share of each pixel that does."""
    region = _even_odd(rings)
    voxels, shares = np.zeros(size, dtype=bool), np.zeros(size)
    if region.is_empty:
        return voxels, shares
    shapely.prepare(region)
    left, top, right, bottom = region.bounds
    rows = np.arange(max(int(np.floor(top)) - 1, 0), min(int(np.ceil(bottom)) + 2, size[0]))
    columns = np.arange(max(int(np.floor(left)) - 1, 0), min(int(np.ceil(right)) + 2, size[1]))
    row, column = (each.ravel() for each in np.meshgrid(rows, columns, indexing="ij"))
    voxels[row, column] = shapely.contains_xy(region, column + NUDGE[1], row + NUDGE[0])
    pixels = shapely.box(column - 0.5, row - 0.5, column + 0.5, row + 0.5)
    shares[row, column] = _shares(region, pixels)
    return voxels, shares


def _shares(region: shapely.Geometry, pixels: NDArray[np.object_]) -> Floats:
    full = np.asarray(shapely.contains(region, pixels))
    part = shapely.intersects(region, pixels) & ~full
    shares: Floats = full.astype(np.float64)
    shares[part] = shapely.area(shapely.intersection(region, pixels[part]))
    shares[shares < ROUNDING] = 0.0
    shares[shares > 1 - ROUNDING] = 1.0
    return np.asarray(shares)


def _even_odd(rings: list[Floats]) -> shapely.Geometry:
    """Return the points within an odd number of rings: faces of all lines together, each told by a point in it."""
    lines = shapely.unary_union([shapely.LineString(np.vstack([ring, ring[:1]])) for ring in rings])
    faces = np.array(list(shapely.get_parts(shapely.polygonize(list(shapely.get_parts(lines))))))
    if not len(faces):
        return shapely.Polygon()
    points = shapely.get_coordinates(shapely.point_on_surface(faces))
    odd = np.array([sum(_winds(ring, point) for ring in rings) % 2 == 1 for point in points])
    return shapely.union_all(faces[odd])


def _winds(ring: Floats, point: Floats) -> bool:
    """Tell by a ray to the right whether a point lies inside a ring, by the number of edges that it meets."""
    (x0, y0), (x1, y1) = ring.T, np.roll(ring, -1, axis=0).T
    crosses = (y0 > point[1]) != (y1 > point[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        at = x0 + (point[1] - y0) / (y1 - y0) * (x1 - x0)
    return bool(int((crosses & (point[0] < at)).sum()) % 2)
