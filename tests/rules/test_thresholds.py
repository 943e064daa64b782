"""Profiles and a site's own thresholds: what holds, and where it says it is from."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError, UsageError
from pipeline.rules import Catalogue, assess, load_catalogue
from pipeline.verdict import Outcome
from tests.rules.small_catalogue import VALUES, at_most, inputs_of, number, rule, write_files

PROFILES = {
    "base": {"parameters": VALUES},
    "narrow": {"from": "base", "parameters": {"limit": 20}},
    "silent": {"from": "base", "documents": ["DOC"], "parameters": {}},
}
RULES = [rule(criterion=at_most("a", {"parameter": "limit"}), statement="At most {limit} mm.")]
SITE = "site: Our clinic\noverrides:\n- {parameter: limit, value: 10, profiles: [narrow], reason: own results}\n"


def load(folder: Path, site: str | None = None) -> Catalogue:
    path = folder / "site.yaml"
    folders = write_files(folder, RULES, profiles=PROFILES)
    if site is not None:
        path.write_text(site)
    return load_catalogue(*folders, path if site is not None else None)


@pytest.mark.parametrize(
    ("profile", "site", "statement", "origin"),
    [
        ("base", None, "At most 30 mm.", "base"),
        ("narrow", None, "At most 20 mm.", "narrow"),
        ("silent", None, "At most 30 mm.", "from: base"),
        ("narrow", SITE, "At most 10 mm.", "site: Our clinic (own results)"),
        ("base", SITE, "At most 30 mm.", "base"),
    ],
)
def test_a_threshold_says_where_it_is_from(
    tmp_path: Path, profile: str, site: str | None, statement: str, origin: str
) -> None:
    """A profile's own value, the one it takes from another, and a site's with its reason are told apart."""
    verdict = assess(load(tmp_path, site), profile, inputs_of(a=number(15))).verdicts[0]
    result = verdict.criteria[0]
    assert (result.statement, result.threshold_from) == (statement, origin)
    assert verdict.outcome is (Outcome.NOT_ELIGIBLE if "10" in statement else Outcome.ELIGIBLE)


def test_a_sites_file_is_checked_like_the_others(tmp_path: Path) -> None:
    """Unknown parameters and profiles, wrong types and missing reasons of a site are all named."""
    site = (
        "site: Our clinic\noverrides:\n- {parameter: limt, value: 10, reason: own results}\n"
        "- {parameter: limit, value: ten, profiles: [bases], reason: own results}\n"
    )
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, site)
    text = "\n".join(caught.value.problems)
    assert "site.yaml:3: there is no parameter limt; the nearest known name is limit" in text
    assert "site.yaml:4: limit must be a number in mm, or no_limit" in text
    assert "site.yaml:4: there is no profile bases; the nearest known name is base" in text


def test_a_site_without_a_reason_is_refused(tmp_path: Path) -> None:
    """An override names its reason."""
    with pytest.raises(ConfigurationError, match="reason is missing"):
        load(tmp_path, "site: Our clinic\noverrides:\n- {parameter: limit, value: 10}\n")


def test_an_unknown_profile_is_a_usage_error(catalogue: Catalogue) -> None:
    """Asking for a profile that is not there names those that are."""
    with pytest.raises(UsageError, match="consensus, conservative, expansive, seed"):
        assess(catalogue, "strict", inputs_of())


def test_the_shipped_profiles_name_their_formulas(catalogue: Catalogue) -> None:
    """Formulas of body surface and liver volume are words of the profile; the seed takes them from the consensus."""
    assert catalogue.formula("consensus", "bsa_formula") == "mosteller"
    assert catalogue.formula("seed", "etlv_formula") == "vauthey_bsa"
    assert catalogue.under("seed").parameters["etlv_formula"].origin == "from: consensus"


SECTION_23 = [
    # parameter, seed, consensus, conservative, expansive (None: from the consensus, or no limit)
    ("flr_min_healthy_percent", 20, 20, 30, 20),
    ("flr_min_injured_percent", 20, 30, 40, 30),
    ("flr_min_cirrhotic_percent", 20, 40, 50, 40),
    ("flr_bw_min_percent", 0.5, 0.5, 0.8, 0.5),
    ("resection_margin_min_mm", 0, 1, 5, 1),
    ("max_lesions_oncologic", None, 5, 5, None),
    ("kgr_min_percent_per_week", 2.0, 2.0, 2.66, 2.0),
    ("dh_min_points", 5, 5, 7.5, 5),
    ("ablation_max_mm", 50, 50, 30, 50),
    ("ablation_max_n", 10, 10, 5, 10),
    ("ablation_margin_mm", 5, 5, 10, 5),
    ("ablation_bile_mm", 10, 10, 15, 5),
    ("ablation_bowel_mm", 5, 5, 10, 5),
    ("ire_max_mm", 50, 50, 35, 50),
    ("sbrt_max_n", 10, 5, 3, 5),
    ("sbrt_max_mm", 60, 60, 50, 60),
    ("sbrt_normal_liver_ml", 700, 700, 1000, 700),
    ("sirt_bilirubin_max_mg_dl", 2.0, 2.0, 1.5, 2.0),
    ("sirt_burden_max_percent", 60, 60, 50, 70),
    ("tace_burden_max_percent", 60, 60, 50, 60),
    ("hai_burden_max_percent", 70, 70, 50, 70),
    ("lt_max_metastasis_mm", 70, None, 55, None),
    ("lt_age_max_years", 65, 65, 60, 70),
    ("lt_oslo_max", 2, 2, 1, 3),
    ("net_lt_age_max_years", 60, 60, 55, 65),
    ("chemo_injury_weeks", 12, 12, 8, 12),
]


@pytest.mark.parametrize("row", SECTION_23, ids=lambda row: row[0])
def test_the_shipped_thresholds_are_those_of_the_catalogue(
    catalogue: Catalogue, row: tuple[str, float | None, float | None, float | None, float | None]
) -> None:
    """Section 23 of the clinical catalogue, number by number, as each profile ends up with it."""
    name, *values = row
    profiles = ("seed", "consensus", "conservative", "expansive")
    assert [catalogue.under(profile).parameters[name].number for profile in profiles] == values
