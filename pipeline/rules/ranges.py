"""Refuse thresholds that no value can reach: beyond what is physically possible for the number compared with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from pipeline.rules.catalogue import ProfileRules
from pipeline.rules.checks import RuleInFile
from pipeline.rules.expressions import LESION, Compare
from pipeline.rules.files import Problems, find_mention, read_file
from pipeline.rules.input_names import operand_names
from pipeline.rules.terms import ByClass, ByInput, ByParameter, Threshold


class Beyond(NamedTuple):
    """A threshold beyond the range of an input; with the parameter that sets it, its own value, and whose that is."""

    rule: str
    input: str
    value: float
    parameter: str | None
    own: float
    origin: str

    def say(self, low: float | None, high: float | None) -> str:
        """Return what is wrong, by the number that was written: first that one, then what a rule makes of it."""
        if self.parameter is None:
            return f"no value reaches the threshold {self.value:g}"
        given = f"{self.parameter} is {self.own:g}" + (f" ({self.origin})" if self.origin else "")
        if _is_within(self.own, low, high):
            given += f", from which {self.rule} takes the threshold {self.value:g}"
        return f"{given}, which no value of {self.input} reaches"


def _is_within(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def check_ranges(
    rules: Iterable[RuleInFile], views: Mapping[str, ProfileRules], site: Path | None, problems: Problems
) -> None:
    """Add a problem for every threshold that no value of its input reaches: in the site's file, or in the rule's."""
    places = {one.rule.id: one for one in rules}
    for id_, name in sorted({found for view in views.values() for found in _find_of_lesions(view)}):
        one = places[id_]
        text = f"{id_}: {name} belongs to a lesion; a threshold is taken from an input of the study"
        problems.add(one.file, text, *one.place, *find_mention(one.value, name))
    for beyond in dict.fromkeys(found for view in views.values() for found in find_beyond(view)):
        ends = next(iter(views.values())).inputs[beyond.input].range
        name = beyond.input if beyond.parameter is None else "it"
        text = f"{beyond.say(*ends)}; {name} lies within {_say_range(views, beyond.input)}"
        file = read_file(site, problems) if site is not None and beyond.origin.startswith("site: ") else None
        if file is not None and beyond.parameter is not None:
            problems.add(file, text, *find_mention(file.value, beyond.parameter))
            continue
        one = places[beyond.rule]
        where = beyond.parameter or beyond.input
        problems.add(one.file, f"{beyond.rule}: {text}", *one.place, *find_mention(one.value, where))


def _find_of_lesions(view: ProfileRules) -> Iterator[tuple[str, str]]:
    """Yield the rules that take a threshold from an input of a lesion, and that input."""
    for id_, nodes in view.conditions.items():
        for node in nodes:
            threshold = node.threshold if isinstance(node, Compare) else None
            if isinstance(threshold, ByInput) and threshold.of.startswith(LESION):
                yield id_, threshold.of


def has_beyond(views: Mapping[str, ProfileRules]) -> bool:
    """Tell whether some threshold can be reached by no value."""
    return any(True for view in views.values() for _ in find_beyond(view))


def find_beyond(view: ProfileRules) -> Iterator[Beyond]:
    """Yield every threshold beyond the range of an input that is compared with it."""
    for id_, nodes in view.conditions.items():
        for node in nodes:
            if isinstance(node, Compare):
                for value, parameter in _numbers(view, node.threshold):
                    yield from _compare(view, id_, node, value, parameter)


def _compare(view: ProfileRules, id_: str, node: Compare, value: float, parameter: str | None) -> Iterator[Beyond]:
    settled = None if parameter is None else view.parameters[parameter]
    own = value if settled is None or settled.number is None else settled.number
    for name in operand_names(node):
        if not _is_within(value, *view.inputs[name].range):
            yield Beyond(id_, name, value, parameter, own, "" if settled is None else settled.origin)


def _numbers(view: ProfileRules, threshold: Threshold) -> Iterator[tuple[float, str | None]]:
    """Yield the numbers that a threshold can be, each with the parameter that sets it."""
    if isinstance(threshold, ByParameter):
        number = view.parameters[threshold.parameter].number
        if number is not None:
            yield number + threshold.plus, threshold.parameter
    elif isinstance(threshold, ByClass):
        for case in threshold.cases.values():
            for number, parameter in _numbers(view, case):
                yield number + threshold.plus, parameter
    elif not isinstance(threshold, ByInput):
        yield float(threshold), None


def _say_range(views: Mapping[str, ProfileRules], name: str) -> str:
    spec = next(iter(views.values())).inputs[name]
    low, high = (f"{end:g}" if end is not None else "any number" for end in spec.range)
    return f"{low} to {high}" + ("" if spec.unit == "1" else f" {spec.unit}")
