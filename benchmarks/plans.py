"""Time all plans of a study of LiTS's size on one core beside its measurement: by steps, as lesions grow, and memory.

Usage: ``python -m benchmarks.plans [ROUNDS] [--write]``. Fresh processes, studies in turn round after round, medians.
``--write`` puts the tables into ``docs/performance.md``.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.page import PLANS, write_between
from benchmarks.plan_steps import REST, STEPS
from benchmarks.process import Ran, run
from benchmarks.session import write_study

LESIONS = (5, 25, 100, 200)
USUAL = 25
LIMIT_S, LIMIT_RATIO = 3.0, 1.2
"""All plans of the usual study on one core; peak memory of a run with plans to one without."""


Round = dict[str, float | dict[str, float]]
"""What ``benchmarks.plan_steps`` prints."""


@dataclass
class Timed:
    """What each round took of one study.

    Parameters
    ----------
    words
        Its options for ``benchmarks.plan_steps``.
    """

    name: str
    study: Path
    words: tuple[str, ...] = ()
    rounds: list[Round] = field(default_factory=list)

    def go(self) -> None:
        """Measure and plan once, in a process of its own."""
        said = run([sys.executable, "-m", "benchmarks.plan_steps", str(self.study), *self.words]).output
        self.rounds.append(json.loads(said.splitlines()[-1]))

    def median(self, name: str) -> float:
        """Return the median of a number of all rounds; that of a step by ``steps_s.NAME``."""
        first, _, step = name.partition(".")
        values = [each[first] for each in self.rounds]
        return statistics.median(each.get(step, 0.0) if isinstance(each, dict) else each for each in values)


@dataclass
class Memory:
    """Whole runs to ``report.json``, with and without plans."""

    study: Path
    ran: dict[bool, list[Ran]] = field(default_factory=lambda: {True: [], False: []})

    def go(self) -> None:
        """Run once with plans and once without."""
        program = str(Path(sys.executable).parent / "livermetry")
        for plans, runs in self.ran.items():
            with tempfile.TemporaryDirectory() as folder:
                config = Path(folder) / "settings.yaml"
                config.write_text(f"plans: {str(plans).lower()}\n", encoding="utf-8")
                words = ["--only", "json", "--config", str(config), str(self.study), str(Path(folder) / "out")]
                runs.append(run([program, "run", *words]))

    def median(self, plans: bool, name: str) -> float:
        """Return the median of ``wall_s``, ``cpu_s`` or ``peak_mb``."""
        return float(statistics.median(getattr(each, name) for each in self.ran[plans]))


def measure(rounds: int) -> tuple[list[Timed], Memory]:
    """Return the times of each study, the usual one without its remnant mask last, and whole runs of the usual one."""
    studies = {lesions: write_study(lesions=lesions) for lesions in LESIONS}
    timed = [Timed(f"{lesions}", study) for lesions, study in studies.items()]
    timed.append(Timed(f"{USUAL}, no plan given", studies[USUAL], ("--no-remnant",)))
    memory = Memory(studies[USUAL])
    for number in range(-1, rounds):
        for each in timed:
            each.go()
        memory.go()
        if number < 0:
            memory = Memory(memory.study)
            for each in timed:
                each.rounds.clear()
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return timed, memory


def render_times(timed: Sequence[Timed]) -> str:
    """Return the table of times."""
    steps = (*STEPS, REST)
    lines = [
        f"| lesions | plans | measured, s | planned, s | ratio | {' | '.join(f'{each}, s' for each in steps)} |",
        "|---|---|---|---|---|" + "---|" * len(steps),
    ]
    for each in timed:
        measured, planned = each.median("measuring_s"), each.median("planning_s")
        parts = " | ".join(f"{each.median(f'steps_s.{step}'):.2f}" for step in steps)
        count = each.rounds[0]["plans"]
        lines.append(f"| {each.name} | {count} | {measured:.2f} | {planned:.2f} | {planned / measured:.2f} | {parts} |")
    return "\n".join(lines)


def render_memory(memory: Memory) -> str:
    """Return the table of whole runs."""
    lines = ["| | wall, s | processor, s | peak memory |", "|---|---|---|---|"]
    for plans, name in ((False, "`plans: false`"), (True, "`plans: true`")):
        wall, cpu, peak = (memory.median(plans, each) for each in ("wall_s", "cpu_s", "peak_mb"))
        lines.append(f"| {name} | {wall:.2f} | {cpu:.2f} | {peak:.0f} MB |")
    return "\n".join(lines)


def say_limits(timed: Sequence[Timed], memory: Memory) -> str:
    """Return how the usual study stands to the limits."""
    planned = max(each.median("planning_s") for each in timed if each.name.partition(",")[0] == str(USUAL))
    ratio = memory.median(True, "peak_mb") / memory.median(False, "peak_mb")
    return (
        f"All plans of the usual study: {planned:.2f} s on one core (limit {LIMIT_S:g} s); peak memory of a run with "
        f"plans {ratio:.2f} times that of one without (limit {LIMIT_RATIO:g})."
    )


def main(rounds: int, write: bool) -> None:
    """Print the tables, and write them into the page when asked for."""
    cores, load = os.cpu_count() or 1, os.getloadavg()[0]
    timed, memory = measure(rounds)
    head = (
        f"Python {platform.python_version()}, one of {cores} cores, {rounds} interleaved rounds of fresh processes, "
        f"medians of processor time; load before the start {load:.1f}."
    )
    text = "\n\n".join([head, render_times(timed), say_limits(timed, memory), render_memory(memory)])
    print(text)
    if write:
        write_between(PLANS, text)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    main(numbers[0] if numbers else 5, "--write" in sys.argv)
