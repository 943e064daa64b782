"""Ask a question of many stored reports: in worker processes, in a stable order, few of them in memory at a time."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from pipeline.errors import UsageError
from pipeline.reassessment.answering import Answer, Question, answer
from pipeline.study_run import describe_error

if TYPE_CHECKING:
    from concurrent.futures import Future

    from pebble import ProcessPool

REPORT = "report.json"
CHUNK = 50
"""Reports that a worker takes at a time."""
FEW = 200
"""Up to so many reports are asked in this process: workers would start longer than they work."""
AHEAD = 4
"""Chunks for each worker that are on their way at a time."""

Place: TypeAlias = tuple[str, str]
"""Path of a report, and the same relative to what was asked for."""

_asked: list[Question] = []
"""The question of a worker process."""


def find_reports(given: Path) -> list[Place]:
    """Return the report that was given, that of a study's folder, or all below a folder in the order of their paths.

    Raises
    ------
    UsageError
        When there is none.
    """
    if given.is_file():
        return [(str(given), given.name)]
    if not given.is_dir():
        raise UsageError("there is no such report or folder")
    if (given / REPORT).is_file():
        return [(str(given / REPORT), REPORT)]
    found = sorted(str(Path(folder) / REPORT) for folder, _, names in os.walk(given) if REPORT in names)
    if not found:
        raise UsageError(f"the folder holds no {REPORT}")
    return [(path, os.path.relpath(path, given)) for path in found]


def answer_all(places: Sequence[Place], question: Question, jobs: int) -> Iterator[Answer]:
    """Yield the answer for each report, in their order; one that fails is an answer too, and says so."""
    if jobs == 1 or len(places) <= FEW:
        for place in places:
            yield answer_safely(place, question)
        return
    from multiprocessing import get_context

    from pebble import ProcessPool

    with ProcessPool(jobs, initializer=_begin, initargs=(question,), context=get_context("spawn")) as pool:
        yield from _answer_in(pool, places, jobs)


def _answer_in(pool: ProcessPool, places: Sequence[Place], jobs: int) -> Iterator[Answer]:
    running: deque[tuple[Future[list[Answer]], Sequence[Place]]] = deque()
    chunks = (places[start : start + CHUNK] for start in range(0, len(places), CHUNK))
    for chunk in chunks:
        running.append((pool.schedule(_answer_chunk, args=(chunk,)), chunk))
        if len(running) >= AHEAD * jobs:
            yield from _take(*running.popleft())
    while running:
        yield from _take(*running.popleft())


def _take(future: Future[list[Answer]], chunk: Sequence[Place]) -> list[Answer]:
    """Return a worker's answers; where the worker itself died, that for each report of its chunk."""
    from pebble import ProcessExpired

    try:
        return future.result()
    except ProcessExpired as death:
        problem = f"INTERNAL_ERROR: the worker process ended with exit code {death.exitcode}"
        return [Answer(place, Path(path).parent.name, problem=problem) for path, place in chunk]


def _begin(question: Question) -> None:
    _asked[:] = [question]


def _answer_chunk(chunk: Sequence[Place]) -> list[Answer]:
    return [answer_safely(place, _asked[0]) for place in chunk]


def answer_safely(place: Place, question: Question) -> Answer:
    """Return the answer for a report; of an unexpected error its type and where it arose, so that the others go on."""
    path = Path(place[0])
    try:
        return answer(path, place[1], question)
    except Exception as error:
        problem = f"INTERNAL_ERROR: the report could not be asked: {describe_error(error)}"
        return Answer(place[1], path.parent.name, problem=problem)
