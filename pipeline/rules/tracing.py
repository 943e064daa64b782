"""Put a comparison on record: what was compared with what, how near it is, and what was missing."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING

from pipeline.evidence_record import share
from pipeline.measurement import Inputs
from pipeline.rules.answer import Trace
from pipeline.rules.comparison import NEGATED, compare, find_flip, make_strict
from pipeline.rules.expressions import Compare
from pipeline.rules.kleene import INDETERMINATE, negate
from pipeline.rules.limits import Limit, Limits
from pipeline.rules.readings import Reading
from pipeline.rules.terms import ByClass
from pipeline.verdict import Evidence, Truth

if TYPE_CHECKING:
    from pipeline.rules.evaluation import Evaluation


def describe_comparison(
    ev: Evaluation, node: Compare, reading: Reading, missing: tuple[Reading, ...], limits: Limits, truth: Truth
) -> list[Evidence]:
    """Return the record of a comparison: one entry, or one for each missing input."""
    op = make_strict(node.op) if limits.now[0].strict else node.op
    threshold = _say_threshold(ev, node, limits)
    if reading.number is None:
        return [_describe_missing(node, other, reading, threshold, truth) for other in missing or (reading,)]
    number = reading.number
    values = [limit.value for limit in limits.now if limit.value is not None]
    comparisons = [compare(number, reading.low, reading.high, op, value) for value in values]
    whole = ev.rules.inputs[reading.name].type == "integer"
    flips = [flip for value in values if (flip := find_flip(number, op, value, whole)) is not None]
    possible_flips = [flip for flip in flips if ev.can_be(reading.name, flip)]
    entry = Evidence(
        reading.name,
        op,
        threshold,
        node.unit,
        number,
        reading.low,
        reading.high,
        truth,
        borderline=any(comparison.borderline for comparison in comparisons),
        flip_at=min(possible_flips, key=lambda flip: abs(flip - number), default=None),
        lesion=reading.lesion,
    )
    return [entry, *_describe_open_class(ev, node, truth)]


def describe_open_threshold(node: Compare, reading: Reading, limits: Limits) -> Evidence:
    """Return the record of a comparison whose threshold is not known."""
    wanted = limits.missing
    name = reading.name if wanted is None else wanted.name
    reason = "THRESHOLD_OPEN: not known" if wanted is None else wanted.reason
    return Evidence(name, node.op, None, node.unit, None, None, None, INDETERMINATE, reason=reason)


def _describe_missing(
    node: Compare, missing: Reading, reading: Reading, threshold: float | str | None, truth: Truth
) -> Evidence:
    low = reading.below.number if reading.below is not None else None
    high = reading.above.number if reading.above is not None else None
    reason = missing.reason
    if truth is not INDETERMINATE:
        reason = f"BOUNDS_DECIDE: not known, but bounds decide ({reason})"
    return Evidence(
        missing.name, node.op, threshold, node.unit, None, low, high, truth, lesion=missing.lesion, reason=reason
    )


def _describe_open_class(ev: Evaluation, node: Compare, truth: Truth) -> list[Evidence]:
    """Return the record of an open class when it keeps the comparison from being decided."""
    if truth is not INDETERMINATE or not isinstance(node.threshold, ByClass):
        return []
    names = ev.find_classes(ev.rules.class_rules[node.threshold.by]).now
    reason = f"CLASS_OPEN: {', '.join(names)} still possible"
    trace: Trace = [Evidence(node.threshold.by, "is", None, "1", None, None, None, INDETERMINATE, reason=reason)]
    note_open(ev, ev.rules.class_rules[node.threshold.by], trace, truth)
    return trace


def _say_threshold(ev: Evaluation, node: Compare, limits: Limits) -> float | str | None:
    if len(limits.now) == 1:
        return limits.now[0].value
    if not isinstance(node.threshold, ByClass):
        return None
    return " or ".join(_say_limit(limit) for limit in limits.now)


def _say_limit(limit: Limit) -> str:
    return "no limit" if limit.value is None else f"{limit.value:g}"


def negate_evidence(evidence: Evidence) -> Evidence:
    """Return a comparison as it reads from outside a *not*."""
    op = NEGATED.get(evidence.op, evidence.op)
    return evidence.but(op=op, truth=negate(evidence.truth))


def set_aside(evidence: Evidence) -> Evidence:
    """Return a comparison on which the answer does not rest."""
    return evidence if evidence.beside else evidence.but(beside=True)


def drop_repeated(trace: Trace) -> Trace:
    """Return the comparisons each once; one that is set aside in one place and not in another is not set aside."""
    each = dict.fromkeys(trace)
    return [one for one in each if not (one.beside and one.but(beside=False) in each)]


def bring_together(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Return comparisons with those next to each other that ask and answer the same of several lesions."""
    alike: dict[object, list[Evidence]] = {}
    for one in evidence:
        alike.setdefault(share(one), []).append(one)
    return tuple(chain.from_iterable(alike.values()))


def note_open(ev: Evaluation, id_: str, trace: Trace | None, truth: Truth, lesion: str | None = None) -> None:
    """Add the inputs that keep a rule open which another rule refers to, each once; with a lesion, those of it."""
    if trace is not None and truth is INDETERMINATE:
        trace += ev.find_open(id_, lesion)


def note_unknown_lesions(inputs: Inputs, trace: Trace | None) -> None:
    """Add that it is not known which lesions there are."""
    if trace is not None:
        reason = inputs.lesions_reason or "LESIONS_UNKNOWN: it is not known which lesions there are"
        trace.append(Evidence("lesions", "", None, "1", None, None, None, INDETERMINATE, reason=reason))


def list_open(trace: Trace) -> tuple[Evidence, ...]:
    """Return the comparisons that keep a rule open, each once."""
    return tuple(dict.fromkeys(one for one in trace if one.value is None and one.truth is INDETERMINATE))
