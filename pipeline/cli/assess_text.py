"""The words of ``livermetry assess``: what is supposed, what follows, and every verdict before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.cli.terminal import flatten, wrap
from pipeline.measurement import Fact, Inputs, Quantity
from pipeline.reassessment.answering import Answer, Question, Row, find_inputs
from pipeline.reassessment.asking import Changes
from pipeline.reassessment.many import answer_safely
from pipeline.reassessment.stored import StoredReport, StoredVerdict, read_stored
from pipeline.reassessment.summary import Summary
from pipeline.reassessment.thresholds import WHAT_IF
from pipeline.report import INTENDED_USE
from pipeline.rules import Catalogue, assess
from pipeline.rules.expressions import LESION
from pipeline.rules.site_doubts import list_site_notes
from pipeline.verdict import Grade, Outcome, Verdict
from pipeline.writers.format import format_exact, format_number, with_unit
from pipeline.writers.page_words import OUTCOME_WORDS, say_fact

OUTCOME_WIDTH = max(map(len, OUTCOME_WORDS.values()))
MOST_FOLLOWING = 12
ALTERED = "the report was altered after the run, or written by another version of livermetry."
OTHER_RULES = "other rules or thresholds (another digest) than those asked here; a site's own come with --site."


def say_changes(changes: Changes, rules: Catalogue) -> tuple[str, ...]:
    """Return each change as ``name = value unit``."""
    said = [f"{name} = {_say(fact)}" for name, fact in changes.facts.items()]
    said += [
        f"{f'{lesion}.' if lesion else ''}{name} = {_say(held)}" for (name, lesion), held in changes.measured.items()
    ]
    for name, value in changes.thresholds.items():
        unit = rules.parameters[name].unit or "1"
        text = with_unit(format_exact(value), unit) if isinstance(value, float) else str(value).lower()
        said.append(f"{name} = {flatten(text)} (threshold)")
    return tuple(said)


def _say(quantity: Quantity | None) -> str:
    """Return a value with its unit, unrounded; ``not known`` without one."""
    if quantity is None or quantity.value is None:
        return "not known"
    if isinstance(quantity, Fact):
        return flatten(say_fact(quantity))
    return flatten(with_unit(format_exact(quantity.value), quantity.unit))


def describe_report(
    path: Path, question: Question, supposed: Sequence[str], *, only_changed: bool
) -> tuple[list[str], Answer]:
    """Return the table of one report, every treatment in its family, and the answer that it shows."""
    answer = answer_safely((str(path), path.name), question)
    lines = [f"{answer.key}  {answer.folder}".rstrip()]
    if answer.problem is not None:
        return [*lines, *wrap(f"no verdicts: {answer.problem}", "  ")], answer
    report = read_stored(path)
    inputs = find_inputs(report, question)
    found = assess(question.rules, answer.new_profile, inputs)
    lines += _describe_question(report, answer, question, supposed)
    own = find_inputs(report, Question(question.shipped, question.shipped))
    lines += _describe_following(own, inputs, question)
    before = {each.treatment: each for each in report.assessment.verdicts} if report.assessment else {}
    rows = {row.treatment: row for row in answer.rows if row.changed or not only_changed}
    shown = [verdict for verdict in found.verdicts if verdict.treatment in rows]
    columns = max((len(verdict.title) for verdict in shown), default=0)
    for family, group in by_family(shown, question.rules).items():
        lines += ["", family]
        for verdict in group:
            lines += _describe_row(verdict, rows[verdict.treatment], before.get(verdict.treatment), columns)
    count = sum(row.changed for row in answer.rows)
    lines += ["", f"{count} of {len(answer.rows)} verdicts {'becomes' if count == 1 else 'become'} another one."]
    return [*lines, *wrap(INTENDED_USE)], answer


def by_family(verdicts: Sequence[Verdict], rules: Catalogue) -> dict[str, list[Verdict]]:
    """Return verdicts by the family of their treatments, families in the order in which they come first."""
    families = {each.id: each.family for each in rules.treatments}
    found: dict[str, list[Verdict]] = {family: [] for family in families.values()}
    for verdict in verdicts:
        found[families[verdict.treatment]].append(verdict)
    return {family: each for family, each in found.items() if each}


def _describe_question(report: StoredReport, answer: Answer, question: Question, supposed: Sequence[str]) -> list[str]:
    """Return under which profile and rules verdicts are asked, and what is supposed."""
    changed = answer.profile != answer.new_profile
    profile = f"{answer.profile} -> {answer.new_profile}" if changed else answer.profile
    site = f", site {question.rules.site}" if question.rules.site not in (None, WHAT_IF) else ""
    lines = [f"profile {profile}{site}; catalogue {question.rules.version}"]
    lines += [
        line for note in list_site_notes(question.own or question.shipped, answer.new_profile) for line in wrap(note)
    ]
    if answer.other_rules:
        asked = " The verdicts before are asked of the rules that are here." if question.asks_anything else ""
        lines += wrap(f"Its verdicts were given by {OTHER_RULES}{asked}")
    lines += [line for row in answer.altered for line in wrap(_say_altered(row, question), hang=2)]
    if report.plans is not None and report.plans.adopted is not None and question.asks_anything:
        lines += wrap(f"plan: {report.plans.adopted.id}, as in the run; no other is searched for or taken")
    return [*lines, *(f"supposed: {each}" for each in supposed)]


def _say_altered(row: Row, question: Question) -> str:
    """Return that a stored verdict is not what the report's own values give."""
    title = next((each.title for each in question.rules.treatments if each.id == row.treatment), row.treatment)
    return f"{title}: {say_altered(row.stored, row.before)} *Before* is what they give."


