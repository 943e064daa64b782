"""Names of the inputs that comparisons and rules read."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.rules.expressions import LESION, Compare, Expression, Known, Words
from pipeline.rules.model import Rule
from pipeline.rules.terms import ByInput, FirstKnown, LowestOf, Operand


def operand_names(node: Compare) -> tuple[str, ...]:
    """Return the names of the inputs that a comparison reads, those of its bounds included."""
    bounds = (node.bounded_above_by, node.bounded_below_by)
    return (*names_of(node.input), *(bound for bound in bounds if bound is not None))


def names_of(operand: Operand) -> tuple[str, ...]:
    """Return the names of the inputs among which an operand chooses, in their order."""
    if isinstance(operand, str):
        return (operand,)
    if isinstance(operand, FirstKnown):
        return operand.first_known
    return operand.lowest_of if isinstance(operand, LowestOf) else operand.highest_of


def compared_names(rule: Rule, node: Compare) -> tuple[str, ...]:
    """Return the names of the numbers that a comparison of a rule is about; ``sum:`` before a sum over lesions."""
    sums = rule.aggregate == "sum"
    return tuple(f"sum:{name}" if sums and name.startswith(LESION) else name for name in operand_names(node))


def names_in(rule: Rule, nodes: Iterable[Expression]) -> list[str]:
    """Return the names of the inputs that a rule reads itself; some more than once."""
    names: list[str] = []
    for node in nodes:
        if isinstance(node, Words):
            names.append(node.input)
        elif isinstance(node, Known):
            names += node.known
        elif isinstance(node, Compare):
            names += operand_names(node)
            if isinstance(node.threshold, ByInput):
                names.append(node.threshold.of)
    if rule.count is not None and isinstance(rule.count.threshold, ByInput):
        names.append(rule.count.threshold.of)
    return names
