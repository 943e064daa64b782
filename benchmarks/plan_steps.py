"""The plans of one study, in a process of its own on one core: prints processor seconds of measuring and of planning.

Usage: ``python -m benchmarks.plan_steps STUDY [--no-remnant]``. A step's time is that of its functions without those of
other steps that they call; what belongs to none of them is ``other``. Everything is done once, as a run does it, first
calls and late imports included. ``--no-remnant`` drops the masks of a remnant after reading: a plan is adopted then.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path

from pipeline.cli.preparation import CheckRequest, prepare_check
from pipeline.planned.planning import Planned
from pipeline.structures import Role
from pipeline.study_run import Examined, RunContext, examine_study, measure_examined

REST = "other"
PLANNED = "pipeline.planned"
STEPS = {
    "ground": ((f"{PLANNED}.question", "find_ground"),),
    "vessels": (
        (f"{PLANNED}.question", "build_trees"),
        (f"{PLANNED}.answering", "prepare_perfusion"),
        (f"{PLANNED}.answering", "find_perfusion"),
    ),
    "search": ((f"{PLANNED}.planning", "list_plans"),),
    "figures": (
        (f"{PLANNED}.planning", "find_basis"),
        (f"{PLANNED}.planning", "measure_bounds"),
        (f"{PLANNED}.answering", "measure_plan"),
        (f"{PLANNED}.answering", "measure_drawn"),
        (f"{PLANNED}.adoption", "adopt"),
    ),
    "verdicts": (
        (f"{PLANNED}.question", "evaluate"),
        (f"{PLANNED}.question", "run_rules"),
        (f"{PLANNED}.question", "find_choices"),
        (f"{PLANNED}.question", "find_requirement"),
        (f"{PLANNED}.answering", "suppose_plan"),
        (f"{PLANNED}.answering", "find_growth"),
        (f"{PLANNED}.verdicts", "Judge.ask"),
        (f"{PLANNED}.verdicts", "Judge.judge"),
    ),
}
"""Functions of each step, where they are looked up."""


@dataclass
class Clock:
    """Seconds of each step; one that calls another does not count the other's."""

    spent: dict[str, float] = field(default_factory=dict)
    inner: list[float] = field(default_factory=list)

    def watch(self, step: str, module: str, name: str) -> None:
        """Time a function of a module, or of a class in it, from now on."""
        place, last = find_place(module, name)
        setattr(place, last, self.timed(step, getattr(place, last)))

    def timed(self, step: str, work: Callable[..., object]) -> Callable[..., object]:
        """Return a function that does the same and is timed."""

        @wraps(work)
        def do(*given: object, **named: object) -> object:
            self.inner.append(0.0)
            start = time.process_time()
            try:
                return work(*given, **named)
            finally:
                taken = time.process_time() - start
                self.spent[step] = self.spent.get(step, 0.0) + taken - self.inner.pop()
                if self.inner:
                    self.inner[-1] += taken

        return do


def find_place(module: str, name: str) -> tuple[object, str]:
    """Return what holds a function, a module or a class in it, and the function's own name."""
    *owners, last = name.split(".")
    place: object = importlib.import_module(module)
    for owner in owners:
        place = getattr(place, owner)
    return place, last


def examine(folder: Path, keep_remnant: bool) -> tuple[RunContext, Examined]:
    """Return a study as it is read, and how it is measured; without the masks of a remnant where they are dropped."""
    prepared = prepare_check(CheckRequest(folder))
    read = examine_study(prepared.studies[0], prepared.context)
    if keep_remnant:
        return prepared.context, read
    segments = tuple(each for each in read.study.segments if each.role is not Role.REMNANT)
    return prepared.context, replace(read, study=replace(read.study, segments=segments))


def time_plans(folder: Path, keep_remnant: bool = True) -> dict[str, object]:
    """Return the seconds of measuring and planning, those of each step of planning, and how many plans there are."""
    context, read = examine(folder, keep_remnant)
    start = time.process_time()
    measured = measure_examined(read, context)
    measuring = time.process_time() - start
    clock = Clock()
    for step, functions in STEPS.items():
        for module, name in functions:
            clock.watch(step, module, name)
    plan = clock.timed(REST, importlib.import_module(f"{PLANNED}.planning").plan_study)
    study = replace(read.study, findings=(*read.study.findings, *read.beside().findings))
    start = time.process_time()
    planned = plan(context.plans, study, measured, read.clinical, (*read.findings, *measured.findings))
    taken = time.process_time() - start
    assert isinstance(planned, Planned)
    adopted = planned.record.adopted
    return {
        "measuring_s": measuring,
        "planning_s": taken,
        "steps_s": clock.spent,
        "plans": len(planned.items),
        "adopted": adopted is not None and not adopted.given,
    }


if __name__ == "__main__":
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(json.dumps(time_plans(Path(sys.argv[1]), "--no-remnant" not in sys.argv)))