def say_altered(stored: Outcome | None, given: Outcome | None) -> str:
    """Return a stored verdict that is not what the stored values give, and what that means."""
    return (
        f"the stored verdict ({_say_outcome(stored)}) is not what the report's own values give by the same rules "
        f"({_say_outcome(given)}): {ALTERED}"
    )


def _describe_following(before: Inputs, after: Inputs, question: Question) -> list[str]:
    """Return the inputs that are others than in the report because of what is supposed."""
    specs = question.rules.inputs
    given = {*question.changes.facts, *(name for name, _ in question.changes.measured)}
    places = [("", before.study, after.study)]
    places += [(f" of {id_}", before.lesions.get(id_, {}), own) for id_, own in after.lesions.items()]
    lines = []
    for where, old, new in places:
        for name, quantity in new.items():
            spec = specs.get(f"{LESION}{name}" if where else name)
            if spec is None or name in given or not _is_other(old.get(name), quantity):
                continue
            lines.append(f"follows: {spec.label}{where} {_round(old.get(name))} -> {_round(quantity)}")
    more = len(lines) - MOST_FOLLOWING
    return lines[:MOST_FOLLOWING] + ([f"follows: and {more} more"] if more > 0 else [])


def _is_other(old: Quantity | None, new: Quantity) -> bool:
    return (None if old is None else old.value) != new.value


def _round(quantity: Quantity | None) -> str:
    if quantity is None or quantity.value is None or isinstance(quantity, Fact):
        return _say(quantity)
    return flatten(with_unit(format_number(quantity.value, quantity.unit), quantity.unit))


def _describe_row(verdict: Verdict, row: Row, before: StoredVerdict | None, columns: int) -> list[str]:
    """Return one treatment: title, outcome before and after, what decides; the reason in words where it changes."""
    if before is not None and before.outcome is not row.before:
        before = None
    old = _say_outcome(row.before, before.grade if before is not None else None)
    new = _say_outcome(verdict.outcome, verdict.grade)
    step = f"{old} -> {new}" if row.changed or (before is not None and old != new) else new
    stable = "" if verdict.stable else ", not stable"
    deciding = _say_rules(verdict.decided_by)
    head = f"{'*' if row.changed else ' '} {verdict.title:<{columns}}  {step}{stable}{deciding}"
    return [*wrap(head, hang=4), *(wrap(flatten(verdict.reason), "      ") if row.changed else [])]


def _say_rules(ids: Sequence[str]) -> str:
    """Return the rules that decide: the first three, and how many more."""
    more = f" +{len(ids) - 3}" if len(ids) > 3 else ""
    return f" by {', '.join(ids[:3])}{more}" if ids else ""


def _say_outcome(outcome: Outcome | None, grade: Grade | None = None) -> str:
    if outcome is None:
        return "no verdict"
    return OUTCOME_WORDS[outcome] + (f" ({grade})" if grade is not None else "")


def describe_answer(answer: Answer) -> list[str]:
    """Return the lines of one report among many: a line a treatment."""
    where = f"{answer.key}  {answer.folder}".strip()
    if answer.problem is not None:
        return [f"{where}  no verdicts: {answer.problem}"]
    return [
        f"{where}  {row.treatment:<30}  {_say_outcome(row.before):>{OUTCOME_WIDTH}}"
        f" {'->' if row.changed else '= '} {_say_outcome(row.after):<{OUTCOME_WIDTH}}  {' '.join(row.decided_by[:4])}"
        + (f"  stored: {_say_outcome(row.stored)}; {ALTERED}" if row.altered else "")
        for row in answer.rows
    ]


def describe_summary(summary: Summary, titles: Mapping[str, str], supposed: Sequence[str]) -> list[str]:
    """Return who becomes what: how many reports each change concerns, and how many had no verdicts to ask."""
    lines = [f"supposed: {each}" for each in supposed]
    profiles = ", ".join(f"{name} ({count})" for name, count in sorted(summary.profiles.items()))
    lines += [f"profile: {profiles}"] if profiles else []
    if summary.other_rules:
        were = "report was" if summary.other_rules == 1 else "reports were"
        lines += wrap(f"{summary.other_rules} {were} made by {OTHER_RULES}")
    if summary.altered:
        reports = "report has a verdict" if summary.altered == 1 else "reports have verdicts"
        lines += wrap(f"{summary.altered} {reports} that the stored values do not give by the same rules: {ALTERED}")
    for name in summary.treatments:
        steps = sorted(((key, count) for key, count in summary.steps.items() if key[0] == name), key=str)
        for (_, before, after), count in steps:
            step = f"{_say_outcome(before):>{OUTCOME_WIDTH}} -> {_say_outcome(after):<{OUTCOME_WIDTH}}"
            lines.append(f"{count:>7}  {step}  {titles.get(name, name)}")
    return [*lines, _say_counts(summary), *wrap(INTENDED_USE)]


def _say_counts(summary: Summary) -> str:
    reports = "report" if summary.reports == 1 else "reports"
    problems = ", ".join(f"{count} {code}" for code, count in sorted(summary.problems.items()))
    without = f"; {summary.problems.total()} without verdicts ({problems})" if problems else ""
    return f"{summary.reports} {reports}: {summary.asked} asked anew, {summary.changed} with another verdict{without}."
