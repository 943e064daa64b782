"""The page of measured times: each table stands between two marks, and is written by the command that made it."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
JOB, GROWTH, READING, RULES, PLANS = "job", "growth", "reading", "rules", "plans"


def write_between(name: str, text: str) -> None:
    """Put text between the two marks of a name in the page."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(begin)
    after = rest.split(end)[1]
    PAGE.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
