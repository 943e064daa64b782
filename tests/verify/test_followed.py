"""What follows from one value of the record, worked out again: what does not follow or is missing is found."""

from __future__ import annotations

import pytest

from pipeline.measurement import Fact
from pipeline.verify.followed import check_followed
from tests.writers.test_all_treatments import full_report

RECORD, BY_AGE = "clinical record", "formula: age_years at least 60 (postmenopausal_age_years)"
NEVER = "no line of chemotherapy is stated"


def found(*facts: Fact) -> list[str]:
    return list(check_followed(full_report().model_copy(update={"facts": {each.name: each for each in facts}})))


def test_what_follows_agrees() -> None:
    weeks, cycles = (Fact(name, 0.0, source=NEVER) for name in ("chemo_weeks_total", "chemo_cycles_preop"))
    assert not found(Fact("chemo_lines", 0.0, source=RECORD), weeks, cycles)
    assert not found(Fact("chemo_lines", 1.0, source=RECORD), Fact("chemo_weeks_total", 9.0, source=RECORD))
    assert not found(Fact("age_years", 60.0, source=RECORD), Fact("pregnant", False, source=BY_AGE))
    assert not found(Fact("pregnant", True, source=RECORD))


@pytest.mark.parametrize(
    "facts",
    [
        (Fact("chemo_lines", 1.0, source=RECORD), Fact("chemo_weeks_total", 0.0, source=NEVER)),
        (Fact("chemo_weeks_total", 0.0, source=NEVER),),
        (Fact("portal_hypertension", False, source=RECORD),),
        (Fact("portal_hypertension", False, source=RECORD), Fact("varices", True, source="formula")),
        (Fact("portal_hypertension", True, source=RECORD), Fact("varices", False, source="formula")),
        (Fact("age_years", 59.9, source=RECORD), Fact("pregnant", False, source=BY_AGE)),
        (Fact("age_years", 72.0, source=RECORD), Fact("pregnant", True, source=BY_AGE)),
        (Fact("pregnant", False, source=BY_AGE),),
    ],
)
def test_what_does_not_follow_is_found(facts: tuple[Fact, ...]) -> None:
    assert len(found(*facts)) == 1
