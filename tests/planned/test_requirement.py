"""The remnant that the rules ask for, against thresholds of the profile table times the liver by hand."""

from __future__ import annotations

import pytest

from pipeline.measurement import Fact, Inputs, Measurement, Quantity
from pipeline.outcome import Outcome, Truth
from pipeline.planned.growing import find_growth
from pipeline.planned.planning_file import Planning
from pipeline.planned.requirement import find_requirement
from pipeline.planned.sizes import find_indices, read_sizes
from pipeline.rules import Catalogue
from pipeline.rules.outcomes import run_rules

TOTAL, FUNCTIONAL, ESTIMATED = 1500.0, 1450.0, 1400.0
HEALTHY: dict[str, object] = {
    "cirrhosis": False,
    "fibrosis_stage": 0.0,
    "chemo_weeks_total": 0.0,
    "chemo_cycles_preop": 0.0,
    "steatosis_percent": 0.0,
    "sinusoidal_injury_or_cash": False,
    "bilirubin_total_mg_dl": 1.0,
}
CIRRHOTIC: dict[str, object] = {"cirrhosis": True}
CASES = {
    # profile, record, height and weight known: remnant surely enough, possibly enough, mL
    "healthy": ("consensus", HEALTHY, True, 0.20 * ESTIMATED, 0.20 * ESTIMATED),
    "cirrhotic": ("consensus", CIRRHOTIC, True, 0.40 * ESTIMATED, 0.40 * ESTIMATED),
    "class not known": ("consensus", {}, True, 0.40 * ESTIMATED, 0.20 * ESTIMATED),
    "body size not known": ("consensus", {}, False, 0.40 * FUNCTIONAL, 0.20 * FUNCTIONAL),
    "expansive": ("expansive", HEALTHY, True, 0.20 * ESTIMATED, 0.20 * ESTIMATED),
    "lower of two shares": ("conservative", HEALTHY, True, 0.30 * FUNCTIONAL, 0.30 * FUNCTIONAL),
    "both shares needed": ("conservative", HEALTHY, False, None, 0.30 * FUNCTIONAL),
    "share removed": ("seed", {}, True, 0.20 * TOTAL, 0.20 * TOTAL),
}


def inputs_of(record: dict[str, object], with_size: bool) -> Inputs:
    sizes = {"total_liver_volume_ml": TOTAL, "functional_liver_volume_ml": FUNCTIONAL}
    study: dict[str, Quantity] = {name: Measurement(name, value, "mL") for name, value in sizes.items()}
    name, why = "estimated_total_liver_volume_ml", "CLIN_MISSING: height_cm is not in the clinical record"
    value = ESTIMATED if with_size else None
    study[name] = Measurement(name, value, "mL", reason=None if with_size else why)
    return Inputs(study | {field: Fact(field, each) for field, each in record.items()})  # type: ignore[arg-type]


@pytest.mark.parametrize(("profile", "record", "with_size", "surely", "possibly"), CASES.values(), ids=CASES)
def test_the_requirement_is_the_profile_s_share_of_the_liver(
    catalogue: Catalogue,
    planning: Planning,
    profile: str,
    record: dict[str, object],
    with_size: bool,
    surely: float | None,
    possibly: float,
) -> None:
    """While the liver's class is open, what is surely enough and what may be enough differ."""
    inputs = inputs_of(record, with_size)
    found = find_requirement(run_rules(catalogue.under(profile), inputs), planning.remnant, read_sizes(inputs))
    assert found.surely_ml == (None if surely is None else pytest.approx(surely, abs=1e-5))
    assert found.possibly_ml == pytest.approx(possibly, abs=1e-5)
    assert found.floor_ml == pytest.approx(0.15 * (ESTIMATED if with_size else FUNCTIONAL), abs=1e-5)
    assert (found.reason is None) == (surely is not None)


def test_the_rule_is_met_at_the_requirement_and_not_below(catalogue: Catalogue, planning: Planning) -> None:
    """A remnant of exactly what is returned satisfies the rule; asking leaves the study's own answers alone."""
    inputs = inputs_of(HEALTHY, True)
    run, sizes = run_rules(catalogue.under("consensus"), inputs), read_sizes(inputs)
    assert not isinstance(sizes, str)
    before = run.outcomes()
    found = find_requirement(run, planning.remnant, sizes)
    assert found.surely_ml is not None
    assert run.outcomes() == before
    for remnant_ml, truth in ((found.surely_ml, Truth.MET), (found.surely_ml - 1e-4, Truth.NOT_MET)):
        run.put({(name, None): value for name, value in find_indices(sizes, remnant_ml).items()})
        assert run.truth("VOL-02") is truth


def test_without_the_liver_s_volume_nothing_is_asked(catalogue: Catalogue, planning: Planning) -> None:
    name = "total_liver_volume_ml"
    inputs = Inputs({name: Measurement(name, None, "mL", reason="FOV_CUT: the liver reaches the border")})
    found = find_requirement(run_rules(catalogue.under("consensus"), inputs), planning.remnant, read_sizes(inputs))
    assert (found.surely_ml, found.possibly_ml, found.floor_ml) == (None, None, None)
    assert found.reason == "FOV_CUT: the liver reaches the border"


def test_growth_is_the_deficit_by_the_growth_rate(catalogue: Catalogue, planning: Planning) -> None:
    """210 mL of 1400 mL are 15 %: 5 points short in a healthy liver, 25 in a cirrhotic one, at 2 points a week."""
    inputs = inputs_of({}, True)
    sizes = read_sizes(inputs)
    assert not isinstance(sizes, str)
    asked = find_requirement(run_rules(catalogue.under("consensus"), inputs), planning.remnant, sizes)
    found = find_growth(210.0, asked, sizes, 2.0, {"Portal vein embolization": Outcome.INDETERMINATE})
    assert found is not None
    assert found.index == "standardized_remnant_percent"
    assert found.target_percent == pytest.approx((20, 40))
    assert found.deficit_ml == pytest.approx((70, 350))
    assert found.deficit_points == pytest.approx((5, 25))
    assert found.weeks == pytest.approx((2.5, 12.5))
    assert found.feasible is None


@pytest.mark.parametrize(
    ("outcome", "feasible"),
    [
        (Outcome.ELIGIBLE, True),
        (Outcome.CONDITIONAL, True),
        (Outcome.NOT_ELIGIBLE, False),
        (Outcome.NOT_APPLICABLE, False),
        (Outcome.INDETERMINATE, None),
    ],
)
def test_growth_is_feasible_where_a_treatment_for_it_is(
    catalogue: Catalogue, planning: Planning, outcome: Outcome, feasible: bool | None
) -> None:
    inputs = inputs_of(HEALTHY, True)
    sizes = read_sizes(inputs)
    assert not isinstance(sizes, str)
    asked = find_requirement(run_rules(catalogue.under("consensus"), inputs), planning.remnant, sizes)
    found = find_growth(200.0, asked, sizes, 2.0, {"Any": outcome, "Other": Outcome.NOT_ELIGIBLE})
    assert found is not None
    assert found.feasible is feasible
    assert "below the 210 mL" in found.reason
    assert find_growth(280.0, asked, sizes, 2.0, {}) is None
