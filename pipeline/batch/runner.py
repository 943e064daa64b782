"""Run studies in worker processes and write each one's outputs as it is done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

from pebble import ProcessExpired, ProcessPool

from pipeline.readers import StudyFiles
from pipeline.report import Report
from pipeline.study import Finding, Severity
from pipeline.study_run import RunContext, StudyResult, failed_report, run_study_safely
from pipeline.writers import REPORT_WRITERS, save


def run_studies(studies: Sequence[StudyFiles], context: RunContext, output: Path, jobs: int) -> Iterator[Report]:
    """Measure studies and write their outputs to ``output/<key>/``; yield each record as it is done.

    A single study, or a single job, runs in this process. A worker that dies takes no other study with it.
    """
    studies = mark_same_patient(studies)
    if jobs == 1 or len(studies) == 1:
        for files in studies:
            yield process_study(files, context, output)
        return
    with ProcessPool(max_workers=min(jobs, len(studies)), context=get_context("spawn")) as pool:
        running: dict[Future[Report], StudyFiles] = {
            pool.schedule(process_study, args=(files, context, output)): files for files in studies
        }
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                files = running.pop(future)
                yield _outcome(future, files, context, output)


def process_study(files: StudyFiles, context: RunContext, output: Path) -> Report:
    """Measure one study, write its outputs and return its record."""
    result = run_study_safely(files, context)
    write_outputs(result, output)
    return result.report


def write_outputs(result: StudyResult, output: Path) -> None:
    """Write every per-study output into the folder named by the study's key."""
    folder = output / result.report.key
    folder.mkdir(parents=True, exist_ok=True)
    for writer in REPORT_WRITERS:
        save(folder / writer.filename, writer.write(result.report, result.pictures))


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


def _outcome(future: Future[Report], files: StudyFiles, context: RunContext, output: Path) -> Report:
    """Return a worker's record, or a failed one when the worker itself died."""
    try:
        return future.result()
    except ProcessExpired as death:
        report = failed_report(files, context, f"the worker process ended with exit code {death.exitcode}")
    write_outputs(StudyResult(report), output)
    return report
