"""``livermetry check``: what a run would measure, and everything that it would find; writes nothing."""

from __future__ import annotations

import json

import typer

from pipeline.check import CheckedClinical, CheckedStructure, StudyCheck, check_studies
from pipeline.cli.preparation import CheckRequest, prepare_check
from pipeline.cli.run_command import say_places
from pipeline.errors import ConfigurationError, UsageError
from pipeline.readers import find_unused
from pipeline.study import Finding
from pipeline.writers.plain_text import show_unsafe

EXIT_READY, EXIT_SOME_REFUSED, EXIT_WRONG_USE = 0, 1, 2
MARKS = {"refused": "REFUSED", "warning": "warning", "info": "note"}


def check_command(request: CheckRequest) -> int:
    """Run the command and return its exit code."""
    try:
        prepared = prepare_check(request)
    except (ConfigurationError, UsageError) as error:
        for line in str(error).splitlines():
            typer.echo(f"livermetry: {line}", err=True)
        return EXIT_WRONG_USE
    checks = []
    for check in check_studies(prepared.studies, prepared.context, folders=request.folders):
        checks.append(check)
        if not request.as_json:
            typer.echo("\n".join(show_unsafe(line) for line in describe_check(check)) + "\n")
    _print_summary(checks, request, find_unused(prepared.context.clinical, prepared.studies))
    return EXIT_READY if all(check.status == "ready" for check in checks) else EXIT_SOME_REFUSED


def describe_check(check: StudyCheck) -> list[str]:
    """Return the lines of one study: light, image, masks, every structure with its role, clinical record, findings."""
    folder = "" if check.folder is None else f"  {check.folder}"
    lines = [f"{check.key}  {check.status_words}  {check.light.value}{folder}"]
    if check.image is not None:
        lines += _describe_image(check)
        lines += [f"  masks: {', '.join(check.masks)}; names and numbers read by: {check.naming}"]
        lines += _describe_structures(check.structures)
        lines += [f"    ignored, not measured: {', '.join(check.ignored)}"] if check.ignored else []
    if check.clinical is not None:
        lines.append(f"  clinical: {_describe_clinical(check.clinical)}")
    return lines + [_describe_finding(finding) for finding in check.findings]


def _describe_image(check: StudyCheck) -> list[str]:
    image = check.image
    assert image is not None
    first, second, third = image.shape
    spacing = " x ".join(f"{step:.2f}" for step in image.spacing_mm)
    lines = [
        f"  image: {image.modality}, {first} x {second} x {third} voxels of {spacing} mm; chosen: {image.chosen_by}"
    ]
    if len(image.candidates) > 1:
        lines += [f"    of {each}" for each in image.candidates]
    return lines


def _describe_structures(structures: tuple[CheckedStructure, ...]) -> list[str]:
    width = max((len(each.name) for each in structures), default=0)
    lines = []
    for each in structures:
        role = f"{each.role} (by {each.mapped_by})" if each.role else "left out: no role file knows it"
        volume = _describe_absence(each) if each.volume_ml is None else f"{each.volume_ml:.1f} mL"
        lines.append(f"    {each.name:{width}}  {volume:>10}  {role}")
    return lines


def _describe_absence(structure: CheckedStructure) -> str:
    """Return ``empty`` for a structure that is declared and not drawn, and ``unknown`` for one below the threshold."""
    return "empty" if (structure.reason or "").startswith("EMPTY_MASK") else "unknown"


def _describe_clinical(clinical: CheckedClinical) -> str:
    if clinical.place is None:
        return "no record"
    where = "the file of the run" if clinical.source == "run" else "the study's folder"
    counts = f"{clinical.known} values known, {clinical.unusable} not usable"
    what = "line" if clinical.in_table else "record"
    return f"{what} {clinical.place} of {where}: {counts}"


def _describe_finding(finding: Finding) -> str:
    stake = "" if finding.at_stake_ml is None else f" ({finding.at_stake_ml:.1f} mL at stake)"
    return f"  {MARKS[finding.severity.value]}  {finding.code}: {finding.message}{stake}"


def _print_summary(checks: list[StudyCheck], request: CheckRequest, unused: tuple[int, ...]) -> None:
    counts = {status: sum(check.status == status for check in checks) for status in ("ready", "refused", "failed")}
    if request.as_json:
        studies = [check.model_dump(mode="json") for check in checks]
        found = {"counts": counts, "studies": studies, "clinical_unused": unused}
        typer.echo(json.dumps(found, indent=1, ensure_ascii=False))
        return
    parts = [f"{count} {status}" for status, count in counts.items() if count]
    noun = "study" if len(checks) == 1 else "studies"
    typer.echo(f"{len(checks)} {noun}: {', '.join(parts)}. Nothing was written.")
    if unused:
        typer.echo(f"Clinical records of none of these studies: {say_places(unused, request.clinical)}")
