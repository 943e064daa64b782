"""Segmentations of fractions: probabilities become voxels, occupancies also shares of voxels (row M16)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.readers.seg_frames import stack, trim
from pipeline.readers.seg_kind import HALF, Meaning, SegKind
from pipeline.readers.seg_pixels import Planes
from pipeline.readers.seg_turn import Turned
from pipeline.study import Finding, Severity
from pipeline.volume import Mask, ShareKind


def read_fractions(
    frames: NDArray[np.int64], slices: NDArray[np.int64], read: Planes, grid: Turned, kind: SegKind
) -> Mask:
    """Return the mask of a segment: every voxel of at least half of the value that stands for 1.

    For OCCUPANCY the mask also keeps the share of each voxel.

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
    if kind.meaning is Meaning.PROBABILITY or not block.size:
        return Mask.from_array(grid.canonical, voxels, offset)
    shares = block / np.float32(kind.full)
    return Mask.from_shares(grid.canonical, shares, offset, kind=ShareKind.FRACTIONS, voxels=voxels)


def describe_fractions(kind: SegKind) -> tuple[Finding, ...]:
    """Flag a segmentation of fractions, and say what was done with them."""
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
    return (Finding("SEG_FRACTIONAL", Severity.WARNING, message),)
