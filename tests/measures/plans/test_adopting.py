"""A plan that is adopted leads to what the same plan of the record leads to, and says that no plan was given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from pipeline.lesion import StudyMeasurements
from pipeline.measurement import Fact, Measurement
from pipeline.measures.plan_extent import derive_plan_facts
from pipeline.measures.plans.adopting import adopt
from pipeline.resection import role_of_segment
from pipeline.structures import Role
from pipeline.study import Study
from pipeline.volume import Mask
from tests.measures.plans.figure_cases import GRIDS, RESECTIONS, SIZES, draw, measure
from tests.phantoms import make_record, make_study, subtract

WORDS = "right hepatectomy, the best of the plans evaluated; no plan is given"


def bare(each: Measurement) -> Measurement:
    """Return a measurement without the words that say where its plan comes from."""
    return replace(each, method="", flags=tuple(sorted(each.flags)))


def both(study: Study, numbers: tuple[str, ...], **stated: object) -> tuple[StudyMeasurements, StudyMeasurements]:
    """Return a study with an adopted plan, and with the same plan of the record."""
    own = make_record(**SIZES, **stated)  # type: ignore[arg-type]
    free = measure(study, own)
    assert free.measurements["remnant_volume_ml"].value is None
    removed = tuple(role_of_segment(number) for number in numbers)
    adopted = adopt(free, study, own.facts, removed, numbers, WORDS, RESECTIONS)
    return adopted, measure(study, make_record(**SIZES, **stated, resection_segments=numbers))  # type: ignore[arg-type]


@pytest.mark.parametrize("numbers", [("5", "6", "7", "8"), ("2", "3"), ("4a", "4b", "5", "8")])
def test_an_adopted_plan_is_as_the_record_would_have_it(numbers: tuple[str, ...]) -> None:
    """Every measurement of study and lesions with interval, place and flags, every fact, and every finding."""
    adopted, given = both(make_study(draw(GRIDS["straight"])), numbers)
    assert {name: bare(each) for name, each in adopted.measurements.items()} == {
        name: bare(each) for name, each in given.measurements.items()
    }
    for one, other in zip(adopted.lesions, given.lesions, strict=True):
        assert one.measurements == other.measurements
    extent = derive_plan_facts({"resection_segments": Fact("resection_segments", numbers)}, RESECTIONS)
    extent.pop("resection_segments")
    assert values(adopted.facts) == values({**given.facts, **extent})
    assert told(adopted) == told(given)
    assert adopted.anatomy is not None
    assert given.anatomy is not None
    assert adopted.anatomy.kept is not None
    assert given.anatomy.kept is not None
    assert adopted.anatomy.kept.count == given.anatomy.kept.count


def values(facts: Mapping[str, Fact]) -> dict[str, object]:
    return {name: fact.value for name, fact in facts.items()}


def told(measured: StudyMeasurements) -> set[tuple[object, ...]]:
    return {
        (each.code, each.message.replace("list of segments", WORDS), tuple(sorted(each.touches)))
        for each in measured.findings
    }


def test_it_says_that_no_plan_was_given() -> None:
    """In the method of every remnant quantity that names its plan, and in the source of every fact of extent."""
    adopted, _ = both(make_study(draw(GRIDS["straight"])), ("5", "6", "7", "8"))
    assert "no plan is given" in adopted.measurements["remnant_volume_ml"].method
    assert "no plan is given" in adopted.facts["resection_extent"].source
    assert adopted.facts["resection_extent"].value == "major"


def test_flags_of_segments_that_leave_gaps_touch_the_adopted_remnant() -> None:
    """As they touch one that the record plans."""
    bodies = draw(GRIDS["straight"], halves=False)
    fourth = bodies[Role.SEGMENT_4]
    assert isinstance(fourth, Mask)
    lower = Mask.from_array(fourth.grid, fourth.voxels[:6], fourth.offset)
    study = make_study({**bodies, Role.SEGMENT_4: subtract(fourth, lower)})
    adopted, given = both(study, ("5", "6"))
    flags = {name: set(each.flags) for name, each in given.measurements.items()}
    assert {name: set(each.flags) for name, each in adopted.measurements.items()} == flags
    assert "SEGMENT_GAP" in flags["remnant_volume_ml"]


def test_what_the_record_states_is_not_replaced() -> None:
    """Neither a stated extent nor a stated margin that the plan does not settle."""
    adopted, _ = both(make_study(draw(GRIDS["straight"])), ("1",), planned_margin_mm=7.0, resection_extent="major")
    assert "resection_extent" not in adopted.facts


def test_every_part_removed_leaves_no_number() -> None:
    """And the reason says so."""
    study = make_study(draw(GRIDS["straight"], halves=False))
    record = make_record(**SIZES)
    free = measure(study, record)
    numbers = tuple("12345678")
    removed = tuple(role_of_segment(number) for number in numbers)
    adopted = adopt(free, study, record.facts, removed, numbers, WORDS, RESECTIONS)
    assert (adopted.measurements["remnant_percent"].reason or "").startswith("EMPTY_REMNANT")
    with pytest.raises(ValueError, match="parts"):
        adopt(free, study, record.facts, (Role.SEGMENT_4A,), ("4a",), WORDS, RESECTIONS)
