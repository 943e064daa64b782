from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.ground import Ground, Part
from pipeline.plan import Choices, Plan, PlanKind, Requirement, Score
from pipeline.planning.named import halve, parts_of_segments, plan_of_parts, segments_of
from pipeline.planning.trade_offs import find_alike, say_trade_offs
from pipeline.planning.words import kind_of, name_parts, say_named, title_of
from pipeline.readers.clinical.resections import load_resections
from tests.planning.grounds import make_ground

RESECTIONS = load_resections(Path("configs/resections.yaml"))
EVERY = Choices((1.0, 10.0), 5.0, frozenset(), frozenset(), frozenset())
OPEN = Requirement(None, None, None)


def divide(*names: str, segments: dict[str, tuple[str, ...]] | None = None) -> Ground:
    """Return a ground with parts of these names; what else it holds does not matter."""
    ground = make_ground(5, 3, len(names))
    return replace(ground, parts=tuple(Part(name, (segments or {}).get(name, (name,))) for name in names))


SEGMENTS = divide("1", "2", "3", "4a", "4b", "5", "6", "7", "8")
WHOLE_4 = divide("1", "2", "3", "4", "5", "6", "7", "8")
LOBES = divide("right", "left", segments={"right": ("5", "6", "7", "8"), "left": ("1", "2", "3", "4")})


@pytest.mark.parametrize("name", RESECTIONS.named)
def test_every_named_resection_is_planned_and_called_by_its_name(name: str) -> None:
    """Where segment 4 is drawn in halves, each resection of the table has its parts, its plan and its name."""
    named = RESECTIONS.named[name]
    plan = plan_of_parts(SEGMENTS, named, EVERY)
    assert isinstance(plan, Plan)
    assert set(plan.parts) == halve(segments_of(named))
    assert plan.name == name
    assert re.findall(
        r"[a-z]+|\d[ab]?", name_parts(SEGMENTS, plan.parts, RESECTIONS).replace(" and ", " ")
    ) == re.findall(r"[a-z]+|\d[ab]?", name.replace("_", " "))
    assert not plan.wedges
    assert not plan.ablated


@pytest.mark.parametrize("name", RESECTIONS.named)
def test_what_cannot_be_told_apart_is_said(name: str) -> None:
    """With segment 4 in one piece a half of it has a reason; of two lobes only what they are made of has a plan."""
    wanted = segments_of(RESECTIONS.named[name])
    halves = {"4a", "4b"} & set(wanted)
    parts = parts_of_segments(WHOLE_4, wanted)
    assert isinstance(parts, str) == (len(halves) == 1)
    lobes = parts_of_segments(LOBES, wanted)
    if name in ("right_hepatectomy", "left_hepatectomy_with_segment_1"):
        assert lobes in (("right",), ("left",))
    else:
        assert isinstance(lobes, str)
        assert lobes.startswith("NO_SEGMENTS: ")
        assert "not drawn apart" in lobes


def test_missing_segments_and_whole_livers_have_a_reason() -> None:
    """A segment that is not drawn is named; a removal of everything has no remnant; so has a liver without parts."""
    missing = plan_of_parts(divide("2", "3", "5", "6"), RESECTIONS.named["right_hepatectomy"], EVERY)
    assert missing == "NO_SEGMENTS: segment 7 and segment 8 are not drawn"
    assert str(plan_of_parts(LOBES, ["1", "2", "3", "4", "5", "6", "7", "8"], EVERY)).startswith("EMPTY_REMNANT: ")
    assert str(plan_of_parts(divide(), ["5"], EVERY)).startswith("NO_SEGMENTS: ")
    assert str(plan_of_parts(SEGMENTS, [], EVERY)).startswith("NO_SEGMENTS: ")


TITLES = [
    (
        Plan(("5", "6", "7", "8"), ("L3",), 10.0, ("L2",)),
        "right hepatectomy with wedge of L3 (10 mm) and ablation of L2",
    ),
    (Plan(("1", "2", "3")), "left lateral sectionectomy with segment 1"),
    (Plan(("2", "6")), "removal of segments 2 and 6"),
    (Plan(("4a", "4b")), "left medial sectionectomy"),
    (Plan((), ("L1", "L2"), 1.0, (), 0.0, ("L3",)), "wedges of L1 and L2 (1 mm), and irradiation of L3"),
    (Plan(("5",), untreated=("L1",)), "segmentectomy 5, L1 left untreated"),
    (Plan((), tuple("ABCDE"), 1.0), "wedges of 5 lesions (1 mm)"),
    (Plan(mask="specimen"), "plan drawn as specimen"),
]


@pytest.mark.parametrize(("plan", "title"), TITLES, ids=[title for _, title in TITLES])
def test_titles_say_what_is_done(plan: Plan, title: str) -> None:
    """Parts by the resection's name, wedges with their margin, and whatever else is done or left."""
    assert title_of(SEGMENTS, plan, RESECTIONS) == title


