"""One contract for every output of a study: any record, the same bytes each time, nothing that is not the record's."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from pipeline.errors import UsageError
from pipeline.report import Report
from pipeline.writers import REPORT_WRITERS, ReportWriter, read_report, report_schema, report_text, save

from . import plan_examples, records

WRITERS = pytest.mark.parametrize("writer", REPORT_WRITERS, ids=lambda writer: writer.filename)
REPORTS = {**records.REPORTS, **plan_examples.REPORTS}
RECORDS = pytest.mark.parametrize("name", REPORTS)


def shuffled(report: Report) -> Report:
    """Return an equal record whose mappings were filled in another order."""
    values = dict(reversed(report.measurements.items()))
    return report.model_copy(update={"measurements": values, "facts": dict(reversed(report.facts.items()))})


@WRITERS
@RECORDS
def test_every_output_takes_every_record(writer: ReportWriter, name: str) -> None:
    """Refused, failed, nearly empty and hostile records are written like any other."""
    content = writer.write(REPORTS[name](), (records.picture(),))
    assert content.endswith(b"\n")
    assert content.decode("utf-8")


@WRITERS
@RECORDS
def test_equal_records_give_equal_bytes(writer: ReportWriter, name: str) -> None:
    """Neither a clock nor the order in which a mapping was filled reaches a file."""
    first, second = REPORTS[name](), shuffled(REPORTS[name]())
    assert first == second
    assert writer.write(first, (records.picture(),)) == writer.write(second, (records.picture(),))


def test_file_names_are_fixed_and_in_order() -> None:
    """No text of a study is part of a file name."""
    assert [writer.filename for writer in REPORT_WRITERS] == ["report.json", "report.html"]


@RECORDS
def test_a_record_reads_back_equal(name: str, tmp_path: Path) -> None:
    """What read_report returns is the record that was written, to the last bit of every number."""
    report = REPORTS[name]()
    save(tmp_path / "report.json", REPORT_WRITERS[0].write(report, ()))
    back = read_report(tmp_path / "report.json")
    assert back == report
    assert report_text(back) == report_text(report)


@RECORDS
def test_a_record_is_valid_under_the_published_schema(name: str) -> None:
    """An independent validator accepts report.json under the schema that the command prints."""
    schema = json.loads(report_schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(json.loads(report_text(REPORTS[name]())))


def test_numbers_in_the_record_are_not_rounded() -> None:
    """A number with a long expansion stands in the file as Python's shortest exact text."""
    value = 0.1 + 0.2
    report = records.done()
    changed = report.model_copy(update={"measurements": {"a_mm": records.measured("a_mm", value, "mm")}})
    assert f'"value": {value!r}' in report_text(changed)


@WRITERS
def test_a_name_that_is_no_utf8_is_written_out(writer: ReportWriter, tmp_path: Path) -> None:
    """A file name with a byte that is no UTF-8 stands in every output in an escaped form, and reads back."""
    report = records.hostile("scan\udcff.dcm")
    content = writer.write(report, ())
    assert b"scan\\udcff.dcm" in content.replace(b"\\\\", b"\\")
    if writer.filename == "report.json":
        save(tmp_path / "report.json", content)
        assert read_report(tmp_path / "report.json").identity.patient_id == "scan\\udcff.dcm"


@pytest.mark.parametrize("content", ["", "{}", "[]", "not json", '{"key": 1}'])
def test_another_file_is_no_report(content: str, tmp_path: Path) -> None:
    """A file that is not a record is wrong use, said in one sentence without its content."""
    path = tmp_path / "report.json"
    path.write_text(content)
    with pytest.raises(UsageError, match="not a livermetry report"):
        read_report(path)


def test_a_record_of_another_schema_is_refused(tmp_path: Path) -> None:
    """A record of another major schema is not read as if it were this one's."""
    path = tmp_path / "report.json"
    path.write_text(report_text(records.done().model_copy(update={"schema_version": "9.0"})))
    with pytest.raises(UsageError, match=r"schema 9\.0"):
        read_report(path)
