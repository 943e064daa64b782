"""Ways to spoil the clinical record (rows M32, M33, M35, S08, S13): measurements stand, verdicts may not."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from tests.corruption.series_edits import Spoil
from tests.corruption.way import SPARING_BOUND, Expected, Part, Way

C, F = Expected.CORRECT, Expected.FLAGGED
BODY = (
    "standardized_remnant_percent",
    "estimated_total_liver_volume_ml",
    "body_surface_area_m2",
    "functional_to_estimated_liver_percent",
    "remnant_index_difference_percent",
    "remnant_per_body_surface_ml_m2",
    "standardized_remnant_after_ablation_percent",
    "standardized_parenchyma_sparing_remnant_percent",
)
"""Numbers that rest on height and weight."""
SCORES = ("albi_score", "meld_score")
"""Numbers that rest on bilirubin."""


def text(change: Callable[[str], str]) -> Spoil:
    """Return a way that edits the record's text."""

    def spoil(folder: Path) -> None:
        path = folder / "clinical.yaml"
        path.write_text(change(path.read_text()))

    return spoil


def line(name: str, value: str) -> Spoil:
    """Return a way that writes another line in place of a field's."""
    return text(lambda record: re.sub(rf"^{name}:.*$", value, record, flags=re.MULTILINE))


def added(lines: str) -> Spoil:
    return text(lambda record: record + lines + "\n")


def as_table(*patients: str) -> Spoil:
    """Return a way that writes the record as CSV, a row for each of these patients."""

    def spoil(folder: Path) -> None:
        record = folder / "clinical.yaml"
        fields = dict(line.split(": ") for line in record.read_text().splitlines())
        record.unlink()
        rows = [",".join((fields | {"patient_id": patient}).values()) for patient in patients]
        (folder / "clinical.csv").write_text("\n".join([",".join(fields), *rows]) + "\n")

    return spoil


def bytes_for_text(folder: Path) -> None:
    (folder / "clinical.yaml").write_bytes(b"\xff\xfe\x00\xd8" * 9)


def way(name: str, rows: str, spoil: Spoil, expected: Expected, *codes: str, **more: object) -> Way:
    """Return a way to spoil the record of the DICOM study."""
    form = str(more.pop("form", "dicom"))
    return Way(name, tuple(rows.split()), form, Part.RECORD, spoil, expected, codes, **more)  # type: ignore[arg-type]


WEIGHED = (*BODY, "remnant_to_body_weight_percent")
UNUSED = (*WEIGHED, *SCORES)
NO_PLANS = (*UNUSED, *SPARING_BOUND)
"""Where the record may be another patient's no plan is made: a plan is judged by the record."""
WAYS: tuple[Way, ...] = (
    way("a record of another patient", "M33", line("patient_id", "patient_id: P-2"), F, "CLIN_PATIENT",
        withheld=NO_PLANS, verdicts=False),
    way("a record of nobody", "M33", line("patient_id", ""), F, "CLIN_PATIENT", withheld=NO_PLANS, verdicts=False),
    way("two rows that match", "M33", as_table("P-1", "P-1"), F, "CLIN_PATIENT", withheld=NO_PLANS, verdicts=False),
    way("the record as a table", "M33", as_table("P-9", "P-1"), C),
    way("values from another year", "M33", line("date", "date: 2022-01-01"), F, "CLIN_STALE", withheld=SCORES),
    way("a study whose day nobody states", "M33", line("study_date", ""), F, "CLIN_STALE", form="nifti"),
    way("a date that is none", "M35", line("date", "date: 2024-02-31"), F, "CLIN_DATE|CLIN_FILE|TIME",
        withheld=SCORES),
    way("a date in 2099", "M35", line("date", "date: 2099-01-01"), F, "TIME|CLIN_STALE|CLIN_DATE",
        withheld=SCORES),
    way("born after the study", "M35", added("birth_date: 2031-01-01"), F, "TIME|CLIN_PATIENT|CLIN_RANGE|CLIN_DATE",
        drawn=NO_PLANS),
    way("a height in metres under its own name", "M32", line("height_cm", "height_m: 1.72"), C),
    way("a height in metres called centimetres", "M32", line("height_cm", "height_cm: 1.72"), F, "CLIN_RANGE",
        withheld=BODY),
    way("a height in millimetres called centimetres", "M32", line("height_cm", "height_cm: 1720"), F, "CLIN_RANGE",
        withheld=BODY),
    way("a negative weight", "M32", line("weight_kg", "weight_kg: -74"), F, "CLIN_RANGE",
        withheld=WEIGHED),
    way("a weight that is no number", "M32", line("weight_kg", "weight_kg: .nan"), F, "CLIN_RANGE|CLIN_VALUE",
        withheld=WEIGHED),
    way("an infinite weight", "M32", line("weight_kg", "weight_kg: .inf"), F, "CLIN_RANGE|CLIN_VALUE",
        withheld=WEIGHED),
    way("a decimal comma", "M32", line("bilirubin_total_mg_dl", "bilirubin_total_mg_dl: 0,8"), F,
        "CLIN_VALUE|CLIN_RANGE", withheld=SCORES),
    way("bilirubin without its unit", "M32", line("bilirubin_total_mg_dl", "bilirubin_total: 0.8"), F, "CLIN_UNIT",
        withheld=SCORES),
    way("bilirubin in another unit under its own name", "M32",
        line("bilirubin_total_mg_dl", "bilirubin_total_umol_l: 13.682862"), C),
    way("bilirubin in umol/L called mg/dL", "M32", line("bilirubin_total_mg_dl", "bilirubin_total_mg_dl: 130"), F,
        "CLIN_RANGE", withheld=SCORES),
    way("an unknown word", "M33", line("ascites", "ascites: sometimes"), F, "CLIN_VALUE"),
    way("an unknown field", "M33", added("favourite_colour: blue"), C, "CLIN_FIELD"),
    way("a field given twice", "S13", added("ecog: 4"), F, "CLIN_FILE", withheld=UNUSED),
    way("broken YAML", "S13", added("ecog: ["), F, "CLIN_FILE", withheld=UNUSED),
    way("YAML that builds objects", "S13", added("cea_ng_ml: !!python/object/apply:os.getcwd []"), F, "CLIN_FILE",
        withheld=UNUSED),
    way("YAML that grows without end", "S03 S13", added(
        "cea_ng_ml: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
            f"x{n}: &b{n} [{','.join(['*a' if n == 0 else f'*b{n - 1}'] * 9)}]\n" for n in range(9))), F, "CLIN_FILE",
        withheld=UNUSED),
    way("markup in a value", "S08", line("ascites", "ascites: <script>alert(1)</script>"), F, "CLIN_VALUE"),
    way("a record that is no text", "S06", bytes_for_text, F, "CLIN_FILE", withheld=UNUSED),
    way("an empty record", "M33", text(lambda _: ""), F, "CLIN_FILE|CLIN_PATIENT|CLIN_ABSENT", withheld=UNUSED,
        verdicts=False),
)  # fmt: skip
