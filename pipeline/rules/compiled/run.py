"""The answers of a compiled profile for one study, and what a supposed value of an input would make of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from pipeline.measurement import Inputs
from pipeline.outcome import Outcome, Truth
from pipeline.rules.compiled.builder import SUM
from pipeline.rules.compiled.truths import TRUTHS, WHOLE
from pipeline.rules.expressions import LESION
from pipeline.rules.readings import Key, Value, known_value

if TYPE_CHECKING:
    from pipeline.rules.compiled.network import Network, Users

OUTCOMES = tuple(Outcome)


class Run:
    """Everything that is answered for one study.

    Parameters
    ----------
    inputs
        Already checked by ``check_lesions``.
    """

    def __init__(self, network: Network, inputs: Inputs) -> None:
        self.network = network
        self.lesions = tuple(inputs.lesions)
        self.lesions_known = inputs.lesions_known
        self.places = range(len(self.lesions))
        specs = network.rules.inputs
        self.study: list[Value | None] = [
            None if name.startswith(SUM) else known_value(specs[name], inputs.study.get(name))
            for name in network.study_slots
        ]
        own = [(name.removeprefix(LESION), specs[name]) for name in network.lesion_slots]
        held = [*inputs.lesions.values(), inputs.study]
        self.rows: list[list[Value | None]] = [
            [known_value(spec, values.get(name)) for name, spec in own] for values in held
        ]
        self._place = {lesion: place for place, lesion in enumerate(self.lesions)}
        self._stride = len(self.lesions) + 1
        self.values: list[list[int]] = []
        self._answer_all()

    def _answer_all(self) -> None:
        """Answer every unit, each after those that it refers to."""
        values, places, count = self.values, self.places, len(self.places)
        for whole, here in self.network.plan:
            each = [0] * (count + 1)
            values.append(each)
            if here is not None:
                for place in places:
                    each[place] = here(self, place)
            if whole is not None:
                each[WHOLE] = whole(self, WHOLE)

    def of_lesions(self, unit: int) -> list[int]:
        """Return the answers of a unit for every lesion."""
        return self.values[unit][:-1]

    def truth(self, rule: str, lesion: str | None = None) -> Truth | None:
        """Return the answer of a rule, of a lesion where one is named; None of one that no outcome depends on."""
        unit = self.network.unit_of(rule)
        place = WHOLE if lesion is None else self._place[lesion]
        return None if unit is None else TRUTHS[self.values[unit][place] >> 2]

    def outcome(self, treatment: str) -> Outcome:
        """Return the outcome of a treatment."""
        return OUTCOMES[self.values[self.network.outcomes[treatment]][WHOLE]]

    def outcomes(self) -> dict[str, Outcome]:
        """Return the outcome of every treatment, in the catalogue's order."""
        return {name: OUTCOMES[self.values[unit][WHOLE]] for name, unit in self.network.outcomes.items()}

    def suppose(self, supposed: Mapping[Key, Value | None]) -> dict[str, Outcome]:
        """Return the outcomes that would be others if some inputs had these values; nothing of it stays."""
        undo = self.put(supposed)
        treatments = self.network.treatment_of
        found = {
            treatments[unit]: OUTCOMES[self.values[unit][WHOLE]] for unit, _, _ in undo.answers if unit in treatments
        }
        self.take_back(undo)
        return found

    def value(self, key: Key) -> Value | None:
        """Return what is held of an input; None for one that is not known or that no outcome depends on."""
        name, lesion = key
        if not self.network.holds(name):
            return None
        if name.startswith(LESION):
            return self.rows[WHOLE if lesion is None else self._place[lesion]][self.network.lesion_slots[name]]
        return self.study[self.network.study_slots[name]]

    def put(self, supposed: Mapping[Key, Value | None]) -> Undo:
        """Give some inputs other values, follow what that changes, and return how to take it back."""
        undo = Undo([], [])
        pending: set[int] = set()
        for key, value in supposed.items():
            if self.network.holds(key[0]):
                pending.update(self._set(key, value, undo))
        self._follow(pending, undo)
        return undo

    def take_back(self, undo: Undo) -> None:
        """Give inputs and answers what they had before."""
        for held, slot, value in reversed(undo.inputs):
            held[slot] = value
        for unit, place, answer in reversed(undo.answers):
            self.values[unit][place] = answer

    def _set(self, key: Key, value: Value | None, undo: Undo) -> Iterable[int]:
        """Give an input another value and return what reads it, as numbers of ``_node``."""
        name, lesion = key
        network = self.network
        if name.startswith(LESION):
            slot, place = network.lesion_slots[name], WHOLE if lesion is None else self._place[lesion]
            held, users = self.rows[place], network.of_lesion[slot]
        else:
            slot, place = network.study_slots[name], WHOLE
            held, users = self.study, network.of_study[slot]
        undo.inputs.append((held, slot, held[slot]))
        held[slot] = float(value) if type(value) is int else value
        return self._nodes(users, place)

    def _nodes(self, users: Users, place: int) -> list[int]:
        """Return where units stand that are to be asked anew, in the order in which they are asked."""
        stride = self._stride
        found = [unit * stride + stride - 1 for unit in users.whole]
        if place != WHOLE:
            found += [unit * stride + place for unit in users.same]
        for unit in users.every:
            found += range(unit * stride, unit * stride + stride - 1)
        return found

    def _follow(self, pending: set[int], undo: Undo) -> None:
        """Ask units anew, those first that others refer to, and their users where an answer is another one."""
        units, of_unit, values, stride = self.network.units, self.network.of_unit, self.values, self._stride
        heap = list(pending)
        heapify(heap)
        while heap:
            node = heappop(heap)
            index, place = divmod(node, stride)
            unit = units[index]
            if place == stride - 1:
                place, answer = WHOLE, unit.whole(self, WHOLE)
            else:
                answer = unit.here(self, place)
            old = values[index][place]
            if answer == old:
                continue
            values[index][place] = answer
            undo.answers.append((index, place, old))
            nexts = self._nodes(of_unit[index], place)
            if unit.gathers and place != WHOLE and unit.wants_whole:
                nexts.append(index * stride + stride - 1)
            for other in nexts:
                if other not in pending:
                    pending.add(other)
                    heappush(heap, other)


class Undo(NamedTuple):
    """What inputs and answers were before a supposition."""

    inputs: list[tuple[list[Value | None], int, Value | None]]
    answers: list[tuple[int, int, int]]
