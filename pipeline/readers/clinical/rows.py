"""The records of a clinical file as they are written: YAML, JSON or a table, a mapping a record, values as texts."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigurationError
from pipeline.readers.clinical.table import read_table
from pipeline.study import Finding, Severity
from pipeline.yaml_file import MAX_DEPTH, Plain, parse_yaml, say_cause

SUFFIXES = (".csv", ".yaml", ".yml", ".json")
MOST_BYTES = 8 * 1024 * 1024
MOST_YAML_BYTES = 1024 * 1024
"""YAML is parsed a hundred times more slowly than tables and JSON."""
WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
LATIN = Finding(
    "CLIN_FILE",
    Severity.INFO,
    "The clinical file is not text in UTF-8; it was read as Latin-1. Letters beyond ASCII may be wrong.",
)


@dataclass(frozen=True, eq=False)
class Row:
    """One record: its line in a table, else its place; ``doubtful`` are columns whose decimals cannot be told."""

    number: int
    cells: Mapping[str, Plain]
    doubtful: frozenset[str] = frozenset()
    is_table: bool = False


@dataclass(frozen=True, eq=False)
class Rows:
    """The records of a file, and what was seen of the file itself."""

    rows: tuple[Row, ...]
    findings: tuple[Finding, ...] = ()


class _Unusable(Exception):
    """A file that cannot be read; the message says why, without anything that the file holds."""


def read_rows(path: Path, is_known: Callable[[str], bool], is_identity: Callable[[str], bool]) -> Rows:
    """Return the records of a file.

    Parameters
    ----------
    is_known
        Tells whether a name is one of the record; no other name is ever repeated in a message.
    is_identity
        Tells whether a column holds identities, in which a comma is no decimal.

    Raises
    ------
    ConfigurationError
        When the file cannot be read, with every reason.
    """
    suffix = path.suffix.lower()
    try:
        if suffix not in SUFFIXES:
            raise _Unusable(f"a clinical file is {', '.join(SUFFIXES)}; this one is {suffix or 'none of them'}")
        text, findings = _read_text(path, MOST_YAML_BYTES if suffix in (".yaml", ".yml") else MOST_BYTES)
        if suffix == ".csv":
            table, problems = read_table(text, is_known, is_identity)
            if problems:
                raise ConfigurationError(f"{path.name}:{problem}" for problem in problems)
            return Rows(tuple(Row(*each, is_table=True) for each in table), findings)
        value = _parse_json(text) if suffix == ".json" else _parse_yaml(text, path, is_known)
        return Rows(_records_in(value), findings)
    except _Unusable as error:
        raise ConfigurationError([f"{path.name}:1: {error}"]) from None


def _read_text(path: Path, most: int) -> tuple[str, tuple[Finding, ...]]:
    """Return the text of a file of at most so many bytes, in UTF-8, UTF-16 with its mark, or Latin-1."""
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise _Unusable(f"cannot be read: {say_cause(error)}") from None
    if len(content) > most:
        other = "; use a table (.csv) or .json" if most == MOST_YAML_BYTES else ""
        raise _Unusable(f"larger than {most // 1024 // 1024} MB{other}")
    findings: tuple[Finding, ...] = ()
    try:
        text = content.decode("utf-16" if content.startswith(WIDE_MARKS) else "utf-8-sig")
    except UnicodeDecodeError:
        text, findings = content.decode("latin-1"), (LATIN,)
    if "\0" in text:
        raise _Unusable("not a text: it holds zero bytes")
    return text, findings


def _parse_yaml(text: str, path: Path, is_known: Callable[[str], bool]) -> Plain:
    try:
        return parse_yaml(text, path, as_text=True).value
    except ConfigurationError as error:
        raise ConfigurationError(_without_names(problem, is_known) for problem in error.problems) from None


def _without_names(problem: str, is_known: Callable[[str], bool]) -> str:
    """Return a problem of a YAML file without a key that is no field: it may be a patient's name."""
    found = re.fullmatch(r"(?s)(.*?:\d+: )(.*) is given twice", problem)
    return f"{found[1]}a key is given twice" if found and not is_known(found[2]) else problem


def _parse_json(text: str) -> Plain:
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_int=str, parse_float=str, parse_constant=str)
        return _as_text(value, 0)
    except json.JSONDecodeError as error:
        raise _Unusable(f"not JSON: {error.msg}, line {error.lineno}") from None
    except RecursionError:
        raise _Unusable("nested too deeply") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise _Unusable("a key is given twice")
    return dict(pairs)


def _as_text(value: Any, depth: int) -> Plain:
    """Return what JSON gave, with truths as texts."""
    if depth > MAX_DEPTH:
        raise _Unusable("nested too deeply")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return {name: _as_text(item, depth + 1) for name, item in value.items()}
    if isinstance(value, list):
        return [_as_text(item, depth + 1) for item in value]
    return None if value is None else str(value)


def _records_in(value: Plain) -> tuple[Row, ...]:
    if isinstance(value, dict) and set(value) - {"about"} == {"records"}:
        value = value["records"]
    records = value if isinstance(value, list) else [value]
    found = [record for record in records if isinstance(record, dict)]
    if len(found) != len(records):
        raise _Unusable("expected a record, or `records:` with a list of them")
    named = ({str(name or ""): value for name, value in record.items()} for record in found)
    return tuple(Row(number, record) for number, record in enumerate(named, 1))
