"""Plans of whole studies: what a run says of each plan is what it would say if that plan were given."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree

from pipeline.lesion import LesionStatus
from pipeline.outcome import Kind, Outcome, Truth
from pipeline.plan import GivenPlan, Handling, PlanKind
from pipeline.plan_record import PlanOrigin, PlanRecord, PlansRecord
from pipeline.planned.planning import plan_study
from pipeline.structures import Role
from pipeline.study import ClinicalRecord, Finding, Severity
from pipeline.volume import Mask
from tests.measures.plans.test_anatomy_findings import GRID, benchmark
from tests.phantoms import make_study, sample, sphere
from tests.planned.studies import HEALTHY, SPOTS, Done, asked, draw, of_name, run, state

PROFILES = ("consensus", "conservative", "expansive", "seed")
VOLUMES = ("specimen_volume_ml", "ablated_volume_ml", "remnant_volume_ml", "remnant_lesion_volume_ml")
SHARED = (
    "remnant_volume_ml",
    "remnant_percent",
    "standardized_remnant_percent",
    "removed_percent",
    "planned_margin_mm",
)
NAMES = {
    "consensus": ("right_hepatectomy", "left_trisectionectomy_with_segment_1"),
    "conservative": ("right_posterior_sectionectomy",),
    "expansive": ("right_trisectionectomy",),
    "seed": ("left_hepatectomy",),
}


@pytest.fixture(scope="module", params=PROFILES)
def unplanned(request: pytest.FixtureRequest) -> Done:
    """A study whose record gives no plan, under each profile."""
    return run(draw(vessels=True), state(**HEALTHY), request.param)


def all_plans(record: PlansRecord) -> tuple[PlanRecord, ...]:
    return (*record.options, *record.own, *record.named)


def find_named(done: Done, name: str) -> PlanRecord:
    title = name.replace("_", " ")
    return next(each for each in done.planned.record.named if each.title.startswith(title))


def test_a_plan_s_verdict_is_that_of_the_study_that_gives_it(unplanned: Done) -> None:
    """Outcome, stability, reason, failed and open rules; of the named plan without a plan given, and of the user's."""
    for name in NAMES[unplanned.assessment.profile]:
        check_given(unplanned, name)


def check_given(unplanned: Done, name: str) -> None:
    """Compare a named plan with the study whose record gives it."""
    profile = unplanned.assessment.profile
    given = run(draw(vessels=True), state([of_name(name)], resection_procedure=name, **HEALTHY), profile)
    verdict = given.verdict("resection")
    (own,) = given.planned.record.own
    hard = {each.id: each.truth for each in verdict.criteria if each.kind is Kind.HARD}
    for plan in (own, find_named(unplanned, name)):
        said = plan.verdict
        assert said is not None
        assert (said.outcome, said.stable) == (verdict.outcome, verdict.stable)
        assert verdict.reason.startswith(said.reason)
        assert {*said.failed, *said.failed_elsewhere} == {id_ for id_, truth in hard.items() if truth is Truth.NOT_MET}
        unknown = {id_ for id_, truth in hard.items() if truth is Truth.INDETERMINATE}
        assert {*said.unknown, *said.unknown_elsewhere} == unknown
        for quantity in SHARED:
            ours, theirs = plan.measurements[quantity], given.measured.measurements[quantity]
            assert (ours.value, ours.low, ours.high) == (theirs.value, theirs.low, theirs.high), quantity
    assert given.planned.record.adopted is not None
    assert given.planned.record.adopted.given
    assert own.equals == (find_named(given, name).id,)


