"""One rule, threshold or input in full, for a terminal and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from pipeline.cli.explained import say_marks
from pipeline.cli.terminal import flatten, wrap
from pipeline.rules import Catalogue
from pipeline.rules.catalogue import Parameter
from pipeline.rules.given import Example, Given, GivenNumber
from pipeline.rules.model import InputSpec, Rule
from pipeline.rules.wording import fill_statement
from pipeline.verdict import Kind
from pipeline.writers.format import format_exact, with_unit
from pipeline.writers.page_words import KIND_WORDS, TRUTH_WORDS

SOURCE_WORDS = {
    "image": "measured in images and masks",
    "record": "from the clinical record",
    "either": "measured, or from the clinical record",
}


def describe_rule(catalogue: Catalogue, rule: Rule) -> list[str]:
    """Return everything that is known of a rule."""
    words = {name: fill_statement(rule, catalogue.under(name).parameters) for name in catalogue.profiles}
    lines = wrap(f"{rule.id}  {rule.title}")
    for text in dict.fromkeys(words.values()):
        under = [name for name, each in words.items() if each == text]
        where = "" if len(under) == len(words) else f" ({', '.join(under)})"
        lines += wrap(flatten(text) + where, "  ")
    lines += wrap(f"note: {rule.note}", "  ", 4) if rule.note else []
    lines += ["  kind", *_describe_kinds(catalogue, rule)]
    if thresholds := [line for name in parameters_of(catalogue, rule) for line in describe_parameter(catalogue, name)]:
        lines += ["  thresholds", *(f"    {line}" for line in thresholds)]
    inputs = sorted(inputs_of(catalogue, rule))
    lines += ["  inputs"] if inputs else []
    lines += [line for name in inputs for line in wrap(_say_input(name, catalogue.inputs[name]), "    ", 6)]
    lines += ["  sources"] if rule.sources else []
    lines += [line for each in rule.sources for line in wrap(f"{each}: {catalogue.sources[each]}", "    ", 6)]
    lines += wrap(f"confidence {say_marks(rule.confidence)}", "  ", 4)
    lines += [f"  examples ({len(rule.examples)})"] if rule.examples else []
    return lines + [line for each in rule.examples for line in wrap(say_example(each), "    ", 6)]


def _describe_kinds(catalogue: Catalogue, rule: Rule) -> list[str]:
    """Return what the rule is to each treatment; treatments alike stand together."""
    groups: dict[str, list[str]] = {}
    for treatment in rule.applies:
        kinds = {name: rule.kind(treatment, name) for name in catalogue.profiles}
        said = dict.fromkeys(kind for kind in kinds.values() if kind is not None)
        alike = len(said) == 1 and None not in kinds.values()
        text = (
            _say_kind(next(iter(said)), rule)
            if alike
            else ", ".join(f"{name}: {_say_kind(kind, rule)}" for name, kind in kinds.items())
        )
        groups.setdefault(text, []).append(treatment)
    return [line for text, names in groups.items() for line in wrap(f"{text}: {', '.join(names)}", "    ", 6)]


def _say_kind(kind: Kind | None, rule: Rule) -> str:
    if kind is None:
        return "not asked"
    whether = ", decides whether the treatment applies" if rule.decides == "applicability" else ""
    return f"{kind} {KIND_WORDS[kind]}{whether}{', for safety' if rule.safety else ''}"


def describe_parameter(catalogue: Catalogue, name: str) -> list[str]:
    """Return a threshold with its value under every profile, and whose it is."""
    spec = catalogue.parameters[name]
    values = {profile: catalogue.under(profile).parameters[name] for profile in catalogue.profiles}
    said = [f"{profile} {say_parameter(each, spec.unit or '1', profile)}" for profile, each in values.items()]
    return [*wrap(f"{name}: {spec.label}"), *wrap("; ".join(said), "  ")]


def say_parameter(parameter: Parameter, unit: str, profile: str) -> str:
    """Return the value of a threshold under a profile with its unit, its mark, and whose it is where another's."""
    number = parameter.number
    text = str(parameter.value).replace("_", " ").lower() if number is None else with_unit(format_exact(number), unit)
    strict = " (itself not enough)" if parameter.strict else ""
    mark = f" [{parameter.confidence}]" if parameter.confidence else ""
    origin = "" if parameter.origin == profile else f" ({parameter.origin})"
    return f"{flatten(text)}{strict}{mark}{origin}"


