"""Check what rules refer to: inputs, units, thresholds, classes, sources, treatments, other rules."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

from pipeline.rules.catalogue import operand_names
from pipeline.rules.expressions import (
    LESION,
    Case,
    ClassIs,
    Compare,
    Expression,
    Known,
    ParameterWords,
    RuleMet,
    ScoreIs,
    VerdictIs,
    Words,
    walk,
)
from pipeline.rules.files import Problems, find_mention, suggest
from pipeline.rules.model import DEFAULT, STUDY, InputSpec, ParameterSpec, Rule, Treatment
from pipeline.rules.terms import ByClass, ByInput, ByParameter, Threshold
from pipeline.yaml_file import Place, Plain, YamlFile


@dataclass(frozen=True)
class RuleInFile:
    """A rule and where it stands."""

    rule: Rule
    file: YamlFile
    value: Plain
    place: Place


@dataclass(frozen=True)
class Library:
    """Everything that rules may refer to by name."""

    treatments: tuple[Treatment, ...]
    inputs: Mapping[str, InputSpec]
    parameters: Mapping[str, ParameterSpec]
    sources: Mapping[str, str]
    profiles: tuple[str, ...]
    rules: Mapping[str, Rule] = field(default_factory=dict)
    classes: Mapping[str, Rule] = field(default_factory=dict)

    @property
    def order(self) -> tuple[str, ...]:
        """Ids of the treatments, in the order of evaluation."""
        return tuple(treatment.id for treatment in self.treatments)

    @cached_property
    def owners(self) -> tuple[set[str], set[str]]:
        """Names of the inputs of the study, and of those of a lesion without their prefix."""
        own = {name for name in self.inputs if name.startswith(LESION)}
        return set(self.inputs) - own, {name.removeprefix(LESION) for name in own}


def check_rules(held: Iterable[RuleInFile], library: Library, problems: Problems) -> None:
    """Add a problem for everything that a rule says wrongly of something else."""
    held = list(held)
    rules = {one.rule.id: one.rule for one in held}
    classes = {one.rule.class_name: one.rule for one in held if one.rule.class_name}
    library = Library(
        library.treatments, library.inputs, library.parameters, library.sources, library.profiles, rules, classes
    )
    for what, names in (("rule", [one.rule.id for one in held]), ("class", [one.rule.class_name for one in held])):
        for name, times in Counter(name for name in names if name).items():
            if times > 1:
                last = [one for one in held if name in (one.rule.id, one.rule.class_name)][-1]
                problems.add(last.file, f"{what} {name} is given {times} times", *last.place)
    for one in held:
        _RuleCheck(one, library, problems).run()


@dataclass(frozen=True)
class _RuleCheck:
    """The checks of one rule; each adds to ``problems`` at the line where the wrong word stands."""

    one: RuleInFile
    library: Library
    problems: Problems

    def run(self) -> None:
        rule = self.one.rule
        self._check_head(rule)
        ideal = () if rule.ideal is None or rule.ideal == "when_met" else (rule.ideal,)
        for node in chain.from_iterable(walk(top) for top in (*rule.conditions, *ideal)):
            self._check_node(node)
        if rule.count is not None:
            self._check_threshold(rule.count.threshold, "1")
        self._check_examples(rule)

    def _say(self, text: str, mention: str | None = None) -> None:
        place = find_mention(self.one.value, mention) if mention is not None else ()
        self.problems.add(self.one.file, f"{self.one.rule.id}: {text}", *self.one.place, *place)

    def _is_known(self, what: str, name: str, known: Collection[str]) -> bool:
        if name not in known:
            self._say(f"there is no {what} {name}{suggest(name, known)}", name)
        return name in known

    def _check_head(self, rule: Rule) -> None:
        for name in rule.sources:
            self._is_known("source", name, self.library.sources)
        for name, kind in rule.applies.items():
            self._is_known("treatment", name, {*self.library.order, STUDY})
            for profile in kind if isinstance(kind, dict) else ():
                self._is_known("profile", profile, {*self.library.profiles, DEFAULT})
        for profile in rule.profiles or ():
            self._is_known("profile", profile, self.library.profiles)
        for name in re.findall(r"{(\w*)}", rule.statement):
            self._is_known("parameter", name, self.library.parameters)
        if rule.class_name and (rule.profiles or any(isinstance(kind, dict) for kind in rule.applies.values())):
            self._say("a rule that gives a class or a score holds under every profile")

    def _check_node(self, node: Expression) -> None:
        check: Callable[[Expression], None] | None = {  # type: ignore[assignment]
            Compare: self._check_compare,
            Words: self._check_words,
            Known: self._check_known,
            ParameterWords: self._check_parameter_words,
            Case: self._check_case,
            VerdictIs: self._check_verdict,
            RuleMet: lambda node: self._is_known("rule", node.rule, self.library.rules),
            ClassIs: self._check_class,
            ScoreIs: self._check_score,
        }.get(type(node))
        if check is not None:
            check(node)

    def _check_input(self, name: str) -> InputSpec | None:
        if not self._is_known("input", name, self.library.inputs):
            return None
        if name.startswith(LESION) and self.one.rule.scope != "lesion":
            self._say(f"{name} belongs to a lesion; the rule's scope is {self.one.rule.scope}", name)
        return self.library.inputs[name]

    def _check_compare(self, node: Compare) -> None:
        for name in operand_names(node):
            spec = self._check_input(name)
            if spec is not None and not spec.numeric:
                self._say(f"{name} is no number", name)
            elif spec is not None and spec.unit != node.unit:
                self._say(f"{name} is in {spec.unit}, the comparison in {node.unit}", name)
        self._check_threshold(node.threshold, node.unit)

    def _check_threshold(self, threshold: Threshold, unit: str) -> None:
        if isinstance(threshold, ByParameter):
            self._check_parameter(threshold.parameter, unit)
        elif isinstance(threshold, ByInput):
            spec = self._check_input(threshold.of)
            if spec is not None and spec.unit != unit:
                self._say(f"{threshold.of} is in {spec.unit}, the comparison in {unit}", threshold.of)
        elif isinstance(threshold, ByClass):
            for case in threshold.cases.values():
                self._check_threshold(case, unit)
            self._check_class_names(threshold.by, threshold.cases, complete=True)

    def _check_parameter(self, name: str, unit: str) -> None:
        if not self._is_known("parameter", name, self.library.parameters):
            return
        spec = self.library.parameters[name]
        if spec.type != "number":
            self._say(f"{name} is no number", name)
        elif spec.unit != unit:
            self._say(f"{name} is in {spec.unit}, the comparison in {unit}", name)

    def _check_class_names(self, class_name: str, names: Collection[str], complete: bool) -> None:
        if not self._is_known("class", class_name, self.library.classes):
            return
        rule = self.library.classes[class_name]
        known = [case.class_ for case in rule.classes] + [group.class_ for group in rule.groups]
        for name in names:
            self._is_known(class_name, name, known)
        if complete and (lacking := [name for name in known if name not in names]):
            self._say(f"{class_name} can also be {', '.join(lacking)}; give each its threshold", class_name)

    def _check_words(self, node: Words) -> None:
        spec = self._check_input(node.input)
        if spec is None:
            return
        if spec.numeric:
            self._say(f"{node.input} is a number; compare it with op and threshold", node.input)
        for word in (*node.accepted, *node.unknown):
            self._check_word(node.input, word, spec.type == "truth", spec.words)

    def _check_known(self, node: Known) -> None:
        for name in node.known:
            self._check_input(name)

    def _check_word(self, name: str, word: str | bool, truth: bool, words: tuple[str, ...]) -> None:
        if isinstance(word, bool) != truth:
            self._say(f"{name} is asked for {word}; it is {'true or false' if truth else 'a word'}", name)
        elif isinstance(word, str) and words:
            self._is_known(f"word of {name}", word, words)

    def _check_parameter_words(self, node: ParameterWords) -> None:
        if self._is_known("parameter", node.parameter, self.library.parameters):
            spec = self.library.parameters[node.parameter]
            if spec.type == "number":
                self._say(f"{node.parameter} is a number, not a word", node.parameter)
            for word in node.accepted:
                self._check_word(node.parameter, word, spec.type == "truth", spec.words)

    def _check_case(self, node: Case) -> None:
        if self._is_known("parameter", node.case, self.library.parameters):
            words = self.library.parameters[node.case].words
            for word in node.of:
                self._is_known(f"word of {node.case}", word, words)
            if lacking := [word for word in words if word not in node.of]:
                self._say(f"{node.case} can also be {', '.join(lacking)}", node.case)

    def _check_verdict(self, node: VerdictIs) -> None:
        order = self.library.order
        if not self._is_known("treatment", node.verdict, order):
            return
        for name in self.one.rule.applies:
            if name in order and order.index(name) <= order.index(node.verdict):
                self._say(f"the verdict on {node.verdict} does not come before {name}", node.verdict)

    def _check_class(self, node: ClassIs) -> None:
        self._check_class_names(node.class_, node.any_of, complete=False)

    def _check_score(self, node: ScoreIs) -> None:
        if self._is_known("rule", node.score, self.library.rules):
            if not self.library.rules[node.score].points:
                self._say(f"{node.score} gives no points", node.score)
            if isinstance(node.threshold, ByParameter):
                self._check_parameter(node.threshold.parameter, "1")

    def _check_examples(self, rule: Rule) -> None:
        study, own = self.library.owners
        for example in rule.examples:
            self._is_known("profile", example.profile, self.library.profiles)
            for name in example.given:
                self._is_known("input", name, study)
            for name in chain.from_iterable(example.lesions or ()):
                self._is_known("input of a lesion", name, own)
            for name in example.verdicts:
                self._is_known("treatment", name, self.library.order)
