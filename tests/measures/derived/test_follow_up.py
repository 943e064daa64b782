"""Visits after a treatment: dates counted by hand on the calendar."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.measurement import Fact, Inputs
from pipeline.measures.derived.deriving import FormulaWords
from pipeline.measures.derived.follow_up import derive_follow_up, months_after
from pipeline.readers.clinical.fields import load_clinical_fields
from pipeline.readers.clinical.structured_fields import Structure, read_structure
from tests.rules.conftest import CONFIGS


def visits(field: str, day: str | None) -> dict[str, object]:
    study = {field: Fact(field, day, None if day else "CLIN_DATE: no date")}
    return {name: fact.value for name, fact in derive_follow_up(Inputs(study), FormulaWords()).study.items()}


def test_visits_after_resection() -> None:
    """Every 6 months for 2 years, then every 12 to year 5; colonoscopy after 1; the last day of a short month."""
    found = visits("last_liver_resection_date", "2024-08-31")["visits_after_resection"]
    assert isinstance(found, tuple)
    assert [text[:10] for text in found] == [
        *("2025-02-28", "2025-08-31", "2026-02-28", "2026-08-31", "2027-08-31", "2028-08-31", "2029-08-31"),
    ]
    assert [text[:10] for text in found if "colonoscopy" in text] == ["2025-08-31"]


def test_visits_after_ablation() -> None:
    """Eight weeks, every 3 months in year 1, every 4 in year 2, every 6 to year 5."""
    found = visits("last_liver_ablation_date", "2024-01-10")["visits_after_ablation"]
    assert isinstance(found, tuple)
    assert [text[:10] for text in found] == [
        *("2024-03-06", "2024-04-10", "2024-07-10", "2024-10-10", "2025-01-10", "2025-05-10", "2025-09-10"),
        *("2026-01-10", "2026-07-10", "2027-01-10", "2027-07-10", "2028-01-10", "2028-07-10", "2029-01-10"),
    ]


def test_visit_after_radiation() -> None:
    """Three months at the latest."""
    assert visits("last_liver_radiation_date", "2024-11-30") == {
        "visits_after_radiation": ("2025-02-28 first CT or MRI",)
    }


@pytest.mark.parametrize("day", [None, "2024-13-01"])
def test_no_visit_without_a_day(day: str | None) -> None:
    """A day that is missing or impossible gives no visit."""
    assert visits("last_liver_ablation_date", day) == {}


def test_a_leap_day_in_another_year() -> None:
    """29 February becomes 28 February in a year that has none."""
    assert months_after(date(2024, 2, 29), 12) == date(2025, 2, 28)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        pytest.param(
            [{"type": "mwa", "date": "2023-05-01"}, {"type": "rfa", "date": "2024-01-02"}, {"type": "tace"}],
            {"last_liver_ablation_date": "2024-01-02"},
            id="the latest of its kind",
        ),
        pytest.param([{"type": "mwa", "date": "2023-05-01"}, "rfa"], {}, id="one without a day"),
        pytest.param(["resection"], {}, id="no day at all"),
        pytest.param(
            [{"type": "sirt", "date": "2024-03-01"}, {"type": "resection", "date": "2020-03-01"}],
            {"last_liver_radiation_date": "2024-03-01", "last_liver_resection_date": "2020-03-01"},
            id="two kinds",
        ),
    ],
)
def test_the_last_day_of_each_kind_comes_from_the_earlier_treatments(given: list, wanted: dict[str, str]) -> None:  # type: ignore[type-arg]
    """The record's list gives the latest day of each kind, and none while one of that kind has no day."""
    fields = load_clinical_fields(CONFIGS / "clinical.yaml")
    found = read_structure(fields.fields["prior_liver_treatments"], given)
    assert isinstance(found, Structure)
    assert dict(found.gives) == wanted
