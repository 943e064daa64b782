"""What a user types after --set and --unset: taken as the clinical record takes it, or refused and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.readers import load_clinical_fields
from pipeline.reassessment.asking import Changes, read_changes
from pipeline.reassessment.thresholds import suppose_thresholds
from pipeline.rules import recall_catalogue

CONFIGS = Path(__file__).parents[2] / "configs"
FIELDS = load_clinical_fields(CONFIGS / "clinical.yaml")


def read(*settings: str, unset: tuple[str, ...] = ()) -> Changes:
    return read_changes(settings, unset, FIELDS, recall_catalogue(CONFIGS / "rules", CONFIGS / "profiles"))


REFUSED = {
    "bilirubin_total_mg_dl=200": (
        "CLIN_RANGE: 200 mg/dL is not plausible (expected 0.1 to 60); it would be in umol/L: "
        "write it as bilirubin_total_umol_l"
    ),
    "bilirubin_total=2": (
        "CLIN_UNIT: it was given as bilirubin_total, which says no unit; write it as bilirubin_total_mg_dl"
    ),
    "ecog=7": "CLIN_RANGE: 7 is not plausible (expected 0 to 4)",
    "ecog=1.5": "CLIN_VALUE: not a whole number",
    "cirrhosis=maybe": "CLIN_VALUE: not true or false (yes or no)",
    "ecog=unknown": "it says that nothing is known; write --unset ecog",
    "bilirubin_totl_mg_dl=2": (
        "there is no value or threshold of that name; the nearest known name is bilirubin_total_mg_dl"
    ),
    "remnant_percnt=30": "there is no value or threshold of that name; the nearest known name is remnant_percent",
    "remnant_percent=200": "200 is not possible for remnant (expected at least 0 and at most 100)",
    "remnant_percent=3,2": "not a number in %",
    "remnant_percent=nan": "not a number in %",
    "remnant_tumour_free=perhaps": "not true or false (yes or no)",
    "distribution=left": "not one of unilobar, bilobar",
    "lesion.volume_ml=3": "of which lesion? Write L1.volume_ml",
    "L1.longest_diametr_mm=3": (
        "rules read no longest_diametr_mm of a lesion; the nearest known name is longest_diameter_mm"
    ),
    "ablation_max_mm=big": "ablation_max_mm must be a number in mm, or no_limit",
    "bsa_formula=guess": "bsa_formula must be one of mosteller, du_bois",
    "resection_procedure=right hepatectomy": (
        "it decides what is measured in the images: put it into the clinical record and run again"
    ),
    "ecog": "expected name=value, such as bilirubin_total_mg_dl=2.4",
    "=2": "expected name=value, such as bilirubin_total_mg_dl=2.4",
    "ecog=": "expected name=value, such as bilirubin_total_mg_dl=2.4",
}


@pytest.mark.parametrize("typed", REFUSED)
def test_what_cannot_be_used_is_refused_with_its_reason(typed: str) -> None:
    """The words are those of the clinical reader, with its codes; unknown names come with the nearest."""
    with pytest.raises(UsageError) as refused:
        read(typed)
    assert str(refused.value) == f"--set {typed}: {REFUSED[typed]}"


def test_everything_that_is_wrong_is_said_at_once() -> None:
    """One line each, in the order typed."""
    with pytest.raises(UsageError) as refused:
        read("ecog=7", "remnant_percent=200", "ecog=1", "ecog=2", unset=("ablation_max_mm", "nothing_like_it_xyz"))
    lines = str(refused.value).splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "--set ecog=7",
        "--set remnant_percent=200",
        "--set ecog=2",
        "--unset ablation_max_mm",
        "--unset nothing_like_it_xyz",
    ]
    assert lines[2].endswith("ecog is given twice")
    assert lines[3].endswith("it is a threshold of the profile; thresholds are set, not unset")


def test_other_units_are_converted_by_the_clinical_reader() -> None:
    """Bilirubin: 584.673 g/mol, so 1 mg/dL is 17.1036 umol/L; the value bears the name of the rules' unit."""
    fact = read("bilirubin_total_umol_l=34.2072").facts["bilirubin_total_mg_dl"]
    assert fact is not None
    assert fact.value == pytest.approx(2.0, abs=1e-4)
    assert (fact.unit, fact.source) == ("mg/dL", "supposed")


def test_one_field_under_two_names_is_refused() -> None:
    """The same bilirubin in two units."""
    with pytest.raises(UsageError, match="bilirubin_total_mg_dl is given twice"):
        read("bilirubin_total_umol_l=34", "bilirubin_total_mg_dl=2")


@pytest.mark.parametrize(
    "name", ["L2.longest_diameter_mm", "lesion L2.longest_diameter_mm", "lesion.L2.longest_diameter_mm"]
)
def test_a_lesion_is_named_before_its_quantity(name: str) -> None:
    """With or without the word."""
    changes = read(f"{name}=28")
    assert set(changes.measured) == {("longest_diameter_mm", "L2")}
    assert changes.changes_values


def test_a_threshold_is_no_value() -> None:
    """It changes the profile, not the report."""
    changes = read("ablation_max_mm=40")
    assert changes.thresholds == {"ablation_max_mm": 40.0}
    assert changes.any
    assert not changes.changes_values


def test_a_name_that_a_value_and_a_threshold_share_says_which_is_meant() -> None:
    """Dose limits of organs are named like the doses of a plan; nothing is guessed."""
    typed = "sbrt_max_heart_gy=20"
    with pytest.raises(UsageError) as refused:
        read(typed)
    assert str(refused.value) == (
        "--set sbrt_max_heart_gy=20: it is both a value and a threshold; "
        "write value.sbrt_max_heart_gy or threshold.sbrt_max_heart_gy"
    )
    assert read(f"threshold.{typed}").thresholds == {"sbrt_max_heart_gy": 20.0}
    assert set(read(f"value.{typed}").facts) == {"sbrt_max_heart_gy"}


def test_a_threshold_that_no_value_reaches_is_refused() -> None:
    """A length below 0 would be a limit that no lesion meets: refused, not asked."""
    catalogue = recall_catalogue(CONFIGS / "rules", CONFIGS / "profiles")
    with pytest.raises(
        UsageError, match=r"ablation_max_mm is -5, which no value of lesion\.longest_diameter_mm reaches"
    ):
        suppose_thresholds(catalogue, {"ablation_max_mm": -5.0}, ("consensus",), None)
