"""What each structure of a study's masks is: roles from codes, names and numbers, and conflicts between masks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.errors import StudyRefused
from pipeline.plan import fold_mask_name
from pipeline.readers.layouts.coded_roles import (
    LESION_QUANTITIES,
    describe_by_code,
    find_role,
    is_by_code_alone,
    trace_role,
)
from pipeline.readers.layouts.lesion_unions import settle_unions
from pipeline.readers.layouts.naming import GENERIC, Naming
from pipeline.readers.layouts.precedence import apply_precedence, describe_names
from pipeline.readers.layouts.reduced_livers import settle_reduced_livers
from pipeline.readers.mask_object import MaskObject, RawSegment
from pipeline.structures import MULTIPLE_ROLES, PLAN_ROLES, Role
from pipeline.study import Finding, Segment, Severity, Unmapped
from pipeline.volume import Geometry, Mask


@dataclass(frozen=True, eq=False)
class Mapped:
    """The structures of a study with their roles, those without one, and what was found on the way."""

    segments: tuple[Segment, ...]
    unmapped: tuple[Unmapped, ...]
    findings: tuple[Finding, ...]
    ignored: tuple[str, ...] = ()
    """Names of the structures that nothing is to be measured of, each once."""


def choose_naming(objects: Sequence[MaskObject], default: Naming, others: Sequence[Naming]) -> Naming:
    """Return the naming that knows every structure of the masks: by name, else by code or name.

    The default is kept when it does, or when not exactly one other does.
    """
    raw = [segment for each in objects for segment in each.segments]
    if default.name != GENERIC:
        return default
    named = [naming for naming in others if naming.name != GENERIC and naming.names and not naming.files.label_names]
    for knows in (_knows_names, _knows_all):
        fitting = [naming for naming in named if knows(naming, raw)]
        if knows(default, raw):
            return default
        if len(fitting) == 1:
            return fitting[0]
    return default


def _knows_names(naming: Naming, segments: Sequence[RawSegment]) -> bool:
    """Tell whether a naming knows every structure by its name, or by its code where the name says nothing."""
    return all(
        naming.role_of_name(each.name) or (naming.words.is_neutral(each.name) and naming.role_of_codes(each.codes))
        for each in segments
    )


def _knows_all(naming: Naming, segments: Sequence[RawSegment]) -> bool:
    return all(naming.role_of_codes(each.codes) or naming.role_of_name(each.name) for each in segments)


def map_roles(objects: Sequence[MaskObject], naming: Naming, plan_masks: Collection[str] = ()) -> Mapped:
    """Return every structure with its role.

    Codes, names and numbers are weighed in ``pipeline.readers.layouts.coded_roles``.

    Parameters
    ----------
    plan_masks
        Names, by ``fold_mask_name``, by which the clinical record's plans name structures: one without a role, or of no
        use, is then a planned resection.

    Raises
    ------
    StudyRefused
        ``PAIR_AMBIGUOUS`` when two masks claim a role that only one structure can have (planned resections: two of one
        name) and the role file does not say
        which of them counts, two mask objects hold overlapping lesions, or one lesion holds others and more.
    """
    drawn = _Sorted()
    for source, each in enumerate(objects):
        drawn.take(each, source, naming, plan_masks)
    segments, findings = drawn.segments, drawn.findings
    segments, reduced = settle_reduced_livers(segments, naming)
    segments, chosen = apply_precedence(segments, objects, naming)
    segments, joined = settle_unions(segments)
    findings += [*reduced, *chosen, *joined]
    _check_one_answer(segments)
    for source, each in enumerate(objects):
        segments += [*_declared_lesions(each, source, naming, objects), *_lost_lesions(each, source, naming)]
    _check_single_roles(segments)
    return Mapped(
        tuple(segments),
        tuple(drawn.unmapped),
        (*findings, *_overlaps(segments), *describe_by_code(drawn.by_code), *_unknown(drawn.unknown)),
        tuple(dict.fromkeys(drawn.ignored)),
    )


@dataclass(eq=False)
class _Sorted:
    """Structures as their roles are found, one mask object after the other."""

    segments: list[Segment] = field(default_factory=list)
    unmapped: list[Unmapped] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    by_code: list[tuple[str, Role]] = field(default_factory=list)

    def take(self, masks: MaskObject, source: int, naming: Naming, plan_masks: Collection[str]) -> None:
        """Sort the structures of a mask object by what they are."""
        by_value = _holds_values(masks)
        for raw in masks.segments:
            role, conflict = find_role(raw, naming, numbered=masks.numbered)
            self.by_code += [(raw.name, role)] if role is not None and is_by_code_alone(raw, naming) else []
            self.findings += [conflict] if conflict else []
            by_record = role in (None, Role.IGNORED) and fold_mask_name(raw.name) in plan_masks
            role = Role.RESECTION if by_record else role
            if role is None or (by_value and raw.name in by_value and role not in MULTIPLE_ROLES):
                self.unmapped.append(Unmapped(raw.name, raw.number, raw.mask))
                self.unknown += [] if conflict else [raw.name]
            elif role is Role.IGNORED:
                self.ignored.append(raw.name)
            else:
                traced = "clinical record" if by_record else trace_role(raw, role, naming)
                ids = (raw.number, raw.tracking_id, raw.tracking_uid)
                self.segments.append(Segment(role, raw.name, raw.mask, source, *ids, traced))


def _holds_values(masks: MaskObject) -> frozenset[str]:
    """Return the names of structure files that hold several values: their voxels are not one structure."""
    if not masks.by_name or masks.name != "structure files":
        return frozenset()
    names = [segment.name for segment in masks.segments if segment.number is not None and not segment.codes]
    return frozenset(name for name in names if names.count(name) > 1)


def _declared_lesions(masks: MaskObject, source: int, naming: Naming, objects: Sequence[MaskObject]) -> list[Segment]:
    """Return an empty lesion segment for a label map whose naming has a lesion number that does not occur."""
    if not masks.numbered or masks.name != "label map" or Role.LESION not in naming.labels.values():
        return []
    numbers = {segment.number for segment in masks.segments}
    lesions = [number for number, role in naming.labels.items() if role is Role.LESION]
    if numbers & set(lesions):
        return []
    grid = next((segment.mask.grid for each in objects for segment in each.segments), None)
    declared = f"label {lesions[0]}"
    return [Segment(Role.LESION, declared, _empty(grid), source, lesions[0], mapped_by=declared)] if grid else []


def _lost_lesions(masks: MaskObject, source: int, naming: Naming) -> list[Segment]:
    """Return the lesions of which something is drawn and nothing can be measured: there may be more than is counted."""
    return [
        Segment(Role.LESION, raw.name, raw.mask, source, raw.number, mapped_by=trace_role(raw, Role.LESION, naming))
        for raw in masks.lost
        if find_role(raw, naming)[0] is Role.LESION
    ]


def _empty(grid: Geometry) -> Mask:
    return Mask(grid, (0, 0, 0), np.zeros((0, 0, 0), dtype=np.bool_))


def _check_one_answer(segments: Sequence[Segment]) -> None:
    """Refuse mask objects of which one holds lesions, and another declares lesions without a set voxel."""
    lesions = [segment for segment in segments if segment.role is Role.LESION]
    filled = {lesion.source for lesion in lesions if not lesion.mask.is_empty}
    rest = {lesion.source for lesion in lesions} - filled
    below = any(lesion.mask.is_below_half for lesion in lesions if lesion.source in rest)
    if filled and rest:
        raise StudyRefused(
            "PAIR_AMBIGUOUS",
            "One segmentation of the study holds lesions and another declares lesions of which "
            f"{'every fraction lies below one half' if below else 'no voxel is set'}; keep the one that counts.",
        )


def _check_single_roles(segments: Sequence[Segment]) -> None:
    for role in dict.fromkeys(segment.role for segment in segments):
        found = [segment for segment in segments if segment.role is role]
        if role in PLAN_ROLES and len({fold_mask_name(segment.name) for segment in found}) == len(found):
            continue
        if len(found) > 1 and role not in MULTIPLE_ROLES:
            raise StudyRefused(
                "PAIR_AMBIGUOUS",
                f"{len(found)} structures of the study are the {role.value}, in {len({s.source for s in found})} mask "
                "objects; keep the one that counts{', or give each its own name' if role in PLAN_ROLES else ''}.",
            )


def _overlaps(segments: Sequence[Segment]) -> list[Finding]:
    """Return the finding that lesions overlap; refuse those of different mask objects."""
    lesions = [segment for segment in segments if segment.role is Role.LESION and not segment.mask.is_empty]
    pairs = 0
    for number, first in enumerate(lesions):
        for second in lesions[number + 1 :]:
            if not _overlap(first.mask, second.mask):
                continue
            if first.source != second.source:
                raise StudyRefused(
                    "PAIR_AMBIGUOUS", "Two segmentations of the study draw the same lesion; keep the one that counts."
                )
            pairs += 1
    findings = []
    if pairs:
        said = "pair of lesions overlaps" if pairs == 1 else "pairs of lesions overlap"
        message = f"{pairs} {said}; volumes count the shared voxels once."
        findings.append(Finding("SEG_OVERLAP", Severity.WARNING, message, LESION_QUANTITIES))
    if len({lesion.source for lesion in lesions}) > 1:
        message = "The lesions come from several mask objects that do not overlap; all of them were counted."
        findings.append(Finding("MASKS_JOINED", Severity.WARNING, message, LESION_QUANTITIES))
    return findings


def _overlap(first: Mask, second: Mask) -> bool:
    """Tell whether two masks share a voxel; on different grids, whether a voxel centre of one lies in the other."""
    if first.grid is second.grid or (first.grid.shape == second.grid.shape and first.grid.same_axes(second.grid)):
        return bool((first.within(second.box) & second.voxels).any())
    points = second.grid.to_world(np.argwhere(second.voxels).astype(np.float64) + np.array(second.offset))
    index = np.rint(first.grid.to_index(points)).astype(np.int64) - np.array(first.offset)
    inside = ((index >= 0) & (index < np.array(first.voxels.shape))).all(axis=1)
    return bool(first.voxels[tuple(index[inside].T)].any())


def _unknown(names: Sequence[str]) -> list[Finding]:
    if not names:
        return []
    message = (
        f"{len(names)} structure{' is' if len(names) == 1 else 's are'} called or coded nothing that the naming knows "
        f"and left out: {describe_names(names)}. Say what that is in a role file and give it "
        "with --roles (docs/roles.md)."
    )
    return [Finding("LABEL_UNKNOWN", Severity.WARNING, message, LESION_QUANTITIES)]
