"""Refuse what can only be seen under a profile: circles of references, and treatments that nothing decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeline.rules.catalogue import ProfileRules, references_of
from pipeline.rules.checks import RuleInFile
from pipeline.rules.files import Problems
from pipeline.verdict import Kind
from pipeline.yaml_file import YamlFile

LONGEST = 30
"""Rules that may refer to one another in a row."""


def check_cycles(rules: Iterable[RuleInFile], views: Mapping[str, ProfileRules], problems: Problems) -> None:
    """Add a problem for every circle of references, naming the way round, and for a row of them that has no end."""
    places = {one.rule.id: one for one in rules}
    seen: set[frozenset[str]] = set()
    for view in views.values():
        found = _find_circles(_edges(view))
        if not found and (far := _find_far(_edges(view))) is not None:
            text = f"{far} refers to more than {LONGEST} other rules in a row"
            problems.add(places[far].file, text, *places[far].place)
            return
        for circle in found:
            if frozenset(circle) in seen:
                continue
            seen.add(frozenset(circle))
            one = places[circle[0]]
            way = " -> ".join((*circle, circle[0]))
            problems.add(one.file, f"{circle[0]} refers to itself: {way}", *one.place)


def has_circles(views: Mapping[str, ProfileRules]) -> bool:
    """Tell whether a rule refers to itself under some profile, directly or through others, or to too many in a row."""
    edges = [_edges(view) for view in views.values()]
    return any(_find_circles(each) or _find_far(each) is not None for each in edges)


def check_decided(views: Mapping[str, ProfileRules], file: YamlFile, problems: Problems) -> None:
    """Add a problem for every treatment without a hard rule: missing knowledge could not hold it back."""
    for name, view in views.items():
        for place, treatment in enumerate(view.treatments):
            if not any(kind is Kind.HARD for _, kind in view.deciding[treatment.id]):
                problems.add(file, f"{treatment.id} has no hard rule (H) under {name}", "treatments", place)


def _edges(view: ProfileRules) -> dict[str, set[str]]:
    return {id_: references_of(rule, view.conditions[id_], view) for id_, rule in view.rules.items()}


def _find_far(edges: Mapping[str, set[str]]) -> str | None:
    """Return a rule that refers to too many others in a row: it is left when those that end rows are taken away."""
    left = dict(edges)
    for _ in range(LONGEST):
        left = {name: others for name, others in left.items() if not others.isdisjoint(left)}
    return next(iter(left), None)


def _find_circles(edges: Mapping[str, set[str]]) -> list[tuple[str, ...]]:
    done: set[str] = set()
    found: list[tuple[str, ...]] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            found.append(path[path.index(name) :])
            return
        if name in done or len(path) > 10 * LONGEST:
            return
        for other in sorted(edges.get(name, ())):
            visit(other, (*path, name))
        done.add(name)

    for name in edges:
        visit(name, ())
    return found
