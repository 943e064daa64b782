"""Where in the liver its lesions lie: Couinaud segments, side, unilobar or bilobar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.lesion import Lesion
from pipeline.measurement import Fact
from pipeline.measures.grids import count_shared, share_grid
from pipeline.structures import COUINAUD, LEFT_LOBE, RIGHT_LOBE, Role
from pipeline.study import Segment, Study

NO_SEGMENTS = "NO_SEGMENTS: no Couinaud segments are given"
LEFT, RIGHT, BOTH, CAUDATE = "left", "right", "both", "caudate"


def place_lesion(study: Study, lesion: Lesion) -> Lesion:
    """Return a lesion with the Couinaud segments it occupies and the side it lies on.

    Facts: ``segments`` (names, largest share first), ``segment_shares`` (with the part of its volume in each) and
    ``lobe`` (left, right, both, caudate). Unknown where less than half of the lesion lies in given segments.
    """
    segments = [segment for segment in study.segments_of(*COUINAUD) if not segment.mask.is_empty]
    reason = _why_unknown(segments, lesion)
    if reason is None:
        shares = _shares(segments, lesion)
        reason = None if 2 * sum(shares.values()) >= 1 else _not_covered(sum(shares.values()))
    if reason is not None:
        unknown = {name: Fact(name, None, reason) for name in ("segments", "segment_shares", "lobe")}
        return replace(lesion, facts={**lesion.facts, **unknown})
    source = "share of the lesion's voxels in each Couinaud segment"
    facts = {
        "segments": Fact("segments", tuple(role.value for role in shares), source=source),
        "segment_shares": Fact(
            "segment_shares",
            tuple(f"{role.value} {100 * share:.1f} %" for role, share in shares.items()),
            source=source,
        ),
        "lobe": Fact("lobe", _lobe(shares), source=source),
    }
    return replace(lesion, facts={**lesion.facts, **facts})


def find_distribution(lesions: Sequence[Lesion], reason: str | None) -> Fact:
    """Return whether the intrahepatic lesions lie on one side of Cantlie's line or on both.

    Bilobar: lesions on both sides, or one that crosses. The caudate lobe belongs to neither side.

    Parameters
    ----------
    lesions
        Placed intrahepatic lesions.
    reason
        Why it is not known which lesions there are, if it is not.
    """
    name = "distribution"
    if reason is not None:
        return Fact(name, None, reason)
    if not lesions:
        return Fact(name, None, "NO_LESION: it is confirmed that there is no lesion")
    lobes = [lesion.facts["lobe"] for lesion in lesions]
    sides = {fact.value for fact in lobes}
    source = "sides of the lesions by Couinaud segments"
    if BOTH in sides or {LEFT, RIGHT} <= sides:
        return Fact(name, "bilobar", source=source)
    unknown = next((fact.reason for fact in lobes if fact.reason is not None), None)
    return Fact(name, None, unknown) if unknown else Fact(name, "unilobar", source=source)


def _why_unknown(segments: Sequence[Segment], lesion: Lesion) -> str | None:
    """Return why a lesion cannot be placed."""
    if not segments:
        return NO_SEGMENTS
    if not share_grid([lesion.mask, *(segment.mask for segment in segments)]):
        return "GRID_OTHER: lesion and Couinaud segments are drawn on different grids and are not joined"
    return None


def _not_covered(share: float) -> str:
    """Return the reason for a lesion that lies mostly outside all given segments."""
    return f"NO_SEGMENTS: only {100 * share:.0f} % of the lesion lies in the Couinaud segments that are given"


def _shares(segments: Sequence[Segment], lesion: Lesion) -> dict[Role, float]:
    """Return the part of a lesion's voxels in each segment that holds any, largest first."""
    counts = {segment.role: count_shared(lesion.mask, segment.mask) for segment in segments}
    ordered = sorted(counts, key=lambda role: (-counts[role], COUINAUD.index(role)))
    return {role: counts[role] / lesion.mask.count for role in ordered if counts[role]}


def _lobe(shares: dict[Role, float]) -> str:
    """Return the side of Cantlie's line on which the occupied segments lie."""
    left, right = any(role in LEFT_LOBE for role in shares), any(role in RIGHT_LOBE for role in shares)
    if left and right:
        return BOTH
    return LEFT if left else RIGHT if right else CAUDATE
