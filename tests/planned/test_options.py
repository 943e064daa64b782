"""What a tumour board would look for among the plans of invented patients."""

from __future__ import annotations

import pytest

from benchmarks.lits_anatomy import VESSELS
from pipeline.plan import Handling
from pipeline.plan_record import PlanRecord
from pipeline.structures import Role
from tests.measures.plans.test_anatomy_findings import GRID, benchmark
from tests.measures.plans.test_anatomy_findings import sample as sample_solid
from tests.phantoms import make_study, sample, sphere
from tests.planned.studies import HEALTHY, Done, draw, of_name, run, state

SEVEN, TWO, THREE, EIGHT = (-94.0, 16.0, 42.0), (20.0, -5.0, 40.0), (20.0, -5.0, 0.0), (-100.0, -30.0, 42.0)
DEEP = (-60.0, -5.0, 20.0)
"""Centres of lesions: in segments 7, 2, 3 and 8; of one so deep in 8 and 5 that no wedge reaches it."""


@pytest.fixture(scope="module")
def bilobar() -> Done:
    return run(draw([(14.0, SEVEN), (10.0, TWO)]), state(**HEALTHY))


def handled(plan: PlanRecord, handling: Handling) -> list[str]:
    return [each.id for each in plan.lesions if each.handling is handling]


def test_no_healthy_segment_is_removed_to_join_two_specimens(bilobar: Done) -> None:
    """Segments 2 and 7 lie on either side: they are two specimens, and no option removes what lies between."""
    for option in bilobar.planned.record.options:
        assert {*option.parts} <= {"2", "7"}, option.title
    wise = next(each for each in bilobar.planned.record.named if each.title.startswith("every segment"))
    assert {*wise.parts} == {"2", "7"}
    assert wise.procedures == 2


def test_major_resections_of_both_sides_are_there_with_both_orders(bilobar: Done) -> None:
    """Right hepatectomy with the left lesion treated, in two stages each way, though wedges beat it."""
    named = {each.title: each for each in bilobar.planned.record.named}
    plan = named["right hepatectomy with wedge of L2 (1 mm)"]
    alone = named["right hepatectomy"]
    assert not handled(plan, Handling.UNTREATED)
    assert handled(alone, Handling.UNTREATED) == ["L2"]
    first, second = plan.stages
    assert (first.lesions, second.lesions) == (("L2",), ("L1",))
    assert second.measurements["remnant_volume_ml"].value == plan.measurements["remnant_volume_ml"].value
    left = alone.measurements["remnant_volume_ml"].value
    assert any(text.startswith("The other way round") and f"{left:.0f} mL" in text for text in plan.cautions)
    assert plan.growth is None
    assert plan.verdict is not None
    assert plan.verdict.treatment == "resection"


def test_disease_of_one_side_has_no_resection_of_both() -> None:
    """Two lesions of the right side: no named plan treats more than its parts do."""
    record = run(draw([(12.0, SEVEN), (10.0, EIGHT)]), state(**HEALTHY)).planned.record
    assert not any(each.stages for each in record.named)


def test_a_resection_that_removes_no_lesion_is_not_taken() -> None:
    """A left lateral sectionectomy leaves most liver, and an ablation might treat the deep lesion of the other side."""
    record = run(draw([(6.0, DEEP)]), state(**HEALTHY)).planned.record
    assert record.adopted is not None
    taken = next(each for each in record.named if each.id == record.adopted.id)
    assert taken.resected == 1
    assert "best" not in record.adopted.statement


def test_where_whole_segments_fail_and_wedges_do_not_no_plan_is_taken() -> None:
    """Twelve lesions all over: no set of whole segments satisfies the rules, which says nothing of wedges."""
    spots = [(35.0, (-66.0, -30.0, 20.0))]
    done = run(draw(spots), state(**HEALTHY))
    record = done.planned.record
    assert record.adopted is None
    assert not done.planned.findings
    assert any("rest on no plan" in text for text in record.limits)
    assert done.measured.measurements["parenchyma_sparing_remnant_percent"].value is not None


