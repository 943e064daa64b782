"""The input on which a criterion parts, and each profile's threshold in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from pipeline.outcome import Kind, Outcome, Truth
from pipeline.plain_words import say_plainly
from pipeline.rules.answer import Trace
from pipeline.rules.comparison import OPERATOR_WORDS
from pipeline.rules.evaluation import Evaluation
from pipeline.rules.expressions import Case, ParameterWords
from pipeline.rules.kleene import conjoin, fold
from pipeline.rules.model import Rule
from pipeline.rules.results import find_confidence, find_origin
from pipeline.rules.wording import (
    TRUTH_WORDS,
    limits_in,
    lower_start,
    say_exactly,
    say_input,
    say_number,
    say_parameter,
    say_quantity,
)
from pipeline.verdict import Evidence, Parting, find_marks

Place: TypeAlias = tuple[str, str | None]
"""Name of a compared input, and the lesion."""
MOST_TRIED = 8
"""Numbers of a rule that are tried one by one."""
VERDICT = "verdict."
NOT_ASKED = "not asked"
EFFECTS: Mapping[Kind, str] = {Kind.HARD: "must be met", Kind.SOFT: "should be met"}


class _Shown(NamedTuple):
    """What is shown of a parting before it is put into a sentence."""

    rule: str
    place: Place
    label: str
    seen: Evidence | None
    thresholds: Mapping[str, str]
    truths: Mapping[str, Truth]


def build_parting(
    sides: Mapping[str, Evaluation],
    id_: str,
    kinds: Mapping[str, Kind],
    outcomes: Mapping[str, Outcome],
    earlier: Mapping[str, Parting],
) -> Parting:
    """Return what a criterion that answers differently under several profiles parts on.

    Parameters
    ----------
    kinds
        Effect of the criterion under the profiles that ask it.
    earlier
        What decides for treatments whose verdict the criterion may read.
    """
    asked = {name: ev for name, ev in sides.items() if name in kinds}
    rule = next(iter(asked.values())).rules.rules[id_]
    shown = _look(asked, id_)
    inner = earlier.get(shown.place[0].removeprefix(VERDICT)) if shown.place[0].startswith(VERDICT) else None
    words = {name: _say_asked(name, shown, kinds, asked) for name in sides}
    head = f"{rule.id} ({rule.title})"
    if inner is not None:
        text = f"{head} reads the {shown.label}, which parts on {inner.text}"
        return replace(inner, rule=rule.id, text=text, through=shown.label.removeprefix("verdict on "))
    seen = shown.seen
    return Parting(
        rule=rule.id,
        input=shown.place[0],
        label=shown.label,
        lesion=shown.place[1],
        value=None if seen is None else seen.value,
        low=None if seen is None else seen.low,
        high=None if seen is None else seen.high,
        unit="1" if seen is None else seen.unit,
        thresholds=words,
        text=f"{head}: {_say_seen(shown)}{_say_profiles(words, shown.truths, outcomes)}",
    )


def _look(asked: Mapping[str, Evaluation], id_: str, lesion: str | None = None) -> _Shown:
    """Return the input that a rule reads differently, of one lesion if given; rules it refers to are looked into."""
    traces = {name: [one for one in _trace(ev, id_) if lesion in (None, one.lesion)] for name, ev in asked.items()}
    places = dict.fromkeys((one.input, one.lesion) for trace in traces.values() for one in trace)
    ranks = {place: _rank(_found_at(place, traces)) for place in places}
    ranked = sorted(places, key=ranks.__getitem__)
    ev = next(iter(asked.values()))
    if not ranked or ranks[ranked[0]] >= _SAME:
        chosen = _look_at_parameters(asked, ev.rules.rules[id_])
        if chosen is not None or not ranked:
            return chosen or _Shown(id_, (id_, None), lower_start(ev.rules.rules[id_].title), None, {}, {})
    numbers = [place for place in ranked if ranks[place] == 0][:MOST_TRIED]
    place = next((one for one in numbers if _decides_alone(asked, id_, one, traces)), ranked[0])
    referred = ev.rules.class_rules.get(place[0], place[0])
    if referred in ev.rules.rules and referred != id_ and all(referred in each.rules.rules for each in asked.values()):
        return _look(asked, referred, place[1])
    found = _found_at(place, traces)
    seen = next((one for own in found.values() for one in own if one.value is not None), None)
    label = _say_label(ev, place[0])
    thresholds = {name: _say_thresholds(own, seen) for name, own in found.items()}
    truths = {name: fold(conjoin, (one.truth for one in own)) for name, own in found.items() if own}
    return _Shown(id_, place, label, seen, thresholds, truths)


def _trace(ev: Evaluation, id_: str) -> Trace:
    trace: Trace = []
    ev.trace_rule(ev.rules.rules[id_], None, trace)
    return list(dict.fromkeys(trace))


_SAME = 6


def _found_at(place: Place, traces: Mapping[str, Trace]) -> dict[str, list[Evidence]]:
    """Return the comparisons of one input under each profile."""
    name, lesion = place
    return {
        side: [one for one in trace if one.input == name and one.lesion == lesion] for side, trace in traces.items()
    }


def _rank(found: Mapping[str, list[Evidence]]) -> int:
    """Return how well an input explains a difference: numbers that answer differently first, what is alike last."""
    truths = {frozenset(one.truth for one in own) for own in found.values()}
    asked = {frozenset((one.op, one.threshold) for one in own) for own in found.values()}
    number = any(isinstance(one.value, int | float) for own in found.values() for one in own)
    if len({truth for truth in truths if truth}) > 1:
        return 0 if number else 2
    if len(asked) > 1:
        return 1 if number and all(asked) else 3 if all(asked) else 4 if number else 5
    return _SAME


def _decides_alone(asked: Mapping[str, Evaluation], id_: str, place: Place, traces: Mapping[str, Trace]) -> bool:
    """Tell whether another value of a number alone changes the rule's answer under some profile."""
    for name, ev in asked.items():
        own = (one for one in traces[name] if (one.input, one.lesion) == place and place[0] in ev.rules.inputs)
        for flip in {one.flip_at for one in own if one.flip_at is not None}:
            tried = (flip, math.nextafter(flip, -math.inf), math.nextafter(flip, math.inf))
            now = ev.answer_rule(id_).truth
            if any(ev.suppose({place: value}).answer_rule(id_).truth is not now for value in tried):
                return True
    return False


