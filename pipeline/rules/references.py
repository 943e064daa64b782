"""Refuse what can only be seen under a profile: circles of references, and treatments that nothing decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeline.rules.catalogue import ProfileRules, references_of
from pipeline.rules.checks import RuleInFile
from pipeline.rules.files import Problems
from pipeline.verdict import Kind
from pipeline.yaml_file import YamlFile


def check_cycles(rules: Iterable[RuleInFile], views: Mapping[str, ProfileRules], problems: Problems) -> None:
    """Add a problem for every circle of references, naming the way round."""
    places = {one.rule.id: one for one in rules}
    seen: set[frozenset[str]] = set()
    for view in views.values():
        for circle in _find_circles(_edges(view)):
            if frozenset(circle) in seen:
                continue
            seen.add(frozenset(circle))
            one = places[circle[0]]
            way = " -> ".join((*circle, circle[0]))
            problems.add(one.file, f"{circle[0]} refers to itself: {way}", *one.place)


def has_circles(views: Mapping[str, ProfileRules]) -> bool:
    """Tell whether a rule refers to itself under some profile, directly or through others."""
    return any(_find_circles(_edges(view)) for view in views.values())


def check_decided(views: Mapping[str, ProfileRules], file: YamlFile, problems: Problems) -> None:
    """Add a problem for every treatment without a hard rule: missing knowledge could not hold it back."""
    for name, view in views.items():
        for place, treatment in enumerate(view.treatments):
            if not any(kind is Kind.HARD for _, kind in view.deciding[treatment.id]):
                problems.add(file, f"{treatment.id} has no hard rule (H) under {name}", "treatments", place)


def _edges(view: ProfileRules) -> dict[str, set[str]]:
    return {id_: references_of(rule, view.conditions[id_], view) for id_, rule in view.rules.items()}


def _find_circles(edges: Mapping[str, set[str]]) -> list[tuple[str, ...]]:
    done: set[str] = set()
    found: list[tuple[str, ...]] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            found.append(path[path.index(name) :])
            return
        if name in done:
            return
        for other in sorted(edges.get(name, ())):
            visit(other, (*path, name))
        done.add(name)

    for name in edges:
        visit(name, ())
    return found
