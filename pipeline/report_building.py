"""Turn what was read, measured and judged into the record of one study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import distribution, version

import pipeline
from pipeline.lesion import Lesion, StudyMeasurements
from pipeline.measurement import Fact
from pipeline.plan_record import PlansRecord
from pipeline.report import ImageRecord, LesionRecord, Provenance, Report, StructureRecord
from pipeline.settings import Settings
from pipeline.study import Finding, Identity, ImageSeries, Severity, Study
from pipeline.verdict import Assessment
from pipeline.withholding import why_no_verdicts

LIBRARIES = ("connected-components-3d", "nibabel", "numpy", "pydicom", "pynrrd", "scikit-image", "scipy")
SEVERITY_ORDER = (Severity.REFUSED, Severity.WARNING, Severity.INFO)


@dataclass(frozen=True)
class Origin:
    """What makes the reports of one run: settings, rules, role mapping and planning, each with its digest."""

    settings: Settings
    profile: str
    rules_sha256: str
    namings_sha256: str
    planning_sha256: str = ""


@cache
def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that numbers depend on."""
    return {name: _version_of(name) for name in LIBRARIES}


def _version_of(library: str) -> str:
    """Return the version that a distribution states, without parsing all else that it states."""
    stated = distribution(library).read_text("METADATA") or ""
    line = next((line for line in stated.splitlines() if line.startswith("Version: ")), None)
    return version(library) if line is None else line.removeprefix("Version: ").strip()


def is_published(study: Study, measured: StudyMeasurements) -> bool:
    """Tell whether at least one mapped structure of the study could be measured."""
    volumes = measured.structure_volumes[: len(study.segments)]
    return any(volume.value is not None for volume in volumes)


def build_report(
    study: Study,
    measured: StudyMeasurements,
    clinical: Mapping[str, Fact],
    findings: tuple[Finding, ...],
    assessment: Assessment | None,
    origin: Origin,
    plans: PlansRecord | None = None,
) -> Report:
    """Return the record of a study that was measured."""
    ordered = order_findings(findings)
    return Report(
        key=study.key,
        folder=study.folder,
        status="done",
        identity=study.identity,
        image=_image_record(study.image),
        structures=_structures(study, measured),
        ignored_structures=study.ignored,
        findings=ordered,
        lesions=tuple(_lesion_record(lesion) for lesion in measured.lesions),
        measurements=dict(measured.measurements),
        facts={**clinical, **measured.facts},
        assessment=assessment,
        plans=plans,
        assessment_reason=why_no_verdicts(ordered) if assessment is None else None,
        not_assessed=_not_assessed(assessment),
        provenance=_provenance(origin, study),
    )


def build_refused(
    key: str,
    folder: str,
    identity: Identity,
    findings: tuple[Finding, ...],
    origin: Origin,
    status: str = "refused",
) -> Report:
    """Return the record of a study that was not measured: findings say why, and no number is in it."""
    return Report(
        key=key,
        folder=folder,
        status=status,
        identity=identity,
        image=None,
        structures=(),
        findings=order_findings(findings),
        lesions=(),
        measurements={},
        facts={},
        assessment=None,
        not_assessed=(),
        provenance=_provenance(origin, None),
    )


def order_findings(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return findings without repetition, the gravest first: by severity, then by the mL at stake.

    Of those that refuse, what refuses the whole study comes first. Pairing by names comes after every other warning.
    Else the order in which they were made stays.
    """
    return tuple(sorted(dict.fromkeys(findings), key=_gravity))


def _gravity(finding: Finding) -> tuple[int, bool, bool, float]:
    in_part = finding.severity is Severity.REFUSED and bool(finding.touches)
    stake = 0.0 if finding.at_stake_ml is None else finding.at_stake_ml
    return (SEVERITY_ORDER.index(finding.severity), in_part, finding.code == "PAIR_BY_NAME", -stake)


def _image_record(image: ImageSeries) -> ImageRecord:
    grid = image.geometry
    a, b, c = (float(step) for step in grid.spacing_mm)
    rows = [[float(value) for value in row] for row in grid.affine]
    return ImageRecord(
        modality=image.modality,
        series_instance_uid=image.series_instance_uid,
        frame_of_reference_uid=image.frame_of_reference_uid,
        description=image.description,
        shape=grid.shape,
        spacing_mm=(a, b, c),
        affine_lps=tuple((row[0], row[1], row[2], row[3]) for row in rows),
        slice_axis=grid.slice_axis,
        sop_instance_uids=image.sop_instance_uids,
        chosen_by=image.chosen_by,
        candidates=image.candidates,
        frame_numbers=tuple(frame + 1 for frame in image.frames),
    )


def _structures(study: Study, measured: StudyMeasurements) -> tuple[StructureRecord, ...]:
    known = [
        (s.name, s.number, s.role.value, study.mask_names[s.source], s.mask, s.tracking_uid, s.mapped_by)
        for s in study.segments
    ]
    left_out = [(s.name, s.number, None, "", s.mask, None, "") for s in study.unmapped]
    rows = zip([*known, *left_out], measured.structure_volumes, measured.structure_complete, strict=True)
    return tuple(
        StructureRecord(
            name=name,
            number=number,
            role=role,
            mask=mask_name,
            voxels=mask.count,
            tracking_uid=uid,
            mapped_by=mapped_by,
            volume_ml=replace(volume, name="volume_ml"),
            complete=complete,
        )
        for (name, number, role, mask_name, mask, uid, mapped_by), volume, complete in rows
    )


def _lesion_record(lesion: Lesion) -> LesionRecord:
    return LesionRecord(
        id=lesion.id,
        status=lesion.status,
        label=lesion.label,
        tracking_uid=lesion.tracking_uid,
        components=lesion.components,
        measurements=dict(lesion.measurements),
        facts=dict(lesion.facts),
        centroid_mm=lesion.centroid_mm,
    )


def _not_assessed(assessment: Assessment | None) -> tuple[str, ...]:
    """Return what this version does not measure and a criterion asked for."""
    if assessment is None:
        return ()
    missing = (one for verdict in assessment.verdicts for result in verdict.criteria for one in result.missing)
    return tuple(dict.fromkeys(one.label for one in missing if one.reason.startswith("NOT_MEASURED")))


def _provenance(origin: Origin, study: Study | None) -> Provenance:
    return Provenance(
        livermetry=pipeline.__version__,
        libraries=library_versions(),
        profile=origin.profile,
        settings=origin.settings.plain,
        settings_sha256=origin.settings.sha256,
        rules_sha256=origin.rules_sha256,
        naming=study.naming if study else "",
        naming_sha256=origin.namings_sha256,
        sources=study.sources if study else (),
        planning_sha256=origin.planning_sha256,
    )
