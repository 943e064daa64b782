"""What the compilation of one rule asks of the network: where inputs are held, and which other units it refers to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.rules.catalogue import ProfileRules
from pipeline.rules.expressions import LESION
from pipeline.rules.model import Rule
from pipeline.rules.readings import Value

if TYPE_CHECKING:
    from pipeline.rules.compiled.network import Network
    from pipeline.rules.compiled.run import Run

Get = "Callable[[Run, int], Value | None]"
SUM = "sum:"
"""Before the name of a lesion's quantity: its sum over all lesions."""


@dataclass
class Builder:
    """The unit that is being compiled, and what it was found to depend on.

    Parameters
    ----------
    study_reads, lesion_reads
        Slots of the inputs it reads, of the study and of a lesion.
    same
        Units of lesion rules that it reads at its own place.
    whole
        Units that it reads at the study's place wherever it stands itself.
    """

    network: Network
    rule: Rule | None
    study_reads: set[int] = field(default_factory=set)
    lesion_reads: set[int] = field(default_factory=set)
    same: set[int] = field(default_factory=set)
    whole: set[int] = field(default_factory=set)

    @property
    def rules(self) -> ProfileRules:
        """The rules that are compiled."""
        return self.network.rules

    @property
    def sums(self) -> bool:
        """Whether the rule takes the sum over its lesions."""
        return self.rule is not None and self.rule.aggregate == "sum"

    @property
    def over_all(self) -> bool:
        """Whether the rule compares one number over all lesions at the study's place."""
        return self.rule is not None and self.rule.aggregate in ("max", "sum")

    def study_slot(self, name: str) -> int:
        """Return where a quantity of the study is held."""
        slot = self.network.study_slots.setdefault(name, len(self.network.study_slots))
        self.study_reads.add(slot)
        return slot

    def lesion_slot(self, name: str) -> int:
        """Return where a quantity of a lesion is held."""
        slot = self.network.lesion_slots.setdefault(name, len(self.network.lesion_slots))
        self.lesion_reads.add(slot)
        return slot

    def get(self, name: str) -> Callable[[Run, int], Value | None]:
        """Return what reads an input at a place."""
        if name.startswith(LESION):
            slot = self.lesion_slot(name)
            return lambda run, place: run.rows[place][slot]
        slot = self.study_slot(name)
        return lambda run, place: run.study[slot]

    def get_number(self, name: str) -> Callable[[Run, int], float | None]:
        """Return what reads a number at a place; anything else is no number."""
        get = self.get(name)

        def read(run: Run, place: int) -> float | None:
            value = get(run, place)
            return value if type(value) is float else None

        return read

    def refer(self, kind: str, name: str) -> int:
        """Return the unit of a class, a score or a verdict."""
        index = self.network.require(kind, name)
        self.whole.add(index)
        self.network.units[index].wants_whole = True
        return index

    def refer_to_rule(self, other: Rule) -> int:
        """Return the unit of another rule, asked where this one is asked."""
        index = self.network.require("rule", other.id)
        unit = self.network.units[index]
        mine_is_lesion = self.rule is not None and self.rule.scope == "lesion"
        if other.scope == "lesion" and mine_is_lesion:
            self.same.add(index)
            unit.wants_here = True
            unit.wants_whole = unit.wants_whole or self.over_all
        else:
            self.whole.add(index)
            unit.wants_whole = True
        return index
