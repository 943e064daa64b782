"""What a clinical record states of a plan: for which plans it counts, and which plan is taken where it names none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.ground import Part
from pipeline.judging import formula_words
from pipeline.measurement import Fact, Inputs
from pipeline.outcome import Outcome, Truth
from pipeline.plan import GivenPlan, Plan
from pipeline.plan_record import PlanRecord, PlanVerdict
from pipeline.planned.catalogue_plans import Candidate, choose_plan
from pipeline.planned.supposing import NO_PLAN, OTHER_PLAN, Stated, Under, suppose_plan
from pipeline.structures import Role
from pipeline.study import Segment, Study
from pipeline.volume import Mask
from tests.measures.plans.test_anatomy_findings import GRID, benchmark
from tests.planned.studies import HEALTHY, Done, asked, draw, of_name, run, state
from tests.planning.grounds import make_ground

NAME = "right_hepatectomy"
SAID: dict[str, float | bool | str] = {
    "surgeon_r0_expected": True,
    "remnant_inflow_ok": True,
    "remnant_outflow_ok": True,
    "remnant_biliary_ok": True,
    "remnant_segments_preserved": 4.0,
    "resection_is_major": True,
}
OF_PLAN = ("RES-01", "RES-04", "RES-05", "RES-06")


def keep(study: Study, removed: tuple[Role, ...]) -> Study:
    """Return a study with a remnant mask: every segment but some."""
    _, parts, _ = benchmark()
    voxels = np.zeros(GRID.shape, dtype=bool)
    for role, mask in parts.items():
        if role not in removed:
            voxels[mask.box] |= mask.voxels
    remnant = Segment(Role.REMNANT, "Liver_Remnant", Mask(GRID, (0, 0, 0), voxels))
    return replace(study, segments=(*study.segments, remnant))


def open_rules(plan: PlanRecord) -> set[str]:
    """Return which rules that the record's statements answer stay open for a plan."""
    assert plan.verdict is not None
    return set(OF_PLAN) & {*plan.verdict.unknown, *plan.verdict.failed}


def test_what_the_record_states_counts_for_its_plan_and_for_those_that_are_the_same() -> None:
    """The remnant mask, the record's plan and the named resection remove the same: they read the same."""
    study = keep(draw(vessels=True), (Role.SEGMENT_5, Role.SEGMENT_6, Role.SEGMENT_7, Role.SEGMENT_8))
    plans = [of_name(NAME), GivenPlan("mine", ("6", "7"))]
    done = run(study, state(plans, resection_procedure=NAME, **HEALTHY, **SAID))
    drawn, named, mine = done.planned.record.own
    assert set(drawn.equals) == {named.id, "N1"}
    same = [drawn, *(each for each in (named, *done.planned.record.named) if each.id in drawn.equals)]
    assert len(same) == 3
    for plan in same:
        assert plan.verdict is not None
        assert not open_rules(plan)
        assert (plan.verdict.outcome, plan.verdict.reason) == (same[0].verdict.outcome, same[0].verdict.reason)  # type: ignore[union-attr]
    for plan in (mine, *(each for each in done.planned.record.named if each not in same and each.verdict)):
        assert {"RES-06"} <= open_rules(plan), plan.title
        assert "surgeon expects complete removal (R0): not in the clinical record" not in str(plan.verdict)


@pytest.mark.parametrize("other", [OTHER_PLAN, NO_PLAN])
def test_the_surgeon_s_word_on_another_plan_is_said_to_be_that(other: str) -> None:
    """It is neither silently gone nor false; what follows from it follows as from a record without a word."""
    base = Inputs({"surgeon_r0_expected": Fact("surgeon_r0_expected", True)}, {}, True, None)
    stated, words = Stated(frozenset({"surgeon_r0_expected"}), other), formula_words(asked().catalogue, "consensus")
    found = suppose_plan(base, Under(Plan(("2",)), {}), words, stated).study
    assert found["surgeon_r0_expected"].value is None
    assert (found["surgeon_r0_expected"].reason or "").startswith("STATED_OTHER_PLAN: the record states it of a")
    assert found["surgeon_r0_stated"].value == "not_stated"
    kept = suppose_plan(base, Under(Plan(("2",)), {}), words, replace(stated, other=None)).study
    assert (kept["surgeon_r0_expected"].value, kept["surgeon_r0_stated"].value) == (True, "expected")


