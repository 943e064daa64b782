"""One study from its files to its report: the straight line of the whole product.

Values in, values out. The command line, the batch and a notebook call the same functions.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.aside import Aside, may_fork
from pipeline.beside import Beside, find_beside
from pipeline.drawing import draw_pictures, find_picture_trouble
from pipeline.errors import StudyRefused
from pipeline.judging import add_derived, judge
from pipeline.lesion import StudyMeasurements
from pipeline.measures import measure_study
from pipeline.measures.clinical_facts import derive_facts
from pipeline.measures.contradictions import find_contradictions
from pipeline.measures.field_of_view import refuse_impossible_size
from pipeline.measures.flagging import flag_measured
from pipeline.measures.intensity import measure_intensities
from pipeline.measures.plan_extent import derive_plan_facts, find_plan_conflicts
from pipeline.measures.plausibility import check_liver_volume
from pipeline.measures.vessels.lesion_vessels import add_vessels
from pipeline.picture import Picture
from pipeline.planned.planning import plan_study
from pipeline.planned.planning_file import Planning
from pipeline.planned.question import Asked
from pipeline.readers import ClinicalFields, ClinicalFile, StudyFiles, check_times, match_record, read_image, read_study
from pipeline.report import Report
from pipeline.report_building import Origin, build_refused, build_report, is_published
from pipeline.rules import Catalogue
from pipeline.settings import Settings
from pipeline.study import ClinicalRecord, Finding, Severity, Study

NOTHING_MEASURED = Finding(
    "NOTHING_MEASURED",
    Severity.REFUSED,
    "No structure of the masks could be measured: none has a known name and a set voxel. "
    "Name the masks as one of the files in configs/roles does, or give a mapping with --roles.",
)


@dataclass(frozen=True)
class RunContext:
    """What is the same for every study of a run.

    Parameters
    ----------
    profile
        Name of the profile that verdicts are given under.
    clinical
        The clinical file given for the whole run, or None: then each study folder's own is used.
    namings_sha256
        Digest of the role files that studies may be read with.
    clinical_fields
        What a clinical record may hold.
    planning
        How plans of treatment are made and searched for.
    """

    settings: Settings
    catalogue: Catalogue
    profile: str
    namings_sha256: str
    clinical_fields: ClinicalFields
    planning: Planning
    clinical: ClinicalFile | None = None

    @property
    def origin(self) -> Origin:
        """What the reports of this run come from."""
        return Origin(self.settings, self.profile, self.catalogue.sha256, self.namings_sha256, self.planning.sha256)

    @property
    def plans(self) -> Asked:
        """How plans are made."""
        settings = self.settings
        return Asked(
            self.catalogue,
            self.profile,
            self.planning,
            self.clinical_fields.resections,
            settings.min_vessel_mm,
            settings.anatomy_limits,
            settings.plans,
        )


@dataclass(frozen=True, eq=False)
class StudyResult:
    """The record of a study and the pictures that belong to it."""

    report: Report
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, eq=False)
class Examined:
    """A study that was read and not yet measured.

    Parameters
    ----------
    before
        Findings on its files.
    beside
        Returns what is found beside the measurements, and waits for it.
    """

    study: Study
    clinical: ClinicalRecord
    before: tuple[Finding, ...]
    beside: Callable[[], Beside]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding so far: on files, study, masks against the image, clinical record."""
        return (*self.before, *self.study.findings, *self.beside().findings, *self.clinical.findings)


def run_study(files: StudyFiles, context: RunContext, *, draw: bool = True) -> StudyResult:
    """Read, measure and judge one study.

    A study that cannot be measured gives a refused report with the reason; it raises nothing.

    Parameters
    ----------
    draw
        Whether key images are drawn; the record is the same without them.
    """
    try:
        read = examine_study(files, context)
    except StudyRefused as refusal:
        return _refuse(files, context, files.findings, Finding(refusal.code, Severity.REFUSED, refusal.message))
    study, clinical = read.study, read.clinical
    measured = measure_examined(read, context)
    findings = (*read.findings, *measured.findings)
    if not is_published(study, measured):
        return _refuse(files, context, findings, NOTHING_MEASURED)
    flagged = replace(study, findings=(*study.findings, *read.beside().findings))
    planned = plan_study(context.plans, flagged, measured, clinical, findings)
    if planned.measured is not measured:
        measured = add_derived(planned.measured, clinical, context.catalogue, context.profile)
        findings = (*read.findings, *measured.findings, *planned.findings)
    pictures, trouble = (
        draw_pictures(study, measured, planned, context.settings)
        if draw
        else ((), find_picture_trouble(study, measured))
    )
    findings = (*findings, *trouble)
    assessment = judge(measured, clinical, findings, context.catalogue, context.profile)
    report = build_report(study, measured, clinical.facts, findings, assessment, context.origin, planned.record)
    return StudyResult(report, pictures)


