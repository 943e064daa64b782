"""The records of a clinical file as they are written: YAML, JSON or CSV, one mapping a record."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.yaml_file import MAX_BYTES, Plain, read_yaml, say_cause

SUFFIXES = (".yaml", ".yml", ".json")


def read_rows(path: Path) -> tuple[list[Mapping[str, Plain]], list[str]]:
    """Return the records of a file as mappings, and what is wrong with the file."""
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return _read_table(path)
    if suffix not in SUFFIXES:
        return [], [f"{path.name}:1: a clinical file is .csv, {', '.join(SUFFIXES)}; this one is {suffix or 'none'}"]
    value = read_yaml(path).value
    if isinstance(value, dict) and set(value) == {"records"}:
        value = value["records"]
    rows = value if isinstance(value, list) else [value]
    found = [row for row in rows if isinstance(row, dict)]
    return list(found), [] if len(found) == len(rows) else [
        f"{path.name}:1: expected a record, or `records:` with a list of them"
    ]


def _read_table(path: Path) -> tuple[list[Mapping[str, Plain]], list[str]]:
    try:
        if path.stat().st_size > MAX_BYTES:
            return [], [f"{path.name}:1: larger than {MAX_BYTES // 1024 // 1024} MB"]
        text = path.read_text(encoding="utf-8-sig")
        table = list(csv.reader(io.StringIO(text), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        return [], [f"{path.name}:1: cannot be read: {say_cause(error)}"]
    other = next((sign for sign in (";", "\t") if len(table) > 0 and len(table[0]) == 1 and sign in table[0][0]), None)
    if other:
        name = "tabs" if other == "\t" else other
        return [], [f"{path.name}:1: columns must be separated by commas; this file uses {name}"]
    if not table:
        return [], [f"{path.name}:1: empty"]
    names = [name.strip() for name in table[0]]
    return [dict(zip(names, row, strict=False)) for row in table[1:] if any(row)], _check_table(path, names, table[1:])


def _check_table(path: Path, names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    problems = [
        f"{path.name}:1: column {name} is there twice" for name in sorted({n for n in names if names.count(n) > 1})
    ]
    return problems + [
        f"{path.name}:{line}: {len(row)} columns, expected {len(names)}"
        for line, row in enumerate(rows, 2)
        if any(row) and len(row) != len(names)
    ]
