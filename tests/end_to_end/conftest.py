"""Runs of the whole program, shared by the tests that look at their outputs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.cli.preparation import RunRequest
from pipeline.cli.run_command import run_command

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_data"


@dataclass(frozen=True)
class Run:
    """Exit code, output folder and records of one run, the records by the name of the study's folder."""

    code: int
    output: Path
    reports: dict[str, dict]
    printed: str


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """Run the program on a folder; outputs go to a new folder each time."""

    def start(source: Path, **options: object) -> Run:
        output = tmp_path / f"out{len(list(tmp_path.glob('out*')))}"
        code = run_command(RunRequest(source, output, **options))  # type: ignore[arg-type]
        captured = capsys.readouterr()
        return Run(code, output, read_reports(output), captured.out + captured.err)

    return start


def read_reports(output: Path) -> dict[str, dict]:
    """Return the records of a run by the name of each study's folder."""
    records = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(output.glob("*/report.json")))
    return {Path(record["folder"]).parts[0] if record["folder"] else "": record for record in records}


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The run of `make run`, once."""
    output = tmp_path_factory.mktemp("samples") / "out"
    code = run_command(RunRequest(SAMPLES / "studies", output))
    yield Run(code, output, read_reports(output), "")
    shutil.rmtree(output)
