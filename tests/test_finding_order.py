"""The order of findings: gravity, then the mL at stake; and the codes in the line that a run prints."""

from __future__ import annotations

from pipeline.cli.run_command import describe
from pipeline.report_building import order_findings
from pipeline.study import Finding, Severity
from tests.writers import records


def warning(code: str, at_stake_ml: float | None = None) -> Finding:
    return Finding(code, Severity.WARNING, f"{code} was seen.", ("lesion_count",), at_stake_ml)


def test_warnings_stand_by_what_is_at_stake_and_pairing_by_name_comes_last() -> None:
    """As docs/checking.md promises; what states no mL keeps its place behind what does."""
    made = (
        Finding("DUP_STUDY", Severity.INFO, "A note.", (), 9000.0),
        warning("PAIR_BY_NAME"),
        warning("HU_RANGE"),
        warning("MASK_CUT", 12.2),
        warning("MASK_SHIFTED", 129.8),
        warning("CLIN_STALE"),
        Finding("LESION_OUTSIDE", Severity.REFUSED, "Refused in part.", ("lesion_count",), 19.0),
        Finding("NO_MASK", Severity.REFUSED, "Refused as a whole."),
        warning("MASK_SHIFTED", 129.8),
    )
    assert [finding.code for finding in order_findings(made)] == [
        *("NO_MASK", "LESION_OUTSIDE"),
        *("MASK_SHIFTED", "MASK_CUT", "HU_RANGE", "CLIN_STALE", "PAIR_BY_NAME"),
        "DUP_STUDY",
    ]


def test_the_line_of_a_study_names_the_codes_of_its_warnings_each_once() -> None:
    """A log of a night shows MASK_CUT without a report being opened; notes are not in it."""
    found = (warning("MASK_CUT", 15.0), warning("MASK_CUT", 12.0), warning("HU_RANGE"), *records.done().findings)
    line = describe(records.done().model_copy(update={"findings": found}))
    assert "warnings: 2 (MASK_CUT HU_RANGE)" in line.split("; ")
    assert "warnings: 0" in describe(records.done()).split("; ")
