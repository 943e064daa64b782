"""What to fetch next: for a verdict that cannot be settled, the missing inputs by how likely they settle it.

Every missing input on which an open hard criterion depends is given one value from each stretch of its range in which
no comparison changes, both ends among them; of a word, every word that criteria ask for. One quantity of the lesions
is one input: it is missing wherever it is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, product

from pipeline.outcome import Outcome, Settles
from pipeline.rules.cells import cells_of
from pipeline.rules.compiled.truths import OPEN, WHOLE
from pipeline.rules.evaluation import Evaluation
from pipeline.rules.fetch_words import say_fetch, say_lesions, say_pair
from pipeline.rules.readings import Key, Value
from pipeline.rules.trials import Supposed
from pipeline.rules.wording import say_input
from pipeline.verdict import FetchNext, Kind

MOST = 12
"""Inputs that are named."""
MOST_PAIRED = 6
"""Inputs that are tried in pairs where none settles the verdict by itself."""
MOST_MIXED = 256
"""Combinations of values, another for each lesion, up to which all are tried."""
LESIONS = "lesions"


@dataclass(frozen=True)
class Candidate:
    """A missing input, the places where it is missing, the values tried, and the outcome that each gives."""

    name: str
    keys: tuple[Key, ...]
    values: tuple[Value, ...]
    outcomes: tuple[Outcome, ...]
    measured: bool
    settles: Settles

    @property
    def share(self) -> float:
        """Share of the values that settle the verdict."""
        if not self.outcomes:
            return 0.0
        return sum(outcome is not Outcome.INDETERMINATE for outcome in self.outcomes) / len(self.outcomes)


def find_fetch_next(ev: Evaluation, treatment: str, outcome: Outcome) -> tuple[FetchNext, ...]:
    """Return the missing inputs worth fetching for an open verdict, the one most likely to settle it first.

    Those that this version does not measure come after those that can be had.
    """
    if outcome is not Outcome.INDETERMINATE:
        return ()
    reads = _reads_of_open(ev, treatment)
    tried = [_try(ev, treatment, name, keys) for name in sorted(reads) if (keys := _missing(ev, name))]
    ranked = sorted((one for one in tried if one.settles is not Settles.NEVER), key=_rank)
    lesions = [] if ev.inputs.lesions_known else _lesions(ev, treatment)
    if not ranked and not lesions:
        return _pairs(ev, treatment, sorted(tried, key=_rank))
    return (*lesions, *(_say(ev, one) for one in ranked))[:MOST]


def _rank(one: Candidate) -> tuple[bool, int, float, str]:
    return not one.measured, list(Settles).index(one.settles), -one.share, one.name


def _reads_of_open(ev: Evaluation, treatment: str) -> frozenset[str]:
    """Return the names of the inputs that open hard criteria depend on, directly or through others."""
    values, units = ev.trials.run.values, ev.trials.run.network.votes[treatment]
    rules = [rule for rule, _ in ev.rules.deciding[treatment]]
    hard = {rule.id for rule, kind in ev.rules.deciding[treatment] if kind is Kind.HARD}
    open_ = (
        rule.id for rule, unit in zip(rules, units, strict=True) if rule.id in hard and values[unit][WHOLE] >> 2 == OPEN
    )
    return frozenset().union(*(ev.rules.reads[id_] for id_ in open_))


def _missing(ev: Evaluation, name: str) -> tuple[Key, ...]:
    """Return the places where an input is missing, or where a word says that it is not known."""
    unknown = ev.trials.unknown.get(name, ())
    values = ((key, ev.read(*key).value) for key in ev.keys(name))
    return tuple(key for key, value in values if value is None or (isinstance(value, str) and value in unknown))


def _try(ev: Evaluation, treatment: str, name: str, keys: tuple[Key, ...]) -> Candidate:
    spec = ev.rules.inputs[name]
    if spec.numeric:
        values: tuple[Value, ...] = cells_of(spec, ev.trials.cuts_at(keys))
    else:
        values = ev.trials.other_values(name)
    outcomes = tuple(ev.trials.outcome_if(tuple((key, value) for key in keys), treatment) for value in values)
    settled = [outcome is not Outcome.INDETERMINATE for outcome in outcomes]
    settles = Settles.ALWAYS if values and all(settled) else Settles.SOMETIMES if any(settled) else Settles.NEVER
    if settles is Settles.ALWAYS and len(keys) > 1 and not _holds_mixed(ev, treatment, keys, values):
        settles = Settles.SOMETIMES
    return Candidate(name, keys, values, outcomes, spec.measured, settles)


def _holds_mixed(ev: Evaluation, treatment: str, keys: Sequence[Key], values: Sequence[Value]) -> bool:
    """Tell whether the verdict is settled too when the lesions differ: all combinations, or one unlike all others.

    Where the sum over the lesions counts, no few values stand for all of them: nothing is said then.
    """
    if ev.trials.sums(keys[0][0]):
        return False
    if len(values) ** len(keys) <= MOST_MIXED:
        tries: Iterable[Supposed] = (tuple(zip(keys, each, strict=True)) for each in product(values, repeat=len(keys)))
    else:
        tries = _mixed_by_one(keys, values)
    return all(ev.trials.outcome_if(each, treatment) is not Outcome.INDETERMINATE for each in tries)


def _mixed_by_one(keys: Sequence[Key], values: Sequence[Value]) -> Iterable[Supposed]:
    for odd, one, other in product(keys, values, values):
        if one is not other:
            yield tuple((key, one if key == odd else other) for key in keys)


def _say(ev: Evaluation, one: Candidate) -> FetchNext:
    order = [outcome for outcome in Outcome if outcome in one.outcomes]
    label = say_input(ev.rules, one.name)
    lesion = one.keys[0][1] if len(one.keys) == 1 else None
    text = say_fetch(ev.rules.inputs[one.name], label, [key[1] for key in one.keys], one.values, one.outcomes)
    return FetchNext(one.name, label, lesion, one.settles, tuple(order), text)


def _lesions(ev: Evaluation, treatment: str) -> list[FetchNext]:
    """Return that it has to be known which lesions there are, where an open criterion asks for them."""
    rules = {rule.id: rule for rule, kind in ev.rules.deciding[treatment] if kind is Kind.HARD}
    reads = _reads_of_open(ev, treatment)
    needs = any(ev.rules.inputs[name].needs_lesions or name.startswith("lesion.") for name in reads)
    asks = any(rule.scope == "lesion" for rule in rules.values())
    if not needs and not asks:
        return []
    reason = ev.inputs.lesions_reason or "not known"
    return [FetchNext(LESIONS, LESIONS, None, Settles.SOMETIMES, (Outcome.INDETERMINATE,), say_lesions(reason))]


def _pairs(ev: Evaluation, treatment: str, ranked: Sequence[Candidate]) -> tuple[FetchNext, ...]:
    """Return two inputs that settle the verdict together for some of their values; nothing where no two do."""
    for one, other in combinations(islice(ranked, MOST_PAIRED), 2):
        for a, b in product(one.values, other.values):
            supposed = (*((key, a) for key in one.keys), *((key, b) for key in other.keys))
            if ev.trials.outcome_if(supposed, treatment) is not Outcome.INDETERMINATE:
                return _say_pair(ev, one, other), _say_pair(ev, other, one)
    return ()


def _say_pair(ev: Evaluation, one: Candidate, other: Candidate) -> FetchNext:
    label, partner = say_input(ev.rules, one.name), say_input(ev.rules, other.name)
    text = say_pair(ev.rules.inputs[one.name], label, partner)
    return FetchNext(one.name, label, None, Settles.NEVER, (Outcome.INDETERMINATE,), text)
