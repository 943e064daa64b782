"""Every treatment under every profile: outcome, grade, stability, and what decides where profiles part.

Only outcomes are asked of the profiles; why each is what it is stands in the verdicts of the profile of the run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pipeline.measurement import Inputs
from pipeline.outcome import Grade, Kind, Outcome
from pipeline.rules.assessment import evaluate
from pipeline.rules.catalogue import Catalogue
from pipeline.rules.evaluation import Evaluation
from pipeline.rules.model import Treatment
from pipeline.rules.parting import find_parting
from pipeline.rules.results import find_grade
from pipeline.rules.stability import combine_sets_of, find_possible
from pipeline.verdict import Parting, SideBySide, Verdict

_WORST_FIRST = (Grade.EXCEEDED, Grade.ACCEPTABLE, Grade.IDEAL)


def compare_profiles(
    catalogue: Catalogue,
    inputs_under: Callable[[str], Inputs],
    profiles: Sequence[str],
    known: Mapping[str, Sequence[Verdict]] | None = None,
    asked: Evaluation | None = None,
) -> tuple[SideBySide, ...]:
    """Return every treatment under every profile, in the catalogue's order.

    Parameters
    ----------
    inputs_under
        Returns what rules may read under a profile: what follows by a formula follows by that profile's.
    profiles
        Names of the profiles, in the order in which a reader sees them.
    known
        Verdicts that were given already, by the profile's name: they are not asked again.
    asked
        Evaluation of the study under one of the profiles: what others answer alike is not answered again.
    """
    twin = asked or evaluate(catalogue, profiles[0], inputs_under(profiles[0]))
    own = twin.rules.profile.name
    sides = {name: twin if name == own else evaluate(catalogue, name, inputs_under(name), twin) for name in profiles}
    given = {(name, verdict.treatment): verdict for name, verdicts in (known or {}).items() for verdict in verdicts}
    partings: dict[str, Parting] = {}
    return tuple(_compare(sides, treatment, given, partings) for treatment in catalogue.treatments)


def _compare(
    sides: Mapping[str, Evaluation],
    treatment: Treatment,
    given: Mapping[tuple[str, str], Verdict],
    partings: dict[str, Parting],
) -> SideBySide:
    """Return one treatment under every profile, and note where it parts for treatments that read its verdict."""
    outcomes = {name: ev.find_outcome(treatment.id) for name, ev in sides.items()}
    verdicts = {name: given.get((name, treatment.id)) for name in sides}
    parting = find_parting(sides, treatment.id, outcomes, partings)
    if parting is not None:
        partings[treatment.id] = parting
    return SideBySide(
        treatment=treatment.id,
        title=treatment.title,
        family=treatment.family,
        outcomes=outcomes,
        grades={name: _grade(ev, treatment.id, outcomes[name], verdicts[name]) for name, ev in sides.items()},
        stable={name: _is_stable(ev, treatment.id, outcomes[name], verdicts[name]) for name, ev in sides.items()},
        parting=parting,
    )


def _grade(ev: Evaluation, treatment: str, outcome: Outcome, known: Verdict | None) -> Grade | None:
    """Return the worst grade among the hard and soft rules of an eligible treatment."""
    if known is not None or outcome is not Outcome.ELIGIBLE:
        return None if known is None else known.grade
    asked = [rule for rule, kind in ev.rules.deciding[treatment] if kind in (Kind.HARD, Kind.SOFT)]
    grades = {find_grade(ev, rule, ev.answer_rule(rule.id)) for rule in asked}
    return next((grade for grade in _WORST_FIRST if grade in grades), None)


def _is_stable(ev: Evaluation, treatment: str, outcome: Outcome, known: Verdict | None) -> bool:
    """Tell whether an outcome holds everywhere inside the intervals; asked one by one only where sets leave it open."""
    if known is not None:
        return known.stable
    return combine_sets_of(ev, treatment) <= {outcome} or find_possible(ev, treatment, outcome) == (outcome,)
