"""How sure a rule is, with the marks of what it rests on: its thresholds, and the rules and classes it reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pipeline.outcome import find_marks
from pipeline.rules.expressions import Case, ClassIs, Compare, Expression, ParameterWords, RuleMet, ScoreIs
from pipeline.rules.model import Rule
from pipeline.rules.terms import ByClass, ByParameter, Threshold

if TYPE_CHECKING:
    from pipeline.rules.catalogue import ProfileRules


class Confidences(dict[str, str]):
    """The confidence of each rule under a profile, with the marks of what is less sure than the rule, once asked for.

    ``K; threshold U`` is a rule of common practice with an uncertain threshold of its own, ``K; threshold U through
    ABL-07`` one that reads a rule with such a threshold, directly or through others. Of rules that are read the mark U
    is named, and E where it is that of a threshold (a rule's own E is often that of its ideal, or of how this project
    put it together), each unless the reading rule has it itself. Verdicts are not followed: they carry their marks
    where they stand.
    """

    def __init__(self, rules: ProfileRules) -> None:
        super().__init__()
        self._rules = rules
        self._order = {id_: place for place, id_ in enumerate(rules.rules)}

    def __missing__(self, id_: str) -> str:
        """Return the confidence of a rule that is asked for the first time."""
        rule = self._rules.rules[id_]
        text = self[id_] = "; ".join(_list_marks(self._rules, rule, self._order))
        return text


def _list_marks(rules: ProfileRules, rule: Rule, order: Mapping[str, int]) -> list[str]:
    own = _own_marks(rules, rule)
    has = set(find_marks("; ".join(own)))
    through: dict[str, list[str]] = {}
    for other in sorted(_list_read(rules, rule.id), key=order.__getitem__):
        confidence, *thresholds = _own_marks(rules, rules.rules[other])
        for words in (*(["U"] if "U" in find_marks(confidence) else []), *thresholds):
            if not has.issuperset(find_marks(words)):
                through.setdefault(words, []).append(other)
    return [*own, *(f"{words} through {', '.join(through[words])}" for words in sorted(through, reverse=True))]


def _own_marks(rules: ProfileRules, rule: Rule) -> list[str]:
    """Return the rule's confidence, and the marks of its thresholds as ``threshold U``."""
    marks = (rules.parameters[name].confidence for name in parameters_of(rules, rule))
    return [rule.confidence, *(f"threshold {mark}" for mark in dict.fromkeys(marks) if mark)]


def _list_read(rules: ProfileRules, id_: str) -> set[str]:
    """Return the ids of the rules that a rule reads, directly or through others."""
    found: set[str] = set()
    waiting = [id_]
    while waiting:
        new = [each for each in _read_by(rules, waiting.pop()) if each in rules.rules and each not in found]
        found.update(new)
        waiting += new
    return found - {id_}


def _read_by(rules: ProfileRules, id_: str) -> Iterator[str]:
    for node in rules.conditions[id_]:
        if isinstance(node, RuleMet):
            yield node.rule
        elif isinstance(node, ScoreIs):
            yield node.score
        elif (name := _class_in(node)) is not None:
            yield rules.class_rules[name]


def _class_in(node: Expression) -> str | None:
    if isinstance(node, ClassIs):
        return node.class_
    return node.threshold.by if isinstance(node, Compare) and isinstance(node.threshold, ByClass) else None


def parameters_of(rules: ProfileRules, rule: Rule) -> list[str]:
    """Return the names of the thresholds and choices of the profile that a rule reads itself."""
    names: list[str] = []
    for node in rules.conditions[rule.id]:
        if isinstance(node, Compare | ScoreIs):
            names += _parameters_in(node.threshold)
        elif isinstance(node, ParameterWords):
            names.append(node.parameter)
        elif isinstance(node, Case):
            names.append(node.case)
    return names + (_parameters_in(rule.count.threshold) if rule.count is not None else [])


def _parameters_in(threshold: Threshold) -> list[str]:
    if isinstance(threshold, ByParameter):
        return [threshold.parameter]
    if isinstance(threshold, ByClass):
        return [name for case in threshold.cases.values() for name in _parameters_in(case)]
    return []
