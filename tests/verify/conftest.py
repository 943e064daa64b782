"""One run of the sample studies, and verification of records that tests have altered."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import pipeline
from pipeline.cli.preparation import RunRequest
from pipeline.cli.run_command import run_command
from pipeline.report import Report
from pipeline.report_building import library_versions
from pipeline.verify import Installed, Outcome, verification, verify_report
from pipeline.verify.lesion_numbers import LesionNumbers, lesion_numbers
from pipeline.verify.lesions import Lesion
from pipeline.verify.sources import FoundFiles, find_files
from pipeline.verify.study_files import SecondReading, read_again
from pipeline.verify.surroundings import Around, add_surroundings

SAMPLES = Path(__file__).parents[2] / "sample_data" / "studies"
HERE = Installed(pipeline.__version__, library_versions(), {})


@pytest.fixture(scope="session")
def output(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The records of the sample studies, written once."""
    folder = tmp_path_factory.mktemp("verify") / "out"
    run_command(RunRequest(SAMPLES, folder, wanted=frozenset({"json"})))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def records(output: Path) -> dict[str, dict[str, Any]]:
    """The records of the sample studies by folder."""
    found = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(output.glob("*/report.json")))
    return {Path(record["folder"]).parts[0]: record for record in found}


@pytest.fixture(scope="module")
def remembered() -> Iterator[None]:
    """What comes from the files alone is computed once for all altered records of a study."""
    known: dict[Any, LesionNumbers] = {}

    def once(second: SecondReading, lesion: Lesion, modality: str) -> LesionNumbers:
        at = (*(float(v) for v in second.image.grid.origin), modality, lesion.id, lesion.status, lesion.label)
        key = (*at, lesion.components, lesion.solid.count)
        if key not in known:
            known[key] = lesion_numbers(second, lesion, modality)
        return replace(known[key], lesion=lesion)

    def around_once(second: SecondReading, found: Sequence[LesionNumbers], around: Around) -> list[LesionNumbers]:
        drawn = tuple((each.record.name, each.record.role, each.solid.count) for each in second.structures)
        at = tuple((each.lesion.id, each.lesion.status, each.lesion.solid.count) for each in found)
        key = (drawn, at, around.codes, around.kept.count if around.kept else 0)
        if key not in known:
            known[key] = add_surroundings(second, found, around)
        return [replace(each, numbers=old.numbers) for each, old in zip(found, known[key], strict=True)]

    def files_once(report: Report, studies: Path | None) -> FoundFiles:
        key = (studies, report.folder, report.provenance.sources)
        if key not in known:
            known[key] = find_files(report, studies)
        return known[key]

    def read_once(report: Report, paths: Sequence[Path]) -> SecondReading:
        image = report.image and (report.image.sop_instance_uids, report.image.frame_numbers)
        key = (tuple(paths), image, tuple(each.model_dump_json() for each in report.structures))
        if key not in known:
            known[key] = read_again(report, paths)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verification, "find_files", files_once)
        patch.setattr(verification, "read_again", read_once)
        patch.setattr(verification, "lesion_numbers", once)
        patch.setattr(verification, "add_surroundings", around_once)
        yield


@pytest.fixture
def altered(records: dict[str, dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """A copy of a record that a test may alter."""
    return lambda name: json.loads(json.dumps(records[name]))


def verify(record: dict[str, Any], studies: Path = SAMPLES) -> Outcome:
    """Verify a record; one that is no report of this schema fails without a look at its numbers."""
    try:
        report = Report.model_validate_json(json.dumps(record))
    except ValueError as error:
        return Outcome("", (), (f"it is no report: {type(error).__name__}",))
    return verify_report(report, studies, HERE)


def wrong(outcome: Outcome) -> list[str]:
    """Return all that is wrong with a report, in words."""
    return [*outcome.problems, *(f"{line.name}: {each}" for line in outcome.lines for each in line.problems)]
