"""The benchmark of plans: what its clock counts, and its tables from runs that are made up."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from benchmarks import plan_steps
from benchmarks.plan_steps import Clock
from benchmarks.plans import Memory, Round, Timed, render_memory, render_times, say_limits
from benchmarks.process import Ran

ROUNDS: list[Round] = [
    {"measuring_s": 1.0, "planning_s": 2.0, "steps_s": {"ground": 1.0, "other": 1.0}, "plans": 30},
    {"measuring_s": 1.0, "planning_s": 4.0, "steps_s": {"ground": 3.0, "other": 1.0}, "plans": 30},
    {"measuring_s": 2.0, "planning_s": 2.5, "steps_s": {"ground": 1.5, "other": 1.0}, "plans": 30},
]


def test_a_step_does_not_count_the_steps_that_it_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outer 0 to 9 s, inner 1 to 4 s of it."""
    ticks = iter([0.0, 1.0, 4.0, 9.0])
    clock = Clock()
    outer = clock.timed("outer", clock.timed("inner", lambda: None))
    monkeypatch.setattr(time, "process_time", lambda: next(ticks))
    outer()
    assert clock.spent == {"outer": 6.0, "inner": 3.0}


def test_every_function_of_a_step_is_there() -> None:
    clock = Clock()
    for step, functions in plan_steps.STEPS.items():
        for module, name in functions:
            place, last = plan_steps.find_place(module, name)
            assert callable(clock.timed(step, getattr(place, last))), f"{module}.{name}"


def test_rows_are_medians_of_the_rounds() -> None:
    usual = Timed("25", Path(), rounds=ROUNDS)
    row = render_times([usual]).splitlines()[-1]
    assert row.startswith("| 25 | 30 | 1.00 | 2.50 | 2.50 | 1.50 | 0.00 |")
    assert row.endswith("| 1.00 |")


def test_memory_is_compared_with_a_run_without_plans() -> None:
    ran = {True: [Ran(3.0, 3.0, 220.0, "")], False: [Ran(1.0, 2.0, 200.0, "")]}
    memory = Memory(Path(), ran)
    assert "| `plans: false` | 1.00 | 2.00 | 200 MB |" in render_memory(memory)
    said = say_limits([Timed("25, no plan given", Path(), rounds=ROUNDS), Timed("200", Path(), rounds=[])], memory)
    assert "2.50 s on one core" in said
    assert "1.10 times" in said