@pytest.mark.parametrize("record", [{}, {"surgeon_r0_expected": True}, {"surgeon_r0_expected": False}], ids=str)
def test_a_plan_that_removes_every_lesion_is_judged_so_whether_given_or_not(record: dict[str, bool]) -> None:
    """One lesion in segment 7: RES-01 follows from the plan, unless the surgeon speaks of the plan that is given."""
    study, name = draw(SPOTS[:1], vessels=True), "right_hepatectomy"
    alone = run(study, state(**HEALTHY))
    given = run(study, state([of_name(name)], resection_procedure=name, **{**HEALTHY, **record}))
    verdicts = {each.treatment: each for each in given.assessment.verdicts}
    for done, plan in ((given, given.planned.record.own[0]), (alone, find_named(alone, name))):
        assert plan.verdict is not None
        assert "RES-01" not in plan.verdict.unknown
        stated = done is given and record.get("surgeon_r0_expected") is False
        assert ("RES-01" in plan.verdict.failed) is stated
    own = given.planned.record.own[0].verdict
    assert own is not None
    assert own.outcome is verdicts["resection"].outcome
    for option in given.planned.record.options:
        twin = next(each for each in alone.planned.record.options if each.title == option.title)
        assert option.verdict == twin.verdict


def test_without_a_plan_the_verdicts_rest_on_the_adopted_one(unplanned: Done) -> None:
    """The finding says which; the study's quantities are those of its resection, before it ablates anything."""
    record = unplanned.planned.record
    assert record.adopted is not None
    assert not record.adopted.given
    plan = next(each for each in record.named if each.id == record.adopted.id)
    bare = [
        each for each in record.named if each.parts == plan.parts and not each.measurements["ablated_volume_ml"].value
    ]
    (finding,) = unplanned.planned.findings
    assert (finding.code, finding.severity) == ("PLAN_TAKEN", Severity.INFO)
    assert plan.title in finding.message
    for quantity in SHARED:
        assert bare[0].measurements[quantity].value == unplanned.measured.measurements[quantity].value
    assert plan.verdict is not None
    assert bare[0].verdict is not None
    assert bare[0].verdict.outcome is unplanned.verdict("resection").outcome
    for fact in ("planned_segments", "remnant_segments_preserved", "remnant_inflow_ok", "remnant_outflow_ok"):
        assert plan.facts[fact].value == unplanned.measured.facts[fact].value


def test_the_adopted_plan_is_the_best_of_the_catalogue(unplanned: Done) -> None:
    """By brute force over the record: met, open, not met; fewest ablations that are not certain; largest remnant.

    No lesion of the phantom comes near segment 1, so that no plan with segment 1 competes.
    """
    record = unplanned.planned.record
    titles = {name.replace("_", " ") for name in asked().planning.catalogue_plans}
    rows = []
    for plan in record.named:
        if plan.title in titles or plan.title.startswith("every segment"):
            left = [each for each in plan.lesions if each.handling is Handling.UNTREATED]
            resected = [each for each in plan.lesions if each.handling is Handling.RESECTED]
            if not resected or any(not each.note.startswith("can be ablated") for each in left):
                continue
            assert plan.verdict is not None
            standing = 2 if plan.verdict.failed else 1 if plan.verdict.unknown else 0
            uncertain = sum(each.note != "can be ablated" for each in left)
            after = count_remnant_ml(plan, [each.id for each in left], unplanned_margin(unplanned))
            rows.append((standing, uncertain, -after, len(plan.segments_removed), plan))
    assert record.adopted is not None
    adopted = next(each for each in record.named if each.id == record.adopted.id)
    best = min(rows, key=lambda row: row[:4])
    assert adopted.parts == best[4].parts
    wanted = {each.id for each in best[4].lesions if each.handling is Handling.UNTREATED}
    assert {each.id for each in adopted.lesions if each.handling is Handling.ABLATED} == wanted
    assert not any(each.handling is Handling.UNTREATED for each in adopted.lesions)
    assert adopted.measurements["remnant_volume_ml"].value == pytest.approx(-best[2], rel=2e-3)