def test_a_plan_that_joins_irradiation_with_another_treatment_has_no_verdict() -> None:
    """A lesion at the hilum, too deep for a wedge and too near the ducts for ablation, beside one in segment 2."""
    liver, parts, _ = benchmark()
    lesions = [sample(sphere(radius, place), GRID) for radius, place in ((8.0, (-45.0, 4.0, 2.0)), (9.0, TWO))]
    portal = {
        Role.PORTAL_VEIN_MAIN: sample_solid(VESSELS["portal vein main"]),
        Role.PORTAL_VEIN_RIGHT: sample_solid(VESSELS["portal vein right"]),
    }
    record = run(make_study({Role.LIVER: liver, Role.LESION: lesions, **parts, **portal}), state(**HEALTHY)).planned
    mixed = [each for each in record.record.options if handled(each, Handling.IRRADIATED)]
    assert mixed
    for plan in mixed:
        assert handled(plan, Handling.RESECTED) or handled(plan, Handling.ABLATED)
        assert plan.verdict is None
        assert any("it has no verdict" in text for text in plan.cautions)
        assert not any("not met" in text for text in plan.cautions)
    others = [each for each in record.record.options if each not in mixed]
    assert all(each.verdict is not None for each in others)


def test_the_user_s_plan_is_compared_with_every_option() -> None:
    """Differences by hand from the records; whoever is nowhere worse beats it, and the sentence says so."""
    given = state([of_name("right_hepatectomy")], resection_procedure="right_hepatectomy", **HEALTHY)
    record = run(draw([(14.0, SEVEN), (10.0, TWO)]), given).planned.record
    (own,) = record.own
    assert [each.option for each in own.compared] == [each.id for each in record.options]
    beaten = 0
    for each, option in zip(own.compared, record.options, strict=True):
        mine, its = own.measurements["remnant_volume_ml"].value, option.measurements["remnant_volume_ml"].value
        assert mine is not None
        assert its is not None
        assert each.remnant_ml == pytest.approx(its - mine)
        assert each.untreated == -1
        assert each.resected == option.resected - 1
        assert each.segments == len(option.segments_removed) - 4
        assert option.procedures is not None
        assert each.procedures == option.procedures - 1
        assert f"{option.id} treats 1 more lesion" in each.statement
        assert f"keeps {its - mine:.0f} mL more" in each.statement
        assert ("worse in nothing" in each.statement) is each.beats
        assert each.beats is (option.procedures <= 1 and option.resected >= 1)
        beaten += each.beats
    assert not any(option.compared for option in record.options)


def test_many_wedges_of_one_specimen_are_said() -> None:
    """Four lesions 20 mm apart: wedges of 10 mm meet, wedges of 1 mm do not."""
    spots = [(5.0, (-94.0 + 20 * column, 10.0 + 20 * row, 42.0)) for column in range(2) for row in range(2)]
    record = run(draw(spots), state(**HEALTHY)).planned.record
    said = {each.title: any("4 lesions meet at 10 mm" in text for text in each.cautions) for each in record.options}
    assert said["wedges of L1, L2, L3 and L4 (10 mm)"]
    assert not said["wedges of L1, L2, L3 and L4 (1 mm)"]


def test_wedges_that_hold_nothing_but_their_lesion_are_said() -> None:
    """Half of the smallest step is 1.3 mm: within 1 mm of a lesion lies no other voxel, within 10 mm some do."""
    assert min(GRID.spacing_mm) / 2 > 1
    record = run(draw([(10.0, SEVEN), (8.0, TWO)]), state(**HEALTHY)).planned.record
    found = {each.title: any("no voxel beyond" in text for text in each.cautions) for each in record.options}
    wedges = {title: said for title, said in found.items() if title.startswith("wedges of L1 and L2")}
    assert wedges == {title: "(1 mm)" in title for title in wedges}
    assert set(wedges.values()) == {True, False}