def _look_at_parameters(asked: Mapping[str, Evaluation], rule: Rule) -> _Shown | None:
    """Return the word that profiles set differently and that a rule rests on; None where there is none."""
    nodes = [node for ev in asked.values() for node in ev.rules.conditions[rule.id]]
    names = [node.parameter if isinstance(node, ParameterWords) else node.case for node in _choices(nodes)]
    for name in dict.fromkeys(names):
        words = {side: say_parameter(ev.rules.parameters[name]) for side, ev in asked.items()}
        if len(set(words.values())) > 1:
            return _Shown(rule.id, (name, None), "choice of the profile", None, words, {})
    return None


def _choices(nodes: Iterable[object]) -> list[ParameterWords | Case]:
    return [node for node in nodes if isinstance(node, ParameterWords | Case)]


def _say_label(ev: Evaluation, name: str) -> str:
    """Return what a reader calls an input or a verdict."""
    if not name.startswith(VERDICT):
        return say_input(ev.rules, name)
    titles = (one.title for one in ev.rules.treatments if one.id == name.removeprefix(VERDICT))
    return f"verdict on {lower_start(next(titles, name))}"


def _say_thresholds(found: list[Evidence], seen: Evidence | None) -> str:
    """Return what a profile asks of an input in words; with its own value where that is another one."""
    asked = " and ".join(dict.fromkeys(_say_threshold(one) for one in found)) or NOT_ASKED
    other = next((one for one in found if seen is not None and one.value not in (None, seen.value)), None)
    return asked if other is None else f"{_say_value(other)}, {asked}"


def _say_threshold(evidence: Evidence) -> str:
    op = OPERATOR_WORDS.get(evidence.op, "")
    if evidence.threshold is None:
        return "a threshold that is not known"
    if isinstance(evidence.threshold, str):
        return f"{op} {evidence.threshold.replace('_', ' ')}".strip()
    return f"{op} {say_exactly(evidence.threshold, evidence.unit)}".strip()


def _say_asked(name: str, shown: _Shown, kinds: Mapping[str, Kind], asked: Mapping[str, Evaluation]) -> str:
    """Return a profile's threshold, with its effect where effects differ and the site that set it."""
    if name not in kinds:
        return NOT_ASKED
    text = shown.thresholds.get(name, NOT_ASKED)
    differs = len(set(kinds.values())) > 1 and text != NOT_ASKED
    effect = f" ({EFFECTS[kinds[name]]})" if differs and kinds[name] in EFFECTS else ""
    return text + effect + _say_doubt(asked[name], shown) + _say_site(asked[name], shown)


def _say_doubt(ev: Evaluation, shown: _Shown) -> str:
    """Return the marks of a criterion or threshold that is uncertain, or this project's own."""
    marks = find_marks(find_confidence(ev.rules, ev.rules.rules[shown.rule]))
    return f" [{', '.join(marks)}]" if marks else ""


def _say_site(ev: Evaluation, shown: _Shown) -> str:
    """Return whose threshold it is where a site set it."""
    origins = find_origin(ev.rules, ev.rules.rules[shown.rule]).split("; ")
    site = next((origin for origin in origins if origin.startswith("site")), None)
    return f" ({site})" if site else ""


def _say_seen(shown: _Shown) -> str:
    """Return the input with its value and interval; where it is not known, its name."""
    label = shown.label + (f" of {shown.place[1]}" if shown.place[1] else "")
    if shown.place[0].startswith(VERDICT) or shown.seen is None:
        return f"{label}. " if shown.thresholds else ""
    return f"{label} {_say_value(shown.seen)}. "


def _say_value(evidence: Evidence) -> str:
    """Return a value with its interval, never on another side of its limit than it is."""
    if not isinstance(evidence.value, int | float):
        return say_plainly(str(evidence.value))
    limits = limits_in(evidence)
    text = say_quantity(evidence.value, evidence.unit, limits)
    if evidence.low is None or evidence.high is None or evidence.low == evidence.high:
        return text
    return f"{text} ({say_number(evidence.low, limits)}-{say_number(evidence.high, limits)})"


def _say_profiles(words: Mapping[str, str], truths: Mapping[str, Truth], outcomes: Mapping[str, Outcome]) -> str:
    """Return the profiles with what they ask and what follows, those alike together."""
    alike: dict[str, list[str]] = {}
    for name, asked in words.items():
        answer = f", {TRUTH_WORDS[truths[name]]}" if name in truths else ""
        text = f"{asked}{answer} ({outcomes[name].value.replace('_', ' ')})"
        alike.setdefault(text, []).append(name)
    return "; ".join(f"{', '.join(names)}: {text}" for text, names in alike.items()) + "."