def count_remnant_ml(plan: PlanRecord, ablated: list[str], margin_mm: float) -> float:
    """Count the voxels of a plan's kept segments farther than a margin from each of some lesions, and in no lesion.

    Distances are to the points half-way between a voxel of the lesion and its neighbour outside.
    """
    liver, parts, _ = benchmark()
    kept = np.zeros(GRID.shape, dtype=bool)
    for role, mask in parts.items():
        if role.value.removeprefix("segment_") not in plan.segments_removed:
            kept |= _whole(mask)
    kept &= _whole(liver)
    places = np.stack([each.ravel() for each in np.indices(GRID.shape)], axis=1) @ GRID.axes
    for number, (radius, place) in enumerate(SPOTS, 1):
        body = _whole(sample(sphere(radius, place), GRID))
        kept &= ~body
        if f"L{number}" in ablated:
            tree = cKDTree(np.concatenate(list(_half_ways(body))))
            away_mm = np.asarray(tree.query(places, distance_upper_bound=margin_mm + 1)[0])
            kept &= away_mm.reshape(GRID.shape) > margin_mm + 1e-9
    return float(np.count_nonzero(kept)) * GRID.voxel_volume_mm3 / 1000


def _half_ways(
    body: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
) -> Iterator[np.ndarray[tuple[int, int], np.dtype[np.float64]]]:
    for axis in range(3):
        crossed = np.argwhere(np.diff(body.astype(np.int8), axis=axis) != 0).astype(np.float64)
        crossed[:, axis] += 0.5
        yield crossed @ GRID.axes


def test_no_lesion_goes_unsaid_and_the_volumes_add_up(unplanned: Done) -> None:
    """Every plan lists every lesion once; specimen, ablated, remnant and lesions left are the total liver."""
    total = unplanned.measured.measurements["total_liver_volume_ml"].value
    ids = [each.id for each in unplanned.measured.lesions if each.status is LesionStatus.INTRAHEPATIC]
    for plan in all_plans(unplanned.planned.record):
        if plan.reason is None:
            assert [each.id for each in plan.lesions] == ids
            parts = [plan.measurements[name].value for name in VOLUMES]
            assert sum(each for each in parts if each is not None) == pytest.approx(total, abs=1e-6)
            assert plan.resected == sum(each.handling is Handling.RESECTED for each in plan.lesions)
        else:
            assert not plan.measurements
            assert ": " in plan.reason


def test_named_resections_are_all_listed_with_closed_form_volumes(unplanned: Done) -> None:
    """The remnant of each is the volume of its kept segments less their lesions, voxel by voxel."""
    liver, parts, _ = benchmark()
    tumour = np.zeros(GRID.shape, dtype=bool)
    for radius, place in SPOTS:
        tumour |= _whole(sample(sphere(radius, place), GRID))
    voxel_ml = GRID.voxel_volume_mm3 / 1000
    for name, resection in asked().resections.named.items():
        plan = find_named(unplanned, name)
        if plan.reason is not None:
            assert {Role.SEGMENT_4A, Role.SEGMENT_4B} & set(resection.removed)
            continue
        kept = np.zeros(GRID.shape, dtype=bool)
        for role, mask in parts.items():
            if role not in resection.removed:
                kept |= _whole(mask)
        # lesions drawn outside of a segment's mask belong to the nearest one
        tissue = np.count_nonzero(kept & ~tumour & _whole(liver))
        assert plan.measurements["remnant_volume_ml"].value == pytest.approx(tissue * voxel_ml, rel=2e-3), name


def _whole(mask: Mask) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    found = np.zeros(mask.grid.shape, dtype=bool)
    found[mask.box] = mask.voxels
    return found


