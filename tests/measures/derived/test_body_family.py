"""What rests on body size is the very number of the run, and with another body that of a run with that body."""

from __future__ import annotations

import pytest

from pipeline.judging import rule_inputs
from pipeline.measurement import Fact, Inputs, Measurement
from pipeline.measures.derived import derive
from pipeline.structures import Role
from pipeline.study import ClinicalRecord
from tests.measures.derived.test_published_examples import WORDS
from tests.measures.test_study import left_of, liver, measure, spots
from tests.phantoms import make_record, make_study

FROM_BODY = (
    "body_surface_area_m2",
    "estimated_total_liver_volume_ml",
    "standardized_remnant_percent",
    "remnant_to_body_weight_percent",
    "remnant_per_body_surface_ml_m2",
    "functional_to_estimated_liver_percent",
    "remnant_index_difference_percent",
)
EXACT = 1e-12


def run(record: ClinicalRecord, *, remnant: bool = True) -> Inputs:
    whole = liver()
    masks = {Role.LIVER: whole, Role.LESION: spots()} | ({Role.REMNANT: left_of(whole, 8.0)} if remnant else {})
    return rule_inputs(measure(make_study(masks), record), record)


def number(inputs: Inputs, name: str) -> Measurement:
    found = inputs.study[name]
    assert isinstance(found, Measurement)
    return found


@pytest.mark.parametrize("name", FROM_BODY)
def test_the_numbers_of_the_run_stay(name: str) -> None:
    """Without a change each is the measurement of the run itself, with its interval, place and flags."""
    before = run(make_record(height_cm=180.0, weight_kg=80.0))
    assert number(derive(before, WORDS), name) == number(before, name)


@pytest.mark.parametrize("name", FROM_BODY)
def test_another_weight_gives_what_a_run_with_it_gives(name: str) -> None:
    """Value to 1e-12; the ends too, but of the difference of the two indices, where they hold those of the run."""
    first, second = (run(make_record(height_cm=180.0, weight_kg=kg)) for kg in (80.0, 65.0))
    asked = Inputs({**first.study, "weight_kg": Fact("weight_kg", 65.0, source="supposed")}, first.lesions)
    found, wanted = number(derive(asked, WORDS), name), number(second, name)
    assert found.value == pytest.approx(wanted.value, rel=EXACT)
    if name != "remnant_index_difference_percent":
        for low_or_high, end in ((found.low, wanted.low), (found.high, wanted.high)):
            assert low_or_high == (None if end is None else pytest.approx(end, rel=EXACT))
        return
    assert found.low is not None
    assert found.high is not None
    assert wanted.low is not None
    assert wanted.high is not None
    assert found.low <= wanted.low + EXACT
    assert found.high >= wanted.high - EXACT


@pytest.mark.parametrize("name", FROM_BODY)
def test_a_body_stated_afterwards_gives_numbers(name: str) -> None:
    """A run without height and weight has none of these; with both supposed they are those of a run with them."""
    bare, full = run(make_record()), run(make_record(height_cm=180.0, weight_kg=80.0))
    assert number(derive(bare, WORDS), name).value is None
    assert (number(derive(bare, WORDS), name).reason or "").startswith("CLIN_MISSING")
    body = {"height_cm": Fact("height_cm", 180.0), "weight_kg": Fact("weight_kg", 80.0)}
    asked = Inputs({**bare.study, **body}, bare.lesions)
    assert number(derive(asked, WORDS), name).value == pytest.approx(number(full, name).value, rel=EXACT)


def test_a_body_taken_away_leaves_no_ratio() -> None:
    """Without a weight there is no surface, no estimate and no ratio to either."""
    full = run(make_record(height_cm=180.0, weight_kg=80.0))
    study = {name: each for name, each in full.study.items() if name != "weight_kg"}
    found = derive(Inputs(study, full.lesions), WORDS)
    for name in FROM_BODY:
        assert number(found, name).value is None, name
        assert number(found, name).low is None, name


def test_another_formula_of_the_body_changes_what_rests_on_it() -> None:
    """Du Bois for Mosteller: the surface of 180 cm and 80 kg is 1.9964 m2 (0.007184 x 180^0.725 x 80^0.425)."""
    full = run(make_record(height_cm=180.0, weight_kg=80.0))
    words = type(WORDS)({**WORDS.words, "bsa_formula": "du_bois"}, WORDS.numbers)
    found = derive(full, words)
    assert number(found, "body_surface_area_m2").value == pytest.approx(1.9964, abs=5e-5)
    assert number(found, "standardized_remnant_percent").value != number(full, "standardized_remnant_percent").value
    assert number(found, "remnant_to_body_weight_percent") == number(full, "remnant_to_body_weight_percent")


def test_without_a_remnant_its_reason_stays() -> None:
    """The ratios of a remnant that is not given say so, whatever is known of the body."""
    found = derive(run(make_record(height_cm=180.0, weight_kg=80.0), remnant=False), WORDS)
    for name in FROM_BODY[2:5]:
        assert (number(found, name).reason or "").startswith("NO_REMNANT"), name
