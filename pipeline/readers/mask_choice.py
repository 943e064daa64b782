"""Which of several mask objects hold: copies count once, those that disagree are refused or chosen by rule (M04)."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from pipeline.errors import StudyRefused
from pipeline.preferences import MaskRule, holds_words
from pipeline.readers.dicom.header import UnreadableFile, parse_dicom, text_of
from pipeline.readers.identity_match import hide_identity
from pipeline.readers.layouts.naming import Naming
from pipeline.readers.layouts.roles import Mapped, map_roles
from pipeline.readers.mask_object import MaskObject, RawSegment
from pipeline.study import Finding, Identity, Severity

TEXTS = ("SeriesDescription", "ContentLabel", "ContentDescription", "StructureSetLabel")
CREATORS = ("ContentCreatorName", "OperatorsName")
TIMES = (("ContentDate", "ContentTime"), ("StructureSetDate", "StructureSetTime"))


@dataclass(frozen=True)
class MaskOrigin:
    """What a mask object says of its making: texts, who made it, and when (YYYYMMDDhhmmss as a number; NaN: unsaid)."""

    texts: str
    creator: str
    made: float


def drop_equal_masks(objects: Sequence[MaskObject]) -> tuple[list[MaskObject], list[Finding]]:
    """Return mask objects without those that hold the same structures, voxel by voxel, as an earlier one."""
    kept: list[MaskObject] = []
    for each in objects:
        if not any(_is_equal(each, other) for other in kept):
            kept.append(each)
    count = len(objects) - len(kept)
    many = "1 mask object holds" if count == 1 else f"{count} mask objects hold"
    message = f"{many} the same structures and voxels as another one and counted for nothing."
    return kept, [Finding("DUP_MASK", Severity.INFO, message)] if count else []


def _is_equal(first: MaskObject, second: MaskObject) -> bool:
    if len(first.segments) != len(second.segments) or not first.segments:
        return False
    return all(_is_same(a, b) for a, b in zip(first.segments, second.segments, strict=True))


def _is_same(first: RawSegment, second: RawSegment) -> bool:
    a, b = first.mask, second.mask
    if (first.name, first.number, first.codes, a.offset) != (second.name, second.number, second.codes, b.offset):
        return False
    if (a.coverage is None) != (b.coverage is None) or not np.array_equal(a.voxels, b.voxels):
        return False
    if a.coverage is not None and b.coverage is not None and not np.array_equal(a.coverage.shares, b.coverage.shares):
        return False
    return a.grid is b.grid or (a.grid.shape == b.grid.shape and np.allclose(a.grid.affine, b.grid.affine, atol=1e-4))


def map_masks(
    objects: Sequence[MaskObject],
    naming: Naming,
    rules: Sequence[MaskRule],
    identity: Identity,
    plan_masks: Collection[str] = (),
) -> tuple[list[MaskObject], Mapped, list[Finding]]:
    """Return the mask objects that hold, and their structures with roles.

    Raises
    ------
    StudyRefused
        ``PAIR_AMBIGUOUS`` with the list, when objects disagree and no rule prefers one of them.
    """
    try:
        return list(objects), map_roles(objects, naming, plan_masks), []
    except StudyRefused as refusal:
        if refusal.code != "PAIR_AMBIGUOUS" or len(objects) < 2:
            raise
        listed = "; ".join(_describe(number, each, identity) for number, each in enumerate(objects, 1))
        kept = _preferred(objects, naming, rules)
        if not kept:
            advice = "" if rules else " A rule may choose (mask_preference in --config)."
            raise StudyRefused(refusal.code, f"{refusal.message} The mask objects: {listed}.{advice}") from None
    left_out = [str(number) for number, each in enumerate(objects, 1) if each not in kept]
    by = "; ".join(rule.text for rule in rules)
    message = f"Mask objects disagree ({listed}); by mask_preference ({by}) {' and '.join(left_out)} left out."
    return kept, map_roles(kept, naming, plan_masks), [Finding("PAIR_AMBIGUOUS", Severity.WARNING, message)]


def _describe(number: int, masks: MaskObject, identity: Identity) -> str:
    volume = sum(each.mask.count * each.mask.grid.voxel_volume_mm3 / 1000 for each in masks.segments)
    name = hide_identity(masks.name, identity)
    return f"{number}: {name}, {len(masks.segments)} structures, {volume:.1f} mL in all"


def _preferred(objects: Sequence[MaskObject], naming: Naming, rules: Sequence[MaskRule]) -> list[MaskObject]:
    """Return the objects that agree with the preferred ones; none when equally preferred ones disagree."""
    if not rules:
        return []
    ranks = {id(each): _rank(read_origin(each), rules) for each in objects}
    ordered = sorted(objects, key=lambda each: ranks[id(each)])
    kept: list[MaskObject] = []
    for _, tier in groupby(ordered, key=lambda each: ranks[id(each)]):
        agreeing = [each for each in tier if _agree([*kept, each], naming)]
        if not _agree([*kept, *agreeing], naming) or not (kept or agreeing):
            return []
        kept += agreeing
    return [each for each in objects if each in kept]


def _agree(objects: Sequence[MaskObject], naming: Naming) -> bool:
    try:
        map_roles(objects, naming)
    except StudyRefused:
        return False
    return True


def _rank(origin: MaskOrigin, rules: Sequence[MaskRule]) -> tuple[float, ...]:
    """Return one number a rule, the smaller the more preferred."""
    return tuple(_rank_by(origin, rule) for rule in rules)


def _rank_by(origin: MaskOrigin, rule: MaskRule) -> float:
    if rule.words is not None:
        return 0.0 if holds_words(origin.texts, rule.words) else 1.0
    if rule.creator is not None:
        return 0.0 if holds_words(origin.creator, rule.creator) else 1.0
    return math.inf if math.isnan(origin.made) else -origin.made


def read_origin(masks: MaskObject) -> MaskOrigin:
    """Return what a mask object says of its making; files without such a header have their name alone."""
    if masks.by_name or not masks.sources:
        return MaskOrigin(masks.name, "", math.nan)
    return _read_header(masks.sources[0][0], masks.name)


def _read_header(path: Path, name: str) -> MaskOrigin:
    try:
        header = parse_dicom(
            path, ["SpecificCharacterSet", *TEXTS, *CREATORS, *(one for pair in TIMES for one in pair)]
        )
    except UnreadableFile:
        return MaskOrigin(name, "", math.nan)
    moments = [_moment(text_of(header, day), text_of(header, time)) for day, time in TIMES]
    return MaskOrigin(
        " | ".join(text_of(header, keyword) or "" for keyword in TEXTS),
        " | ".join(text_of(header, keyword) or "" for keyword in CREATORS),
        next((moment for moment in moments if not math.isnan(moment)), math.nan),
    )


def _moment(day: str | None, time: str | None) -> float:
    """Return a DICOM date and time as one number that grows with time; NaN without a date."""
    digits = (day or "").replace(".", "").replace("-", "")
    if len(digits) != 8 or not digits.isdecimal():
        return math.nan
    clock = (time or "").replace(":", "").split(".")[0].ljust(6, "0")[:6]
    return float(digits + (clock if clock.isdecimal() else "000000"))
