"""The numbers of the four profiles, copied by hand from the clinical catalogue."""

from __future__ import annotations

import pytest

from pipeline.rules import Catalogue
from pipeline.rules.model import Word
from pipeline.rules.results import find_origin

PROFILES = ("seed", "consensus", "conservative", "expansive")
NONE = "no_limit"
# Catalogue, section 23: seed, consensus, conservative, expansive. Where the seed documents are silent, the consensus.
TABLE: dict[str, tuple[Word, Word, Word, Word]] = {
    "flr_min_healthy_percent": (20, 20, 30, 20),
    "flr_min_injured_percent": (20, 30, 40, 30),
    "flr_min_cirrhotic_percent": (20, 40, 50, 40),
    "flr_index": ("removed_fraction", "standardized_first", "lowest", "standardized_first"),
    "removed_max_percent": (80, 80, 80, 80),
    "flr_bw_min_percent": (0.5, 0.5, 0.8, 0.5),
    "flr_bw_min_injured_percent": (0.8, 0.8, 1.0, 0.8),
    "etlv_formula": ("vauthey_bsa", "vauthey_bsa", "vauthey_bsa", "vauthey_bsa"),
    "bsa_formula": ("mosteller", "mosteller", "mosteller", "mosteller"),
    "resection_margin_min_mm": (0, 1, 5, 1),
    "sparing_bound_margin_mm": (1, 1, 10, 1),
    "r1vasc_allowed": ("allowed", "conditional", "refused", "allowed"),
    "max_lesions_oncologic": (NONE, 5, 5, NONE),
    "ego_flr_percent": (20, NONE, 30, NONE),
    "kgr_min_percent_per_week": (2.0, 2.0, 2.66, 2.0),
    "dh_min_points": (5, 5, 7.5, 5),
    "ablation_max_mm": (50, 50, 30, 50),
    "ablation_max_n": (10, 10, 5, 10),
    "ablation_margin_mm": (5, 5, 10, 5),
    "ablation_bile_mm": (10, 10, 15, 5),
    "ablation_bowel_mm": (5, 5, 10, 5),
    "ire_max_mm": (50, 50, 35, 50),
    "sbrt_max_n": (10, 5, 3, 5),
    "sbrt_max_mm": (60, 60, 50, 60),
    "sbrt_size_cap": ("always", "always", "always", "unless_liver_spared"),
    "sbrt_organ_table": ("none",) * 4,
    "sbrt_organ_table_fractions": (NONE,) * 4,
    "sbrt_max_stomach_gy": (NONE,) * 4,
    "sbrt_max_duodenum_gy": (NONE,) * 4,
    "sbrt_max_small_bowel_gy": (NONE,) * 4,
    "sbrt_max_colon_gy": (NONE,) * 4,
    "sbrt_max_oesophagus_gy": (NONE,) * 4,
    "sbrt_max_heart_gy": (NONE,) * 4,
    "sbrt_max_chest_wall_gy": (NONE,) * 4,
    "sbrt_max_spinal_cord_gy": (NONE,) * 4,
    "sbrt_normal_liver_ml": (700, 700, 1000, 700),
    "sirt_bilirubin_max_mg_dl": (2.0, 2.0, 1.5, 2.0),
    "sirt_segmental_bilirubin_max_mg_dl": (2.0, 2.0, 1.5, 3.0),
    "sirt_burden_max_percent": (60, 60, 50, 70),
    "tace_burden_max_percent": (60, 60, 50, 60),
    "hai_burden_max_percent": (70, 70, 50, 70),
    "lt_max_metastasis_mm": (70, NONE, 55, NONE),
    "lt_age_max_years": (65, 65, 60, 70),
    "lt_cea_max_ng_ml": (80, 80, 80, 80),
    "lt_cea_fall_counts": (True, True, False, True),
    "lt_oslo_max": (2, 2, 1, 3),
    "dfi_from": ("resection",) * 4,
    "ablation_ideal_margin_mm": (10,) * 4,
    "child_pugh_albumin_low_g_l": (28,) * 4,
    "spleen_growth_percent": (50,) * 4,
    "steatosis_liver_hu": (40,) * 4,
    "steatosis_difference_hu": (-10,) * 4,
    "steatosis_pdff_percent": (17,) * 4,
    "steatosis_moderate_percent": (30,) * 4,
    "postmenopausal_age_years": (60,) * 4,
    "lt_lung_nodules": ("refused", "refused", "refused", "resected"),
    "lt_seed_combine": ("all", "all", "all", "all"),
    "net_lt_age_max_years": (60, 60, 55, 65),
    "chemo_injury_weeks": (12, 12, 8, 12),
    "hyperthermia_mode": ("eligible", "investigational", "not_eligible", "investigational"),
    "systemic_first_surgery": ("conditional", "conditional", "not_met", "conditional"),
}
STRICT = {
    "flr_bw_min_percent": {"seed", "consensus", "expansive"},
    "resection_margin_min_mm": {"seed"},
    "tace_burden_max_percent": set(PROFILES),
    "hai_burden_max_percent": {"seed", "consensus", "expansive"},
    "lt_cea_max_ng_ml": set(PROFILES),
}


@pytest.mark.parametrize("name", TABLE)
def test_each_number_of_each_profile_is_that_of_the_catalogue(catalogue: Catalogue, name: str) -> None:
    """Value and strictness of every parameter, profile by profile."""
    held = [catalogue.under(profile).parameters[name] for profile in PROFILES]
    assert tuple(one.value for one in held) == TABLE[name]
    strict = {profile for profile, one in zip(PROFILES, held, strict=True) if one.strict}
    assert strict == STRICT.get(name, set())


def test_the_table_names_every_parameter(catalogue: Catalogue) -> None:
    """No parameter of the profiles is left unchecked."""
    assert set(catalogue.under("consensus").parameters) == set(TABLE)


def test_rules_from_no_seed_document_say_so_in_the_seed_profile(catalogue: Catalogue) -> None:
    """Where the seed documents are silent, a rule is the consensus and labelled as such."""
    documents = {"D0", "D1", "D2", "D3", "D4"}
    assert set(catalogue.under("seed").profile.documents) == documents
    view = catalogue.under("seed")
    assert find_origin(view, view.rules["PAT-01"]) == "from: consensus"
    assert find_origin(view, view.rules["ABL-01"]) == "from: consensus"
    assert find_origin(view, view.rules["SBR-01"]) == "seed"
    assert find_origin(view, view.rules["PAT-07"]) == "catalogue"
