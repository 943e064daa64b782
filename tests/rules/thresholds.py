"""The edges of the clinical catalogue's profile table (section 23), copied by hand, and how each is asked of a rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PROFILES = ("seed", "consensus", "conservative", "expansive")
NONE = "none"
"""No limit under this profile: every value is met, or the rule does not apply."""
UNUSED = "unused"
"""The rule does not ask this threshold under this profile."""

HEALTHY: dict[str, bool | float] = {
    "cirrhosis": False,
    "fibrosis_stage": 0,
    "chemo_weeks_total": 0,
    "chemo_cycles_preop": 0,
    "steatosis_percent": 0,
    "sinusoidal_injury_or_cash": False,
    "bilirubin_total_mg_dl": 1.0,
}
INJURED = HEALTHY | {"chemo_cycles_preop": 7}
CIRRHOTIC = HEALTHY | {"cirrhosis": True, "fibrosis_stage": 4}


@dataclass(frozen=True)
class Probe:
    """One threshold asked through one rule.

    Parameters
    ----------
    edges
        What is met, in the order of ``PROFILES``: ``<= 50``, ``< 60``, ``> 0.5``.
    given
        What else must be known so that this input alone decides.
    classes
        For a rule that gives classes: those on the side that is met, and those on the other.
    """

    parameter: str
    rule: str
    input: str
    edges: tuple[str, ...]
    given: Mapping[str, object] = field(default_factory=dict)
    lesion: Mapping[str, object] | None = None
    classes: tuple[str, str] | None = None

    @property
    def id(self) -> str:
        """Name of the case."""
        return f"{self.parameter}-{self.rule}-{self.input}"


def same(edge: str) -> tuple[str, ...]:
    """Return one edge for all profiles."""
    return (edge, edge, edge, edge)


def _remnants() -> list[Probe]:
    """Return the floors of the remnant: healthy, injured and cirrhotic, through every rule that asks them."""
    found = []
    rows = (
        ("flr_min_healthy_percent", HEALTHY, (20, 20, 30, 20)),
        ("flr_min_injured_percent", INJURED, (20, 30, 40, 30)),
        ("flr_min_cirrhotic_percent", CIRRHOTIC, (20, 40, 50, 40)),
    )
    for name, liver, (seed, *others) in rows:
        floors = tuple(f">= {floor}" for floor in others)
        deficit = tuple(f"< {floor - 10}" for floor in others)
        far = liver | {"remnant_percent": 100, "standardized_remnant_percent": 100}
        both = liver | {"remnant_percent": 100}
        found += [
            Probe(name, "VOL-02", "standardized_remnant_percent", (UNUSED, *floors), both),
            Probe(name, "VOL-09", "functional_to_estimated_liver_percent", (f">= {seed}", *floors), dict(liver)),
            Probe(
                name,
                "VOL-10",
                "standardized_parenchyma_sparing_remnant_percent",
                (f">= {seed}", *floors),
                liver | {"parenchyma_sparing_remnant_percent": 100},
            ),
            Probe(name, "HYP-03", "standardized_remnant_percent", (UNUSED, *deficit), both),
            Probe(
                name,
                "CMB-VOL",
                "standardized_remnant_after_ablation_percent",
                (UNUSED, *floors),
                far | {"remnant_after_ablation_percent": 100},
            ),
        ]
    return found


PROBES: tuple[Probe, ...] = (
    *_remnants(),
    Probe("removed_max_percent", "VOL-01", "removed_percent", same("<= 80")),
    Probe("removed_max_percent", "VOL-02", "removed_percent", ("<= 80", UNUSED, UNUSED, UNUSED)),
    Probe("removed_max_percent", "HYP-03", "removed_percent", ("> 90", UNUSED, UNUSED, UNUSED)),
    Probe(
        "removed_max_percent",
        "CMB-VOL",
        "removed_after_ablation_percent",
        ("<= 80", UNUSED, UNUSED, UNUSED),
        {"removed_percent": 10},
    ),
    Probe(
        "flr_bw_min_percent",
        "VOL-06",
        "remnant_to_body_weight_percent",
        ("> 0.5", "> 0.5", ">= 0.8", "> 0.5"),
        dict(HEALTHY),
    ),
    Probe(
        "flr_bw_min_injured_percent",
        "VOL-06",
        "remnant_to_body_weight_percent",
        (">= 0.8", ">= 0.8", ">= 1.0", ">= 0.8"),
        dict(INJURED),
    ),
    Probe("resection_margin_min_mm", "RES-02", "planned_margin_mm", ("> 0", ">= 1", ">= 5", ">= 1")),
    Probe(
        "resection_margin_min_mm",
        "CMB-REMOVED",
        "lesion.resection_margin_mm",
        ("> 0", ">= 1", ">= 5", ">= 1"),
        lesion={"plan_relation": "removed"},
    ),
    Probe("max_lesions_oncologic", "EGO-B2", "lesion_count", (NONE, "< 5", "< 5", NONE)),
    Probe(
        "ego_flr_percent",
        "RES-FLR",
        "standardized_remnant_percent",
        (">= 20", UNUSED, ">= 30", UNUSED),
        HEALTHY | {"remnant_percent": 100, "removed_percent": 10},
    ),
    Probe(
        "kgr_min_percent_per_week",
        "HYP-08",
        "kinetic_growth_rate_percent_per_week",
        (">= 2.0", ">= 2.0", ">= 2.66", ">= 2.0"),
        {"augmentation_done": "PVE"},
    ),
    Probe(
        "dh_min_points",
        "HYP-07",
        "degree_of_hypertrophy_percent",
        (">= 5", ">= 5", ">= 7.5", ">= 5"),
        {"augmentation_done": "PVE"},
    ),
    Probe("ablation_max_mm", "ABL-01", "lesion.longest_diameter_mm", ("<= 50", "<= 50", "<= 30", "<= 50"), lesion={}),
    Probe(
        "ablation_max_mm",
        "ABL-18",
        "lesion.cluster_10mm_diameter_mm",
        ("<= 50", "<= 50", "<= 30", "<= 50"),
        {"lesion_count": 2},
        {"nearest_lesion_mm": 5},
    ),
    Probe(
        "ablation_max_mm",
        "MEA-20-ABL",
        "lesion.max_3d_diameter_mm",
        ("<= 50", "<= 50", "<= 30", "<= 50"),
        lesion={"longest_diameter_mm": 20},
    ),
    Probe("ablation_max_n", "ABL-02", "lesion_count", ("<= 10", "<= 10", "<= 5", "<= 10")),
    Probe("ablation_max_n", "CMB-01d", "remnant_lesion_count", ("<= 10", "<= 10", "<= 5", "<= 10")),
    Probe(
        "ablation_margin_mm",
        "ABL-11",
        "smallest_ablation_margin_mm",
        (">= 5", ">= 5", ">= 10", ">= 5"),
        {"treated_lesion_count": 1},
    ),
    Probe(
        "ablation_margin_mm",
        "ABL-RESULT",
        "smallest_ablation_margin_mm",
        (">= 5", ">= 5", ">= 10", ">= 5"),
        {"treated_lesion_count": 1},
        classes=("sufficient ideal", "insufficient"),
    ),
    Probe(
        "ablation_bile_mm",
        "ABL-07",
        "lesion.dist_central_bile_duct_mm",
        (">= 10", ">= 10", ">= 15", ">= 5"),
        lesion={},
    ),
    Probe(
        "ablation_bowel_mm",
        "ABL-08",
        "lesion.dist_bowel_or_gallbladder_mm",
        (">= 5", ">= 5", ">= 10", ">= 5"),
        lesion={},
    ),
    Probe("ire_max_mm", "IRE-01", "lesion.longest_diameter_mm", ("<= 50", "<= 50", "<= 35", "<= 50"), lesion={}),
    Probe(
        "ire_max_mm",
        "MEA-20-IRE",
        "lesion.max_3d_diameter_mm",
        ("<= 50", "<= 50", "<= 35", "<= 50"),
        lesion={"longest_diameter_mm": 20},
    ),
    Probe("sbrt_max_n", "SBR-01", "lesion_count", ("<= 10", "<= 5", "<= 3", "<= 5")),
    Probe(
        "sbrt_max_mm",
        "SBR-02",
        "lesion.longest_diameter_mm",
        ("<= 60", "<= 60", "<= 50", "<= 60"),
        {"sbrt_fractions": 3, "sbrt_spared_liver_ml": 100},
        {},
    ),
    Probe(
        "sbrt_max_mm",
        "MEA-20-SBRT",
        "lesion.max_3d_diameter_mm",
        ("<= 60", "<= 60", "<= 50", "<= 60"),
        lesion={"longest_diameter_mm": 20},
    ),
    Probe("sbrt_normal_liver_ml", "SBR-04", "functional_liver_volume_ml", (">= 700", ">= 700", ">= 1000", ">= 700")),
    Probe(
        "sirt_bilirubin_max_mg_dl",
        "SIR-04",
        "bilirubin_total_mg_dl",
        ("<= 2.0", "<= 2.0", "<= 1.5", "<= 2.0"),
        {"sirt_extent": "lobar", "drained_biliary_obstruction": False},
    ),
    Probe(
        "sirt_segmental_bilirubin_max_mg_dl",
        "SIR-04",
        "bilirubin_total_mg_dl",
        ("<= 2.0", "<= 2.0", "<= 1.5", "<= 3.0"),
        {"sirt_extent": "segmental", "drained_biliary_obstruction": False},
    ),
    Probe(
        "sirt_burden_max_percent",
        "SIR-09",
        "tumour_burden_percent",
        ("<= 60", "<= 60", "<= 50", "<= 70"),
        {"albumin_g_l": 42, "inr": 1.0},
    ),
    Probe("tace_burden_max_percent", "TAC-03", "tumour_burden_percent", ("< 60", "< 60", "< 50", "< 60")),
    Probe("hai_burden_max_percent", "HAI-02", "tumour_burden_percent", ("< 70", "< 70", "<= 50", "< 70")),
    Probe(
        "lt_max_metastasis_mm",
        "LTX-S1",
        "largest_diameter_mm",
        ("<= 70", NONE, "<= 55", NONE),
        {"primary_in_situ": False},
    ),
    Probe("lt_age_max_years", "LTX-02", "age_years", ("<= 65", "<= 65", "<= 60", "<= 70")),
    Probe("lt_cea_max_ng_ml", "LTX-08", "cea_ng_ml", same("< 80"), {"cea_max_ng_ml": 80.5}),
    Probe("net_lt_age_max_years", "NET-05", "age_years", ("<= 60", "<= 60", "<= 55", "<= 65")),
    Probe(
        "chemo_injury_weeks",
        "LIV-01",
        "chemo_weeks_total",
        ("<= 12", "<= 12", "<= 8", "<= 12"),
        dict(HEALTHY),
        classes=("healthy", "injured"),
    ),
    *(
        Probe(name, rule, "lesion.longest_diameter_mm", edges, lesion={"max_3d_diameter_mm": 200})
        for name, rule, edges in (
            ("ablation_max_mm", "MEA-20-ABL", ("> 50", "> 50", "> 30", "> 50")),
            ("ire_max_mm", "MEA-20-IRE", ("> 50", "> 50", "> 35", "> 50")),
            ("sbrt_max_mm", "MEA-20-SBRT", ("> 60", "> 60", "> 50", "> 60")),
        )
    ),
)
