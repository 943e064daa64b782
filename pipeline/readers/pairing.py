"""Whether a mask belongs to an image: by identity first, then by geometry. Shapes alone never pair anything.

Rows M01 to M13 of ``docs/hazards.md``.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.readers.mask_object import MaskObject, MaskReference, RawSegment
from pipeline.study import Finding, Severity
from pipeline.volume import Geometry, Mask

SAME_GRID_VOXELS = 0.1
IN_PLANE_VOXELS = 0.5
INSIDE_VOXELS = 0.5
UNIT_FACTORS = (10.0, 100.0, 1000.0)

Floats = NDArray[np.float64]


def check_frame(image_frame: str | None, mask: MaskReference) -> None:
    """Check that image and mask lie in one frame of reference.

    Raises
    ------
    StudyRefused
        ``PAIR_FOR`` when they state two different ones.
    """
    if image_frame and mask.frame_of_reference_uid and image_frame != mask.frame_of_reference_uid:
        raise StudyRefused(
            "PAIR_FOR", "The segmentation lies in another frame of reference than the images it is stored with."
        )


def check_instances(image: Collection[str], mask: MaskReference, chosen_by: str, other: bool) -> list[Finding]:
    """Check that a mask was made on some of these images; a mask that does not name them is flagged or noted.

    Parameters
    ----------
    image
        SOPInstanceUIDs of the image.
    chosen_by
        Why this image was chosen, as a clause.
    other
        Whether masks of other images are allowed here by setting, and the choice has flagged that.

    Raises
    ------
    StudyRefused
        ``PAIR_SERIES`` when it names images and none of them is here.
    """
    if mask.instances and not mask.instances & set(image):
        if other:
            return []
        raise StudyRefused(
            "PAIR_SERIES",
            "None of the images that the masks were made on is in the series they name: these are other images, or the "
            "same ones with new SOPInstanceUIDs; export both together. Where that cannot be had, other_series: "
            "same_grid in --config measures on images of the same frame of reference and grid (docs/checking.md).",
        )
    if mask.series and mask.instances:
        return []
    if mask.series:
        message = (
            "A segmentation names its series and none of the images it was drawn on: where its slices lie rests on "
            "its frame of reference alone, and a shift by whole slices would not be noticed here."
        )
        return [Finding("PAIR_SERIES", Severity.INFO, message)]
    if mask.instances:
        message = "A segmentation names the images it was made on and not their series; it was paired by the images."
        return [Finding("PAIR_SERIES", Severity.INFO, message)]
    message = (
        f"A segmentation names neither the series nor the images it was made on; the series taken: {chosen_by}. "
        "Nothing but its frame of reference says where its slices lie."
    )
    return [Finding("PAIR_SERIES", Severity.WARNING, message)]


@dataclass(frozen=True, eq=False)
class Placement:
    """How a mask's grid lies on the image's: whole voxels apart (``shift``), or a grid of its own (None)."""

    shift: tuple[int, int, int] | None
    finding: Finding | None = None


def place_object(masks: MaskObject, image: Geometry) -> MaskObject:
    """Return a mask object with its voxels on the image's grid where that needs no resampling, else on its own.

    Raises
    ------
    StudyRefused
        When a structure does not lie where the image is, or its grid contradicts the image's.
    """
    placements: dict[int, Placement] = {}
    segments: list[RawSegment] = []
    for segment in masks.segments:
        grid = segment.mask.grid
        if id(grid) not in placements:
            placements[id(grid)] = find_placement(grid, image, masks.by_name)
        segments.append(replace(segment, mask=_place_mask(segment.mask, image, placements[id(grid)])))
    found = {each.finding.message: each.finding for each in placements.values() if each.finding}
    return replace(masks, segments=tuple(segments), findings=(*masks.findings, *found.values()))


def find_placement(grid: Geometry, image: Geometry, by_name: bool = False) -> Placement:
    """Compare two grids corner by corner (all in LPS mm).

    Parameters
    ----------
    by_name
        Whether the mask carries no identity: then a grid of the image's shape must be the image's grid.
    """
    own, target = _even(grid), _even(image)
    shifts = own.offset_in(target) - own.to_index(own.corners_mm())
    same_axes = float(np.ptp(shifts, axis=0).max()) <= SAME_GRID_VOXELS and _steps_agree(own, target)
    if not same_axes:
        return _place_other_grid(own, target, by_name)
    if sorted(grid.shape) == sorted(image.shape) and grid.shape != image.shape:
        raise StudyRefused("AFFINE_SHAPE", "The mask's axes are in another order than its affine says.")
    shift = shifts.mean(axis=0)
    whole = np.rint(shift)
    if grid.shape == image.shape and np.abs(shift).max() > IN_PLANE_VOXELS:
        _refuse_shifted(own, target)
    off = np.abs(shift - whole)
    in_plane = np.delete(off, image.slice_axis)
    if off[image.slice_axis] > SAME_GRID_VOXELS:
        if _apart(own, target):
            raise StudyRefused("GRID_OTHER", _elsewhere(own, target))
        raise StudyRefused("GRID_OFF", "The mask's planes lie between the planes of the image.")
    finding = None
    if in_plane.max() > SAME_GRID_VOXELS:
        message = f"A mask is {in_plane.max():.2f} voxels off the image's grid in plane; the nearest voxel was taken."
        finding = Finding("GRID_OFF", Severity.WARNING, message)
    return Placement((int(whole[0]), int(whole[1]), int(whole[2])), finding)


def _even(grid: Geometry) -> Geometry:
    return grid if grid.slice_positions_mm is None else Geometry(grid.shape, grid.affine, grid.slice_axis)


def _steps_agree(grid: Geometry, image: Geometry) -> bool:
    """Tell whether single steps agree within 1 %, so that a small grid of other spacing is not taken for the same."""
    return bool(np.linalg.norm(grid.axes - image.axes, axis=1).max() <= 0.01 * image.spacing_mm.min())


def _place_other_grid(grid: Geometry, image: Geometry, by_name: bool) -> Placement:
    if by_name and grid.shape == image.shape:
        ratios = image.spacing_mm / grid.spacing_mm
        if any(np.allclose(ratios, f, rtol=0.01) or np.allclose(ratios, 1 / f, rtol=0.01) for f in UNIT_FACTORS):
            raise StudyRefused(
                "AFFINE_UNIT", "The mask's grid is the image's in another unit of length than it declares."
            )
        raise StudyRefused(
            "GRID_OTHER", "The mask has as many voxels as the image and lies on another grid: one of the two is wrong."
        )
    message = "A mask lies on another grid than the image; it was measured on its own."
    return Placement(None, Finding("GRID_OTHER", Severity.WARNING, message))


def _apart(grid: Geometry, image: Geometry) -> bool:
    """Tell whether a grid lies wholly beside the image along one of its axes."""
    index = image.to_index(grid.corners_mm())
    return bool((index.max(axis=0) < 0).any() or (index.min(axis=0) > np.array(image.shape) - 1).any())


def _refuse_shifted(grid: Geometry, image: Geometry) -> None:
    flipped = grid.affine.copy()
    flipped[:2] *= -1
    other = np.sort(Geometry(grid.shape, flipped).corners_mm(), axis=0)
    if np.allclose(other, np.sort(image.corners_mm(), axis=0), atol=0.1 * float(image.spacing_mm.min())):
        raise StudyRefused(
            "AFFINE_RAS_LPS",
            "The mask fits the image only with left-right and front-back mirrored: its affine is wrong.",
        )
    raise StudyRefused("GRID_OTHER", _elsewhere(grid, image))


def _elsewhere(grid: Geometry, image: Geometry) -> str:
    away = np.linalg.norm(grid.corners_mm().mean(axis=0) - image.corners_mm().mean(axis=0))
    return f"The mask lies elsewhere than the image (their centres are {away:.0f} mm apart); check the pair."


def _place_mask(mask: Mask, image: Geometry, placement: Placement) -> Mask:
    """Return a mask on the image's grid, or checked to lie inside the image when it keeps its own."""
    if mask.is_empty:
        return Mask(image, (0, 0, 0), mask.voxels, below_half_ml=mask.below_half_ml, lost_mm=mask.lost_mm)
    if placement.shift is None:
        _check_inside(mask, image)
        return mask
    start = tuple(a + b for a, b in zip(mask.offset, placement.shift, strict=True))
    ends = tuple(a + size for a, size in zip(start, mask.voxels.shape, strict=True))
    if min(start) < 0 or any(end > size for end, size in zip(ends, image.shape, strict=True)):
        raise StudyRefused("GRID_OTHER", _reaches_out(mask, image))
    coverage = mask.coverage and mask.coverage.moved(placement.shift, image.shape)
    return Mask(image, (start[0], start[1], start[2]), mask.voxels, coverage)


def _check_inside(mask: Mask, image: Geometry) -> None:
    """Check that the corners of a mask's set voxels lie in the image's volume."""
    size = np.array(mask.voxels.shape)
    corners = [np.array(mask.offset) + np.array(c) * size - 0.5 for c in itertools.product((0, 1), repeat=3)]
    index = _even(image).to_index(_even(mask.grid).to_world(np.array(corners, dtype=np.float64)))
    margin = INSIDE_VOXELS + np.abs(mask.grid.axes @ np.linalg.inv(image.axes)).sum(axis=0) / 2
    if (index < -margin).any() or (index > np.array(image.shape) - 1 + margin).any():
        raise StudyRefused("GRID_OTHER", _reaches_out(mask, image))


def _reaches_out(mask: Mask, image: Geometry) -> str:
    if _apart(_even(mask.geometry), _even(image)):
        return _elsewhere(_even(mask.geometry), _even(image))
    return "A structure reaches beyond the image it is stored with; check which image it belongs to."
