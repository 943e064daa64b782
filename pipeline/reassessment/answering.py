"""Ask the verdicts of one stored report anew, and say of each treatment what it was, what it is, and what decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from pipeline.judging import formula_words
from pipeline.measurement import Inputs
from pipeline.reassessment.asking import Changes
from pipeline.reassessment.inputs import inputs_of
from pipeline.reassessment.stored import StoredReport, Unusable, read_stored
from pipeline.reassessment.supposing import CannotSuppose, Held, suppose
from pipeline.rules import Catalogue
from pipeline.rules.evaluation import Evaluation
from pipeline.rules.outcomes import find_settled
from pipeline.rules.readings import check_lesions
from pipeline.rules.results import build_result
from pipeline.verdict import Kind, Outcome

Settled: TypeAlias = tuple[Outcome, tuple[str, ...]]
"""An outcome and the ids of the rules that make it what it is."""
FORMULAS = ("bsa_formula", "etlv_formula")
"""Formulas by which a run measures, beside those that ``derive`` takes."""


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked of every report.

    Parameters
    ----------
    rules
        The rules to ask by, thresholds that the question sets included.
    shipped
        The rules without them: where a report's verdicts were given by other ones, *before* is asked of these.
    own
        Those of the folder or the site that the question names, without what it supposes; None: the shipped ones.
    profile
        The profile to ask under; None: each report's own.
    treatments
        The treatments to answer for; empty: all.
    reasons
        Whether it is said in words what decides where the outcome becomes another one.
    """

    rules: Catalogue
    shipped: Catalogue
    own: Catalogue | None = None
    changes: Changes = field(default_factory=Changes)
    profile: str | None = None
    treatments: tuple[str, ...] = ()
    reasons: bool = False

    @property
    def asks_anything(self) -> bool:
        """Whether the question differs from asking the stored reports by the rules that are there now."""
        return self.changes.any or self.profile is not None or self.rules.sha256 != self.shipped.sha256

    def find_origin(self, digest: str) -> Catalogue | None:
        """Return the rules of a digest, by which the verdicts of a report were given; None where they are not here."""
        return next((each for each in (self.shipped, self.own) if each is not None and each.sha256 == digest), None)


@dataclass(frozen=True)
class Row:
    """One treatment of one report.

    Parameters
    ----------
    before, after
        The outcome; None where there is none, such as for a treatment that the report does not know.
    stored
        The outcome that stands in the report.
    altered
        Whether the stored outcome is not what the report's own values give by the rules that it was made by; then
        ``before`` is what they give.
    decided_by
        Ids of the rules that make the new outcome what it is.
    reason
        What decides, in words, where the outcome is another one.
    """

    treatment: str
    before: Outcome | None
    after: Outcome
    decided_by: tuple[str, ...]
    reason: str = ""
    stored: Outcome | None = None
    altered: bool = False

    @property
    def changed(self) -> bool:
        """Whether the outcome is another one."""
        return self.before is not self.after


@dataclass(frozen=True)
class Answer:
    """What a question gives for one report.

    Parameters
    ----------
    place
        Where the report lies, as given.
    rows
        One a treatment; none where ``problem`` says why.
    problem
        Why the report has no verdicts, ``CODE: sentence``.
    other_rules
        Whether its verdicts were given by other rules than those that are there now.
    version, new_version
        Of the catalogue that the report was made by, and of the one that was asked.
    """

    place: str
    key: str
    folder: str = ""
    profile: str = ""
    new_profile: str = ""
    rows: tuple[Row, ...] = ()
    problem: str | None = None
    other_rules: bool = False
    version: str = ""
    new_version: str = ""

    @property
    def altered(self) -> tuple[Row, ...]:
        """Treatments whose stored verdict is not what the report's own values give."""
        return tuple(row for row in self.rows if row.altered)


def answer(path: Path, place: str, question: Question) -> Answer:
    """Return the answer for the report in a file; one that cannot be asked says why."""
    try:
        report = read_stored(path)
    except Unusable as unusable:
        return Answer(place, path.parent.name, problem=unusable.reason)
    other = report.assessment is not None and question.find_origin(report.provenance.rules_sha256) is None
    profile = report.profile
    version = report.assessment.catalogue_version if report.assessment is not None else ""
    given = Answer(
        *(place, report.key, report.folder, profile, question.profile or profile),
        other_rules=other,
        version=version,
        new_version=question.rules.version,
    )
    if (problem := _find_problem(report, question)) is not None:
        return replace(given, problem=problem)
    try:
        return replace(given, rows=_compare(report, question, other))
    except CannotSuppose as cannot:
        return replace(given, problem=str(cannot))