def test_options_are_few_unbeaten_and_ordered(unplanned: Done) -> None:
    """At most ten; none beats another; the fewest untreated first; each is called an option and has its sentence."""
    record = unplanned.planned.record
    assert 1 <= len(record.options) <= asked().planning.options
    assert record.unbeaten >= len(record.options)
    assert record.exact
    for plan in record.options:
        assert plan.origin is PlanOrigin.OPTION
        assert plan.sentence.endswith(".")
        assert "recommend" not in plan.sentence
    left = [sum(each.handling is Handling.UNTREATED for each in plan.lesions) for plan in record.options]
    assert left == sorted(left)
    for one, two in itertools.permutations(record.options, 2):
        assert not (_sizes(one) == _sizes(two) and one.title == two.title)


def _sizes(plan: PlanRecord) -> tuple[float | None, ...]:
    return tuple(plan.measurements[name].value for name in VOLUMES)


def test_a_plan_that_ablates_is_asked_by_its_own_zones(unplanned: Done) -> None:
    """Its verdict rests on the remnant that its record prints: what neither specimen nor ablation takes."""
    combined = [each for each in unplanned.planned.record.options if each.kind is PlanKind.COMBINED]
    for plan in combined:
        assert plan.verdict is not None
        assert plan.verdict.treatment in ("resection_with_ablation", "two_stage_hepatectomy")
        ablated = [each for each in plan.lesions if each.handling is Handling.ABLATED]
        assert all(each.margin_mm == unplanned_margin(unplanned) for each in ablated)


def unplanned_margin(done: Done) -> float:
    number = asked().catalogue.under(done.assessment.profile).parameters["ablation_margin_mm"].number
    assert number is not None
    return number


def test_without_segments_lesions_are_wedges_and_no_plan_is_taken() -> None:
    """The bound of VOL-10 speaks then; every named resection says why it cannot be followed."""
    done = run(draw(segments=False), state(**HEALTHY))
    record = done.planned.record
    assert record.adopted is None
    assert not done.planned.findings
    assert all(each.reason is not None and each.reason.startswith("NO_SEGMENTS") for each in record.named)
    assert record.options
    assert {each.kind for each in record.options} <= {PlanKind.SPARING, PlanKind.COMBINED, PlanKind.ABLATION}
    assert any("No part of the liver" in text for text in record.limits)
    assert done.measured.measurements["remnant_volume_ml"].value is None
    bound = done.measured.measurements["parenchyma_sparing_remnant_percent"]
    assert bound.value is not None
    assert "optimistic" in bound.method


def test_a_plan_that_leaves_nothing_fails_for_its_remnant() -> None:
    """The remnant of a right hepatectomy is all tumour where segments 1 to 4 are: none is left, which is too little."""
    whole, parts, _ = benchmark()
    left = [parts[role] for role in (Role.SEGMENT_1, Role.SEGMENT_2, Role.SEGMENT_3, Role.SEGMENT_4)]
    done = run(make_study({Role.LIVER: whole, Role.LESION: left, **parts}), state(**HEALTHY))
    plan = next(each for each in done.planned.record.named if each.title == "right hepatectomy")
    assert plan.measurements["remnant_volume_ml"].value is None
    assert (plan.measurements["remnant_volume_ml"].reason or "").startswith("EMPTY_REMNANT")
    assert plan.verdict is not None
    assert plan.verdict.outcome is Outcome.NOT_ELIGIBLE
    assert "VOL-02" in plan.verdict.failed
    assert all(each.measurements["remnant_volume_ml"].value for each in done.planned.record.options)


def test_withheld_verdicts_withhold_plans() -> None:
    """Masks or a record that may be another patient's make no plan; the reason stands in the record."""
    study, record, code = draw(), state(), "MASK_OTHER_PATIENT"
    done = run(study, record)
    refused = Finding(code, Severity.REFUSED, "Not this patient's.")
    planned = plan_study(asked(), study, done.measured, record, (refused,))
    assert planned.record.reason == f"{code}: Not this patient's."
    assert not all_plans(planned.record)


