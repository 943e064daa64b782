"""Words for numbers, comparisons and answers; a printed number never crosses a limit that the number does not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from pipeline.plain_words import say_plainly
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
UNIT_WORDS: Mapping[str, str] = {
    "1": "",
    "%{points}": "percentage points",
    "10*9/L": "x 10⁹/L",
    "m2": "m²",
    "mL/m2": "mL/m²",
    "%/min/m2": "%/min/m²",
    "mL/min/{1.73_m2}": "mL/min/1.73 m²",
    "a": "years",
    "wk": "weeks",
    "mo": "months",
    "deg": "degrees",
}
PROPER_NAMES = ("Child-Pugh", "European", "Fong", "Ki-67", "LiMAx", "Oslo")
"""Words that keep their capital inside a sentence."""
NAMING = ("CLIN_", "FORMULA_", "SUPPOSED_")
"""Begins of the codes whose reasons name fields of the record, or what was typed: as they are written there."""
MOST_DECIMALS = 12
MOST_TEXTS = 3
"""Comparisons that an explanation spells out."""


def say_number(value: float, limits: Collection[float] = ()) -> str:
    """Return a number with one decimal, two below 1, and as many more as keep it on its side of every limit."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    for places in range(2 if abs(value) < 1 and round(value, 1) != value else 1, MOST_DECIMALS + 1):
        rounded = round(value, places)
        if all((rounded < limit) == (value < limit) and (rounded > limit) == (value > limit) for limit in limits):
            return f"{rounded:.{places}f}"
    return repr(value)


def say_exactly(value: float, unit: str = "1") -> str:
    """Return a limit with its unit, never rounded: 0.55 is not 0.6."""
    return f"{value:.10g} {UNIT_WORDS.get(unit, unit)}".rstrip()


def say_quantity(value: float, unit: str, limits: Collection[float] = ()) -> str:
    """Return a number with its unit."""
    word = UNIT_WORDS.get(unit, unit)
    return f"{say_number(value, limits)} {word}".rstrip()