def examine_study(files: StudyFiles, context: RunContext) -> Examined:
    """Read one study and its clinical record, and list what was found before anything is measured.

    ``livermetry check`` rests on this and on ``measure_examined``, so that a check and a run cannot disagree.

    Raises
    ------
    StudyRefused
        When the study cannot be measured.
    """
    record, settings = match_record(context.clinical, files, context.clinical_fields), context.settings
    study = read_study(files, settings.preferences, [plan.mask for plan in record.plans if plan.mask])
    refuse_impossible_size(study.image, settings.smallest_slice_mm, settings.largest_slice_mm)
    beside = Aside(lambda: find_beside(study, settings), forked=may_fork())
    return Examined(study, _complete_record(record, study, files, context), files.findings, beside)


def measure_examined(read: Examined, context: RunContext) -> StudyMeasurements:
    """Return what is measured under the settings and formulas of the run, with a word on what cannot be."""
    settings = context.settings
    measured = measure_study(
        read.study,
        read.clinical,
        min_lesion_mm=settings.min_lesion_mm,
        connectivity=settings.connectivity,
        bsa_formula=context.catalogue.formula(context.profile, "bsa_formula"),
        etlv_formula=context.catalogue.formula(context.profile, "etlv_formula"),
        resections=context.clinical_fields.resections,
        limits=settings.anatomy_limits,
        more_findings=lambda: read.beside().findings,
    )
    study = replace(read.study, findings=(*read.study.findings, *read.beside().findings))
    measured = measure_intensities(study, measured, lambda box: read_image(study.image, box))
    measured = add_vessels(measured, read.beside().relations, read.clinical.facts)
    implausible = check_liver_volume(
        measured.measurements, settings.smallest_plausible_liver_ml, settings.largest_plausible_liver_ml
    )
    measured = flag_measured(replace(measured, findings=(*measured.findings, *implausible)), study.findings)
    return add_derived(measured, read.clinical, context.catalogue, context.profile)


def _complete_record(record: ClinicalRecord, study: Study, files: StudyFiles, context: RunContext) -> ClinicalRecord:
    """Return the patient's clinical record with what follows from it."""
    born, day = study.identity.birth_date, record.study_date
    wrong = find_contradictions(record.facts, born, day)
    resections = context.clinical_fields.resections
    facts = derive_plan_facts(derive_facts({**record.facts, **wrong}, born, day), resections)
    findings = (
        Finding("CLIN_CONTRADICT", Severity.WARNING, f"{name} is not used: {fact.reason}.", (name,))
        for name, fact in wrong.items()
    )
    times = check_times(files, context.clinical_fields.study_years)
    more = (*findings, *find_plan_conflicts(facts, resections), *times)
    return replace(record, facts=facts, findings=(*record.findings, *more))


def _refuse(files: StudyFiles, context: RunContext, findings: tuple[Finding, ...], why: Finding) -> StudyResult:
    """Return a refused report: the deciding finding first, and no number."""
    report = build_refused(files.key, files.folder, files.identity, (why, *findings), context.origin)
    return StudyResult(report)


def run_study_safely(files: StudyFiles, context: RunContext, *, draw: bool = True) -> StudyResult:
    """Do as ``run_study``; an unexpected error becomes a failed report, so that the other studies go on.

    The report names the type of the error and where it arose; never its text, which may hold what identifies a patient.
    """
    try:
        return run_study(files, context, draw=draw)
    except Exception as error:
        return StudyResult(failed_report(files, context, describe_error(error)))


def failed_report(files: StudyFiles, context: RunContext, what: str) -> Report:
    """Return the record of a study that an unexpected error stopped."""
    message = f"The study could not be processed: {what}. Please report this with the version of livermetry."
    finding = Finding("INTERNAL_ERROR", Severity.REFUSED, message)
    return build_refused(
        files.key, files.folder, files.identity, (*files.findings, finding), context.origin, status="failed"
    )


def describe_error(error: BaseException) -> str:
    """Return the type of an error and the innermost place of livermetry it passed: nothing of its text."""
    package = Path(__file__).parent
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if package in Path(frame.filename).parents]
    if not frames:
        return type(error).__name__
    place = Path(frames[-1].filename).relative_to(package.parent).as_posix()
    return f"{type(error).__name__} in {frames[-1].name} ({place}, line {frames[-1].lineno})"
