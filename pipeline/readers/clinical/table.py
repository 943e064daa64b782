"""Tables of clinical records: separated by commas, semicolons or tabs, with a decimal point or a decimal comma.

A comma is a decimal only in a table that is clearly written so; where it cannot be told, the numbers are doubtful.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from pipeline.readers.clinical.fields import normal_name
from pipeline.yaml_file import Plain

SEPARATORS = (",", ";", "\t")
MOST_COLUMNS = 2000
MOST_ROWS = 100_000
MOST_PROBLEMS = 20
SEPARATOR_LINE = re.compile(r"sep=([,;\t])\r?\n")
"""First line by which a spreadsheet states the separator."""
COMMENTS = re.compile(r"(?:\"?#[^\n]*\n)*")
"""Lines above the names, as a template has them."""
DECIMAL = re.compile(r"[+-]?(?P<whole>[0-9]+)(?P<sign>[.,])(?P<part>[0-9]+)")

TableRow = tuple[int, dict[str, Plain], frozenset[str]]


def read_table(
    text: str, is_known: Callable[[str], bool], is_identity: Callable[[str], bool]
) -> tuple[list[TableRow], list[str]]:
    """Return the rows of a table, each with its line, cells by column and doubtful columns; and its problems."""
    stated = SEPARATOR_LINE.match(text)
    head = COMMENTS.match(text, stated.end() if stated else 0)
    above = text[: head.end()].count("\n") if head else 0
    text = text[head.end() :] if head else text
    separator = stated[1] if stated else _separator_of(text)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
        lines = [(reader.line_num + above, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        return [], [f"1: not a table: {error}"]
    if not lines:
        return [], ["1: empty"]
    names = [name.strip() for name in lines[0][1]]
    problems = list(islice(_find_problems(names, lines[1:], is_known), MOST_PROBLEMS))
    if problems:
        return [], problems
    numbers = [column for column, name in enumerate(names) if not is_identity(name)]
    decimal = "." if separator == "," else _decimal_of([row[column] for _, row in lines[1:] for column in numbers])
    return [_read_row(line, names, row, frozenset(numbers), decimal) for line, row in lines[1:]], []


def _separator_of(text: str) -> str:
    """Return the sign that divides the first line into most columns; a comma where none does."""
    head = text.lstrip("\r\n").partition("\n")[0]
    return max(SEPARATORS, key=head.count)


def _find_problems(
    names: Sequence[str], lines: Sequence[tuple[int, list[str]]], is_known: Callable[[str], bool]
) -> Iterator[str]:
    if len(names) > MOST_COLUMNS or len(lines) > MOST_ROWS:
        yield f"1: more than {MOST_COLUMNS} columns or {MOST_ROWS} rows"
        return
    if not any(is_known(name) for name in names):
        yield "1: no column has the name of a field; the first row must hold the names"
    first: dict[str, int] = {}
    for column, name in enumerate(names, 1):
        if name and first.setdefault(normal_name(name), column) != column:
            yield f"1: column {column} has the name of column {first[normal_name(name)]}: it is there twice"
    for line, row in lines:
        if len(row) != len(names):
            yield f"{line}: {len(row)} columns, expected {len(names)}"


def _read_row(
    line: int, names: Sequence[str], row: Sequence[str], numbers: frozenset[int], decimal: str | None
) -> TableRow:
    cells: dict[str, Plain] = {}
    doubtful = []
    for column, (name, cell) in enumerate(zip(names, row, strict=True)):
        found = DECIMAL.fullmatch(cell.strip()) if column in numbers else None
        if found and decimal is None:
            doubtful.append(name)
        point = found is not None and decimal == ","
        label = name or f"column {column + 1}"
        cells[label] = cell.strip().replace(",", ".") if point else cell.strip()
    return line, cells, frozenset(doubtful)


def _decimal_of(cells: Sequence[str]) -> str | None:
    """Return the decimal sign of a table whose columns no comma divides; None where it cannot be told.

    It can where all numbers use one sign, and at least one of them shows that it does not divide thousands.
    """
    found = [match for cell in cells if (match := DECIMAL.fullmatch(cell.strip()))]
    if not found:
        return "."
    signs = {match["sign"] for match in found}
    return signs.pop() if len(signs) == 1 and any(_is_no_thousand(match) for match in found) else None


def _is_no_thousand(match: re.Match[str]) -> bool:
    return len(match["part"]) != 3 or len(match["whole"]) > 3 or match["whole"].startswith("0")