KINDS = [
    (Plan(("5",)), PlanKind.ANATOMICAL),
    (Plan((), ("L1",), 1.0), PlanKind.SPARING),
    (Plan(("5",), ("L1",), 1.0), PlanKind.RESECTION),
    (Plan(("5",), ablated=("L1",)), PlanKind.COMBINED),
    (Plan((), ("L1",), 1.0, irradiated=("L2",)), PlanKind.COMBINED),
    (Plan(ablated=("L1",), irradiated=("L2",)), PlanKind.ABLATION),
    (Plan(irradiated=("L2",)), PlanKind.RADIATION),
    (Plan(("5",), mask="x"), PlanKind.MASK),
]


@pytest.mark.parametrize(("plan", "kind"), KINDS, ids=[kind.value for _, kind in KINDS])
def test_kinds(plan: Plan, kind: PlanKind) -> None:
    """A plan's kind is what it is made of."""
    assert kind_of(plan) is kind


def test_a_plan_that_does_nothing_has_no_kind() -> None:
    """It is an error to ask for it."""
    with pytest.raises(ValueError, match="treats nothing"):
        kind_of(Plan(untreated=("L1",)))


SCORES = (
    Score(0, 1000.0, 2, 1, 10.0, 4),
    Score(0, 1500.0, 1, 2, 5.0, 0),
    Score(0, 1200.0, 1, 2, 7.0, 1),
    Score(1, 1490.0, 1, 2, 5.0, 0),
)


def test_each_option_is_told_by_what_it_gains_and_costs() -> None:
    """Firsts, prices, what is untreated and what has to grow; never what is best or recommended."""
    said = say_trade_offs(SCORES, 3, Requirement(1100.0, 1000.0, None))
    assert said[0] == (
        "Resects most lesions of the options (2 of 3), takes the fewest procedures of the options (1) and has the "
        "widest smallest margin of the options (10 mm), but keeps 500 mL less liver than P2 (most: 1500 mL) and "
        "removes 4 whole segments more than P2 (fewest: 0); the remnant may have to grow first."
    )
    assert said[1].startswith(
        "Keeps most liver of the options (1500 mL), but resects 1 lesion fewer than P1 (most: 2 of 3), takes 1 "
    )
    assert said[2].startswith("Is first in nothing: keeps 300 mL less liver than P2 ")
    assert said[3].endswith("; 1 lesion left untreated.")
    for sentence in (*said, *say_trade_offs(SCORES[:1], 3, OPEN)):
        assert not re.search(r"\b(best|recommend\w*|should|optimal)\b", sentence)


def test_options_are_alike_when_ahead_in_the_remnant_alone_and_within_the_intervals() -> None:
    """Another is alike when nothing but the remnant is worse and the intervals meet."""
    two = (Score(0, 1500.0, 2, 1, 10.0, 2), Score(0, 1490.0, 2, 1, 10.0, 1), Score(0, 1480.0, 1, 1, 10.0, 1))
    near = [(score.remnant_ml - 20, score.remnant_ml + 20) for score in two]
    assert find_alike(two, near) == ((1,), (), (1,))
    apart = [(score.remnant_ml - 4, score.remnant_ml + 4) for score in two]
    assert find_alike(two, apart) == ((), (), ())


def test_what_a_named_resection_does_to_each_lesion_is_said() -> None:
    """Every lesion is cleared, not cleared, or left where it is."""
    ground = make_ground(5, 3, 3)
    for part in ground.parts:
        sentence = say_named(ground, Plan((part.name,)), 1.0)
        assert sentence.endswith(".")
        assert sorted(set(re.findall(r"L\d", sentence))) == ["L1", "L2", "L3"]


def test_a_lesion_that_a_named_resection_takes_as_a_wedge_is_not_said_to_be_left() -> None:
    """Wedges and ablations of a plan are said once, and not as what its parts leave where it is."""
    ground = make_ground(5, 3, 3)
    sentence = say_named(ground, Plan((ground.parts[0].name,), wedges=("L2",), ablated=("L3",)), 1.0)
    assert "takes a wedge round L2" in sentence
    assert "ablates L3" in sentence
    assert [sentence.count(name) for name in ("L2", "L3")] == [1, 1]


def test_the_margin_of_an_ablation_is_said_to_be_one() -> None:
    """The smallest margin is that of the wedge, of the ablation, or there is none where all is irradiated."""
    scores = (
        Score(0, 900, 2, 2, 10, 0),
        Score(0, 910, 1, 2, 5, 0),
        Score(0, 920, 1, 2, 1, 0),
        Score(0, 930, 0, 2, 0, 0),
    )
    plans = (
        Plan(wedges=("L1", "L2"), wedge_mm=10),
        Plan(wedges=("L1",), wedge_mm=10, ablated=("L2",), ablation_mm=5),
        Plan(wedges=("L1",), wedge_mm=1, ablated=("L2",), ablation_mm=5),
        Plan(irradiated=("L1", "L2")),
    )
    said = say_trade_offs(scores, 2, OPEN, plans)
    assert "widest smallest margin of the options (10 mm)" in said[0]
    assert "a smallest margin of 5 mm (round what is ablated), 5 mm less than P1" in said[1]
    assert "a smallest margin of 1 mm" in said[2]
    assert "ablated" not in said[2]
    assert "no margin, as all is irradiated" in said[3]
    assert " 0 mm" not in said[3]
