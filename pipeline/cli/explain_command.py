"""``livermetry explain``: the verdicts of a report and what decides, or everything behind one, or behind a plan."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import typer

from pipeline.cli.explain_list import describe_all
from pipeline.cli.explain_plan import (
    describe_plan,
    describe_plans,
    find_plan,
    is_list,
    is_plan,
    list_plans,
    plain_plan,
    plain_plans,
)
from pipeline.cli.explain_treatment import describe_treatment, plain_treatment
from pipeline.cli.explained import Explained
from pipeline.cli.rule_files import check_profile, check_treatment, find_catalogue
from pipeline.cli.start import end_start
from pipeline.cli.terminal import complain, say, wrap
from pipeline.errors import ConfigurationError, UsageError
from pipeline.reassessment.altered import find_altered
from pipeline.reassessment.answering import Question, find_inputs
from pipeline.reassessment.many import find_reports
from pipeline.reassessment.stored import Unusable, read_stored
from pipeline.rules import Catalogue, assess
from pipeline.verdict import Assessment
from pipeline.writers import read_report
from pipeline.writers.plan_words import join_ids

Pages: TypeAlias = tuple[Callable[[], dict[str, object]], Callable[[], list[str]]]
"""What is printed, for programs and for a reader."""
EXIT_EXPLAINED, EXIT_NO_VERDICTS, EXIT_WRONG_USE = 0, 1, 2


@dataclass(frozen=True)
class ExplainRequest:
    """What the user asked for on the command line; ``treatment`` may be the id of a plan, or ``plans``."""

    report: Path
    treatment: str | None = None
    profile: str | None = None
    as_json: bool = False


class NoVerdicts(Exception):
    """The report holds no verdicts; the message says why."""

    lead = "no verdicts"


class NoPlans(NoVerdicts):
    """The report holds no plans; the message says why."""

    lead = "no plans"


def explain_command(request: ExplainRequest) -> int:
    """Run the command and return its exit code."""
    try:
        if request.treatment is not None and is_plan(request.treatment):
            tree, lines = _explain_plans(request, request.treatment)
        else:
            tree, lines = _explain_verdicts(request)
    except (ConfigurationError, UsageError) as error:
        complain(str(error))
        return EXIT_WRONG_USE
    except NoVerdicts as none:
        say(json.dumps({"problem": str(none)}, ensure_ascii=False) if request.as_json else wrap(f"{none.lead}: {none}"))
        return EXIT_NO_VERDICTS
    end_start()
    if request.as_json:
        typer.echo(json.dumps(tree(), indent=1, ensure_ascii=False))
    else:
        say(lines())
    return EXIT_EXPLAINED


def _explain_verdicts(request: ExplainRequest) -> Pages:
    """Return every verdict of the report, or the one that was asked for."""
    explained, treatment = prepare_explained(request)

    def plain() -> dict[str, object]:
        wanted = explained.assessment.verdicts if treatment is None else (explained.verdict(treatment),)
        trees = [plain_treatment(explained, verdict) for verdict in wanted]
        return {**explained.plain_head(), **({"verdicts": trees} if treatment is None else {"verdict": trees[0]})}

    return plain, lambda: describe_all(explained) if treatment is None else describe_treatment(explained, treatment)


def _explain_plans(request: ExplainRequest, asked: str) -> Pages:
    """Return every plan of the report, or the one that was asked for.

    Raises
    ------
    UsageError
        Where the report has no plan of this id, or its plans were judged under another profile than the one asked for.
    NoPlans
        Where it has none at all.
    """
    explained, _ = prepare_explained(replace(request, treatment=None))
    if explained.instead_of is not None:
        judged = f"plans were judged in the run, under {explained.instead_of}"
        raise UsageError(f"--profile: {judged}; for another profile run the study again")
    record = explained.report.plans
    every = () if record is None else list_plans(record)
    if record is None or not every:
        raise NoPlans("the report holds none" if record is None or record.reason is None else record.reason)
    if is_list(asked):
        return lambda: {**explained.plain_head(), **plain_plans(record)}, lambda: describe_plans(explained, record)
    plan = find_plan(record, asked)
    if plan is None:
        known = join_ids([each.id for each in every])
        raise UsageError(f"the report has no plan {asked.strip().upper()}; it has {known}")
    tree = plain_plan(explained, record, plan)
    return lambda: {**explained.plain_head(), **tree}, lambda: describe_plan(explained, record, plan)


def prepare_explained(request: ExplainRequest) -> tuple[Explained, str | None]:
    """Return what is to be explained, and the id of the treatment that was asked for.

    Raises
    ------
    UsageError, ConfigurationError
        Where it cannot be explained.
    NoVerdicts
        Where the report holds none.
    """
    catalogue = find_catalogue()
    check_profile(catalogue, request.profile)
    treatment = None if request.treatment is None else check_treatment(catalogue, request.treatment)
    places = find_reports(request.report)
    if len(places) > 1:
        raise UsageError(f"the folder holds {len(places)} reports; name the one to explain, such as {places[0][1]}")
    path = Path(places[0][0])
    try:
        stored = read_stored(path)
    except Unusable as unusable:
        raise UsageError(unusable.reason) from None
    if (reason := stored.why_none()) is not None:
        raise NoVerdicts(reason)
    report = read_report(path)
    held = report.assessment
    anew = request.profile is not None and request.profile != stored.profile
    if anew or held is None:
        question = Question(catalogue, catalogue, profile=request.profile)
        held = assess(catalogue, request.profile or stored.profile, find_inputs(report=stored, question=question))
    other = report.provenance.rules_sha256 != catalogue.sha256
    altered = find_altered(stored, catalogue)
    explained = Explained(report, held, catalogue, stored.profile if anew else None, other, altered)
    _check_there(held, treatment, catalogue)
    return explained, treatment


def _check_there(held: Assessment, treatment: str | None, catalogue: Catalogue) -> None:
    known = {verdict.treatment for verdict in held.verdicts}
    if treatment is not None and treatment not in known:
        version = f"catalogue {held.catalogue_version}; here is {catalogue.version}"
        raise UsageError(f"the report has no verdict on {treatment} ({version}); livermetry assess asks it anew")
