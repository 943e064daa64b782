"""Run studies in worker processes and write each one's outputs as it is done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.aside import alone
from pipeline.readers import StudyFiles
from pipeline.report import Report
from pipeline.study import Finding, Severity
from pipeline.study_run import RunContext, StudyResult, failed_report, run_study_safely
from pipeline.writers import REPORT_WRITERS, ReportWriter, report_text, save

if TYPE_CHECKING:
    from concurrent.futures import Future

    from pebble import ProcessPool

ALL = frozenset(writer.name for writer in REPORT_WRITERS)
"""Names of the outputs of a study."""


def run_studies(
    studies: Sequence[StudyFiles], context: RunContext, output: Path, jobs: int, wanted: frozenset[str] = ALL
) -> Iterator[Report]:
    """Measure studies and write their outputs to ``output/<key>/``; yield each record as it is done.

    A single study, or a single job, runs in this process. A worker that dies takes no other study with it.

    Parameters
    ----------
    wanted
        Names of the outputs to write; others of ``REPORT_WRITERS`` are not made.
    """
    studies = mark_same_patient(studies)
    if jobs == 1 or len(studies) == 1:
        for files in studies:
            with alone():
                report = process_study(files, context, output, wanted)
            yield report
        return
    from multiprocessing import get_context

    from pebble import ProcessPool

    with ProcessPool(max_workers=min(jobs, len(studies)), context=get_context("spawn")) as pool:
        yield from _run_in(pool, studies, context, output, wanted)


def _run_in(
    pool: ProcessPool, studies: Sequence[StudyFiles], context: RunContext, output: Path, wanted: frozenset[str]
) -> Iterator[Report]:
    """Yield the record of each study as a worker is done with it."""
    from concurrent.futures import FIRST_COMPLETED, wait

    running: dict[Future[Report], StudyFiles] = {
        pool.schedule(process_study, args=(files, context, output, wanted)): files for files in studies
    }
    while running:
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            yield _outcome(future, running.pop(future), context, output, wanted)


def process_study(files: StudyFiles, context: RunContext, output: Path, wanted: frozenset[str] = ALL) -> Report:
    """Measure one study, write its outputs and return its record."""
    writers = [writer for writer in REPORT_WRITERS if writer.name in wanted]
    result = run_study_safely(files, context, draw=any(writer.shows_pictures for writer in writers))
    write_outputs(result, output, writers)
    return result.report


def write_outputs(result: StudyResult, output: Path, writers: Sequence[ReportWriter] = REPORT_WRITERS) -> None:
    """Write outputs of a study into the folder named by its key.

    Outputs that are not written stay from an earlier run where ``report.json`` says that its record was the same; else
    they are removed, so that no two outputs of one study say different things.
    """
    folder = output / result.report.key
    folder.mkdir(parents=True, exist_ok=True)
    others = [folder / writer.filename for writer in REPORT_WRITERS if writer not in writers]
    others = [path for path in others if path.exists()]
    if others and not _is_record(folder, result.report):
        for path in others:
            path.unlink()
    for writer in writers:
        save(folder / writer.filename, writer.write(result.report, result.pictures))


def _is_record(folder: Path, report: Report) -> bool:
    """Tell whether a record lies in a folder already, byte for byte."""
    path = folder / "report.json"
    return path.is_file() and path.read_bytes() == report_text(report).encode()


def mark_same_patient(studies: Sequence[StudyFiles]) -> list[StudyFiles]:
    """Add the finding ``TWO_DATES`` to studies whose patient has another study in the same run.

    Response over time is not measured: each study stands by itself, and says so.
    """
    patients = [(files.identity.issuer, files.identity.patient_id) for files in studies]
    message = "This patient has {} studies in this run. Each is measured by itself; no change over time is computed."
    marked = []
    for files, patient in zip(studies, patients, strict=True):
        count = patients.count(patient)
        if patient[1] and count > 1:
            finding = Finding("TWO_DATES", Severity.INFO, message.format(count))
            files = replace(files, findings=(*files.findings, finding))
        marked.append(files)
    return marked


def _outcome(
    future: Future[Report], files: StudyFiles, context: RunContext, output: Path, wanted: frozenset[str]
) -> Report:
    """Return a worker's record, or a failed one when the worker itself died."""
    from pebble import ProcessExpired

    try:
        return future.result()
    except ProcessExpired as death:
        report = failed_report(files, context, f"the worker process ended with exit code {death.exitcode}")
    write_outputs(StudyResult(report), output, [writer for writer in REPORT_WRITERS if writer.name in wanted])
    return report
