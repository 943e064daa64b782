"""The pages of ``livermetry rules show``: a rule, treatment, profile, threshold, input or source in full."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TypeAlias

from pipeline.cli.other_entries import find_entries
from pipeline.cli.rule_files import find_catalogue
from pipeline.cli.rule_page import describe_input, describe_parameter, describe_rule, plain_rule, say_parameter
from pipeline.cli.terminal import complain, wrap
from pipeline.rules import Catalogue
from pipeline.rules.model import Profile, Treatment

EXIT_SHOWN, EXIT_UNKNOWN = 0, 2
MOST_NEAR = 3

Page: TypeAlias = Callable[[], list[str]]


@dataclass(frozen=True)
class ShowRequest:
    """What the user asked for on the command line."""

    names: tuple[str, ...]
    site: Path | None = None
    rules: Path | None = None
    as_json: bool = False


def show_text(request: ShowRequest) -> tuple[list[str], int]:
    """Return the pages of everything that was named, and the exit code; unknown names are told with the nearest."""
    catalogue = find_catalogue(request.rules, request.site, examples=True)
    if request.as_json:
        return _show_json(catalogue, request)
    pages, unknown = _find_pages(catalogue), False
    lines: list[str] = []
    for name in request.names:
        page = pages.get(_fold(name))
        if page is None:
            unknown = True
            complain(_say_unknown(name, pages))
        else:
            lines += ([""] if lines else []) + page()
    return lines, EXIT_UNKNOWN if unknown else EXIT_SHOWN


def _show_json(catalogue: Catalogue, request: ShowRequest) -> tuple[list[str], int]:
    """Return the rules that were named as JSON; what is no rule has no such form."""
    rules = {_fold(rule.id): rule for rule in catalogue.rules}
    unknown = [name for name in request.names if _fold(name) not in rules]
    for name in unknown:
        complain(_say_unknown(name, rules))
    found = [plain_rule(catalogue, rules[_fold(name)]) for name in request.names if name not in unknown]
    return [json.dumps(found, indent=1, ensure_ascii=False)], EXIT_UNKNOWN if unknown else EXIT_SHOWN


def _fold(name: str) -> str:
    return name.strip().casefold()


def _say_unknown(name: str, known: Mapping[str, object]) -> str:
    near = get_close_matches(_fold(name), list(known), n=MOST_NEAR, cutoff=0.6)
    names = [each.upper() if "-" in each else each for each in near]
    return f"nothing here is called {name}" + (f"; the nearest: {', '.join(names)}" if near else "")


def _find_pages(catalogue: Catalogue) -> dict[str, Page]:
    """Return a page for every name; of two things with one name the rule comes first."""
    pages: dict[str, Page] = {}
    entries: list[tuple[str, Page]] = [
        *((rule.id, lambda rule=rule: describe_rule(catalogue, rule)) for rule in catalogue.rules),
        *((each.id, lambda each=each: _describe_treatment(catalogue, each)) for each in catalogue.treatments),
        *((each.title, lambda each=each: _describe_treatment(catalogue, each)) for each in catalogue.treatments),
        *((name, lambda each=each: _describe_profile(catalogue, each)) for name, each in catalogue.profiles.items()),
        *((name, lambda name=name: describe_parameter(catalogue, name)) for name in catalogue.parameters),
        *((name, lambda name=name: describe_input(catalogue, name)) for name in catalogue.inputs),
        *((name, lambda name=name: _describe_source(catalogue, name)) for name in catalogue.sources),
        *((name, lambda lines=lines: lines) for name, lines in find_entries(catalogue)),
    ]
    for name, page in entries:
        pages.setdefault(_fold(name), page)
    return pages


def _describe_treatment(catalogue: Catalogue, treatment: Treatment) -> list[str]:
    """Return a treatment with its rules by kind; a kind that differs between profiles is said."""
    lines = [f"{treatment.id}  {treatment.title} ({treatment.family})"]
    for rule in catalogue.rules:
        kinds = {name: str(kind) for name in catalogue.profiles if (kind := rule.kind(treatment.id, name))}
        if kinds:
            same = set(kinds.values())
            everywhere = len(same) == 1 and len(kinds) == len(catalogue.profiles)
            said = same.pop() if everywhere else ", ".join(f"{name} {kind}" for name, kind in kinds.items())
            safety = " safety" if rule.safety else ""
            lines += wrap(f"{rule.id}  {said}{safety}  {rule.title}  [{rule.confidence}]", "  ", 6)
    return lines


def _describe_profile(catalogue: Catalogue, profile: Profile) -> list[str]:
    """Return a profile with every threshold and whose it is."""
    lines = [profile.name, *wrap(profile.statement, "  ")]
    for name, parameter in catalogue.under(profile.name).parameters.items():
        value = say_parameter(parameter, catalogue.parameters[name].unit or "1", profile.name)
        lines += wrap(f"{name}: {value}", "  ", 6)
    return lines


def _describe_source(catalogue: Catalogue, name: str) -> list[str]:
    citing = [rule.id for rule in catalogue.rules if name in rule.sources]
    return [*wrap(f"{name}: {catalogue.sources[name]}"), *wrap(f"cited by {', '.join(citing) or 'no rule'}", "  ")]
