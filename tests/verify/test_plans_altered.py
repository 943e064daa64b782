"""Plans of a liver of eight boxes: both calculators agree, and every number and list that is altered is found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.measurement import Fact, Measurement
from pipeline.plan import Handling
from pipeline.plan_record import PlanRecord, PlansRecord
from pipeline.report import Report
from pipeline.verify import verification
from pipeline.verify.comparing import Comparer, Line
from pipeline.verify.lesion_numbers import LesionNumbers
from pipeline.verify.plans import all_plans, check_plans
from pipeline.verify.sources import find_files
from pipeline.verify.study_files import SecondReading, read_again
from pipeline.verify.study_numbers import LiverParts, find_parts
from tests.phantoms import Box, Shape, make_grid, sample, sphere, unite
from tests.verify.scenes import run_scene

GRID = make_grid((26, 36, 46), (3.0, 2.8, 2.8))


def drawn(*shapes: Shape) -> Any:
    return unite(*(sample(shape, GRID) for shape in shapes))


PLACES = {
    "1": Box((27.9, 25.0, 64.0), (14.0, 29.5, 0.0)),
    "2": Box((27.9, 84.0, 32.0), (42.0, 0.0, 16.0)),
    "3": Box((27.9, 84.0, 32.0), (42.0, 0.0, -16.0)),
    "4": Box((27.9, 59.0, 64.0), (14.0, -12.5, 0.0)),
    "5": Box((27.9, 84.0, 32.0), (-14.0, 0.0, -16.0)),
    "6": Box((27.9, 84.0, 32.0), (-42.0, 0.0, -16.0)),
    "7": Box((27.9, 84.0, 32.0), (-42.0, 0.0, 16.0)),
    "8": Box((27.9, 84.0, 32.0), (-14.0, 0.0, 16.0)),
}
"""Segments as boxes, from the right (-x) to the left, the upper ones above the lower ones, 1 behind 4."""
MASKS = {
    **{f"liver_segment_{name}": drawn(place) for name, place in PLACES.items()},
    "liver": drawn(Box((112.0, 84.0, 64.0))),
    "lesion": drawn(sphere(8.0, (-42.0, 20.0, 12.0)), sphere(6.0, (8.0, -22.0, 6.0)), sphere(5.0, (42.0, 15.0, -14.0))),
    "portal_vein_main": drawn(Box((8.0, 8.0, 44.0), (0.0, 0.0, -28.0))),
    "portal_vein_right": drawn(Box((46.0, 6.0, 6.0), (-25.0, 0.0, -6.0))),
    "portal_vein_left": drawn(Box((46.0, 6.0, 6.0), (25.0, 0.0, -6.0))),
    "hepatic_vein_right": drawn(Box((48.0, 6.0, 6.0), (-26.0, 8.0, 20.0))),
    "hepatic_vein_left": drawn(Box((48.0, 6.0, 6.0), (26.0, 8.0, 20.0))),
    "ivc": drawn(Box((12.0, 12.0, 30.0), (0.0, 8.0, 30.0))),
}
BODY = "study: study\nheight_cm: 150\nweight_kg: 45\necog: 0\n"
CLINICAL = BODY + "resection_plan: {segments_removed: ['5', '6', '7', '8']}\n"


@dataclass(frozen=True)
class Scene:
    """A report, and what the second calculator finds of it before it looks at plans."""

    report: Report
    second: SecondReading
    lesions: list[LesionNumbers]
    liver: LiverParts

    @property
    def record(self) -> PlansRecord:
        assert self.report.plans is not None
        return self.report.plans

    def check(self, record: PlansRecord) -> tuple[list[Line], list[str]]:
        report = self.report.model_copy(update={"plans": record})
        return check_plans(Comparer(report), self.second, self.lesions, self.liver)

    def wrong(self, plan: PlanRecord) -> list[str]:
        """Return what is wrong with a record of one plan alone."""
        alone = replace(plan, equals=(), alike_within_intervals=())
        record = replace(self.record, options=(), named=(), own=(alone,), adopted=None)
        lines, problems = self.check(record)
        return [*problems, *(f"{line.name}: {each}" for line in lines for each in line.problems)]


def load(folder: Path, masks: dict[str, Any], clinical: str) -> Scene:
    """Return the report of a study, and what is read and found again of it."""
    report = run_scene(folder, masks, clinical)
    second = read_again(report, find_files(report, folder / "in" / "study").paths)
    lesions = verification._find_lesions(report, second)
    return Scene(report, second, lesions, find_parts(second, lesions, report, {}))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return load(tmp_path_factory.mktemp("plans"), MASKS, CLINICAL)


def test_the_scene_holds_every_kind_of_plan(scene: Scene) -> None:
    """Options with wedges, with ablation, of parts; the vessels tell what loses its supply; one needs growth."""
    plans = [plan for plan in all_plans(scene.record) if plan.reason is None]
    assert {plan.origin.value for plan in plans} == {"option", "named", "own"}
    assert any(each.wedge for plan in plans for each in plan.lesions)
    assert any(each.handling is Handling.ABLATED for plan in plans for each in plan.lesions)
    assert any(plan.growth is not None for plan in plans)
    for name in ("remnant_without_inflow_ml", "remnant_without_outflow_ml"):
        assert any(plan.measurements[name].value for plan in plans)
    assert scene.record.adopted is not None
    assert scene.record.adopted.given


def altered(record: PlansRecord, end: str) -> PlansRecord:
    """Return all plans with one end of each number, 0.5 % of it, altered."""

    def turn(each: Measurement) -> Measurement:
        before = getattr(each, end)
        if each.value is None:
            return replace(each, value=1.0, reason=None)
        return each if before is None else replace(each, **{end: before * 1.005 if before else 0.005})

    def turn_all(found: dict[str, Measurement]) -> dict[str, Measurement]:
        return {name: turn(each) for name, each in found.items()}

    def change(plan: PlanRecord) -> PlanRecord:
        stages = tuple(replace(stage, measurements=turn_all(stage.measurements)) for stage in plan.stages)
        return replace(plan, measurements=turn_all(plan.measurements), stages=stages)

    groups = {name: tuple(map(change, getattr(record, name))) for name in ("options", "named", "own")}
    return replace(record, **groups)  # type: ignore[arg-type]


@pytest.mark.parametrize("end", ["value", "low", "high"])
def test_any_number_altered_by_half_a_percent_is_found(scene: Scene, end: str) -> None:
    """All at once: each line says so of its own number; a number without a value is made up."""
    lines, _ = scene.check(altered(scene.record, end))
    assert len(lines) > 100
    assert [line.name for line in lines if not line.problems] == []


def test_any_fact_altered_is_found(scene: Scene) -> None:
    plan = next(plan for plan in scene.record.options if plan.parts)
    assert scene.wrong(plan) == []
    for name, fact in plan.facts.items():
        value: Any = not fact.value if isinstance(fact.value, bool) else ("ivc",) if fact.value != ("ivc",) else ()
        facts = {**plan.facts, name: Fact(name, value, source=fact.source)}
        assert any(name in each for each in scene.wrong(replace(plan, facts=facts))), name
        del facts[name]
        assert any(name in each for each in scene.wrong(replace(plan, facts=facts))), name


OTHER = {
    Handling.RESECTED: Handling.UNTREATED,
    Handling.ABLATED: Handling.IRRADIATED,
    Handling.IRRADIATED: Handling.UNTREATED,
    Handling.UNTREATED: Handling.IRRADIATED,
}


def test_any_list_altered_is_found(scene: Scene) -> None:
    """Of every plan: a lesion handled otherwise, left out, with another margin; another part; another count."""
    for plan in (plan for plan in all_plans(scene.record) if plan.reason is None):
        assert plan.procedures is not None
        changed = [
            replace(plan, lesions=plan.lesions[1:]),
            replace(plan, resected=plan.resected + 1),
            replace(plan, procedures=plan.procedures + 1),
            replace(plan, parts=plan.parts[1:] if plan.parts else ("2",)),
        ]
        for place, each in enumerate(plan.lesions):
            margin = None if each.margin_mm is None else each.margin_mm * 1.005 + 0.005
            others = [replace(each, handling=OTHER[each.handling]), replace(each, wedge=not each.wedge)]
            others += [] if margin is None else [replace(each, margin_mm=margin)]
            changed += [replace(plan, lesions=(*plan.lesions[:place], x, *plan.lesions[place + 1 :])) for x in others]
        for one in changed:
            assert scene.wrong(one), (plan.id, one.lesions, one.parts)


def test_plans_said_to_be_equal_or_alike_are_compared(scene: Scene) -> None:
    """The user's plan is the named one of the same segments."""
    (own,) = scene.record.own
    assert own.equals
    lists = replace(scene.record, own=(replace(own, equals=()),))
    assert any("equal" in each for each in scene.check(lists)[1])
    first = scene.record.options[0]
    others = tuple(each.id for each in scene.record.options[1:] if each.id not in first.alike_within_intervals)
    options = (replace(first, alike_within_intervals=others), *scene.record.options[1:])
    assert any("like" in each for each in scene.check(replace(scene.record, options=options))[1])


