"""The tables of a run as a researcher loads them."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pandas as pd
import pytest

from pipeline.measurement import absent
from pipeline.writers import data_dictionary, lesions_table, studies_table
from pipeline.writers.tables import FORMULA_STARTS, guard_text

from . import records

ALL = [make() for make in records.REPORTS.values()]


def rows_of(table: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table)))


@pytest.mark.hazard("U03")
def test_numbers_are_those_of_the_record() -> None:
    """Both tables read back to the very floats of the record, by csv and by pandas."""
    report = records.done()
    row = rows_of(studies_table([report]))[0]
    frame = pd.read_csv(io.StringIO(lesions_table([report])))
    for name, measurement in report.measurements.items():
        cells = (measurement.value, measurement.low, measurement.high)
        read = (row[name], row[f"{name}_low"], row[f"{name}_high"])
        assert tuple(float(cell) if cell else None for cell in read) == cells
    for lesion, (_, line) in zip(report.lesions, frame.iterrows(), strict=True):
        assert line["lesion_id"] == lesion.id
        assert all(line[name] == measurement.value for name, measurement in lesion.measurements.items())


@pytest.mark.hazard("U02")
@pytest.mark.parametrize("report", ALL, ids=records.REPORTS)
def test_an_empty_number_has_its_reason_beside_it(report: records.Report) -> None:
    """Every quantity's cell holds a number, or the cell beside it says why not."""
    for row in rows_of(studies_table([report])) + rows_of(lesions_table([report])):
        for name in [column.removesuffix("_reason") for column in row if column.endswith("_reason")]:
            if name != "refusal":
                assert (row[name] == "") == (row[f"{name}_reason"] != ""), name


def test_every_study_has_a_row_and_a_refused_one_says_why() -> None:
    """A refused study stands among the others, with code and sentence, and without a number."""
    frame = pd.read_csv(io.StringIO(studies_table(ALL)))
    assert list(frame["status"]) == [report.status for report in ALL]
    refused = frame[frame["status"] == "refused"].iloc[0]
    assert refused["refusal_code"] == "GEOM_GAP"
    assert refused["refusal_reason"] == records.REFUSAL.message
    assert pd.isna(refused["lesion_count"])
    assert refused["lesion_count_reason"] == "GEOM_GAP: the study was refused"


def test_verdicts_are_columns() -> None:
    """Each treatment of the profile is a column with its stability beside it."""
    row = rows_of(studies_table([records.done()]))[0]
    assert (row["verdict_ablation_mwa"], row["verdict_ablation_mwa_stable"]) == ("eligible", "false")
    assert (row["profile"], row["catalogue_version"]) == ("consensus", "1.0")


def test_every_lesion_of_every_study_has_a_row() -> None:
    """Lesions that do not count are there with their status; a study without lesions adds none."""
    report = records.done()
    outside = records.lesion(1, 14.0, "node", records.LesionStatus.EXTRAHEPATIC)
    report = report.model_copy(update={"lesions": (*report.lesions, outside)})
    table = rows_of(lesions_table([report, records.refused()]))
    assert [(row["lesion_id"], row["counted"]) for row in table] == [("L1", "true"), ("L2", "true"), ("E1", "false")]
    assert table[0]["slice_index"] == "34"


def test_a_new_quantity_becomes_a_column() -> None:
    """A measurement that the table does not know is not lost."""
    report = records.done()
    extra = report.measurements | {"distance_to_ivc_mm": absent("distance_to_ivc_mm", "mm", "IVC_ABSENT", "no mask")}
    row = rows_of(studies_table([report.model_copy(update={"measurements": extra})]))[0]
    assert row["distance_to_ivc_mm_reason"] == "IVC_ABSENT: no mask"


@pytest.mark.hazard("S09")
@pytest.mark.parametrize("text", records.FORMULAS)
def test_no_cell_begins_like_a_formula(text: str) -> None:
    """Planted in every text of a record, it reaches no cell as something a spreadsheet runs."""
    report = records.hostile(text)
    for table in (studies_table([report]), lesions_table([report])):
        for row in csv.reader(io.StringIO(table)):
            for cell in row:
                assert not cell.lstrip().startswith(FORMULA_STARTS) or is_number(cell), cell


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_a_negative_number_stays_a_number() -> None:
    """The guard is for texts; a number keeps its sign."""
    report = records.done()
    below = replace(report.measurements["remnant_percent"], value=-1.5, low=-2.0, high=1.0)
    table = studies_table([report.model_copy(update={"measurements": {"remnant_percent": below}})])
    assert pd.read_csv(io.StringIO(table))["remnant_percent"][0] == -1.5


def test_a_guarded_text_is_one_line() -> None:
    """Line breaks and control characters are spaces."""
    assert guard_text("a\r\nb\x00c\x1b[31m") == "a b c [31m"
    assert guard_text("\u202e 1") == "1"
    assert guard_text("=1") == "'=1"
    assert guard_text("plain - text") == "plain - text"


def test_the_dictionary_is_the_columns_of_the_run() -> None:
    """Every column of both tables, in its order and nothing else, a new quantity's and each treatment's among them."""
    report = records.done()
    extra = absent("distance_to_ivc_mm", "mm", "IVC_ABSENT", "no mask")
    report = report.model_copy(update={"measurements": report.measurements | {extra.name: extra}})
    for reports in ([], [report], [records.refused(), report, records.bare()]):
        listed = rows_of(data_dictionary(reports))
        for table, text in (("studies", studies_table(reports)), ("lesions", lesions_table(reports))):
            columns = next(csv.reader(io.StringIO(text)))
            assert [row["column"] for row in listed if row["table"] == table] == columns
        assert all(row["meaning"] and row["type"] for row in listed)
    unit = {row["column"]: row["unit"] for row in listed}
    assert unit["distance_to_ivc_mm"] == "mm"
    assert {"verdict_sbrt", "verdict_sbrt_stable", "extent_foot_head_mm", "folder"} <= set(unit)


def test_counts_and_slices_are_whole_numbers() -> None:
    """A count has no decimal point; a slice is there from 0 and, as on the page, from 1."""
    row = rows_of(studies_table([records.flagged()]))[0]
    assert (row["lesion_count"], row["lesion_count_high"]) == ("2", "3")
    assert (row["refused_findings"], row["warnings"]) == ("0", "2")
    assert row["findings"] == "FOV_CUT;LESION_THIN;PAIR_BY_NAME"
    refused = rows_of(studies_table([records.refused()]))[0]
    assert (refused["refused_findings"], refused["warnings"]) == ("1", "0")
    lesion = rows_of(lesions_table([records.done().model_copy(update={"folder": "a/b"})]))[0]
    assert (lesion["slice_index"], lesion["slice_number"], lesion["folder"]) == ("34", "35", "a/b")
