"""One rule for readers: plain words, thresholds of every profile, what it reads, where it counts, how sure it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pipeline.rules.catalogue import Catalogue, Parameter, ProfileRules, references_of
from pipeline.rules.expressions import Case, Compare, Expression, ParameterWords, ScoreIs, parts_of
from pipeline.rules.model import Rule
from pipeline.rules.terms import ByClass, ByParameter, Threshold
from pipeline.rules.wording import UNIT_WORDS, say_exactly, say_parameter
from pipeline.verdict import Kind

PROFILES = ("seed", "consensus", "conservative", "expansive")
KINDS: Mapping[Kind, str] = {Kind.HARD: "hard", Kind.SOFT: "soft", Kind.NOTE: "note", Kind.INDEX: "class or score"}
CONFIDENCE: Mapping[str, str] = {
    "V": "number seen in the source",
    "V-": "part of it seen in the source",
    "K": "from knowledge of the source, not checked again",
    "U": "**uncertain**, verify before relying on it",
    "E": "**engineering default** of this project, no threshold of the literature",
}
SOURCES: Mapping[str, str] = {
    "image": "from the images",
    "record": "from the clinical record or computed from it",
    "either": "from the images or the clinical record",
}


def write_rule(catalogue: Catalogue, rule: Rule, pages: Mapping[str, str]) -> str:
    """Return the entry of one rule in Markdown.

    Parameters
    ----------
    pages
        File name of the page that each rule stands on.
    """
    lines = [f"## {rule.id}", "", f"**{rule.title}**", "", _say_statement(catalogue, rule), ""]
    if rule.note is not None:
        lines += [f"> {_flat(rule.note)}", ""]
    if rule.disabled is not None:
        lines += [f"**Not asked of any study.** {_flat(rule.disabled)}", ""]
    lines += [*_thresholds(catalogue, rule), *_classes(rule)]
    lines += [f"- **Counts**: {say_kinds(catalogue, rule)}"]
    lines += [f"- **Reads**: {_say_inputs(catalogue, rule, pages)}"]
    lines += ["- **Sources**: " + "; ".join(f"{key}: {catalogue.sources[key]}" for key in rule.sources)]
    lines += [f"- **Confidence**: {say_confidence(rule.confidence)}", ""]
    return "\n".join(lines)


def say_confidence(code: str) -> str:
    """Return a confidence with its words: ``V / E`` is two of them."""
    return "; ".join(f"{part}: {CONFIDENCE[part]}" for part in code.split(" / "))


def link(id_: str, pages: Mapping[str, str]) -> str:
    """Return a link to a rule, or the name of something else as code."""
    return f"[{id_}]({pages[id_]}#{id_.lower()})" if id_ in pages else f"`{id_}`"


def _flat(text: str) -> str:
    return " ".join(text.split())


def _say_statement(catalogue: Catalogue, rule: Rule) -> str:
    """Return the statement with the consensus's thresholds, each profile's standing in the table below it."""
    parameters = _view(catalogue, rule).parameters
    return re.sub(
        r"{(\w+)}( mm)?", lambda found: say_parameter(parameters[found[1]], found[2] or ""), _flat(rule.statement)
    )


def _view(catalogue: Catalogue, rule: Rule) -> ProfileRules:
    return catalogue.under("consensus" if rule.profiles is None else rule.profiles[0])


def _nodes(top: Expression) -> Iterable[Expression]:
    yield top
    for part in parts_of(top):
        yield from _nodes(part)


def parameters_of(rule: Rule) -> tuple[str, ...]:
    """Return the parameters that a rule's answer depends on, directly, and those of its statement."""
    found = re.findall(r"{(\w+)}", rule.statement)
    for node in (inner for top in rule.conditions for inner in _nodes(top)):
        if isinstance(node, Case):
            found.append(node.case)
        elif isinstance(node, ParameterWords):
            found.append(node.parameter)
        elif isinstance(node, Compare | ScoreIs):
            found += _of_threshold(node.threshold)
    if rule.count is not None:
        found += _of_threshold(rule.count.threshold)
    return tuple(dict.fromkeys(found))


