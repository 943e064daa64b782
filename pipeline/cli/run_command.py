"""``livermetry run``: configuration first, then studies, then tables; prints as it goes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import typer

from pipeline.batch import run_studies
from pipeline.cli.preparation import Prepared, RunRequest, prepare
from pipeline.errors import ConfigurationError, UsageError
from pipeline.readers import find_unused
from pipeline.report import Report
from pipeline.rules.site_doubts import list_site_notes
from pipeline.study import Severity
from pipeline.withholding import say_withheld
from pipeline.writers import data_dictionary, lesions_table, plans_table, save, studies_table, verdicts_table
from pipeline.writers.record_words import say_no_record
from pipeline.writers.run_record import NAME as RUN_RECORD
from pipeline.writers.run_record import run_record
from pipeline.writers.tables import find_refusal

EXIT_DONE, EXIT_SOME_REFUSED, EXIT_WRONG_USE = 0, 1, 2
MOST_PLACES = 20


def run_command(request: RunRequest) -> int:
    """Run the command and return its exit code."""
    try:
        prepared = prepare(request)
    except (ConfigurationError, UsageError) as error:
        for line in str(error).splitlines():
            typer.echo(f"livermetry: {line}", err=True)
        return EXIT_WRONG_USE
    save(request.output / RUN_RECORD, run_record(request.input_folder, request.output))
    done = {report.key: report for report in _shown(prepared, request)}
    reports = [done[files.key] for files in prepared.studies]
    if "tables" in request.wanted:
        _write_tables(reports, request)
    notes = list_site_notes(prepared.context.catalogue, request.profile)
    _print_summary(reports, request, find_unused(prepared.context.clinical, prepared.studies), notes)
    return EXIT_DONE if all(report.status == "done" for report in reports) else EXIT_SOME_REFUSED


def describe(report: Report) -> str:
    """Return one plain line for a study: its key, its status and why; nothing that identifies a patient."""
    cause = find_refusal(report)
    if cause is not None:
        return f"{report.key}  {report.status:8}{cause.code}: {cause.message}"
    count = report.measurements.get("lesion_count")
    lesions = "lesion count not known" if count is None or count.value is None else f"lesions: {count.value:.0f}"
    parts = [say_withheld(report.status, report.findings, report.measurements), lesions]
    withheld, warnings = codes_of(report, Severity.REFUSED), codes_of(report, Severity.WARNING)
    parts += [f"withheld: {' '.join(withheld)}"] if withheld else []
    parts += [f"warnings: {len(warnings)}{' (' + ' '.join(warnings) + ')' if warnings else ''}"]
    no_record = say_no_record(report, fetches=False)
    parts += [f"{no_record[:1].lower()}{no_record[1:]}"] if no_record is not None else []
    return f"{report.key}  {'; '.join(parts)}"


def codes_of(report: Report, severity: Severity) -> tuple[str, ...]:
    """Return the codes of a record's findings of one severity, each once."""
    return tuple(dict.fromkeys(finding.code for finding in report.findings if finding.severity is severity))


def _shown(prepared: Prepared, request: RunRequest) -> Iterator[Report]:
    """Yield each record as it is done, with a progress bar on a terminal and a line a study otherwise."""
    results = run_studies(prepared.studies, prepared.context, request.output, request.jobs, request.wanted)
    if request.as_json:
        yield from results
    elif sys.stdout.isatty():
        yield from _with_progress_bar(results, len(prepared.studies))
    else:
        for report in results:
            typer.echo(describe(report))
            yield report


def _with_progress_bar(results: Iterator[Report], total: int) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console()) as progress:
        task = progress.add_task("Measuring", total=total)
        for report in results:
            if report.status != "done":
                progress.console.print(describe(report), markup=False, highlight=False)
            progress.advance(task)
            yield report


def _write_tables(reports: list[Report], request: RunRequest) -> None:
    """Write the tables of the run, and what their columns mean."""
    save(request.output / "studies.csv", studies_table(reports).encode())
    save(request.output / "lesions.csv", lesions_table(reports).encode())
    save(request.output / "verdicts.csv", verdicts_table(reports).encode())
    save(request.output / "plans.csv", plans_table(reports).encode())
    save(request.output / "data_dictionary.csv", data_dictionary(reports).encode())


def _print_summary(reports: list[Report], request: RunRequest, unused: tuple[int, ...], notes: Sequence[str]) -> None:
    counts = {status: sum(r.status == status for r in reports) for status in ("done", "refused", "failed")}
    if request.as_json:
        studies = [_summary_row(report, request) for report in reports]
        tree = {"counts": counts, "studies": studies, "clinical_unused": unused, "notes": list(notes)}
        typer.echo(json.dumps(tree, indent=2))
        return
    parts = [f"{count} {status}" for status, count in counts.items() if count]
    noun = "study" if len(reports) == 1 else "studies"
    typer.echo(f"{len(reports)} {noun}: {', '.join(parts)}{_count_without_verdicts(reports)}")
    for note in notes:
        typer.echo(note)
    page = _page(request)
    if page is not None:
        typer.echo(f"Reports: {request.output}/<key>/{page}")
    typer.echo(_say_tables(request))
    if unused:
        typer.echo(f"Clinical records of no study of this run: {len(unused)} ({say_places(unused, request.clinical)})")


def _page(request: RunRequest) -> str | None:
    """Return the file name of the report to open: the page where it is written, else the record."""
    if "html" in request.wanted:
        return "report.html"
    return "report.json" if "json" in request.wanted else None


def _say_tables(request: RunRequest) -> str:
    """Return where the tables of the run are, or that those in the folder are another run's."""
    if "tables" in request.wanted:
        names = "studies.csv, lesions.csv, verdicts.csv, plans.csv"
        return f"Tables:  {request.output}/{names}; their columns: data_dictionary.csv"
    if (request.output / "studies.csv").exists():
        return "Tables:  none written; those in the folder are of an earlier run"
    return "Tables:  none written"


def _count_without_verdicts(reports: list[Report]) -> str:
    count = sum(report.assessment_reason is not None for report in reports)
    return f"; verdicts withheld in {count}" if count else ""


def say_places(numbers: Sequence[int], clinical: Path | None) -> str:
    """Return where records stand in the clinical file: lines of a table, else their places."""
    what = "line" if clinical is not None and clinical.suffix.lower() == ".csv" else "record"
    listed = ", ".join(map(str, numbers[:MOST_PLACES])) + (", …" if len(numbers) > MOST_PLACES else "")
    return f"{what}{'s' if len(numbers) > 1 else ''} {listed}"


def _summary_row(report: Report, request: RunRequest) -> dict[str, str | list[str] | None]:
    cause = find_refusal(report)
    return {
        "key": report.key,
        "status": report.status,
        "code": cause.code if cause else None,
        "reason": cause.message if cause else None,
        "verdicts_withheld": report.assessment_reason,
        "withheld": list(codes_of(report, Severity.REFUSED)),
        "warnings": list(codes_of(report, Severity.WARNING)),
        "report": None if (page := _page(request)) is None else str(request.output / report.key / page),
    }
