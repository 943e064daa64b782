"""Body surface area and estimated liver volume by their published formulas."""

from __future__ import annotations

import pytest

from pipeline.measurement import Fact
from pipeline.measures.body_size import measure_body
from tests.phantoms import make_record

PERSON = make_record(height_cm=180.0, weight_kg=80.0).facts


@pytest.mark.parametrize(
    ("bsa", "etlv", "area", "volume"),
    [
        ("mosteller", "vauthey_bsa", 2.0, 1740.15),
        ("du_bois", "vauthey_bsa", 1.9964, 1735.6),
        ("mosteller", "vauthey_weight", 2.0, 1672.6),
        ("mosteller", "urata", 2.0, 1414.8),
        ("mosteller", "heinemann", 2.0, 1799.9),
        ("mosteller", "yu", 2.0, 1716.3),
    ],
)
def test_formulas_give_their_published_values(bsa: str, etlv: str, area: float, volume: float) -> None:
    """180 cm and 80 kg, worked out by hand from the papers' formulas."""
    surface, expected = measure_body(PERSON, bsa_formula=bsa, etlv_formula=etlv)
    assert surface.value == pytest.approx(area, abs=1e-3)
    assert expected.value == pytest.approx(volume, rel=1e-3)
    assert surface.low is expected.low is None


@pytest.mark.parametrize(
    "facts",
    [
        {},
        make_record(height_cm=180.0).facts,
        make_record(height_cm=180.0, weight_kg=0.0).facts,
        make_record(height_cm=180.0, weight_kg=True).facts,
        {**PERSON, "weight_kg": Fact("weight_kg", None, "CLIN_UNIT: no unit is given")},
    ],
    ids=["nothing", "no weight", "zero", "a truth", "refused"],
)
def test_missing_body_size_leaves_both_unknown(facts: dict[str, Fact]) -> None:
    """The reason names the field; a refused field hands its own code on."""
    for measurement in measure_body(facts, bsa_formula="mosteller", etlv_formula="vauthey_bsa"):
        assert measurement.value is None
        assert measurement.reason is not None
        assert measurement.reason.startswith(("CLIN_MISSING: ", "CLIN_UNIT: weight_kg"))


def test_a_body_outside_the_formula_has_no_estimated_volume() -> None:
    """Below 0.63 m2 Vauthey's line is negative: no volume, and no division by it."""
    surface, expected = measure_body(
        make_record(height_cm=70.0, weight_kg=8.0).facts, bsa_formula="mosteller", etlv_formula="vauthey_bsa"
    )
    assert surface.value is not None
    assert expected.reason is not None
    assert expected.reason.startswith("BODY_SIZE")


def test_an_unknown_formula_is_refused_with_the_known_names() -> None:
    """A misspelt name is an error, never another formula."""
    with pytest.raises(ValueError, match="mosteller"):
        measure_body(PERSON, bsa_formula="mostler", etlv_formula="vauthey_bsa")
    with pytest.raises(ValueError, match="urata"):
        measure_body(PERSON, bsa_formula="mosteller", etlv_formula="uratta")
