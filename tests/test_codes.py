"""Stable codes: each one that the program can give is explained to its reader."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
CODE = re.compile(r'"([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)(?:"|: )')
NO_CODES = {
    "REPORT_WRITERS",
    "PYDANTIC_DISABLE_PLUGINS",
    "NO_LIMIT",
    "CLOSED_PLANAR",
    "CLOSEDPLANAR_XOR",
    "DOSE_MEASUREMENT",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "LIVERMETRY_CACHE",
    "XDG_CACHE_HOME",
}
"""Names in the source that look like codes and are none."""


def codes_of_the_program() -> set[str]:
    texts = (path.read_text(encoding="utf-8") for path in (ROOT / "pipeline").rglob("*.py"))
    return {code for text in texts for code in CODE.findall(text)} - NO_CODES


def codes_explained() -> set[str]:
    rows = re.findall(r"^\| [GMSRU]\d\d \| (.+?) \|", (ROOT / "docs" / "hazards.md").read_text("utf-8"), re.MULTILINE)
    page = (ROOT / "docs" / "codes.md").read_text("utf-8")
    return set(re.findall(r"`([A-Z0-9_]+)`", page)) | {
        code for row in rows for code in re.findall(r"[A-Z][A-Z0-9_]+", row)
    }


def test_every_code_is_explained() -> None:
    """A reader who meets a code finds it in docs/codes.md or docs/hazards.md."""
    assert sorted(codes_of_the_program() - codes_explained()) == []
