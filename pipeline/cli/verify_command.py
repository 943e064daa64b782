"""``livermetry verify``: every number of a report computed a second time from its source files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import typer
import yaml

import pipeline
from pipeline.cli.start import end_start
from pipeline.errors import ConfigurationError, UsageError
from pipeline.report import Report
from pipeline.report_building import library_versions
from pipeline.rules import recall_catalogue
from pipeline.settings import configs_folder, load_settings
from pipeline.verify import Installed, Outcome, verify_report
from pipeline.verify.sources import digest
from pipeline.writers import read_report
from pipeline.writers.run_record import read_input

EXIT_AGREES, EXIT_DIFFERS, EXIT_WRONG_USE = 0, 1, 2
REPORT = "report.json"


@dataclass(frozen=True)
class VerifyRequest:
    """What the user asked for: a report, or a folder of them; where moved studies lie; what is printed, and how."""

    report: Path
    studies: Path | None = None
    as_json: bool = False
    brief: bool = False


def verify_command(request: VerifyRequest) -> int:
    """Run the command and return its exit code."""
    try:
        paths = _find_reports(request.report)
        if request.studies is not None and not request.studies.is_dir():
            raise UsageError("--studies is not a folder")
        installed = _find_installed()
    except (ConfigurationError, UsageError) as error:
        typer.echo(f"livermetry: {error}", err=True)
        return EXIT_WRONG_USE
    end_start()
    outcomes = []
    for outcome in _outcomes(paths, request.studies, installed):
        outcomes.append(outcome)
        if not request.as_json:
            _print(outcome, request.brief)
    if request.as_json:
        typer.echo(json.dumps([_plain(outcome) for outcome in outcomes], indent=2))
    agreeing = sum(outcome.agrees for outcome in outcomes)
    if not request.as_json:
        typer.echo(f"{agreeing} of {len(outcomes)} reports agree")
    return EXIT_AGREES if agreeing == len(outcomes) else EXIT_DIFFERS


def _find_reports(given: Path) -> list[Path]:
    """Return the report that was given, or all of an output folder."""
    if given.is_file():
        return [given]
    if not given.is_dir():
        raise UsageError("there is no such report or folder")
    inside = [given / REPORT] if (given / REPORT).is_file() else sorted(given.glob(f"*/{REPORT}"))
    if not inside:
        raise UsageError(f"the folder holds no {REPORT}")
    return inside


def _find_installed() -> Installed:
    """Return versions and digests of what is installed here."""
    rules = recall_catalogue(configs_folder() / "rules", configs_folder() / "profiles")
    planning = digest(configs_folder() / "planning.yaml")
    digests = {"settings_sha256": load_settings().sha256, "rules_sha256": rules.sha256, "planning_sha256": planning}
    return Installed(pipeline.__version__, library_versions(), digests, _find_resections())


def _find_resections() -> dict[str, tuple[str, ...]]:
    """Return the Couinaud segments that named resections remove."""
    stated = yaml.safe_load((configs_folder() / "resections.yaml").read_text(encoding="utf-8"))["resections"]
    return {name: tuple(each["segments"]) for name, each in stated.items()}


def _outcomes(paths: list[Path], studies: Path | None, installed: Installed) -> Iterator[Outcome]:
    for path in paths:
        report = _read(path)
        if report is None:
            yield Outcome(path.parent.name, (), ("it is no report of this version: it cannot be read",))
            continue
        yield verify_report(report, studies or read_input(path.parent.parent), installed)


def _read(path: Path) -> Report | None:
    try:
        return read_report(path)
    except (UsageError, ValueError, OSError):
        return None


def _print(outcome: Outcome, brief: bool) -> None:
    """Print every number of a report (brief: those that differ), then what is wrong beside them."""
    typer.echo(f"{outcome.key}  {'agrees' if outcome.agrees else 'DIFFERS'}")
    for line in (each for each in outcome.lines if each.problems or not brief):
        values = "  ".join(f"{_shown(value):>14}" for value in (line.published, line.recomputed, line.difference))
        remark = "; ".join(line.problems) or line.note or "ok"
        typer.echo(f"  {line.name:<48}{values}  {line.unit:<4} {remark}".rstrip())
    for problem in outcome.problems:
        typer.echo(f"  ! {problem}")
    for note in outcome.notes:
        typer.echo(f"  note: {note}")


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"


def _plain(outcome: Outcome) -> Mapping[str, object]:
    lines = [
        {
            "name": line.name,
            "published": line.published,
            "recomputed": line.recomputed,
            "difference": line.difference,
            "unit": line.unit,
            "problems": line.problems,
            "note": line.note,
        }
        for line in outcome.lines
    ]
    return {
        "key": outcome.key,
        "agrees": outcome.agrees,
        "problems": outcome.problems,
        "notes": outcome.notes,
        "numbers": lines,
    }
