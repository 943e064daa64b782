"""All units of a profile, each after those it refers to, and what has to be asked anew where one of them changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.rules.catalogue import ProfileRules
from pipeline.rules.compiled.builder import SUM, Builder
from pipeline.rules.compiled.unit import Unit
from pipeline.rules.compiled.units import BUILDERS
from pipeline.rules.expressions import LESION
from pipeline.rules.model import Rule

_OF_TREATMENT = ("outcome", "verdict")


@dataclass
class Users:
    """Units that depend on something: asked anew at the same lesion, at every lesion, or at the study's place."""

    same: list[int] = field(default_factory=list)
    every: list[int] = field(default_factory=list)
    whole: list[int] = field(default_factory=list)


class Network:
    """The rules of one profile, compiled: as far as outcomes depend on them.

    Parameters
    ----------
    rules
        The rules under the profile.
    """

    def __init__(self, rules: ProfileRules) -> None:
        self.rules = rules
        self.units: list[Unit] = []
        self.study_slots: dict[str, int] = {}
        self.lesion_slots: dict[str, int] = {}
        self._index: dict[tuple[str, str], int] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        self.outcomes: Mapping[str, int] = {each.id: self._require_outcome(each.id) for each in rules.treatments}
        self.votes: Mapping[str, tuple[int, ...]] = {
            name: tuple(self._index["rule", rule.id] for rule, _ in rules.deciding[name]) for name in self.outcomes
        }
        for unit in reversed(self.units):
            unit.wants_here = unit.wants_here or (unit.gathers and unit.wants_whole)
        self.of_unit = [Users() for _ in self.units]
        self.of_study = [Users() for _ in self.study_slots]
        self.of_lesion = [Users() for _ in self.lesion_slots]
        self._find_users()
        self.plan = tuple(
            (unit.whole if unit.wants_whole else None, unit.here if unit.wants_here else None) for unit in self.units
        )
        self.treatment_of = {index: name for name, index in self.outcomes.items()}
        self.rule_of = {index: name for (kind, name), index in self._index.items() if kind == "rule"}

    def _require_outcome(self, treatment: str) -> int:
        index = self.require("outcome", treatment)
        self.units[index].wants_whole = True
        return index

    def require(self, kind: str, name: str) -> int:
        """Return the place of a unit, which is built with all it refers to when it is first asked for."""
        key = (kind, name)
        if key not in self._index:
            rule = None if kind in _OF_TREATMENT else self.rules.rules[name]
            unit = BUILDERS[kind](Builder(self, rule), name)
            self._index[key] = len(self.units)
            self.units.append(unit)
        return self._index[key]

    def class_names(self, rule: Rule) -> tuple[str, ...]:
        """Return the classes or groups that a rule can give, each once."""
        if rule.id not in self._names:
            names = [case.class_ for case in rule.classes] or [group.class_ for group in rule.groups]
            self._names[rule.id] = tuple(dict.fromkeys(names))
        return self._names[rule.id]

    def _find_users(self) -> None:
        for index, unit in enumerate(self.units):
            b = unit.builder
            for users in [self.of_study[slot] for slot in b.study_reads] + [self.of_unit[other] for other in b.whole]:
                if unit.wants_here:
                    users.every.append(index)
                if unit.wants_whole:
                    users.whole.append(index)
            for users in [self.of_lesion[slot] for slot in b.lesion_reads] + [self.of_unit[other] for other in b.same]:
                if unit.wants_here:
                    users.same.append(index)
                if unit.wants_whole and not unit.gathers:
                    users.whole.append(index)

    def holds(self, name: str) -> bool:
        """Tell whether an outcome depends on an input."""
        return name in (self.lesion_slots if name.startswith(LESION) else self.study_slots)

    def unit_of(self, rule: str) -> int | None:
        """Return the place of a rule; None for one that no outcome depends on."""
        return self._index.get(("rule", rule))

    @property
    def names(self) -> tuple[str, ...]:
        """The inputs that outcomes depend on."""
        return (*(name for name in self.study_slots if not name.startswith(SUM)), *self.lesion_slots)
