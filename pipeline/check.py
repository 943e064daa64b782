"""What a run would measure of a study, from which series and masks, and everything that it would find.

Reads and measures by the functions of a run, so that both find the same; judges nothing, draws nothing, writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from pipeline.drawing import find_picture_trouble
from pipeline.errors import StudyRefused
from pipeline.measurement import Measurement
from pipeline.readers import StudyFiles
from pipeline.readers.identity_match import hide_identity
from pipeline.readers.layouts.precedence import describe_names
from pipeline.report import Record
from pipeline.report_building import is_published, order_findings
from pipeline.study import (
    ClinicalRecord,
    Finding,
    ImageSeries,
    Segment,
    Severity,
    Study,
    TrafficLight,
    Unmapped,
    light_of,
)
from pipeline.study_run import (
    NOTHING_MEASURED,
    RunContext,
    describe_error,
    examine_study,
    measure_examined,
)
from pipeline.withholding import say_withheld, withheld_quantities

CHECK_SCHEMA_VERSION = "1.0"


class CheckedImage(Record):
    """The image that would be measured on, and why it."""

    modality: str
    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    slice_axis: int
    chosen_by: str
    candidates: tuple[str, ...]


class CheckedStructure(Record):
    """One structure of the masks.

    ``role`` is None when nothing gave it one, ``volume_ml`` when it has none: ``reason`` then says why.
    """

    name: str
    number: int | None
    role: str | None
    mapped_by: str
    mask: str
    voxels: int
    volume_ml: float | None
    reason: str | None


class CheckedClinical(Record):
    """The clinical record: where it stands, how many values are known, and how many were stated and cannot be used.

    ``source`` is ``run`` for the file given with ``--clinical``, ``study`` for the one in the study's folder; it and
    ``place`` are None when no record is matched. ``place`` is a line ``in_table``, else counted from 1. Known values
    include those that follow from others.
    """

    source: Literal["run", "study"] | None
    place: int | None
    in_table: bool
    known: int
    unusable: int


class StudyCheck(Record):
    """What was found of one study.

    ``status`` is ``ready`` when a run would measure it, ``refused`` when a finding keeps it from being measured,
    ``failed`` when an unexpected error stopped the check. Words of the patient's name and numbers are left out of the
    names of masks and structures; the study's folder may hold a name, and is None unless it was asked for.
    """

    schema_version: str = CHECK_SCHEMA_VERSION
    key: str
    folder: str | None
    status: str
    light: TrafficLight
    image: CheckedImage | None = None
    naming: str = ""
    masks: tuple[str, ...] = ()
    structures: tuple[CheckedStructure, ...] = ()
    ignored: tuple[str, ...] = ()
    clinical: CheckedClinical | None = None
    findings: tuple[Finding, ...]
    withheld: tuple[str, ...] = ()
    """Quantities of the study that a finding keeps from being given; ``verdicts`` last, if they are."""
    status_words: str = ""
    """The status with what is withheld, as it is printed."""


def check_studies(studies: Iterable[StudyFiles], context: RunContext, *, folders: bool = False) -> Iterable[StudyCheck]:
    """Check studies one by one; an unexpected error in one is its own finding and stops no other.

    Parameters
    ----------
    folders
        Whether to name the folder of each study, which may hold a patient's name.
    """
    for files in studies:
        try:
            found = check_study(files, context)
        except Exception as error:
            message = f"The study could not be checked: {describe_error(error)}. Please report this."
            finding = Finding("INTERNAL_ERROR", Severity.REFUSED, message)
            found = _refused(files, (finding, *files.findings), "failed")
        yield found.model_copy(update={"folder": files.folder if folders else None})


def check_study(files: StudyFiles, context: RunContext) -> StudyCheck:
    """Return what a run would measure of a study, and every finding that it would make."""
    try:
        read = examine_study(files, context)
    except StudyRefused as refusal:
        why = Finding(refusal.code, Severity.REFUSED, refusal.message)
        return _refused(files, (why, *files.findings))
    study = read.study
    measured = measure_examined(read, context)
    ready = is_published(study, measured)
    found = (*read.findings, *measured.findings, *(find_picture_trouble(study, measured) if ready else ()))
    seen = tuple(_without_names(finding, study) for finding in found)
    findings = order_findings(seen if ready else (NOTHING_MEASURED, *seen))
    return StudyCheck(
        key=study.key,
        folder=None,
        status="ready" if ready else "refused",
        light=light_of(findings),
        image=_image(study.image),
        naming=study.naming,
        masks=tuple(hide_identity(name, study.identity) for name in study.mask_names),
        structures=_structures(study, measured.structure_volumes),
        ignored=tuple(hide_identity(name, study.identity) for name in study.ignored),
        clinical=_clinical(read.clinical, context),
        findings=findings,
        withheld=withheld_quantities(findings, measured.measurements) if ready else (),
        status_words=say_withheld("ready", findings, measured.measurements) if ready else "refused",
    )


def _refused(files: StudyFiles, findings: tuple[Finding, ...], status: str = "refused") -> StudyCheck:
    ordered = order_findings(findings)
    return StudyCheck(
        key=files.key, folder=None, status=status, light=light_of(ordered), findings=ordered, status_words=status
    )


def _without_names(finding: Finding, study: Study) -> Finding:
    """Return a finding whose message names no structure or mask by a word of the patient's identity."""
    message = finding.message
    drawn: tuple[Segment | Unmapped, ...] = (*study.segments, *study.unmapped)
    names = [*study.mask_names, *(one.name for one in drawn), *study.ignored]
    for name in sorted(set(names), key=lambda each: -len(each)):
        hidden = hide_identity(name, study.identity)
        if hidden != name:
            message = message.replace(name, hidden).replace(describe_names([name]), hidden)
    return finding if message == finding.message else replace(finding, message=message)


def _image(image: ImageSeries) -> CheckedImage:
    grid = image.geometry
    first, second, third = (float(step) for step in grid.spacing_mm)
    return CheckedImage(
        modality=image.modality,
        shape=grid.shape,
        spacing_mm=(first, second, third),
        slice_axis=grid.slice_axis,
        chosen_by=image.chosen_by,
        candidates=image.candidates,
    )


def _structures(study: Study, volumes: tuple[Measurement, ...]) -> tuple[CheckedStructure, ...]:
    drawn: tuple[Segment | Unmapped, ...] = (*study.segments, *study.unmapped)
    return tuple(_structure(one, volume, study) for one, volume in zip(drawn, volumes, strict=True))


def _structure(one: Segment | Unmapped, volume: Measurement, study: Study) -> CheckedStructure:
    mapped = one if isinstance(one, Segment) else None
    return CheckedStructure(
        name=hide_identity(one.name, study.identity),
        number=one.number,
        role=mapped and mapped.role.value,
        mapped_by=mapped.mapped_by if mapped else "",
        mask=hide_identity(study.mask_names[mapped.source], study.identity) if mapped else "",
        voxels=one.mask.count,
        volume_ml=volume.value,
        reason=volume.reason,
    )


def _clinical(record: ClinicalRecord, context: RunContext) -> CheckedClinical:
    known = sum(fact.value is not None for fact in record.facts.values())
    source: Literal["run", "study"] = "study" if context.clinical is None else "run"
    return CheckedClinical(
        source=None if record.place is None else source,
        place=record.place,
        in_table=record.in_table,
        known=known,
        unusable=len(record.facts) - known,
    )
