"""``livermetry assess``: the verdicts of stored reports asked anew, with other values, thresholds, profile or rules."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.cli.assess_text import describe_answer, describe_report, describe_summary, say_changes
from pipeline.cli.rule_files import check_profile, check_treatment, find_catalogue
from pipeline.cli.start import end_start
from pipeline.cli.terminal import complain, say
from pipeline.errors import ConfigurationError, UsageError
from pipeline.readers import load_clinical_fields
from pipeline.reassessment.answering import Answer, Question
from pipeline.reassessment.asking import read_changes
from pipeline.reassessment.many import Place, answer_all, find_reports
from pipeline.reassessment.summary import Summary
from pipeline.reassessment.tables import ENDINGS, Table, only_changes, open_table
from pipeline.reassessment.thresholds import suppose_thresholds
from pipeline.settings import configs_folder

EXIT_ASKED, EXIT_SOME_WITHOUT, EXIT_WRONG_USE = 0, 1, 2


@dataclass(frozen=True)
class AssessRequest:
    """What the user asked for on the command line."""

    report: Path
    profile: str | None = None
    settings: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()
    site: Path | None = None
    rules: Path | None = None
    treatments: tuple[str, ...] = ()
    changed: bool = False
    out: Path | None = None
    jobs: int | None = None


@dataclass(frozen=True)
class _Job:
    """A request that can start."""

    places: list[Place]
    question: Question
    supposed: tuple[str, ...]
    request: AssessRequest


def assess_command(request: AssessRequest) -> int:
    """Run the command and return its exit code."""
    try:
        job = _prepare(request)
        end_start()
        summary = _answer_one(job) if len(job.places) == 1 and request.out is None else _answer_many(job)
    except (ConfigurationError, UsageError) as error:
        complain(str(error))
        return EXIT_WRONG_USE
    return EXIT_ASKED if summary.asked == summary.reports else EXIT_SOME_WITHOUT


def _prepare(request: AssessRequest) -> _Job:
    """Check everything that was asked for; all that is wrong is said at once."""
    problems: list[str] = []
    places: list[Place] = []
    try:
        places = find_reports(request.report)
        _check_out(request.out, places)
    except UsageError as error:
        problems.append(str(error))
    try:
        question, supposed = _read_question(request)
    except UsageError as error:
        raise UsageError("\n".join([*problems, str(error)])) from None
    if problems:
        raise UsageError("\n".join(problems))
    return _Job(places, question, supposed, request)


def _check_out(out: Path | None, places: list[Place]) -> None:
    """Refuse an output that is of no known kind, or one of the reports themselves."""
    if out is None:
        return
    if out.suffix not in ENDINGS:
        raise UsageError(f"--out: the file's name ends in {' or '.join(ENDINGS)}")
    if out.is_dir() or not out.absolute().parent.is_dir():
        raise UsageError("--out: it is a folder, or the folder it should lie in does not exist")
    if out.exists() and any(out.resolve() == Path(path).resolve() for path, _ in places):
        raise UsageError("--out is one of the reports; nothing was written over")


def _read_question(request: AssessRequest) -> tuple[Question, tuple[str, ...]]:
    """Return the question, and what it supposes in words."""
    shipped = find_catalogue()
    own = request.site is not None or request.rules is not None
    rules = find_catalogue(request.rules, request.site) if own else shipped
    problems: list[str] = []
    changes = None
    try:
        check_profile(rules, request.profile)
    except UsageError as error:
        problems.append(str(error))
    try:
        changes = read_changes(
            request.settings, request.unset, load_clinical_fields(configs_folder() / "clinical.yaml"), rules
        )
    except UsageError as error:
        problems.append(str(error))
    treatments = []
    for name in request.treatments:
        try:
            treatments.append(check_treatment(rules, name))
        except UsageError as error:
            problems.append(f"--treatment: {error}")
    if problems or changes is None:
        raise UsageError("\n".join(problems))
    for note in changes.notes:
        complain(note)
    profiles = [request.profile] if request.profile else list(rules.profiles)
    asked = suppose_thresholds(rules, changes.thresholds, profiles, request.site)
    reasons = request.out is not None or not request.report.is_dir()
    question = Question(asked, shipped, rules, changes, request.profile, tuple(dict.fromkeys(treatments)), reasons)
    return question, say_changes(changes, rules)


def _answer_one(job: _Job) -> Summary:
    """Print the table of one report."""
    summary = Summary()
    (place,) = job.places
    lines, answer = describe_report(Path(place[0]), job.question, job.supposed, only_changed=job.request.changed)
    summary.add(answer)
    say(lines)
    return summary


def _answer_many(job: _Job) -> Summary:
    """Print a table of many reports, or write it, and print the summary."""
    request, summary = job.request, Summary()
    titles = {each.id: each.title for each in job.question.rules.treatments}
    jobs = request.jobs or _count_cores()
    with _open(request, job.supposed) as table:
        for answer in answer_all(job.places, job.question, jobs):
            summary.add(answer)
            if table is not None:
                table.add(answer)
            else:
                _show(answer, request.changed)
        if table is not None:
            table.end(summary)
    say(describe_summary(summary, titles, job.supposed))
    if request.out is not None:
        say(f"Written: {request.out}")
    return summary


def _show(answer: Answer, only_changed: bool) -> None:
    shown = only_changes(answer) if only_changed else answer
    if shown is not None:
        say(describe_answer(shown))


@contextmanager
def _open(request: AssessRequest, supposed: tuple[str, ...]) -> Iterator[Table | None]:
    """Open the table that was asked for; None where the answers are printed."""
    if request.out is None:
        yield None
        return
    with open_table(request.out, supposed, request.changed) as table:
        yield table


def _count_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
