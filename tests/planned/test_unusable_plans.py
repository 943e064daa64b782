"""Plans of the clinical record that cannot be followed are warnings of the study, whether or not plans are made."""

from __future__ import annotations

import pytest

from pipeline.plan import GivenPlan
from pipeline.study import Severity
from tests.planned.studies import HEALTHY, draw, of_name, run, state

EVERY = tuple("12345678")


@pytest.mark.parametrize(
    ("plan", "code", "said"),
    [
        (GivenPlan("B", mask="nowhere"), "PLAN_MASK", "no structure of the masks"),
        (GivenPlan("half", ("4a",)), "NO_SEGMENTS", "segment 4 is given as a whole"),
        (GivenPlan("all", EVERY), "EMPTY_REMNANT", "removes every segment"),
        (GivenPlan("fine", ("2", "3")), "", ""),
    ],
)
def test_a_plan_that_cannot_be_followed_is_a_warning(plan: GivenPlan, code: str, said: str) -> None:
    plans = [of_name("right_hepatectomy"), plan]
    done = run(draw(), state(plans, resection_procedure="right_hepatectomy", **HEALTHY))
    found = [each for each in done.measured.findings if "left out" in each.message]
    assert [(each.code, each.severity) for each in found] == ([(code, Severity.WARNING)] if code else [])
    assert all(f"The plan {plan.name} cannot be followed" in each.message and said in each.message for each in found)
    assert (done.planned.record.own[1].reason is not None) is bool(code)
