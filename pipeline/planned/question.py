"""What is asked for the plans of one study: everything that is the same for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.anatomy import Anatomy, AnatomyLimits
from pipeline.geometry import Geometry
from pipeline.ground import Ground
from pipeline.judging import add_derived, formula_words, rule_inputs
from pipeline.lesion import Lesion, LesionStatus, StudyMeasurements
from pipeline.measurement import Inputs, Measurement
from pipeline.measures.derived import FormulaWords
from pipeline.measures.derived.deriving import FORMULA
from pipeline.measures.flagging import flag_measured
from pipeline.measures.plans.anatomy_findings import OddAnatomy, check_anatomy
from pipeline.measures.plans.cells import Cells
from pipeline.measures.plans.ground import explain_absence, find_ground
from pipeline.measures.plans.territories import build_trees
from pipeline.measures.vessels.trees import find_trees
from pipeline.plan import PlanKind, Requirement
from pipeline.planned.allowing import Allowed
from pipeline.planned.choices import Open, find_choices
from pipeline.planned.margins import Margins, find_margins
from pipeline.planned.planning_file import Planning
from pipeline.planned.requirement import find_requirement
from pipeline.planned.sizes import Sizes, read_sizes
from pipeline.planned.verdicts import Judge
from pipeline.resection import Resections
from pipeline.rules import Catalogue
from pipeline.rules.assessment import evaluate
from pipeline.rules.outcomes import run_rules
from pipeline.study import ClinicalRecord, Study

OUTFLOW = "outflow"
SLACK_VOXELS = 3.0
"""Diagonals of a voxel beyond the largest margin up to which borders are told, so that intervals end beyond it."""


@dataclass(frozen=True, eq=False)
class Asked:
    """How plans are made under a profile: what does not depend on the study.

    Parameters
    ----------
    min_vessel_mm
        Pieces of a vessel smaller than a ball of this diameter are left out.
    limits
        When something odd about a liver is said.
    wanted
        Whether plans are made at all.
    """

    catalogue: Catalogue
    profile: str
    planning: Planning
    resections: Resections
    min_vessel_mm: float
    limits: AnatomyLimits
    wanted: bool = True


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked of the plans of one study.

    Parameters
    ----------
    lesions
        The intrahepatic ones, in the order of the report.
    inputs
        What rules may read of the study itself.
    stated
        Names of what the clinical record states, be it that it is not known.
    sizes
        Or why the liver's volume is not known.
    """

    asked: Asked
    study: Study
    measured: StudyMeasurements
    clinical: ClinicalRecord
    anatomy: Anatomy
    lesions: tuple[Lesion, ...]
    ground: Ground
    cells: Cells
    inputs: Inputs
    judge: Judge
    words: FormulaWords
    stated: frozenset[str]
    margins: Margins
    open: Open
    sizes: Sizes | str
    requirement: Requirement
    allowed: Allowed


def list_lesions(measured: StudyMeasurements) -> tuple[Lesion, ...]:
    """Return the intrahepatic lesions in the order of the report."""
    return tuple(each for each in measured.lesions if each.status is LesionStatus.INTRAHEPATIC)


def why_no_plans(measured: StudyMeasurements) -> str | None:
    """Return why a study cannot be planned on, ``CODE: sentence``; None where it can."""
    if measured.anatomy is None:
        return "NO_LIVER: no liver mask holds a voxel"
    if not measured.lesions_known:
        return measured.lesions_reason or "LESIONS_UNKNOWN: it is not known which lesions there are"
    return explain_absence(measured.anatomy, list_lesions(measured))


def put_question(asked: Asked, study: Study, measured: StudyMeasurements, clinical: ClinicalRecord) -> Question:
    """Return what is asked of the plans of a study.

    Raises
    ------
    ValueError
        Where ``why_no_plans`` has something to say.
    """
    if (reason := why_no_plans(measured)) is not None or measured.anatomy is None:
        raise ValueError(reason)
    rules = asked.catalogue.under(asked.profile)
    lesions, margins = list_lesions(measured), find_margins(asked.planning, asked.catalogue, asked.profile)
    measured, odd = say_odd(asked, study, measured, clinical, measured.anatomy)
    anatomy = _drop_parts(measured.anatomy, odd)
    ground, cells = _find_ground(asked, study, anatomy, lesions, margins, odd)
    inputs = rule_inputs(measured, clinical)
    judge, run = Judge(evaluate(asked.catalogue, asked.profile, inputs)), run_rules(rules, inputs)
    sizes = read_sizes(inputs)
    return Question(
        asked,
        study,
        measured,
        clinical,
        anatomy,
        lesions,
        ground,
        cells,
        inputs,
        judge,
        formula_words(asked.catalogue, asked.profile),
        _find_stated(clinical),
        margins,
        find_choices(judge.base, run, asked.planning, margins),
        sizes,
        find_requirement(run, asked.planning.remnant, sizes),
        Allowed(run, asked.planning.treatment_of(PlanKind.ANATOMICAL), ground.parts, asked.resections),
    )


