"""Every plan of a report, rebuilt voxel by voxel from its own lists and computed again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from pipeline.plan_record import PlanRecord, PlansRecord
from pipeline.report import Report
from pipeline.verify.accessory_veins import has_accessory_vein
from pipeline.verify.body import body_numbers, positive
from pipeline.verify.comparing import Comparer, Line
from pipeline.verify.gap import Body as Shape
from pipeline.verify.grid import Floats
from pipeline.verify.lesion_numbers import LesionNumbers, slice_of_any_end
from pipeline.verify.liver import FLAGGED_OUTSIDE, Boundaries
from pipeline.verify.number import Number, absent, agree
from pipeline.verify.plan_masks import find_drawn
from pipeline.verify.plans_adopted import why_unplanned
from pipeline.verify.plans_alike import Done, check_alike, check_compared, check_equals
from pipeline.verify.plans_facts import Known, check_facts, extent_facts, tumour_free
from pipeline.verify.plans_field import Field
from pipeline.verify.plans_growth import check_growth
from pipeline.verify.plans_lesions import check_lists, check_places
from pipeline.verify.plans_margins import Left, find_left, planned_margin
from pipeline.verify.plans_perfusion import perfusion
from pipeline.verify.plans_taking import Taken, check_stages, count_procedures, take, take_stages
from pipeline.verify.plans_vessels import NAMES, Vessels, find_vessels
from pipeline.verify.plans_volumes import FOUR, Body, divide_volumes, high_diameter, volume_numbers, whole_left, widen
from pipeline.verify.solid import Solid, without
from pipeline.verify.study_files import SecondReading
from pipeline.verify.study_numbers import LiverParts, why_missing

Checked = tuple[list[Line], list[str]]
STAGE = ("remnant_volume_ml", "remnant_percent", "standardized_remnant_percent")
MARGIN = "planned_margin_mm"


def all_plans(record: PlansRecord) -> tuple[PlanRecord, ...]:
    """Return every plan of a record."""
    return (*record.options, *record.named, *record.own)


def check_plans(
    comparer: Comparer, second: SecondReading, lesions: Sequence[LesionNumbers], liver: LiverParts
) -> Checked:
    """Return a line for each number of each plan, and what is wrong beside them."""
    record = comparer.report.plans
    if record is None:
        return [], ["it says nothing of plans of treatment"]
    plans = [plan for plan in all_plans(record) if plan.reason is None]
    unknown = (*liver.codes.lesions, *liver.codes.total)
    problems = list(_check_absent(record, why_unplanned(comparer.report, unknown)))
    if not plans:
        return [], problems
    inside = {each.lesion.id: each for each in lesions if each.lesion.status == "intrahepatic"}
    if liver.total is None or any(each.lesion.solid.grid is not liver.total.grid for each in inside.values()):
        return [], [*problems, "it has plans although liver and lesions are not known on one grid"]
    study = _Study(comparer, second, inside, liver, liver.total, record)
    lines: list[Line] = []
    done: dict[str, Done] = {}
    for plan in plans:
        wrong = list(check_lists(study.field, plan, record.margins_mm))
        problems += wrong
        if not wrong:
            more, found = study.check(plan, done)
            lines += more
            problems += found
    return lines, [*problems, *check_equals(record, done), *check_alike(record), *check_compared(record)]


def _check_absent(record: PlansRecord, codes: tuple[str, ...]) -> Iterator[str]:
    """Yield which plans that cannot be measured have numbers, and whether the adopted one is none of them.

    Parameters
    ----------
    codes
        Of why there may be no plans at all.
    """
    if record.reason is not None and record.reason.split(":")[0] not in codes:
        yield f"there are no plans ({record.reason.split(':')[0]}), and nothing found again says so"
    for plan in all_plans(record):
        if plan.reason is not None and (plan.measurements or plan.facts or plan.stages or plan.growth):
            yield f"plan {plan.id}: it cannot be measured, and it has numbers"
    if record.reason is not None and (record.options or record.named):
        yield "there are plans although the report says why there are none"
    ids = {plan.id for plan in all_plans(record) if plan.reason is None}
    if record.adopted is not None and record.adopted.id not in ids:
        yield f"the adopted plan {record.adopted.id} is none of the plans"


@dataclass(frozen=True, eq=False)
class _Study:
    """What every plan of a study is held against."""

    comparer: Comparer
    second: SecondReading
    inside: Mapping[str, LesionNumbers]
    liver: LiverParts
    total: Solid
    record: PlansRecord
    known: dict[tuple[str, ...], Left] = field(default_factory=dict)

    @property
    def report(self) -> Report:
        return self.comparer.report

    @cached_property
    def parts(self) -> dict[str, Solid]:
        """The parts of the liver by name, with their shares of voxels; none that no plan may follow."""
        if self.liver.division.order:
            return {}
        prefixes = ("segment_", "hemiliver_")
        return {
            next(name.removeprefix(each) for each in prefixes if name.startswith(each)): solid
            for name, solid in self.liver.division.parts.items()
        }

    @cached_property
    def field(self) -> Field:
        low, high = self.total.box()
        margins = [each.margin_mm or 0.0 for plan in all_plans(self.record) for each in plan.lesions]
        reach = max((*margins, *self.record.margins_mm), default=0.0)
        lesions = {name: each.lesion.solid for name, each in self.inside.items()}
        parts = {name: solid.over(low, high) for name, solid in self.parts.items()}
        return Field(self.total, parts, lesions, dict.fromkeys(lesions, reach))

    @cached_property
    def body(self) -> Body:
        area, expected = body_numbers(self.report)
        kilos = positive(self.report.facts, "weight_kg")
        weight = absent(*why_missing(self.report.facts, "weight_kg")) if kilos is None else Number(kilos)
        diameters = {name: high_diameter(each.numbers) for name, each in self.inside.items()}
        return Body(area, expected, weight, diameters, self.liver.codes.lesions, self.liver.codes.total)

    @cached_property
    def bounds(self) -> Boundaries:
        return Boundaries(self.total, self.liver.tumour)

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        return {name: Shape(solid) for name, solid in self.field.lesions.items()}

    @cached_property
    def trees(self) -> dict[str, Vessels | None]:
        found = {name: find_vessels(self.second, self.field, name, self.record.margins_mm) for name in NAMES}
        outflow = found["outflow"]
        if outflow is not None and has_accessory_vein(self.second, self.total, self.report):
            found["outflow"] = replace(outflow, codes=("VEIN_ACCESSORY",))
        return found

    @cached_property
    def each_ml(self) -> Floats:
        """Volume of each voxel of the liver's box; a share of a voxel counts with the nearest set one."""
        return self.field.voxels_ml()

    @cached_property
    def wholes(self) -> dict[str, Number]:
        functional = self.bounds.move(None).number(lambda v: v.functional)
        return {"estimated_total_liver_volume_ml": self.body.expected, "functional_liver_volume_ml": functional}

    def check(self, plan: PlanRecord, done: dict[str, Done]) -> Checked:
        """Return the lines of one plan, and what is wrong with it; ``done`` gets what it takes."""
        drawn = find_drawn(self.second, self.total, self.liver.tumour, plan.mask) if plan.mask else None
        if drawn is not None and drawn.whole is None:
            return [], [f"plan {plan.id}: the structure '{plan.mask}' draws no plan ({', '.join(drawn.codes)})"]
        kept = None if drawn is None else drawn.whole
        gone = None if kept is None else self.field.liver & ~kept.over(self.field.low, self.field.high)
        taken = take(self.field, plan.parts, plan.lesions, gone)
        done[plan.id] = Done(np.packbits(taken.removed).tobytes(), np.packbits(taken.ablated).tobytes())
        left = self._left(plan, taken)
        whole = self._whole(plan.parts, taken) if kept is None else self._less(kept, taken)
        ratio = ("FLR_OUTSIDE",) if drawn is not None and drawn.outside > FLAGGED_OUTSIDE else ()
        numbers, facts = self._number(plan, taken, whole, ratio)
        margin = planned_margin(self.field, self.second.image, plan, left, self.shapes)
        numbers[MARGIN] = self._margin(margin, numbers)
        middles = {MARGIN: slice_of_any_end(self.second, [*self.field.lesions.values()])} if self.inside else {}
        lines = self.comparer.compare_all(f"plan {plan.id}/", plan.measurements, numbers, middles)
        problems = [
            *check_places(self.field, plan, taken, left.margins_mm, self.record.clear_mm),
            *check_facts(plan, facts),
            *check_growth(plan, numbers, self.wholes, self.record.requirement),
            *check_stages(plan),
            *self._count(plan, taken, numbers),
        ]
        return [*lines, *self._stages(plan)], problems

    def _left(self, plan: PlanRecord, taken: Taken) -> Left:
        """Return what a plan's parts leave, found once for all plans of the same parts."""
        key = (plan.mask, *sorted(plan.parts))
        if key not in self.known:
            self.known[key] = find_left(self.field, taken.whole, self.shapes)
        return self.known[key]

    def _whole(self, parts: Iterable[str], taken: Taken) -> Solid:
        return whole_left(self.field, self.parts, parts, taken)

    def _less(self, kept: Solid, taken: Taken) -> Solid:
        return without(kept, self.field.bare(taken.ablated)) if taken.ablated.any() else kept

    def _number(
        self, plan: PlanRecord, taken: Taken, whole: Solid, ratio: tuple[str, ...]
    ) -> tuple[dict[str, Number], dict[str, Known]]:
        """Return the numbers and the facts of a plan, but for its margin."""
        image = self.second.image
        under = divide_volumes(self.field, image, self.bounds, whole, taken)
        under = widen(self.field, under, plan.lesions, self.body)
        numbers = volume_numbers(image, under, self.body, drawn=bool(plan.mask), ratio=ratio)
        supply, facts = perfusion(self.field, self.trees, plan, taken, self.each_ml)
        facts |= extent_facts(self.field, plan, taken, (*self.liver.division.codes, *self.liver.division.order))
        return numbers | supply, facts | {"remnant_tumour_free": tumour_free(numbers)}

    def _margin(self, margin: Number, numbers: Mapping[str, Number]) -> Number:
        if self.body.lesions:
            return absent(*self.body.lesions)
        empty = "EMPTY_REMNANT" in numbers["remnant_volume_ml"].codes
        return absent("EMPTY_REMNANT") if empty else margin

    def _count(self, plan: PlanRecord, taken: Taken, numbers: Mapping[str, Number]) -> Iterator[str]:
        """Yield whether the procedures are not as many as stated, or the four volumes are not the liver's."""
        asked, left = self.record.requirement, numbers["remnant_volume_ml"]
        remnant = 0.0 if "EMPTY_REMNANT" in left.codes else left.value
        need = None if asked is None else asked.surely_ml
        grows = need is not None and remnant is not None and remnant < need
        found = count_procedures(self.field, plan, taken) + grows
        if plan.procedures is not None and plan.procedures != found:
            yield f"plan {plan.id}: {plan.procedures} procedures are stated, {found} found again"
        stated = [plan.measurements[name].value for name in FOUR if name in plan.measurements]
        known = [value for value in stated if value is not None]
        if len(known) == len(FOUR) and not agree(sum(known), self.total.volume_ml):
            yield f"plan {plan.id}: specimen, ablation zones, remnant and lesions left do not add up to the liver"

    def _stages(self, plan: PlanRecord) -> Iterator[Line]:
        """Yield a line for each number of each stage."""
        for done in take_stages(self.field, plan):
            whole = self._whole(done.parts, done.taken)
            under = divide_volumes(self.field, self.second.image, self.bounds, whole, done.taken)
            under = widen(self.field, under, done.lesions, self.body)
            numbers = volume_numbers(self.second.image, under, self.body, drawn=False, ratio=())
            wanted, where = {name: numbers[name] for name in STAGE}, f"plan {plan.id} stage {done.stage.number}/"
            yield from self.comparer.compare_all(where, done.stage.measurements, wanted)
