"""Load the catalogue as it was checked in an earlier run, where no byte of it and of what reads it has changed since.

The files are read and compared by their digest every time; what is saved is parsing and checking them. What is kept is
the content of the rules as JSON, which is validated like that of the files. A site's own thresholds are no part of it:
they are read and checked every time. Rules come without their examples, which only tests run.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from pydantic import VERSION, ValidationError

import pipeline
from pipeline.kept import keep, may_keep, recall
from pipeline.rules.catalogue import Catalogue
from pipeline.rules.files import Problems, digest_files
from pipeline.rules.loading import catalogue_paths, load_catalogue
from pipeline.rules.model import InputSpec, ParameterSpec, Profile, Rule, Site, Treatment
from pipeline.rules.ranges import has_beyond
from pipeline.rules.references import has_circles
from pipeline.rules.terms import Model
from pipeline.rules.thresholds import read_site
from pipeline.rules.views import Views


class Checked(Model):
    """The content of rule files and profiles in which no problem was found."""

    version: str
    rules: tuple[Rule, ...]
    treatments: tuple[Treatment, ...]
    inputs: dict[str, InputSpec]
    parameters: dict[str, ParameterSpec]
    sources: dict[str, str]
    profiles: dict[str, Profile]

    def under_site(self, site: Site | None) -> Views:
        """Return the rules under each profile, with a site's own thresholds."""
        return Views(self.profiles, self.rules, self.treatments, self.inputs, site)


def recall_catalogue(rules: Path, profiles: Path, site: Path | None = None) -> Catalogue:
    """Return what ``load_catalogue`` returns, without examples, in a fraction of the time where nothing has changed.

    Raises
    ------
    ConfigurationError
        With all problems of all files, each as ``file:line: problem``.
    """
    try:
        key = _key(rules, profiles)
    except OSError:
        return load_catalogue(rules, profiles, site)
    kept = recall(_name(rules), key)
    checked = None if kept is None else _read(kept)
    if checked is None:
        catalogue = load_catalogue(rules, profiles, site)
        if may_keep() and _key(rules, profiles) == key:
            _keep(_name(rules), key, catalogue)
        return catalogue
    return _build(checked, rules, profiles, site) or load_catalogue(rules, profiles, site)


def _build(checked: Checked, rules: Path, profiles: Path, site: Path | None) -> Catalogue | None:
    """Return the catalogue; None where a site's thresholds close a circle or cannot be reached: files tell where."""
    problems = Problems()
    own = None if site is None else read_site(site, checked.parameters, checked.profiles, problems)
    problems.raise_if_any()
    views = checked.under_site(own)
    if own is not None and (has_circles(views) or has_beyond(views)):
        return None
    digest = digest_files([*catalogue_paths(rules, profiles), *([site] if site else [])])
    return Catalogue(
        checked.version,
        digest,
        checked.rules,
        checked.treatments,
        checked.inputs,
        checked.parameters,
        checked.sources,
        checked.profiles,
        own.site if own else None,
        views,
    )


def _keep(name: str, key: str, catalogue: Catalogue) -> None:
    """Keep the content of a catalogue without its site, where it has no problem without it and reads back the same."""
    content = Checked(
        version=catalogue.version,
        rules=tuple(rule.model_copy(update={"examples": ()}) for rule in catalogue.rules),
        treatments=catalogue.treatments,
        inputs=dict(catalogue.inputs),
        parameters=dict(catalogue.parameters),
        sources=dict(catalogue.sources),
        profiles=dict(catalogue.profiles),
    )
    text = content.model_dump_json(by_alias=True, exclude_defaults=True).encode()
    if _read(text) == content and not has_circles(content.under_site(None)):
        keep(name, key, text)


def _read(text: bytes) -> Checked | None:
    try:
        return Checked.model_validate_json(text, strict=True)
    except ValidationError:
        return None


def _key(rules: Path, profiles: Path) -> str:
    """Return what content was made for: the files, and the code and libraries that read and checked them."""
    package = Path(pipeline.__file__).parent
    code = [*package.glob("rules/*.py"), package / "yaml_file.py", package / "outcome.py"]
    paths = catalogue_paths(rules, profiles)
    names = (f"{path.parent.name}/{path.name}" for path in paths)
    versions = (pipeline.__version__, VERSION, sys.version)
    return hashlib.sha256("\n".join((digest_files([*paths, *code]), *names, *versions)).encode()).hexdigest()


def _name(rules: Path) -> str:
    """Return the name that content is kept under: each installation keeps its own."""
    return f"rules-{hashlib.sha256(str(rules.resolve()).encode()).hexdigest()[:16]}.json"
