"""The lines of ``livermetry rules list``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.cli.rule_files import check_profile, check_treatment, find_catalogue
from pipeline.errors import UsageError
from pipeline.rules import Catalogue
from pipeline.rules.model import STUDY, Rule

KINDS = ("H", "S", "N", "X")
MOST_NAMED = 2
"""Treatments that a line names; of more it gives their number."""


@dataclass(frozen=True)
class ListRequest:
    """What the user asked for on the command line."""

    treatment: str | None = None
    profile: str | None = None
    kind: str | None = None
    rules: Path | None = None
    as_json: bool = False


def list_text(request: ListRequest) -> tuple[list[str], int]:
    """Return the lines and the exit code.

    Raises
    ------
    UsageError
        For a treatment, profile or kind that is not there.
    """
    catalogue = find_catalogue(request.rules)
    treatment, kind = _check(catalogue, request)
    profiles = [request.profile] if request.profile else list(catalogue.profiles)
    found: list[tuple[Rule, Mapping[str, Mapping[str, str]]]] = []
    for rule in catalogue.rules:
        kinds = _kinds_of(rule, profiles, treatment)
        if any(kind in (None, each) for by_profile in kinds.values() for each in by_profile.values()):
            found.append((rule, kinds))
    if request.as_json:
        return [json.dumps([_plain(*each) for each in found], indent=1, ensure_ascii=False)], 0
    columns = max((len(rule.id) for rule, _ in found), default=0)
    marks = max((len(rule.confidence) for rule, _ in found), default=0)
    wide = max((len(_say_kinds(kinds)) for _, kinds in found), default=0)
    return [
        f"{rule.id:<{columns}}  {rule.confidence:<{marks}}  {_say_kinds(kinds):<{wide}}  {rule.title}"
        for rule, kinds in found
    ], 0


def _check(catalogue: Catalogue, request: ListRequest) -> tuple[str | None, str | None]:
    check_profile(catalogue, request.profile)
    kind = request.kind.upper() if request.kind else None
    if kind not in (None, *KINDS):
        raise UsageError(f"--kind: one of {', '.join(KINDS)}")
    treatment = request.treatment
    return (None if treatment is None else STUDY if treatment == STUDY else check_treatment(catalogue, treatment)), kind


def _kinds_of(rule: Rule, profiles: list[str], treatment: str | None) -> Mapping[str, Mapping[str, str]]:
    """Return the kind of a rule in each treatment that it is asked for, by profile."""
    names = [name for name in rule.applies if treatment in (None, name)]
    kinds = {name: {p: str(kind) for p in profiles if (kind := rule.kind(name, p)) is not None} for name in names}
    return {name: by_profile for name, by_profile in kinds.items() if by_profile}


def _say_kinds(kinds: Mapping[str, Mapping[str, str]]) -> str:
    """Return ``H resection; S in 12 treatments``; a kind that differs between profiles as ``H/S``."""
    groups: dict[str, list[str]] = {}
    for treatment, by_profile in kinds.items():
        groups.setdefault("/".join(dict.fromkeys(by_profile.values())), []).append(treatment)
    return "; ".join(
        f"{kind} {', '.join(names)}" if len(names) <= MOST_NAMED else f"{kind} in {len(names)} treatments"
        for kind, names in groups.items()
    )


def _plain(rule: Rule, kinds: Mapping[str, Mapping[str, str]]) -> Mapping[str, object]:
    return {
        "id": rule.id,
        "title": rule.title,
        "confidence": rule.confidence,
        "kinds": kinds,
        "safety": rule.safety,
        "scope": rule.scope,
        "sources": list(rule.sources),
    }
