"""Segmentations of fractions: probabilities become voxels, occupancies also shares of voxels (row M16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.geometry import Geometry, Index3
from pipeline.readers.mask_object import RawSegment
from pipeline.readers.segmentation.frames import stack, trim
from pipeline.readers.segmentation.kind import HALF, Meaning, SegKind
from pipeline.readers.segmentation.seg_pixels import Planes
from pipeline.readers.segmentation.turn import Turned
from pipeline.study import Finding, Severity
from pipeline.volume import Mask, ShareKind

MM3_PER_ML = 1000.0
MOST_NAMES = 8


def read_fractions(
    frames: NDArray[np.int64], slices: NDArray[np.int64], read: Planes, grid: Turned, kind: SegKind
) -> Mask:
    """Return the mask of a segment: every voxel of at least half of the value that stands for 1.

    For OCCUPANCY the mask also keeps the share of each voxel. Where values are stated and none reaches one half, the
    mask is empty and keeps their volume.

    Parameters
    ----------
    frames
        Numbers of the segment's frames.
    slices
        The slice of every frame of the object.

    Raises
    ------
    StudyRefused
        ``SEG_FRACTIONAL`` when a value is above the one that stands for 1.
    """
    block, offset = grid.block(*stack(frames, slices[frames], lambda frame: trim(read(frame))))
    if block.size and int(block.max()) > kind.full:
        raise StudyRefused(
            "SEG_FRACTIONAL",
            f"The segmentation has values above {kind.full}, which it says stands for 1; export it again.",
        )
    voxels = block >= HALF * kind.full
    if block.any() and not voxels.any():
        nothing = Mask.from_array(grid.canonical, voxels, offset)
        return replace(nothing, below_half_ml=_sum_ml(block, offset, grid.canonical, kind))
    if kind.meaning is Meaning.PROBABILITY or not block.size:
        return Mask.from_array(grid.canonical, voxels, offset)
    shares = block / np.float32(kind.full)
    return Mask.from_shares(grid.canonical, shares, offset, kind=ShareKind.FRACTIONS, voxels=voxels)


def _sum_ml(block: NDArray[np.integer], offset: Index3, grid: Geometry, kind: SegKind) -> float:
    """Return the volume in mL of the fractions of a block that starts at ``offset`` of a grid."""
    axis = grid.slice_axis
    others = tuple(each for each in range(3) if each != axis)
    sums = block.sum(axis=others, dtype=np.float64) / kind.full
    return float(sums @ grid.slab_volumes_mm3[offset[axis] : offset[axis] + len(sums)]) / MM3_PER_ML


def describe_fractions(kind: SegKind, segments: Sequence[RawSegment] = ()) -> tuple[Finding, ...]:
    """Flag a segmentation of fractions, say what was done with them, and name structures that nothing is left of."""
    if kind.meaning is Meaning.PROBABILITY:
        message = (
            "The segmentation states probabilities: voxels of at least 0.5 of the largest value it can hold "
            f"({kind.full}) were taken, all others left out."
        )
    elif kind.meaning is Meaning.OCCUPANCY:
        message = (
            "The segmentation states which share of each voxel a structure fills: volumes are sums of shares; "
            "diameters and everything else were measured on voxels that are filled to at least 0.5."
        )
    else:
        return ()
    return (Finding("SEG_FRACTIONAL", Severity.WARNING, message), *_describe_below_half(segments))


def _describe_below_half(segments: Sequence[RawSegment]) -> tuple[Finding, ...]:
    lost = [segment for segment in segments if segment.mask.is_below_half]
    if not lost:
        return ()
    volume = sum(segment.mask.below_half_ml for segment in lost)
    names = ", ".join(f"'{segment.name}'" for segment in lost[:MOST_NAMES])
    more = f" and {len(lost) - MOST_NAMES} more" if len(lost) > MOST_NAMES else ""
    message = (
        f"No voxel of {names}{more} reaches 0.5, although fractions of {volume:.3f} mL in all are stated. That is not "
        "an empty structure: nothing is known of it; draw it, or export it as BINARY."
    )
    return (Finding("SEG_FRACTIONAL", Severity.WARNING, message, at_stake_ml=volume),)