def say_odd(
    asked: Asked, study: Study, measured: StudyMeasurements, clinical: ClinicalRecord, anatomy: Anatomy
) -> tuple[StudyMeasurements, OddAnatomy]:
    """Return the measurements with a finding on everything odd about the liver, and what that is."""
    lesions = list_lesions(measured)
    odd = check_anatomy(study, anatomy, lesions, clinical.facts, asked.resections, asked.limits)
    more = tuple(each for each in odd.findings if each not in measured.findings)
    if not more:
        return measured, odd
    return flag_measured(replace(measured, findings=(*measured.findings, *more)), study.findings), odd


def _drop_parts(anatomy: Anatomy | None, odd: OddAnatomy) -> Anatomy:
    """Return the anatomy without parts whose labels seem exchanged: no plan rests on them."""
    assert anatomy is not None
    return anatomy if odd.parts_reason is None else replace(anatomy, parts={}, parts_reason=odd.parts_reason)


def _find_ground(
    asked: Asked, study: Study, anatomy: Anatomy, lesions: Sequence[Lesion], margins: Margins, odd: OddAnatomy
) -> tuple[Ground, Cells]:
    assert anatomy.total is not None
    largest = max(margins.all_mm, default=0.0)
    reach = largest + SLACK_VOXELS * _diagonal_mm(anatomy.total.grid)
    vessels = find_trees(study)
    ground, cells = find_ground(
        anatomy, lesions, margins.all_mm, reach, lambda cells: build_trees(vessels, cells, asked.min_vessel_mm)
    )
    ground = join_neighbours(ground, asked.resections)
    if odd.outflow_reason is None or OUTFLOW not in ground.trees:
        return ground, cells
    closed = replace(ground.trees[OUTFLOW], roots=(), reason=odd.outflow_reason)
    return replace(ground, trees={**ground.trees, OUTFLOW: closed}), cells


def join_neighbours(ground: Ground, resections: Resections) -> Ground:
    """Return the ground where only parts touch that lie side by side by the table (``configs/resections.yaml``).

    Masks of segments that do not lie side by side share a few faces where they end at the hilum or the vena cava; no
    surgeon takes two of them as one specimen.
    """
    numbers = [{number[0] for number in part.segments} for part in ground.parts]
    beside = [[any(_are_beside(a, b, resections) for a in one for b in two) for two in numbers] for one in numbers]
    return replace(ground, touching=ground.touching & np.array(beside, dtype=np.bool_).reshape(ground.touching.shape))


def _are_beside(one: str, two: str, resections: Resections) -> bool:
    return one == two or frozenset((one, two)) in resections.side_by_side


def add_measured(question: Question, more: Sequence[Measurement]) -> Question:
    """Return the question with more quantities of the study, and what follows from them by a formula."""
    asked, clinical = question.asked, question.clinical
    held = {each.name: each for each in more}
    measured = replace(question.measured, measurements={**question.measured.measurements, **held})
    measured = add_derived(measured, clinical, asked.catalogue, asked.profile)
    inputs = rule_inputs(measured, clinical)
    judge = Judge(evaluate(asked.catalogue, asked.profile, inputs))
    return replace(question, measured=measured, inputs=inputs, judge=judge)


def _diagonal_mm(grid: Geometry) -> float:
    signs = np.array([(1, 1, 1), (1, 1, -1), (1, -1, 1), (1, -1, -1)], dtype=np.float64)
    return float(np.linalg.norm(signs @ grid.axes, axis=1).max())


def _find_stated(clinical: ClinicalRecord) -> frozenset[str]:
    """Return the names of the facts that the clinical record states itself, those that it says are unknown too."""
    return frozenset(name for name, fact in clinical.facts.items() if not fact.source.startswith(FORMULA))
