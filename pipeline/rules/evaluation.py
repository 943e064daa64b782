"""Answer rules for one study under one profile.

An ``Evaluation`` holds the inputs and remembers what it has answered. Asked to suppose other values
(``suppose``), it returns a new evaluation that answers anew only what depends on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from pipeline.measurement import Inputs
from pipeline.rules.alike import find_alike
from pipeline.rules.answer import DROPPED, NEVER, UNKNOWN, YES, Answer, Points, Span, Trace, combine
from pipeline.rules.catalogue import ProfileRules
from pipeline.rules.classes import add_points, find_span
from pipeline.rules.counting import count_lesions
from pipeline.rules.expressions import LESION, Expression
from pipeline.rules.kleene import combine_sets, conjoin, disjoin, gate, gate_strictly, only
from pipeline.rules.model import Rule
from pipeline.rules.questions import QUESTIONS
from pipeline.rules.readings import Key, Reading, Value, is_possible, read_quantity
from pipeline.rules.tracing import list_open, note_unknown_lesions
from pipeline.rules.votes import Vote, complete, find_outcome, find_possible_outcomes
from pipeline.verdict import CriterionResult, Evidence, Outcome

if TYPE_CHECKING:
    from pipeline.rules.trials import Trials


class Evaluation:
    """Answers of the rules of one profile for one study.

    Parameters
    ----------
    inputs
        Already checked by ``check_lesions``.
    supposed
        Values to take in place of what was read, by input and lesion.
    given_verdicts
        Outcomes of treatments to take as given (examples in rule files).
    base
        Evaluation of the same inputs without the supposed values.
    twin
        Evaluation under another profile: what that one answers alike is asked there (``alike.find_alike``).
    """

    def __init__(
        self,
        rules: ProfileRules,
        inputs: Inputs,
        supposed: Mapping[Key, Value] | None = None,
        given_verdicts: Mapping[str, Outcome] | None = None,
        base: Evaluation | None = None,
        twin: Evaluation | None = None,
    ) -> None:
        self.rules = rules
        self.inputs = inputs
        self.supposed = supposed or {}
        self.given_verdicts = given_verdicts or {}
        self._base = base
        self._twin = twin
        self._alike = frozenset[str]() if twin is None else find_alike(twin, rules, inputs)
        self._changed = frozenset(name.removeprefix("sum:") for name, _ in self.supposed)
        self.results: dict[str, CriterionResult] = {}
        self._readings: dict[Key, Reading] = {}
        self._answers: dict[tuple[str, str | None, bool], Answer] = {}
        self._open: dict[tuple[str, str | None], tuple[Evidence, ...]] = {}
        self._spans: dict[str, Span] = {}
        self._points: dict[str, Points] = {}
        self._votes: dict[str, tuple[Vote, ...]] = {}
        self._verdicts: dict[str, tuple[frozenset[Outcome], frozenset[Outcome]]] = {}

    @cached_property
    def trials(self) -> Trials:
        """Suppositions about the same study, followed for all treatments at once; verdicts given are not in them."""
        from pipeline.rules.trials import Trials

        return Trials(self)

    def suppose(self, supposed: Mapping[Key, Value]) -> Evaluation:
        """Return an evaluation in which some inputs have other values, exactly known."""
        return Evaluation(self.rules, self.inputs, supposed, self.given_verdicts, self)

    def read(self, name: str, lesion: str | None = None) -> Reading:
        """Return what is known of an input; for a quantity of a lesion, of that lesion."""
        key = (name, lesion if name.startswith(LESION) else None)
        if key in self.supposed:
            value = self.supposed[key]
            number = value if isinstance(value, float) else None
            return Reading(name, key[1], value, number, number, None)
        if self._base is not None:
            return self._base.read(name, lesion)
        if key not in self._readings:
            self._readings[key] = self._read(key)
        return self._readings[key]

    def _read(self, key: Key) -> Reading:
        name, lesion = key
        held = self.inputs.study if lesion is None else self.inputs.lesions[lesion]
        return read_quantity(key, self.rules.inputs[name], held.get(name.removeprefix(LESION)))

    def can_be(self, name: str, value: float) -> bool:
        """Tell whether a value is physically possible for an input."""
        return is_possible(self.rules.inputs[name], value)

    def answer_rule(self, id_: str, lesion: str | None = None, strictly: bool = False) -> Answer:
        """Return the answer of a rule; with a lesion, of that lesion alone.

        Parameters
        ----------
        strictly
            Return what other rules may conclude from it (see ``kleene.gate_strictly``).
        """
        if (other := self._same_for(id_, lesion)) is not None:
            return other.answer_rule(id_, lesion, strictly)
        key = (id_, lesion, strictly)
        if key not in self._answers:
            self._answers[key] = self.trace_rule(self.rules.rules[id_], lesion, None, strictly)
        return self._answers[key]

    def find_open(self, id_: str, lesion: str | None) -> tuple[Evidence, ...]:
        """Return the comparisons that keep a rule open, of the study or of a lesion; traced once."""
        key = (id_, lesion)
        if key not in self._open:
            trace: Trace = []
            self.trace_rule(self.rules.rules[id_], lesion, trace)
            self._open[key] = list_open(trace)
        return self._open[key]

    def remember(self, id_: str, answer: Answer, lesion: str | None = None, strictly: bool = False) -> None:
        """Keep the answer of a rule that was found beside its evidence."""
        self._answers.setdefault((id_, lesion, strictly), answer)

    def _same_for(self, id_: str, lesion: str | None) -> Evaluation | None:
        """Return another evaluation that gives the same answer to a rule; None where there is none."""
        if self._base is not None and self._is_unchanged(id_, lesion):
            return self._base
        return self._twin if id_ in self._alike else None

    def _is_unchanged(self, id_: str, lesion: str | None) -> bool:
        if self._changed.isdisjoint(self.rules.reads[id_]):
            return True
        if lesion is None or self.rules.closure[id_]:
            return False
        direct = self.rules.direct[id_]
        return not any(name in direct and place in (None, lesion) for name, place in self.supposed)

    def trace_rule(self, rule: Rule, lesion: str | None, trace: Trace | None, strictly: bool = False) -> Answer:
        """Return the answer of a rule and add its comparisons to ``trace``."""
        if rule.scope != "lesion" or lesion is not None:
            return self._answer_here(rule, lesion, trace, strictly)
        if not self.inputs.lesions_known:
            note_unknown_lesions(self.inputs, trace)
            return UNKNOWN
        if not self.inputs.lesions:
            return DROPPED
        if rule.aggregate in ("max", "sum"):
            return self._answer_here(rule, None, trace, strictly)
        strictly = strictly or rule.aggregate != "all"
        each = [self._answer_of_lesion(rule, name, trace, strictly) for name in self.inputs.lesions]
        return self._aggregate(rule, each, trace)

    def _answer_of_lesion(self, rule: Rule, lesion: str, trace: Trace | None, strictly: bool) -> Answer:
        if trace is None:
            return self.answer_rule(rule.id, lesion, strictly)
        answer = self._answer_here(rule, lesion, trace, strictly)
        self.remember(rule.id, answer, lesion, strictly)
        return answer

    def _aggregate(self, rule: Rule, each: list[Answer], trace: Trace | None) -> Answer:
        if rule.aggregate == "count":
            return count_lesions(self, rule, each, trace)
        return combine(disjoin if rule.aggregate == "any" else conjoin, each)

    def _answer_here(self, rule: Rule, lesion: str | None, trace: Trace | None, strictly: bool) -> Answer:
        """Return the answer of a rule at one place: the study, or one lesion."""
        condition = self.answer(rule.when, lesion, trace, rule) if rule.when is not None else None
        if condition is not None and condition.possible <= NEVER:
            return DROPPED
        body = self._answer_body(rule, lesion, trace)
        if condition is None:
            return body
        combine_two = gate_strictly if strictly else gate
        truth = combine_two(condition.truth, body.truth)
        return Answer(truth, combine_sets(combine_two, condition.possible, body.possible))

    def _answer_body(self, rule: Rule, lesion: str | None, trace: Trace | None) -> Answer:
        if rule.criterion is not None:
            return self.answer(rule.criterion, lesion, trace, rule)
        if rule.classes or rule.points:
            span = self.find_classes(rule.id, trace)
            return YES if len(span.now) == 1 else UNKNOWN
        return YES

    def answer(self, node: Expression, lesion: str | None, trace: Trace | None, rule: Rule) -> Answer:
        """Return the answer of an expression of a rule."""
        return QUESTIONS[type(node)](self, node, lesion, trace, rule)

    def find_classes(self, id_: str, trace: Trace | None = None) -> Span:
        """Return the classes that a class or score rule can still give, in its order."""
        if trace is None and (other := self._same_for(id_, None)) is not None:
            return other.find_classes(id_)
        if trace is not None or id_ not in self._spans:
            self._spans[id_] = find_span(self, self.rules.rules[id_], trace)
        return self._spans[id_]

    def find_points(self, id_: str, trace: Trace | None = None) -> Points:
        """Return the fewest and the most points that a score can have."""
        if trace is None and (other := self._same_for(id_, None)) is not None:
            return other.find_points(id_)
        if trace is not None or id_ not in self._points:
            self._points[id_] = add_points(self, self.rules.rules[id_], trace)
        return self._points[id_]

    def votes(self, treatment: str) -> tuple[Vote, ...]:
        """Return the answers of a treatment's hard and soft rules."""
        if treatment not in self._votes:
            self._votes[treatment] = tuple(
                Vote(rule.id, kind, rule.safety, rule.decides == "applicability", self.answer_rule(rule.id))
                for rule, kind in self.rules.deciding[treatment]
            )
        return self._votes[treatment]

    def find_outcome(self, treatment: str) -> Outcome:
        """Return the outcome of a treatment."""
        given = self.given_verdicts.get(treatment)
        return given or find_outcome((vote, vote.answer.truth) for vote in self.votes(treatment))

    def find_reachable(self, treatment: str) -> tuple[frozenset[Outcome], frozenset[Outcome]]:
        """Return the outcomes that missing inputs leave open: by the values, and inside the intervals."""
        if treatment in self.given_verdicts:
            given = frozenset((self.given_verdicts[treatment],))
            given = frozenset(Outcome) if Outcome.INDETERMINATE in given else given
            return given, given
        if treatment not in self._verdicts:
            votes = self.votes(treatment)
            now = find_possible_outcomes((vote, complete(only(vote.answer.truth))) for vote in votes)
            wide = find_possible_outcomes((vote, complete(vote.answer.possible)) for vote in votes)
            self._verdicts[treatment] = (now, wide)
        return self._verdicts[treatment]

    def keys(self, name: str) -> Iterable[Key]:
        """Return the places at which an input is read: the study, or every lesion."""
        return ((name, lesion) for lesion in self.inputs.lesions) if name.startswith(LESION) else ((name, None),)
