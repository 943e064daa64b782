"""Words for numbers, comparisons and answers; a printed number never crosses a limit that the number does not."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from pipeline.rules.catalogue import Parameter, ProfileRules
from pipeline.rules.comparison import OPERATOR_WORDS
from pipeline.rules.expressions import LESION
from pipeline.rules.kleene import INDETERMINATE, MET, NOT_APPLICABLE, NOT_MET
from pipeline.rules.model import NO_LIMIT, Rule
from pipeline.verdict import Evidence, Truth

TRUTH_WORDS: Mapping[Truth, str] = {
    MET: "met",
    NOT_MET: "not met",
    INDETERMINATE: "not known",
    NOT_APPLICABLE: "not applicable",
}
UNIT_WORDS: Mapping[str, str] = {"1": "", "10*9/L": "10⁹/L", "m2": "m²", "a": "years", "wk": "weeks", "mo": "months"}
MOST_DECIMALS = 12
MOST_TEXTS = 3
"""Comparisons that an explanation spells out."""


def say_number(value: float, limits: Collection[float] = (), decimals: int = 1) -> str:
    """Return a number rounded, with as many more decimals as keep it on its side of every limit."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    for places in range(decimals, MOST_DECIMALS + 1):
        rounded = round(value, places)
        if all((rounded < limit) == (value < limit) and (rounded > limit) == (value > limit) for limit in limits):
            return f"{rounded:.{places}f}"
    return repr(value)


def say_quantity(value: float, unit: str, limits: Collection[float] = ()) -> str:
    """Return a number with its unit."""
    word = UNIT_WORDS.get(unit, unit)
    return f"{say_number(value, limits)} {word}".rstrip()


def say_input(rules: ProfileRules, name: str) -> str:
    """Return the words for an input, a class, another rule or a verdict."""
    if name in rules.inputs:
        return rules.inputs[name].label
    if name in rules.rules:
        title = rules.rules[name].title
        return title[:1].lower() + title[1:] if title[1:2].islower() else title
    return name.removeprefix(LESION).removeprefix("verdict.").replace("_", " ")


def limits_in(evidence: Evidence) -> list[float]:
    """Return the numbers that a comparison was made with."""
    if isinstance(evidence.threshold, str):
        return [float(part) for part in re.findall(r"-?\d+(?:\.\d+)?", evidence.threshold)]
    return [] if evidence.threshold is None else [float(evidence.threshold)]


def say_evidence(rules: ProfileRules, evidence: Evidence) -> str:
    """Return one comparison in words, such as ``remnant 31.2 % (28.9-33.4) against at least 30 %: met, borderline``."""
    label = say_input(rules, evidence.input) + (f" of {evidence.lesion}" if evidence.lesion else "")
    if evidence.value is None:
        reason = (evidence.reason or "").partition(": ")[2] or evidence.reason or "not known"
        return f"{label}: {reason}" + (
            ", so " + TRUTH_WORDS[evidence.truth] if evidence.truth in (MET, NOT_MET) else ""
        )
    text = f"{label} {_say_value(evidence)} against {_say_limit(evidence)}: {TRUTH_WORDS[evidence.truth]}"
    return text + (", borderline" if evidence.borderline else "") + _say_flip(evidence)


def _say_value(evidence: Evidence) -> str:
    if not isinstance(evidence.value, int | float):
        return str(evidence.value).replace("_", " ")
    limits = limits_in(evidence)
    text = say_quantity(evidence.value, evidence.unit, limits)
    if evidence.low is None or evidence.high is None:
        return text
    return f"{text} ({say_number(evidence.low, limits)}-{say_number(evidence.high, limits)})"


def _say_limit(evidence: Evidence) -> str:
    op = OPERATOR_WORDS.get(evidence.op, "")
    if isinstance(evidence.threshold, int | float):
        return f"{op} {say_quantity(evidence.threshold, evidence.unit)}".strip()
    return f"{op} {str(evidence.threshold).replace('_', ' ')} {UNIT_WORDS.get(evidence.unit, evidence.unit)}".strip()


def _say_flip(evidence: Evidence) -> str:
    """Return on which side of the flip point the answer is the other one."""
    if not evidence.borderline or evidence.flip_at is None or evidence.truth not in (MET, NOT_MET):
        return ""
    other = TRUTH_WORDS[NOT_MET if evidence.truth is MET else MET]
    upwards = evidence.op in (">=", ">")
    side = (
        ("below" if evidence.op == ">=" else "at or below") if upwards else ("above" if evidence.op == "<=" else "from")
    )
    if evidence.truth is NOT_MET:
        side = {">=": "from", ">": "above", "<=": "up to", "<": "below"}.get(evidence.op, "at")
    return (
        f"; {other} {side} {evidence.flip_at:.1f}"
        if _is_tenths(evidence.flip_at)
        else f"; {other} {side} {evidence.flip_at:g}"
    )


def _is_tenths(value: float) -> bool:
    return round(value, 1) == value


def fill_statement(rule: Rule, parameters: Mapping[str, Parameter]) -> str:
    """Return a rule's statement with the thresholds of the profile in it."""
    return re.sub(r"{(\w+)}", lambda match: say_parameter(parameters[match[1]]), rule.statement)


def say_parameter(parameter: Parameter) -> str:
    """Return a parameter's value in words."""
    if parameter.value == NO_LIMIT:
        return "(no limit)"
    number = parameter.number
    return say_number(number) if number is not None else str(parameter.value).replace("_", " ")


def explain(rules: ProfileRules, truth: Truth, evidence: Iterable[Evidence]) -> str:
    """Return the answer of a rule in words: what decided it; of many lesions only the nearest or the first that did."""
    shown = list(evidence)
    deciding = [one for one in shown if one.truth is truth] or shown
    if truth is MET and len(deciding) > MOST_TEXTS:
        deciding = sorted(deciding, key=_nearness)
    texts = list(dict.fromkeys(_say_grouped(rules, one, deciding) for one in deciding))
    more = f"; and {len(texts) - MOST_TEXTS} more" if len(texts) > MOST_TEXTS else ""
    body = "; ".join(texts[:MOST_TEXTS]) + more
    lead = "" if truth in (MET, NOT_MET) and body else _capitalize(TRUTH_WORDS[truth]) + (": " if body else "")
    return (lead + (body if lead else _capitalize(body))) + "."


def _say_grouped(rules: ProfileRules, evidence: Evidence, others: Iterable[Evidence]) -> str:
    """Return one comparison in words; an input missing for several lesions in the same way is said once."""
    if evidence.value is None and evidence.lesion is not None:
        alike = sum(one.input == evidence.input and one.reason == evidence.reason for one in others)
        if alike > 1:
            return f"{say_evidence(rules, replace(evidence, lesion=None))} ({alike} lesions)"
    return say_evidence(rules, evidence)


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]


def _nearness(evidence: Evidence) -> float:
    """Return how far a value is from its limit, relative to the limit; words are farthest."""
    limits = limits_in(evidence)
    if not limits or not isinstance(evidence.value, int | float):
        return float("inf")
    return min(abs(evidence.value - limit) / max(abs(limit), 1.0) for limit in limits)
