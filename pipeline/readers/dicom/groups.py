"""Several volumes in one series: told apart by what the images state, one taken because the masks name it (row G04).

Two volumes at the same places (phases, echoes, b-values, two reconstructions) are never mixed and never guessed
between: an attribute must tell them apart completely, and the masks must refer to the images of exactly one of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.readers.dicom.slice_header import MARKS, Slice
from pipeline.readers.mask_object import MaskReference
from pipeline.study import Finding, Severity

WEAK = frozenset({"AcquisitionTime", "ContentTime", "ImageType", "ConvolutionKernel"})
"""Marks that are not meant to tell volumes apart: their volumes must lie at the very same places."""
INSTANCE = "SOPInstanceUID"
"""A multi-frame image is a volume of its own beside others."""
SAME_PLACE_MM = 0.1
"""Slices of CT and MR lie farther apart."""

Source: TypeAlias = str | tuple[str, int]
"""An image by its UID, or one frame of it, counted from 0."""
Groups: TypeAlias = dict[str, list[Slice]]


def choose_group(slices: Sequence[Slice], sources: Collection[Source]) -> tuple[list[Slice], list[Finding]]:
    """Return the slices of the one volume that masks refer to, where a series holds several at the same places.

    Parameters
    ----------
    sources
        The images and frames that the masks were drawn on.

    Returns
    -------
    tuple
        The slices, and a finding ``GEOM_DUP_POS``; all slices and none where no place holds two, or where the volumes
        cannot be told apart, or the masks do not refer to exactly one.
    """
    if not _has_doubles(slices):
        return list(slices), []
    for mark in (*MARKS, INSTANCE):
        groups = _split(slices, mark)
        if not _tells_apart(groups, mark):
            continue
        named = [value for value, group in groups.items() if is_named(group, sources)]
        if len(named) == 1:
            return groups[named[0]], [_describe(groups, mark, named[0])]
    return list(slices), []


def sources_of(references: Sequence[MaskReference | None]) -> frozenset[Source]:
    """Return the images and frames that masks were drawn on; none when one of the masks does not say.

    What the frames of a mask name wins over the list of images that the mask as a whole names.
    """
    named = [_named_by(each) for each in references]
    return frozenset(source for each in named for source in each) if all(named) else frozenset()


def _named_by(reference: MaskReference | None) -> frozenset[Source]:
    found: set[Source] = set()
    for frame in reference.frames if reference else ():
        found |= frame.frames
        found |= frame.instances - {uid for uid, _ in frame.frames}
    return frozenset(found or (reference.instances if reference else ()))


def is_named(group: Sequence[Slice], sources: Collection[Source]) -> bool:
    """Tell whether masks were drawn on an image or a frame of a group."""
    return any(
        each.sop_instance_uid in sources
        if each.frame is None
        else bool({each.sop_instance_uid, (each.sop_instance_uid, each.frame)} & set(sources))
        for each in group
    )


def _heights(slices: Sequence[Slice]) -> NDArray[np.float64]:
    """Return the places of slices along the normal in mm, in order."""
    normal = slices[0].normal
    return np.sort([float(each.position @ normal) for each in slices])


def _has_doubles(slices: Sequence[Slice]) -> bool:
    return bool((np.diff(_heights(slices)) < SAME_PLACE_MM).any())


def _split(slices: Sequence[Slice], mark: str) -> Groups:
    """Return the slices by what they state; those that do not state it under an empty text."""
    groups: Groups = defaultdict(list)
    for each in slices:
        multi = each.frame is not None
        stated = (each.sop_instance_uid if multi else "") if mark == INSTANCE else each.marks.get(mark, "")
        groups[stated].append(each)
    return dict(groups)


def _tells_apart(groups: Groups, mark: str) -> bool:
    """Tell whether every group is a volume by itself, and everything states to which it belongs."""
    if len(groups) < 2 or "" in groups:
        return False
    if any(len(group) < 2 or _has_doubles(group) for group in groups.values()):
        return False
    first, *others = (_heights(group) for group in groups.values())
    return mark not in WEAK or all(
        len(other) == len(first) and float(np.abs(other - first).max()) < SAME_PLACE_MM for other in others
    )


def _describe(groups: Groups, mark: str, named: str) -> Finding:
    used = len(groups[named])
    others = sum(len(group) for group in groups.values()) - used
    message = (
        f"The series holds {len(groups)} volumes at the same places, which {mark} tells apart; the {used} images of "
        f"the one that the masks refer to were used, {others} others were left out."
    )
    return Finding("GEOM_DUP_POS", Severity.WARNING, message)
