"""Check everything a run needs before any pixel is read, and say all that is wrong at once."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from pipeline.cli.start import end_start
from pipeline.errors import ConfigurationError, UsageError
from pipeline.planned.planning_file import Planning, load_planning
from pipeline.readers import (
    ClinicalFields,
    ClinicalFile,
    Naming,
    StudyFiles,
    find_studies,
    load_clinical_fields,
    load_naming,
    load_namings,
    note_shared,
    read_clinical,
)
from pipeline.rules import Catalogue, recall_catalogue
from pipeline.settings import Settings, configs_folder, load_settings, site_rules_path
from pipeline.study_run import RunContext
from pipeline.yaml_file import say_cause

OUTPUTS = frozenset({"json", "html", "tables"})
"""What a run writes unless less is asked for."""
NO_STUDY = (
    "no study found: the input holds no DICOM, NIfTI, NRRD or MetaImage file that can be recognised; looked for were "
    "DICOM files of any name, and image and mask files whose names a role file knows (docs/roles.md, or --roles)"
)


@dataclass(frozen=True)
class RunRequest:
    """What the user asked for on the command line."""

    input_folder: Path
    output: Path
    profile: str = "consensus"
    config: Path | None = None
    clinical: Path | None = None
    roles: str | None = None
    jobs: int = 1
    as_json: bool = False
    wanted: frozenset[str] = OUTPUTS


@dataclass(frozen=True)
class CheckRequest:
    """What the user asked to check on the command line."""

    input_folder: Path
    config: Path | None = None
    clinical: Path | None = None
    roles: str | None = None
    as_json: bool = False
    folders: bool = False


@dataclass(frozen=True)
class Prepared:
    """A run that can start: the studies that were found and what is the same for all of them."""

    studies: tuple[StudyFiles, ...]
    context: RunContext


def prepare(request: RunRequest) -> Prepared:
    """Load configuration, find the studies and make the output folder.

    Raises
    ------
    ConfigurationError
        Every problem of every configuration file.
    UsageError
        When the input does not exist or holds no study, or the output cannot be written.
    """
    _check_input(request.input_folder)
    _check_output(request)
    prepared = _load_and_find(request)
    _make_output(request.output)
    return prepared


def prepare_check(request: CheckRequest) -> Prepared:
    """Load configuration and find the studies, for a check that writes nothing.

    Raises
    ------
    ConfigurationError
        Every problem of every configuration file.
    UsageError
        When the input does not exist or holds no study.
    """
    _check_input(request.input_folder)
    given = RunRequest(request.input_folder, Path(), "consensus", request.config, request.clinical, request.roles)
    return _load_and_find(given)


def _load_and_find(request: RunRequest) -> Prepared:
    settings, catalogue, fields, planning, clinical = _load_configuration(request)
    namings, wanted = _load_namings(request.roles)
    end_start()
    studies = find_studies(request.input_folder, namings, wanted)
    if not studies:
        raise UsageError(NO_STUDY)
    clinical = note_shared(clinical, studies) if clinical is not None else None
    digest = hashlib.sha256("".join(namings[name].sha256 for name in sorted(namings)).encode()).hexdigest()
    return Prepared(studies, RunContext(settings, catalogue, request.profile, digest, fields, planning, clinical))


def _make_output(output: Path) -> None:
    """Make the output folder, and say so when that or writing there is not possible."""
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"the output folder cannot be made: {say_cause(error)}") from None
    if not os.access(output, os.W_OK):
        raise UsageError("the output folder cannot be written to")


def _load_namings(roles: str | None) -> tuple[dict[str, Naming], str | None]:
    """Return the role files and the name of the one asked for: a shipped name, or a file of the user's."""
    namings = load_namings(configs_folder() / "roles")
    if roles is None or roles in namings:
        return namings, roles
    if not Path(roles).suffix:
        known = ", ".join(sorted(namings))
        raise UsageError(f"--roles: no mapping is called {roles}; there are {known}, or give a YAML file")
    naming = load_naming(Path(roles), namings)
    return {**namings, naming.name: naming}, naming.name


def _check_input(folder: Path) -> None:
    if not folder.is_dir():
        raise UsageError("the input is not a folder")
    try:
        with os.scandir(folder) as entries:
            empty = next(entries, None) is None
    except OSError as error:
        raise UsageError(f"the input cannot be read: {say_cause(error)}") from None
    if empty:
        raise UsageError("the input is an empty folder")


def _check_output(request: RunRequest) -> None:
    """Refuse an output that would be read as input next time."""
    if request.output.exists() and not request.output.is_dir():
        raise UsageError("the output is a file; a folder is needed")
    inside = request.input_folder.resolve()
    if inside == request.output.resolve() or inside in request.output.resolve().parents:
        raise UsageError("the output lies inside the input; choose a folder outside it")


def _load_configuration(
    request: RunRequest,
) -> tuple[Settings, Catalogue, ClinicalFields, Planning, ClinicalFile | None]:
    """Load every configuration file, and raise the problems of all of them together."""
    problems: list[str] = []
    settings = catalogue = planning = clinical = None
    try:
        settings = load_settings(request.config)
    except ConfigurationError as error:
        problems += error.problems
    site = site_rules_path(settings, request.config) if settings else None
    try:
        catalogue = recall_catalogue(configs_folder() / "rules", configs_folder() / "profiles", site)
    except ConfigurationError as error:
        problems += error.problems
    fields = load_clinical_fields(configs_folder() / "clinical.yaml")
    try:
        planning = (
            load_planning(configs_folder() / "planning.yaml", catalogue, fields.resections) if catalogue else None
        )
    except ConfigurationError as error:
        problems += error.problems
    try:
        clinical = read_clinical(request.clinical, fields) if request.clinical else None
    except ConfigurationError as error:
        problems += error.problems
    if catalogue and request.profile not in catalogue.profiles:
        known = ", ".join(sorted(catalogue.profiles))
        problems.append(f"--profile: no profile is called {request.profile}; there are {known}")
    if settings is None or catalogue is None or planning is None or problems:
        raise ConfigurationError(problems)
    return settings, catalogue, fields, planning, clinical