@pytest.fixture(scope="module")
def unnamed() -> tuple[Done, Done]:
    """A study whose record speaks of a plan that it does not name, and one whose record does not."""
    study = draw(vessels=True)
    return run(study, state(**HEALTHY, **SAID, planned_margin_mm=9.0)), run(study, state(**HEALTHY))


def test_what_is_stated_of_a_plan_without_a_name_counts_for_none(unnamed: tuple[Done, Done]) -> None:
    """Every plan has the verdict that it has where the record is silent, and so has the one that is taken."""
    told, silent = (each.planned.record for each in unnamed)
    for one, two in zip((*told.options, *told.named), (*silent.options, *silent.named), strict=True):
        assert (one.title, one.facts) == (two.title, two.facts)
        assert (one.verdict is None) is (two.verdict is None)
        if one.verdict is not None and two.verdict is not None:
            assert replace(one.verdict, reason="") == replace(two.verdict, reason=""), one.title
            assert one.measurements == two.measurements
    assert told.adopted == silent.adopted


def test_the_study_s_own_numbers_are_the_plan_s_and_not_the_record_s(unnamed: tuple[Done, Done]) -> None:
    """Masks' own facts count for the plan that nobody gave; what they cannot show says why it is not known."""
    told, silent = unnamed
    for name in ("remnant_inflow_ok", "remnant_outflow_ok", "remnant_segments_preserved", "resection_is_major"):
        assert told.measured.facts[name] == silent.measured.facts[name], name
    assert told.measured.measurements["planned_margin_mm"] == silent.measured.measurements["planned_margin_mm"]
    biliary = told.measured.facts["remnant_biliary_ok"]
    assert isinstance(biliary, Fact)
    assert biliary.value is None
    assert biliary.reason == "STATED_OTHER_PLAN: the record states it of a plan that it does not name"
    assert told.verdict("resection").outcome is not Outcome.ELIGIBLE
    open_ = {each.id for each in told.verdict("resection").criteria if each.truth is Truth.INDETERMINATE}
    assert "RES-06" in open_


VERDICT = PlanVerdict("resection", "Resection", Outcome.CONDITIONAL, True, "")
FAILED, OPEN = replace(VERDICT, failed=("VOL-02",)), replace(VERDICT, unknown=("RES-06",))


def make(
    name: str, remnant_ml: float, verdict: PlanVerdict, *uncertain: str, parts: tuple[str, ...] = ("2",)
) -> Candidate:
    return Candidate(Plan(parts), name, remnant_ml, verdict, uncertain)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (make("a", 300, VERDICT, "L1", "L2"), make("b", 900, OPEN)),
        (make("a", 300, OPEN, "L1", "L2"), make("b", 900, FAILED)),
        (make("a", 300, OPEN), make("b", 900, OPEN, "L1")),
        (make("a", 300, OPEN, "L1"), make("b", 900, OPEN, "L1", "L2")),
        (make("b", 901, OPEN, "L1"), make("a", 900, OPEN, "L2")),
        (make("b", 900, OPEN), make("a", 900, OPEN, parts=("2", "3"))),
        (make("a", 900, OPEN), make("b", 900, OPEN)),
    ],
)
def test_the_order_of_competing_plans(first: Candidate, second: Candidate) -> None:
    """Hard rules on the plan, ablations that are not certain, remnant after the ablations, segments, name."""
    ground = replace(make_ground(1), parts=tuple(Part(number, (number,)) for number in ("2", "3", "4")))
    assert choose_plan((second, first), ground) is first
    assert choose_plan((first, second), ground) is first
    assert choose_plan((), ground) is None