def test_an_adopted_plan_that_is_none_is_found(scene: Scene) -> None:
    assert scene.record.adopted is not None
    record = replace(scene.record, adopted=replace(scene.record.adopted, id="N99"))
    assert any("N99" in each for each in scene.check(record)[1])


def test_stages_are_verified(tmp_path: Path) -> None:
    """Lesions in four segments of the right and one in the left: what growth needs is done in two stages."""
    places = (
        (-46.0, -30.0, 20.0),
        (-46.0, 28.0, -20.0),
        (-12.0, 30.0, 20.0),
        (-12.0, -30.0, -20.0),
        (42.0, 15.0, -14.0),
    )
    lesions = drawn(*(sphere(5.0, (float(x), float(y), float(z))) for x, y, z in places))
    clinical = BODY.replace("150", "160").replace("45", "62")
    here = load(tmp_path, {**MASKS, "lesion": lesions}, clinical)
    staged = [plan for plan in here.record.options if plan.stages]
    assert staged
    plan = staged[0]
    assert here.wrong(plan) == []
    first, second = plan.stages
    assert here.wrong(replace(plan, stages=(first,)))
    assert here.wrong(replace(plan, stages=(replace(first, lesions=first.lesions[1:]), second)))
    assert here.wrong(replace(plan, stages=(first, replace(second, parts=()))))
    for name, each in first.measurements.items():
        turned = {**first.measurements, name: replace(each, value=(each.value or 0.0) * 1.005)}
        assert here.wrong(replace(plan, stages=(replace(first, measurements=turned), second))), name


def test_without_a_plan_the_study_rests_on_the_best_one(tmp_path: Path) -> None:
    report = run_scene(tmp_path, MASKS, BODY)
    assert report.plans is not None
    assert report.plans.adopted is not None
    assert not report.plans.adopted.given
    plan = next(each for each in all_plans(report.plans) if each.id == report.plans.adopted.id)  # type: ignore[union-attr]
    own, planned = (x.measurements["remnant_volume_ml"] for x in (report, plan))
    assert own.value == planned.value