def describe_input(catalogue: Catalogue, name: str) -> list[str]:
    """Return an input, and the rules that read it."""
    readers = [rule.id for rule in catalogue.rules if name in inputs_of(catalogue, rule)]
    return [
        *wrap(_say_input(name, catalogue.inputs[name])),
        *wrap(f"read by {', '.join(readers) or 'no rule'}", "  ", 4),
    ]


def _say_input(name: str, spec: InputSpec) -> str:
    unit = f", in {spec.unit}" if spec.numeric and spec.unit != "1" else ""
    low, high = spec.range
    ends = [f"at least {low:g}" if low is not None else "", f"at most {high:g}" if high is not None else ""]
    span = " and ".join(end for end in ends if end)
    words = f": {', '.join(spec.words)}" if spec.words else ""
    unmeasured = "" if spec.measured else "; not measured in this version"
    kind = f"{spec.type}{unit}{f', {span}' if span else ''}{words}"
    return f"{name}: {spec.label} ({kind}; {SOURCE_WORDS[spec.source]}{unmeasured})"


def inputs_of(catalogue: Catalogue, rule: Rule) -> set[str]:
    """Return the names of the inputs that a rule reads itself, under any profile."""
    views = (catalogue.under(name) for name in catalogue.profiles)
    return set().union(*(view.direct.get(rule.id, frozenset()) for view in views))


def parameters_of(catalogue: Catalogue, rule: Rule) -> list[str]:
    """Return the names of the thresholds and choices that a rule takes from the profile, in its order."""
    found = (name for name in _texts(rule.model_dump(by_alias=True, exclude={"examples", "applies"})))
    words = chain.from_iterable((text, *_braced(text)) for text in found)
    return list(dict.fromkeys(word for word in words if word in catalogue.parameters))


def _braced(text: str) -> list[str]:
    return [part.partition("}")[0] for part in text.split("{")[1:]]


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _texts(item)


def say_example(example: Example) -> str:
    """Return an example in a line: what is given, and the answer."""
    given = [f"{name} {_say_given(value)}" for name, value in example.given.items()]
    for number, lesion in enumerate(example.lesions or (), 1):
        given.append(
            f"L{number} " + (" ".join(f"{name} {_say_given(value)}" for name, value in lesion.items()) or "unmeasured")
        )
    given += [f"verdict on {name} {outcome}" for name, outcome in example.verdicts.items()]
    given += ["no lesion"] if example.lesions == () else []
    grade = f" ({example.grade})" if example.grade else ""
    classes = f" {' or '.join(example.classes)}" if example.classes else ""
    profile = "" if example.profile == "consensus" else f" under {example.profile}"
    return f"{', '.join(given) or 'nothing known'} -> {TRUTH_WORDS[example.expect]}{grade}{classes}{profile}"


def _say_given(value: Given) -> str:
    if isinstance(value, GivenNumber):
        return f"{value.value:g}" + (
            "" if value.low is None or value.high is None else f" ({value.low:g}-{value.high:g})"
        )
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (
        "+".join(value) or "none" if isinstance(value, tuple) else f"{value:g}" if isinstance(value, float) else value
    )


def plain_rule(catalogue: Catalogue, rule: Rule) -> Mapping[str, object]:
    """Return everything that is known of a rule, for programs."""
    thresholds = {
        name: {
            profile: {"value": each.value, "strict": each.strict, "origin": each.origin, "confidence": each.confidence}
            for profile in catalogue.profiles
            for each in (catalogue.under(profile).parameters[name],)
        }
        for name in parameters_of(catalogue, rule)
    }
    return {
        "rule": rule.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        "thresholds": thresholds,
        "inputs": {name: catalogue.inputs[name].model_dump(mode="json") for name in sorted(inputs_of(catalogue, rule))},
        "sources": {name: catalogue.sources[name] for name in rule.sources},
        "confidence": say_marks(rule.confidence),
    }
