"""Which mask counts where several claim one role: as the role file says, and refused where it does not.

Rows M04 of ``docs/hazards.md``; MEASUREMENTS.md: two masks for one role use a configured precedence and say so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pipeline.errors import StudyRefused
from pipeline.readers.layouts.naming import Naming, generalize, normalize
from pipeline.readers.mask_object import MaskObject
from pipeline.structures import MULTIPLE_ROLES, Role
from pipeline.study import Finding, Segment, Severity

MOST_NAMES, LONGEST_NAME = 6, 32


def apply_precedence(
    segments: Sequence[Segment], objects: Sequence[MaskObject], naming: Naming
) -> tuple[list[Segment], list[Finding]]:
    """Return the segments that count, and a finding for each role of which some were left out.

    For a role that one structure has, the first name of ``prefer`` that the study has counts. For lesions, files that
    each stand for all of them (``tumor`` beside ``lesions``) are two answers to one question: the preferred one counts.

    Raises
    ------
    StudyRefused
        ``PAIR_AMBIGUOUS`` when files of one folder each stand for all lesions and no name is preferred.
    """
    kept = list(segments)
    findings: list[Finding] = []
    for role in dict.fromkeys(segment.role for segment in segments):
        rivals = _rivals(role, kept, objects)
        if len(rivals) < 2:
            continue
        wanted = next((name for name in naming.prefer.get(role, ()) if name in rivals), None)
        if wanted is None or (len(rivals[wanted]) > 1 and role not in MULTIPLE_ROLES):
            _refuse_rivals(role, rivals)
            continue
        lost = {id(segment) for name, group in rivals.items() if name != wanted for segment in group}
        message = (
            f"{len(rivals)} masks claim to be the {role.value}: {describe_names(list(rivals))}. The role file prefers "
            f"{describe_names([wanted])}, which was measured; {len(lost)} structures were left out."
        )
        findings.append(Finding("PAIR_AMBIGUOUS", Severity.WARNING, message))
        kept = [segment for segment in kept if id(segment) not in lost]
    return kept, findings


def _rivals(role: Role, segments: Sequence[Segment], objects: Sequence[MaskObject]) -> Mapping[str, list[Segment]]:
    """Return the masks that claim one role, by normalised name; none where several may have it."""
    found: dict[str, list[Segment]] = {}
    for segment in segments:
        if segment.role is not role or (role in MULTIPLE_ROLES and not _stands_for_all(role, segment, objects)):
            continue
        found.setdefault(normalize(segment.name), []).append(segment)
    return found


def _stands_for_all(role: Role, segment: Segment, objects: Sequence[MaskObject]) -> bool:
    """Tell whether a file of a folder of structures is called by a word for lesions and by no number."""
    source = objects[segment.source]
    single = segment.number is None and generalize(normalize(segment.name)) == normalize(segment.name)
    return role is Role.LESION and source.by_name and source.name != "label map" and single


def _refuse_rivals(role: Role, rivals: Mapping[str, Sequence[Segment]]) -> None:
    """Refuse files that each stand for all lesions; other roles are counted by ``roles`` itself."""
    if role is not Role.LESION:
        return
    raise StudyRefused(
        "PAIR_AMBIGUOUS",
        f"{len(rivals)} files each stand for all lesions ({describe_names(list(rivals))}): keep the one that counts, "
        "or name it under `prefer` in a role file (docs/roles.md).",
    )


def describe_names(names: Sequence[str]) -> str:
    """Return names of structures for a message: a few, short, each once, without long numbers that may identify."""
    shown = list(dict.fromkeys(re.sub(r"\d{4,}", "#", name)[:LONGEST_NAME] for name in names))
    more = len(shown) - MOST_NAMES
    return ", ".join(shown[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
