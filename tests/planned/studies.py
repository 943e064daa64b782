"""Studies of a ball of a liver in its segments, planned as a run plans them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from pipeline.judging import add_derived, judge
from pipeline.lesion import StudyMeasurements
from pipeline.measures.clinical_facts import derive_facts
from pipeline.measures.plan_extent import derive_plan_facts
from pipeline.measures.study import measure_study
from pipeline.plan import GivenPlan
from pipeline.planned.planning import Planned, plan_study
from pipeline.planned.planning_file import load_planning
from pipeline.planned.question import Asked
from pipeline.readers import load_clinical_fields
from pipeline.rules import load_catalogue
from pipeline.settings import load_settings
from pipeline.structures import Role
from pipeline.study import ClinicalRecord, Study
from pipeline.verdict import Assessment, Verdict
from tests.measures.plans.test_anatomy_findings import GRID, benchmark
from tests.phantoms import make_record, make_study, sample, sphere
from tests.planned.conftest import CONFIGS

SPOTS = ((14.0, (-95.0, 10.0, 30.0)), (9.0, (-60.0, -30.0, 0.0)), (7.0, (15.0, -15.0, 20.0)))
"""Radius, mm, and centre of each lesion: in segments 7, 5, and 2 or 3."""
SIZE = {"height_cm": 180.0, "weight_kg": 80.0}
HEALTHY: dict[str, float | bool | str] = {
    "cirrhosis": False,
    "fibrosis_stage": 0.0,
    "chemo_weeks_total": 0.0,
    "chemo_cycles_preop": 0.0,
    "steatosis_percent": 0.0,
    "sinusoidal_injury_or_cash": False,
    "bilirubin_total_mg_dl": 1.0,
}


@cache
def asked(profile: str = "consensus") -> Asked:
    catalogue = load_catalogue(CONFIGS / "rules", CONFIGS / "profiles")
    resections = load_clinical_fields(CONFIGS / "clinical.yaml").resections
    planning = load_planning(CONFIGS / "planning.yaml", catalogue, resections)
    return Asked(catalogue, profile, planning, resections, 3.0, load_settings().anatomy_limits)


def draw(
    spots: Sequence[tuple[float, tuple[float, float, float]]] = SPOTS, *, segments: bool = True, vessels: bool = False
) -> Study:
    """Return a study of the benchmark's liver, whose segments lie as Couinaud segments do, with balls as lesions."""
    liver, parts, veins = benchmark()
    lesions = [sample(sphere(radius, place), GRID) for radius, place in spots]
    more = {**(parts if segments else {}), **(veins if vessels else {})}
    return make_study({Role.LIVER: liver, Role.LESION: lesions, **more})


def state(plans: Sequence[GivenPlan] = (), /, **values: float | bool | str) -> ClinicalRecord:
    """Return a clinical record with what follows from it, as a run has it."""
    record = make_record(**{**SIZE, **values})
    facts = derive_plan_facts(derive_facts(record.facts, None, None), asked().resections)
    return replace(record, facts=facts, plans=tuple(plans))


@dataclass(frozen=True, eq=False)
class Done:
    """A study as a run leaves it."""

    planned: Planned
    measured: StudyMeasurements
    assessment: Assessment

    def verdict(self, treatment: str) -> Verdict:
        return next(each for each in self.assessment.verdicts if each.treatment == treatment)


def run(study: Study, record: ClinicalRecord, profile: str = "consensus") -> Done:
    """Measure, plan and judge a study as ``run_study`` does."""
    how = asked(profile)
    measured = measure_study(
        study,
        record,
        min_lesion_mm=3.0,
        connectivity=26,
        bsa_formula="mosteller",
        etlv_formula="vauthey_bsa",
        resections=how.resections,
    )
    measured = add_derived(measured, record, how.catalogue, profile)
    planned = plan_study(how, study, measured, record)
    measured = add_derived(planned.measured, record, how.catalogue, profile)
    assessment = judge(measured, record, (), how.catalogue, profile)
    assert assessment is not None
    return Done(planned, measured, assessment)


def of_name(name: str) -> GivenPlan:
    """Return a plan of the record by the name of a resection."""
    removed = asked().resections.named[name].removed
    return GivenPlan(name.replace("_", " "), tuple(role.value.removeprefix("segment_") for role in removed), name)
