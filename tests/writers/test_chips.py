"""The marks beside numbers: only where there is a number to doubt, and never wider than what holds them."""

from __future__ import annotations

from dataclasses import replace

from pipeline.measurement import absent
from pipeline.writers.html_page import TEMPLATES, write_html
from pipeline.writers.page_words import find_marks
from tests.writers import records
from tests.writers.pages import parse


def test_what_is_not_known_says_its_own_reason_and_no_other_code() -> None:
    """A total volume that the scan cuts has nothing to do with a lesion mask that was not given."""
    absent_total = absent("total_liver_volume_ml", "mL", "FOV_CUT", "the liver reaches the border of the scan")
    flags = ("LESION_ABSENT", "FOV_CUT")
    other = replace(records.FOV_CUT, code="LESION_ABSENT")
    report = records.flagged().model_copy(update={"findings": (records.FOV_CUT, other)})
    assert find_marks(report, replace(absent_total, flags=flags)) == []
    known = replace(records.measured("total_liver_volume_ml", 1500.0, "mL"), flags=flags)
    assert [finding.code for _, finding in find_marks(report, known)] == ["FOV_CUT", "LESION_ABSENT"]


def test_a_code_in_a_card_may_break_after_its_underscores() -> None:
    """The longest codes are wider than a card of six; they break at words, and the text stays the code."""
    finding = replace(records.FOV_CUT, code="MASK_OUTSIDE_BODY", touches=("tumour_burden_percent",))
    page = write_html(records.done().model_copy(update={"findings": (finding,)}))
    (card,) = (each for each in parse(page).all("div", class_="card") if "Tumour burden" in each.text)
    (chip,) = card.all("a", class_="flag")
    assert "MASK_OUTSIDE_BODY" in chip.text
    assert b"MASK_<wbr>OUTSIDE_<wbr>BODY" in page
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    (rule,) = (line for line in style.splitlines() if line.startswith(".card .flag"))
    assert "max-width: 100%" in rule
    assert "white-space: normal" in rule