def test_a_run_that_makes_no_plans_says_so() -> None:
    """The setting leaves out plans, bounds and adoption."""
    study, record = draw(), state()
    planned = plan_study(replace(asked(), wanted=False), study, run(study, record).measured, record)
    assert str(planned.record.reason).startswith("PLANS_OFF: ")
    assert not all_plans(planned.record)
    assert planned.record.adopted is None
    assert planned.measured.measurements["sparing_remnant_10mm_ml"].reason == planned.record.reason


def test_without_lesion_masks_there_is_no_plan_and_no_exception() -> None:
    """No lesion mask is not the same as no lesion."""
    liver, parts, _ = benchmark()
    done = run(make_study({Role.LIVER: liver, **parts}), state())
    assert done.planned.record.reason is not None
    assert done.planned.record.reason.startswith("LESION")
    assert not all_plans(done.planned.record)


def test_a_liver_without_lesions_has_named_resections_alone() -> None:
    """Confirmed to have none: nothing is searched for, nothing taken."""
    liver, parts, _ = benchmark()
    empty = replace(liver, voxels=np.zeros((0, 0, 0), dtype=bool), offset=(0, 0, 0))
    study = make_study({Role.LIVER: liver, Role.LESION: [empty], **parts})
    done = run(study, state(no_lesions_confirmed=True))
    record = done.planned.record
    if record.reason is None:
        assert not record.options
        assert record.adopted is None
        assert find_named(done, "right_hepatectomy").measurements["remnant_volume_ml"].value is not None


def test_several_plans_of_the_user_s_are_followed_and_compared() -> None:
    """By name, by segments, and one that cannot be followed; what the record states of a plan is of the first."""
    plans = [of_name("right_hepatectomy"), GivenPlan("mine", ("6", "7")), GivenPlan("half", ("4a",))]
    more = {**HEALTHY, "surgeon_r0_expected": True, "remnant_biliary_ok": True}
    done = run(draw(), state(plans, resection_procedure="right_hepatectomy", **more))
    first, second, third = done.planned.record.own
    assert [each.id for each in (first, second, third)] == ["U1", "U2", "U3"]
    assert third.reason is not None
    assert third.reason.startswith("NO_SEGMENTS")
    assert first.equals == (find_named(done, "right_hepatectomy").id,)
    assert second.equals == (find_named(done, "right_posterior_sectionectomy").id,)
    assert first.verdict is not None
    assert second.verdict is not None
    assert "RES-06" not in first.verdict.unknown
    assert "RES-06" in second.verdict.unknown


def test_the_same_study_gives_the_same_plans(unplanned: Done) -> None:
    """Twice the same record."""
    if unplanned.assessment.profile == "consensus":
        assert run(draw(vessels=True), state(**HEALTHY)).planned.record == unplanned.planned.record


def test_a_remnant_too_small_says_what_it_has_to_grow_by() -> None:
    """Under a cirrhotic liver's threshold the right trisectionectomy leaves too little: deficit and weeks are said."""
    done = run(draw(), state(cirrhosis=True))
    plan = find_named(done, "right_trisectionectomy")
    assert plan.growth is not None
    remnant = plan.measurements["remnant_volume_ml"].value
    estimated = done.measured.measurements["estimated_total_liver_volume_ml"].value
    assert remnant is not None
    assert estimated is not None
    deficit = 0.40 * estimated - remnant
    assert plan.growth.deficit_ml == pytest.approx((deficit, deficit), abs=1e-4)
    assert plan.growth.weeks == pytest.approx((100 * deficit / estimated / 2,) * 2, abs=1e-4)
    assert plan.verdict is not None
    assert plan.verdict.outcome is Outcome.NOT_ELIGIBLE
    assert "VOL-02" in plan.verdict.failed


def test_a_record_is_not_needed() -> None:
    """Without any clinical fact plans are measured all the same; ratios by body size say why they are not known."""
    done = run(draw(), ClinicalRecord())
    plan = find_named(done, "right_hepatectomy")
    assert plan.measurements["remnant_volume_ml"].value is not None
    assert plan.measurements["standardized_remnant_percent"].value is None