def say_word(value: str | bool | float | tuple[str, ...]) -> str:
    """Return a word, a truth or a list of words for readers."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = ", ".join(value) or "none" if isinstance(value, tuple) else str(value)
    return say_plainly(text)


def say_input(rules: ProfileRules, name: str) -> str:
    """Return the words for an input, a class, another rule or a verdict."""
    if name in rules.inputs:
        return rules.inputs[name].label
    rule = rules.class_rules.get(name, name)
    if rule in rules.rules:
        return lower_start(rules.rules[rule].title)
    title = next((each.title for each in rules.treatments if f"verdict.{each.id}" == name), None)
    return lower_start(title) if title else name.removeprefix(LESION).replace("_", " ")


def lower_start(text: str) -> str:
    """Return a text that may stand inside a sentence: a small first letter, save in names and abbreviations."""
    is_word = text[1:2].islower() or text[1:2] == " "
    return text[:1].lower() + text[1:] if is_word and not text.startswith(PROPER_NAMES) else text


def limits_in(evidence: Evidence) -> list[float]:
    """Return the numbers that a comparison was made with."""
    if isinstance(evidence.threshold, str):
        return [float(part) for part in re.findall(r"-?\d+(?:\.\d+)?", evidence.threshold)]
    return [] if evidence.threshold is None else [float(evidence.threshold)]


def say_evidence(rules: ProfileRules, evidence: Evidence) -> str:
    """Return one comparison in words: ``remnant 31.2 % (28.9-33.4), needs at least 30 %: met, borderline``."""
    label = say_input(rules, evidence.input) + (f" of {evidence.lesion}" if evidence.lesion else "")
    if evidence.value is None:
        return f"{label}: {_say_reason(evidence)}"
    if evidence.input in rules.rules and evidence.threshold == "met":
        return f"{label} ({evidence.input}): {_say_other_rule(evidence)}"
    if not isinstance(evidence.value, int | float) or evidence.threshold == "known":
        return f"{label}: {_say_value(rules, evidence)}{_say_other_word(evidence)}"
    text = f"{label} {_say_value(rules, evidence)}, needs {_say_limit(evidence)}: {TRUTH_WORDS[evidence.truth]}"
    return text + (", borderline" if evidence.borderline else "") + _say_flip(evidence)


def _say_reason(evidence: Evidence) -> str:
    """Return why a value is missing, and the answer where bounds give one all the same."""
    code, _, said = (evidence.reason or "").partition(": ")
    reason = said.strip() or code or "not known"
    reason = "not known" if reason == "still possible" else reason.replace("; ", ", ")
    reason = reason if code.startswith(NAMING) else reason.replace("_", " ")
    return f"{reason}, so {TRUTH_WORDS[evidence.truth]}" if evidence.truth in (MET, NOT_MET) else reason


def _say_other_rule(evidence: Evidence) -> str:
    """Return the answer of another rule, and whether it is the one that is asked for."""
    said = say_plainly(str(evidence.value))
    if evidence.op != "is not":
        return said
    return f"{said}, as asked here" if evidence.truth is MET else f"{said}, but it must not be met here"


def _say_other_word(evidence: Evidence) -> str:
    """Return what a word should have been, where it is another one."""
    if evidence.truth is not NOT_MET:
        return ""
    wanted = say_plainly(str(evidence.threshold))
    return f", needs {'another word than ' if evidence.op == 'is not' else ''}{wanted}: not met"


def _say_value(rules: ProfileRules, evidence: Evidence) -> str:
    if not isinstance(evidence.value, int | float):
        return say_plainly(str(evidence.value))
    limits = limits_in(evidence)
    text = say_quantity(evidence.value, evidence.unit, limits)
    if evidence.input in rules.rules:
        return f"{text} points"
    if evidence.low is None or evidence.high is None or evidence.low == evidence.high:
        return text
    return f"{text} ({say_number(evidence.low, limits)}-{say_number(evidence.high, limits)})"


def _say_limit(evidence: Evidence) -> str:
    op = OPERATOR_WORDS.get(evidence.op, "")
    if isinstance(evidence.threshold, int | float):
        return f"{op} {say_exactly(evidence.threshold, evidence.unit)}".strip()
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
    return f"; {other} {side} {say_exactly(evidence.flip_at, evidence.unit)}"


def fill_statement(rule: Rule, parameters: Mapping[str, Parameter]) -> str:
    """Return a rule's statement with the thresholds of the profile in it."""
    return re.sub(
        r"{(\w+)}( mm)?",
        lambda match: say_parameter(parameters[match[1]], match[2] or ""),
        rule.statement,
    )


def say_parameter(parameter: Parameter, unit: str = "") -> str:
    """Return a parameter's value in words, with the unit that follows it unless there is no limit."""
    if parameter.value == NO_LIMIT:
        return "no limit"
    number = parameter.number
    return (say_exactly(number) if number is not None else str(parameter.value).replace("_", " ")) + unit


def explain(rules: ProfileRules, truth: Truth, evidence: Iterable[Evidence]) -> str:
    """Return the answer of a rule in words: what decided it; of many lesions only the nearest or the first that did."""
    held = list(evidence)
    shown = _drop_known([one for one in held if not one.beside] or held)
    deciding = [one for one in shown if one.truth is truth] or shown
    if truth is MET and len(deciding) > MOST_TEXTS:
        deciding = sorted(deciding, key=_nearness)
    alike = Counter((one.input, one.reason) for one in deciding)
    texts = list(dict.fromkeys(_say_grouped(rules, one, alike[one.input, one.reason]) for one in deciding))
    more = f"; and {len(texts) - MOST_TEXTS} more" if len(texts) > MOST_TEXTS else ""
    body = "; ".join(texts[:MOST_TEXTS]) + more
    lead = "" if truth in (MET, NOT_MET) and body else _capitalize(TRUTH_WORDS[truth]) + (": " if body else "")
    return (lead + (body if lead else _capitalize(body))) + "."


def _drop_known(evidence: list[Evidence]) -> list[Evidence]:
    """Return the comparisons without those that ask only whether a value is known which another one compares."""
    compared = {(one.input, one.lesion) for one in evidence if one.threshold != "known"}
    return [one for one in evidence if one.threshold != "known" or (one.input, one.lesion) not in compared]


def _say_grouped(rules: ProfileRules, evidence: Evidence, alike: int) -> str:
    """Return one comparison in words; an input missing for several (``alike``) lesions in the same way is said once."""
    if evidence.value is None and evidence.lesion is not None and alike > 1:
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
