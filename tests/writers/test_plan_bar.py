"""The small bars of remnants: one scale, the value where it belongs, each threshold once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.measurement import absent
from pipeline.writers.plan_bar import WIDTH, draw_plan_bars

from . import plan_examples

RECORD = plan_examples.plans()


def test_all_bars_have_one_scale_that_holds_every_interval() -> None:
    """Places are shares of the full scale, the next ten percent above the largest end; 100 % at least."""
    bars = draw_plan_bars(plan_examples.report())
    assert list(bars) == ["P1", "P2", "P3", "P4", "U1"]
    assert {bar.full_scale for bar in bars.values()} == {110.0}
    for plan in (*RECORD.options, RECORD.own[0]):
        one, bar = plan.measurements["standardized_remnant_percent"], bars[plan.id]
        ends = (one.value, one.low, one.high)
        assert (bar.value_x, bar.low_x, bar.high_x) == pytest.approx(
            [WIDTH * (end or 0) / 110 for end in ends], abs=0.01
        )
    small = replace(RECORD, options=RECORD.options[1:3], own=())
    assert {bar.full_scale for bar in draw_plan_bars(plan_examples.report(small)).values()} == {100.0}


def test_what_growth_has_to_reach_stands_on_every_bar_once() -> None:
    """Two plans that ask for 20 to 30 %, one of them by a hair more, give two lines, not four."""
    growth = RECORD.options[2].growth
    assert growth is not None
    near = replace(RECORD.options[1], growth=replace(growth, target_percent=(20.000000001, 30.0)))
    bars = draw_plan_bars(plan_examples.report(replace(RECORD, options=(near, RECORD.options[2]), own=())))
    assert [text for _, text in bars["P2"].thresholds] == ["20 %", "30 %"]
    assert bars["P2"].thresholds == bars["P3"].thresholds


def test_without_body_size_the_bar_is_that_of_the_functional_liver() -> None:
    """The index that is known is shown, and the thresholds that criteria ask of that one."""
    first = RECORD.options[1]
    none = absent("standardized_remnant_percent", "%", "CLIN_MISSING", "height is not known")
    turned = replace(first, measurements={**first.measurements, none.name: none})
    (bar,) = draw_plan_bars(plan_examples.report(replace(RECORD, options=(turned,), own=()))).values()
    assert bar.index == "remnant_percent"
    assert [text for _, text in bar.thresholds] == ["30 %"]
