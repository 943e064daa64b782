"""What every mask format is read into, before structures get their roles and their place on the image."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.study import Finding, Identity
from pipeline.volume import Geometry, Mask

MAX_NAME = 64


@dataclass(frozen=True, eq=False)
class RawSegment:
    """One structure as its file states it.

    Parameters
    ----------
    mask
        Its voxels on the grid of its file, in canonical orientation.
    codes
        Its codes, most specific first, written ``SCT:10200004``.
    """

    name: str
    mask: Mask
    number: int | None = None
    codes: tuple[str, ...] = ()
    tracking_id: str | None = None
    tracking_uid: str | None = None


@dataclass(frozen=True)
class FrameSource:
    """One frame of a mask: where its plane lies (LPS mm) and the images it says it was drawn on.

    ``frames`` names frames of multi-frame images: the image's UID, and the frame counted from 0.
    """

    position: tuple[float, ...]
    orientation: tuple[float, ...]
    instances: frozenset[str]
    frames: frozenset[tuple[str, int]] = frozenset()


@dataclass(frozen=True, eq=False)
class MaskReference:
    """What a mask object says of its image: who, in which frame of reference, which series and images.

    ``studies`` are those that it names its images in, where it does.
    """

    identity: Identity
    frame_of_reference_uid: str | None = None
    series: frozenset[str] = frozenset()
    instances: frozenset[str] = frozenset()
    frames: tuple[FrameSource, ...] = ()
    studies: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class MaskObject:
    """The structures of one mask object (a SEG, a label map, or the structure files of one case).

    Parameters
    ----------
    name
        A short name for the report.
    sources
        The files it came from and the SHA-256 of each.
    by_name
        Whether nothing but names and folders binds it to its image (NIfTI, NRRD).
    numbered
        Whether the label numbers of a role file hold for it; a number that a drawing tool counts by says nothing.
    lost
        Structures of which something is drawn and nothing can be measured (``Mask.is_lost``).
    """

    name: str
    segments: tuple[RawSegment, ...]
    sources: tuple[tuple[Path, str], ...]
    by_name: bool = False
    findings: tuple[Finding, ...] = ()
    lost: tuple[RawSegment, ...] = ()
    numbered: bool = False


@dataclass(frozen=True, eq=False)
class OpenMask:
    """A mask file whose header was read: what it refers to, and how its voxels are read on a given image grid."""

    name: str
    reference: MaskReference | None
    read: Callable[[Geometry | None], MaskObject]


def clean_name(text: str) -> str:
    """Return a structure's name without control characters, in one line, of limited length."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\s]+", " ", text).strip()[:MAX_NAME] or "unnamed"
