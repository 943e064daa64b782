"""Files beside the rules that say what carries what: conventions, statements of the source documents, gaps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, Field

from pipeline.rules.files import Problems, list_of, mapping_of, read_file, read_model
from pipeline.rules.loading import rule_paths
from pipeline.rules.terms import Model

ModelT = TypeVar("ModelT", bound=BaseModel)
CONVENTIONS, STATEMENTS, COVERAGE = "conventions.yaml", "statements.yaml", "coverage.yaml"
FORMULAS = "formulas.yaml"


class Convention(Model):
    """One convention of measuring.

    Parameters
    ----------
    where
        Rules, quantities and fields of the clinical record that carry it out.
    """

    id: str
    title: str
    rule: str
    where: tuple[str, ...] = Field(min_length=1)
    sources: tuple[str, ...]
    confidence: str
    note: str | None = None


class Formula(Model):
    """One formula of the clinical catalogue.

    Parameters
    ----------
    quantity
        Names of the measurements or facts that it gives; ``lesion.`` stands before those of single lesions.
    rules
        Rules that give a class or points by it.
    """

    id: str
    quantity: tuple[str, ...] = Field(min_length=1)
    formula: str
    unit: str
    sources: tuple[str, ...]
    confidence: str
    note: str | None = None
    rules: tuple[str, ...] = ()


class Statement(Model):
    """One statement of a source document.

    Parameters
    ----------
    rules
        Ids of the rules that carry it; with ``*`` at the end every rule that begins so; ``record: NAME`` is a field.
    """

    id: str
    document: str
    statement: str
    rules: tuple[str, ...] = Field(min_length=1)
    remark: str | None = None


class Gap(Model):
    """A row of the clinical catalogue that is not a rule, and why."""

    id: str
    reason: str = Field(min_length=20)


def read_conventions(configs: Path) -> tuple[Convention, ...]:
    """Return the conventions of measuring in the folder of the configuration."""
    return _read(Convention, configs / CONVENTIONS, "conventions")


def read_formulas(configs: Path) -> tuple[Formula, ...]:
    """Return the formulas of the clinical catalogue."""
    return _read(Formula, configs / FORMULAS, "formulas")


def read_statements(configs: Path) -> tuple[Statement, ...]:
    """Return the statements of the source documents."""
    return _read(Statement, configs / STATEMENTS, "statements")


def read_documents(configs: Path) -> Mapping[str, str]:
    """Return what each source document is, by its key."""
    problems = Problems()
    found = mapping_of(read_file(configs / STATEMENTS, problems), "documents", problems)
    problems.raise_if_any()
    return {key: str(value) for key, value in found.items()}


def read_gaps(configs: Path) -> tuple[Gap, ...]:
    """Return the rows of the clinical catalogue that are not implemented."""
    return _read(Gap, configs / COVERAGE, "not_implemented")


def _read(model: type[ModelT], path: Path, key: str) -> tuple[ModelT, ...]:
    problems = Problems()
    file = read_file(path, problems)
    found = [
        read_model(model, file, value, (key, place), model.model_fields, problems)
        for place, value in enumerate(list_of(file, key, problems))
        if file is not None
    ]
    problems.raise_if_any()
    return tuple(one for one in found if one is not None)


def carried_by(statement: Statement, rules: Mapping[str, object]) -> tuple[str, ...]:
    """Return the ids of the rules that carry a statement, those behind a star written out."""
    found: list[str] = []
    for name in statement.rules:
        if name.endswith("*"):
            found += [id_ for id_ in rules if id_.startswith(name[:-1])]
        elif not name.startswith("record: "):
            found.append(name)
    return tuple(found)


def rule_ids_by_file(rules: Path) -> dict[Path, tuple[str, ...]]:
    """Return the ids of the rules in each rule file of a folder, in their order."""
    problems = Problems()
    found: dict[Path, tuple[str, ...]] = {}
    for path in rule_paths(rules):
        items = list_of(read_file(path, problems), "rules", problems)
        found[path] = tuple(str(item["id"]) for item in items if isinstance(item, dict) and "id" in item)
    problems.raise_if_any()
    return found