def _find_problem(report: StoredReport, question: Question) -> str | None:
    """Return why a report has no verdicts to ask anew."""
    withheld = report.why_none()
    profile = question.profile or report.profile
    if withheld is None and not {profile, report.profile} <= set(question.shipped.profiles):
        return f"PROFILE_UNKNOWN: its verdicts were given under the profile {report.profile[:40]}, which is not here"
    return withheld


def _compare(report: StoredReport, question: Question, other: bool) -> tuple[Row, ...]:
    assert report.assessment is not None
    stored = {each.treatment: each.outcome for each in report.assessment.verdicts}
    before = _find_before(report, question, other)
    ev = evaluate(report, question)
    wanted = question.treatments or tuple(treatment.id for treatment in ev.rules.treatments)
    rows = (_row(ev, name, before.get(name), question.reasons) for name in wanted)
    return tuple(_note_stored(row, stored.get(row.treatment), checked=not other) for row in rows)


def _note_stored(row: Row, stored: Outcome | None, *, checked: bool) -> Row:
    return replace(row, stored=stored, altered=checked and stored is not row.before)


def _find_before(report: StoredReport, question: Question, other: bool) -> Mapping[str, Settled]:
    """Return outcome and deciding rules of each treatment before the change.

    They are what the report's values give by the rules that it was made by. Where those are not here, they are what the
    shipped rules give, so that what the rules change is not laid to the question; a question that changes nothing but
    the rules is compared with the report's own.
    """
    assert report.assessment is not None
    origin = question.find_origin(report.provenance.rules_sha256)
    if origin is None and not question.asks_anything:
        return {each.treatment: (each.outcome, each.decided_by) for each in report.assessment.verdicts}
    return settle_stored(report, origin or question.shipped)


def settle_stored(report: StoredReport, rules: Catalogue) -> Mapping[str, Settled]:
    """Return outcome and deciding rules of each treatment as rules give them from the values in a report."""
    ev = evaluate(report, Question(rules, rules))
    return {treatment.id: find_settled(ev.trials.run, treatment.id) for treatment in ev.rules.treatments}


def evaluate(report: StoredReport, question: Question) -> Evaluation:
    """Return an evaluation of the rules for a report as the question has it.

    Raises
    ------
    CannotSuppose
        When a change does not fit the report.
    """
    rules = question.rules.under(question.profile or report.profile)
    return Evaluation(rules, check_lesions(find_inputs(report, question), rules.inputs))


def find_inputs(report: StoredReport, question: Question) -> Inputs:
    """Return what the rules read of a report as the question has it."""
    rules = question.rules.under(question.profile or report.profile)
    own = question.shipped.under(report.profile)
    other = {name for name in FORMULAS if rules.parameters[name].value != own.parameters[name].value}
    return suppose(
        Held(inputs_of(report), report.identity),
        question.changes,
        formula_words(question.rules, rules.profile.name),
        other,
    )


def _row(ev: Evaluation, name: str, before: Settled | None, say: bool) -> Row:
    old, decided = before if before is not None else (None, ())
    outcome, deciding = find_settled(ev.trials.run, name)
    reason = say_reason(ev, outcome, deciding or decided) if say and outcome is not old else ""
    return Row(name, old, outcome, deciding, reason)


def say_reason(ev: Evaluation, outcome: Outcome, rules: tuple[str, ...]) -> str:
    """Return in words what decides; for an eligible treatment what held it back before and does no more."""
    rule = next((ev.rules.rules[id_] for id_ in rules if id_ in ev.rules.rules), None)
    if rule is None:
        return "Every hard criterion is met and no soft one fails." if outcome is Outcome.ELIGIBLE else ""
    text = f"{rule.id} ({rule.title}): {build_result(ev, rule, Kind.NOTE).explanation}"
    return f"No more held back by {text}" if outcome is Outcome.ELIGIBLE else text
