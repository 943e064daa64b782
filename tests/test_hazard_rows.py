"""The hazard list and the tests that hold it: no row without a test, no test that names an unknown row."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROW = re.compile(r"^\| ([GMSRU]\d\d) \|", re.MULTILINE)
MARKER = re.compile(r"hazard\(([^)]*)\)")

NOT_BUILT_YET = {
    "response over two dates": "M34",
    "DICOM SR, PDF, de-identified output and what they leak": "S12 S18 S19",
    "running unattended": " ".join(f"R{n:02}" for n in range(1, 21)),
}
"""Rows whose part of the product does not exist, by that part. A row leaves this table with its first test."""


def rows_listed() -> set[str]:
    return set(ROW.findall((ROOT / "docs" / "hazards.md").read_text(encoding="utf-8")))


def rows_tested() -> set[str]:
    texts = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    return {row for text in texts for marks in MARKER.findall(text) for row in re.findall(r"[GMSRU]\d\d", marks)}


def rows_waiting() -> set[str]:
    return {row for rows in NOT_BUILT_YET.values() for row in rows.split()}


def test_every_hazard_whose_part_exists_has_a_test() -> None:
    """A hazard that the product can meet is held by at least one test that names it."""
    assert sorted(rows_listed() - rows_tested() - rows_waiting()) == []


def test_no_test_names_a_hazard_that_is_not_listed() -> None:
    """A marker with a row that does not exist would hold nothing."""
    assert sorted(rows_tested() - rows_listed()) == []


def test_a_hazard_that_has_a_test_is_not_said_to_wait() -> None:
    """The table of what is not built yet shrinks as the product grows."""
    assert sorted(rows_waiting() & rows_tested()) == []
