"""Every format of image and masks, in several orientations: both calculators agree on all of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.cli.preparation import RunRequest
from pipeline.cli.run_command import run_command
from pipeline.verify import verify_report
from pipeline.writers import read_report
from tests.formats.covering import Row
from tests.formats.test_formats import DICOM, FILES, name_of, write_dicom, write_files
from tests.verify.conftest import HERE, wrong

Write = Callable[[Path, Row], None]


def first_of_each(rows: list[Row], write: Write) -> list[tuple[Row, Write]]:
    """Return one row for each kind of masks, on oblique and turned grids as they come."""
    found = {row["masks"]: row for row in reversed(rows)}
    return [(row, write) for row in found.values()]


ROWS = [*first_of_each(list(DICOM), write_dicom), *first_of_each(list(FILES), write_files)]


@pytest.mark.parametrize(("row", "write"), ROWS, ids=lambda each: name_of(each) if isinstance(each, dict) else "")
def test_both_readers_see_the_same(row: Row, write: Write, tmp_path: Path) -> None:
    """All numbers come out again, whatever the file that they come from."""
    write(tmp_path / "in" / "study", row)
    run_command(RunRequest(tmp_path / "in" / "study", tmp_path / "out", wanted=frozenset({"json"})))
    (path,) = (tmp_path / "out").glob("*/report.json")
    outcome = verify_report(read_report(path), tmp_path / "in" / "study", HERE)
    assert wrong(outcome) == []
    assert len(outcome.lines) > 50
