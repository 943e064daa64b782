"""The rules as loaded: rules, treatments and inputs, and under each profile its thresholds and what depends on what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING

from pipeline.errors import UsageError
from pipeline.rules.expressions import Case as CaseOf
from pipeline.rules.expressions import Compare, Expression, parts_of, walk
from pipeline.rules.input_names import compared_names, names_in, operand_names
from pipeline.rules.linking import references_of
from pipeline.rules.model import NO_LIMIT, STUDY, InputSpec, ParameterSpec, Profile, Rule, Treatment, Word
from pipeline.rules.terms import ByClass, ByInput, ByParameter, Threshold
from pipeline.verdict import Kind

if TYPE_CHECKING:
    from pipeline.rules.compiled.network import Network


@dataclass(frozen=True)
class Parameter:
    """A threshold or choice as it holds under one profile.

    Parameters
    ----------
    origin
        ``conservative``: the profile's own; ``from: consensus``: the profile is silent; ``site: NAME (reason)``.
    strict
        True when the value itself does not satisfy the comparison.
    """

    value: Word
    strict: bool
    origin: str
    confidence: str | None = None

    @property
    def number(self) -> float | None:
        """The number; None for no limit."""
        return None if isinstance(self.value, str | bool) else float(self.value)


@dataclass(frozen=True)
class ProfileRules:
    """The rules under one profile.

    Parameters
    ----------
    rules
        Every rule that applies somewhere under this profile, in the order of the files.
    class_rules
        Id of the rule that gives a class, by the class's name.
    """

    profile: Profile
    rules: Mapping[str, Rule]
    treatments: tuple[Treatment, ...]
    inputs: Mapping[str, InputSpec]
    parameters: Mapping[str, Parameter]
    class_rules: Mapping[str, str]

    @cached_property
    def criteria(self) -> Mapping[str, tuple[tuple[Rule, Kind], ...]]:
        """The rules of each treatment with their kinds; under ``study`` those that belong to no treatment."""
        asked = [rule for rule in self.rules.values() if rule.disabled is None]
        return {
            name: tuple((rule, kind) for rule in asked if (kind := rule.kind(name, self.profile.name)))
            for name in (*(treatment.id for treatment in self.treatments), STUDY)
        }

    @cached_property
    def deciding(self) -> Mapping[str, tuple[tuple[Rule, Kind], ...]]:
        """The hard and soft rules of each treatment."""
        return {
            name: tuple((rule, kind) for rule, kind in rules if kind in (Kind.HARD, Kind.SOFT))
            for name, rules in self.criteria.items()
        }

    @cached_property
    def network(self) -> Network:
        """The rules compiled, as far as outcomes depend on them."""
        from pipeline.rules.compiled.network import Network

        return Network(self)

    @cached_property
    def confidences(self) -> Mapping[str, str]:
        """How sure each rule is, with the marks of what it rests on: ``K; threshold U through ABL-07``."""
        from pipeline.rules.confidence import Confidences

        return Confidences(self)

    def alike(self, other: ProfileRules) -> frozenset[str]:
        """Return the rules that ask the same under another profile of the catalogue, compared once."""
        from pipeline.rules.alike import compare_rules

        known = self._alike.get(other.profile.name)
        if known is None or known[0] is not other:
            known = self._alike[other.profile.name] = (other, compare_rules(self, other))
        return known[1]

    @cached_property
    def settled_by(self) -> Mapping[str, frozenset[str]]:
        """What of the profile settles how each rule asks (``alike.list_settling``)."""
        from pipeline.rules.alike import list_settling

        return list_settling(self)

    @cached_property
    def _alike(self) -> dict[str, tuple[ProfileRules, frozenset[str]]]:
        return {}

    def __reduce__(self) -> tuple[object, ...]:
        """Return what copies and other processes build it from: the fields, nothing that is worked out from them."""
        return type(self), tuple(getattr(self, each.name) for each in fields(self))

    @cached_property
    def conditions(self) -> Mapping[str, tuple[Expression, ...]]:
        """Every expression that can change each rule's answer, those of other profiles' cases left out."""
        return {id_: tuple(self._walk(rule.conditions)) for id_, rule in self.rules.items()}

    def _walk(self, nodes: Iterable[Expression]) -> list[Expression]:
        found: list[Expression] = []
        for node in nodes:
            found.append(node)
            chosen = (node.of[str(self.parameters[node.case].value)],) if isinstance(node, CaseOf) else parts_of(node)
            found += self._walk(chosen)
        return found

    @cached_property
    def direct(self) -> Mapping[str, frozenset[str]]:
        """Names of the inputs that each rule reads itself."""
        return {id_: frozenset(names_in(rule, nodes)) for id_, rule, nodes in self._with_conditions()}

    def _with_conditions(self) -> list[tuple[str, Rule, tuple[Expression, ...]]]:
        return [(id_, rule, self.conditions[id_]) for id_, rule in self.rules.items()]

    @cached_property
    def closure(self) -> Mapping[str, frozenset[str]]:
        """Ids of the rules that each rule refers to, directly or through others and through verdicts."""
        found: dict[str, frozenset[str]] = {}
        for id_ in self.rules:
            self._close(id_, found)
        return found

    def _close(self, id_: str, found: dict[str, frozenset[str]]) -> frozenset[str]:
        if id_ not in found:
            found[id_] = frozenset()
            nexts = references_of(self.rules[id_], self.conditions[id_], self)
            found[id_] = frozenset(nexts).union(*(self._close(other, found) for other in nexts))
        return found[id_]

    @cached_property
    def reads(self) -> Mapping[str, frozenset[str]]:
        """Names of the inputs that each rule's answer depends on, directly or through others."""
        return {
            id_: self.direct[id_].union(*(self.direct[other] for other in others))
            for id_, others in self.closure.items()
        }

    @cached_property
    def cuts(self) -> Mapping[str, Mapping[str, frozenset[float]]]:
        """For each treatment and each number that its outcome depends on: the thresholds it meets on the way."""
        found: dict[str, Mapping[str, frozenset[float]]] = {}
        for treatment in self.treatments:
            cuts: dict[str, set[float]] = {}
            for id_ in sorted(self.deciders[treatment.id]):
                self._add_cuts(id_, cuts)
            found[treatment.id] = {name: frozenset(values) for name, values in cuts.items()}
        return found

    @cached_property
    def deciders(self) -> Mapping[str, frozenset[str]]:
        """Ids of all rules that each treatment's outcome depends on, directly or through others."""
        own = {each.id: frozenset(rule.id for rule, _ in self.deciding[each.id]) for each in self.treatments}
        return {name: rules.union(*(self.closure[id_] for id_ in rules)) for name, rules in own.items()}

    def _add_cuts(self, id_: str, cuts: dict[str, set[float]]) -> None:
        for node in self.conditions[id_]:
            if isinstance(node, Compare):
                values = self.numbers(node.threshold)
                for name in compared_names(self.rules[id_], node):
                    cuts.setdefault(name, set()).update(values)

    def numbers(self, threshold: Threshold) -> tuple[float, ...]:
        """Return every number that a threshold can be under this profile (inputs as thresholds left out)."""
        if isinstance(threshold, ByParameter):
            number = self.parameters[threshold.parameter].number
            return () if number is None else (number + threshold.plus,)
        if isinstance(threshold, ByClass):
            cases = (number for case in threshold.cases.values() for number in self.numbers(case))
            return tuple(number + threshold.plus for number in cases)
        return () if isinstance(threshold, ByInput) else (float(threshold),)


@dataclass(frozen=True)
class Catalogue:
    """All rules with the profiles they can be read under.

    Parameters
    ----------
    version
        Version of the clinical content.
    profiles
        Names and statements of the profiles.
    sha256
        Digest of every file that was loaded.
    """

    version: str
    sha256: str
    rules: tuple[Rule, ...]
    treatments: tuple[Treatment, ...]
    inputs: Mapping[str, InputSpec]
    parameters: Mapping[str, ParameterSpec]
    sources: Mapping[str, str]
    profiles: Mapping[str, Profile]
    site: str | None
    _views: Mapping[str, ProfileRules] = field(repr=False)

    def under(self, profile: str) -> ProfileRules:
        """Return the rules under a profile.

        Raises
        ------
        UsageError
            When there is no such profile.
        """
        if profile not in self._views:
            raise UsageError(f"there is no profile {profile}; there are {', '.join(sorted(self._views))}")
        return self._views[profile]

    def formula(self, profile: str, parameter: str) -> str:
        """Return the word that a profile sets, such as the formula for the body surface area."""
        return str(self.under(profile).parameters[parameter].value)


__all__ = ["NO_LIMIT", "Catalogue", "Parameter", "ProfileRules", "operand_names", "references_of", "walk"]
