"""Which rules a rule refers to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pipeline.rules.expressions import ClassIs, Compare, Expression, RuleMet, ScoreIs, VerdictIs
from pipeline.rules.model import Rule
from pipeline.rules.terms import ByClass

if TYPE_CHECKING:
    from pipeline.rules.catalogue import ProfileRules


def references_of(rule: Rule, nodes: Iterable[Expression], view: ProfileRules) -> set[str]:
    """Return the ids of the rules that a rule refers to: by name, by class, by score, or through a verdict."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, RuleMet):
            found.add(node.rule)
        elif isinstance(node, ClassIs):
            found.add(view.class_rules[node.class_])
        elif isinstance(node, ScoreIs):
            found.add(node.score)
        elif isinstance(node, VerdictIs):
            found |= {other.id for other, _ in view.deciding[node.verdict]}
        elif isinstance(node, Compare) and isinstance(node.threshold, ByClass):
            found.add(view.class_rules[node.threshold.by])
    if rule.count is not None and isinstance(rule.count.threshold, ByClass):
        found.add(view.class_rules[rule.count.threshold.by])
    return found