def _of_threshold(threshold: Threshold) -> list[str]:
    if isinstance(threshold, ByParameter):
        return [threshold.parameter]
    if isinstance(threshold, ByClass):
        return [case.parameter for case in threshold.cases.values() if isinstance(case, ByParameter)]
    return []


def _thresholds(catalogue: Catalogue, rule: Rule) -> list[str]:
    names = parameters_of(rule)
    if not names:
        return []
    rows = [f"| {catalogue.parameters[name].label} (`{name}`) | {_say_values(catalogue, name)} |" for name in names]
    return [f"| threshold | {' | '.join(PROFILES)} |", "|---" * (len(PROFILES) + 1) + "|", *rows, ""]


def _say_values(catalogue: Catalogue, name: str) -> str:
    unit = catalogue.parameters[name].unit or "1"
    return " | ".join(say_value(catalogue.under(profile).parameters[name], unit) for profile in PROFILES)


def say_value(parameter: Parameter, unit: str) -> str:
    """Return a parameter's value under one profile, with what has to be said about it."""
    number = parameter.number
    text = str(parameter.value).replace("_", " ").lower() if number is None else say_exactly(number, unit)
    marks = [parameter.origin.replace(":", "")] * parameter.origin.startswith("from:")
    marks += ["itself not enough"] * parameter.strict
    marks += [f"{parameter.confidence}: {CONFIDENCE[parameter.confidence]}"] if parameter.confidence else []
    return f"{text} ({'; '.join(marks)})" if marks else text


def _classes(rule: Rule) -> list[str]:
    names = [case.class_ for case in rule.classes]
    groups = [f"{group.class_} up to {group.at_most}" for group in rule.groups]
    if not names and not groups:
        return []
    return [f"- **Gives**: {', '.join(name.replace('_', ' ') for name in names) or 'points; ' + ', '.join(groups)}"]


def say_kinds(catalogue: Catalogue, rule: Rule) -> str:
    """Return in which treatments a rule counts as what, and where a profile has it otherwise."""
    titles = {treatment.id: treatment.title for treatment in catalogue.treatments}
    held: dict[str, list[str]] = {}
    for name in rule.applies:
        held.setdefault(_say_kind(rule, name), []).append(titles.get(name, ""))
    texts = []
    for kind, names in held.items():
        texts.append(f"{kind} in {', '.join(names)}" if any(names) else f"{kind} of the study, of no one treatment")
    only = f"; only under {', '.join(rule.profiles)}" if rule.profiles is not None else ""
    decides = "; not met means that the treatment does not apply" if rule.decides == "applicability" else ""
    return "; ".join(texts) + only + decides


def _say_kind(rule: Rule, name: str) -> str:
    kinds = {profile: rule.kind(name, profile) for profile in PROFILES}
    usual = kinds["consensus"] or next((kind for kind in kinds.values() if kind is not None), Kind.NOTE)
    others = [f"{profile}: {KINDS[kind]}" for profile, kind in kinds.items() if kind is not None and kind is not usual]
    text = KINDS[usual] + (" (safety)" if rule.safety and usual is Kind.SOFT else "")
    return f"{text} ({', '.join(others)})" if others else text


def _say_inputs(catalogue: Catalogue, rule: Rule, pages: Mapping[str, str]) -> str:
    views = [catalogue.under(profile) for profile in catalogue.profiles if rule.id in catalogue.under(profile).rules]
    names = sorted({name for view in views for name in view.direct[rule.id]})
    others = sorted({other for view in views for other in references_of(rule, view.conditions[rule.id], view)})
    texts = [_say_input(catalogue, name) for name in names]
    texts += [f"[{other}]({pages[other]}#{other.lower()})" for other in others if other in pages]
    return "; ".join(texts) or "nothing"


def _say_input(catalogue: Catalogue, name: str) -> str:
    spec = catalogue.inputs[name]
    unit = UNIT_WORDS.get(spec.unit, spec.unit)
    measured = "" if spec.measured else ", not measured in this version"
    return f"{spec.label} (`{name}`{', ' + unit if unit else ''}, {SOURCES[spec.source]}{measured})"


__all__ = ["CONFIDENCE", "PROFILES", "link", "parameters_of", "say_confidence", "say_kinds", "say_value", "write_rule"]
