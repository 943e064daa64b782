"""Scores against published lists of their items, every combination of them, and cases that others worked out.

No patient was found published with every item and the score beside it for Fong, Nordlinger, Nagashima, Konopke, GAME or
Oslo. In their place stand the published tables of items: each item is given at a value that just counts and at the
nearest that does not, and the points must be the number of those that count.
"""

from __future__ import annotations

from itertools import product

import pytest

from pipeline.rules import Catalogue
from pipeline.rules.evaluation import Evaluation
from pipeline.rules.examples import build_inputs
from pipeline.rules.given import Example, Given
from pipeline.verdict import Truth

Item = tuple[int, dict[str, Given], dict[str, Given]]
"""Points, what counts, and what does not."""
SEROSA: Item = (1, {"primary_t": "T4a"}, {"primary_t": "T3c"})
NODES: Item = (1, {"primary_n": 1.0}, {"primary_n": 0.0})
LARGE: Item = (1, {"largest_diameter_mm": 50.001}, {"largest_diameter_mm": 50.0})
SCORES: dict[str, tuple[tuple[Item, ...], tuple[tuple[str, int], ...]]] = {
    # UpToDate's table of clinical risk scores for colorectal liver metastases: mail.medilib.ir/uptodate/show/116620
    "SCO-FONG": (
        (
            (1, {"interval_months": 11.99}, {"interval_months": 12.0}),
            (1, {"lesion_count": 2.0}, {"lesion_count": 1.0}),
            (1, {"cea_ng_ml": 200.1}, {"cea_ng_ml": 200.0}),
            LARGE,
            NODES,
        ),
        (("low", 2), ("high", 5)),
    ),
    "SCO-NORD": (
        (
            (1, {"age_years": 60.1}, {"age_years": 60.0}),
            SEROSA,
            NODES,
            (1, {"interval_months": 23.9}, {"interval_months": 24.0}),
            (1, {"lesion_count": 4.0}, {"lesion_count": 3.0}),
            LARGE,
        ),
        (("low", 2), ("intermediate", 4), ("high", 6)),
    ),
    "SCO-NAGA": (
        (
            SEROSA,
            NODES,
            (1, {"lesion_count": 2.0}, {"lesion_count": 1.0}),
            LARGE,
            (1, {"extrahepatic_disease": "resectable"}, {"extrahepatic_disease": "none"}),
        ),
        (("low", 1), ("intermediate", 3), ("high", 5)),
    ),
    "SCO-KONO": (
        (
            (1, {"lesion_count": 4.0}, {"lesion_count": 3.0}),
            (1, {"cea_ng_ml": 200.0}, {"cea_ng_ml": 199.9}),
            (1, {"interval_months": 0.0}, {"interval_months": 0.1}),
        ),
        (("low", 0), ("intermediate", 1), ("high", 3)),
    ),
    # Abstract of Margonis 2018 (doi 10.1002/bjs.10838), and jnccn360.org for the groups
    "SCO-GAME": (
        (
            (1, {"kras": "mutated"}, {"kras": "wild"}),
            (1, {"cea_ng_ml": 20.0}, {"cea_ng_ml": 19.9}),
            NODES,
            (2, {"tumour_burden_score": 9.0}, {"tumour_burden_score": 2.99}),
            (2, {"extrahepatic_disease": "unresectable"}, {"extrahepatic_disease": "none"}),
        ),
        (("low", 1), ("medium", 3), ("high", 7)),
    ),
    # Line 2018, pmc.ncbi.nlm.nih.gov/articles/PMC5829437, on the factors of Hagness 2013
    "SCO-OSLO": (
        (
            (1, {"largest_diameter_mm": 55.001}, {"largest_diameter_mm": 55.0}),
            (1, {"cea_ng_ml": 80.1}, {"cea_ng_ml": 80.0}),
            (
                1,
                {"recist_response": "PD", "progression_on_chemo": False},
                {"recist_response": "SD", "progression_on_chemo": False},
            ),
            (1, {"months_primary_to_transplant": 23.9}, {"months_primary_to_transplant": 24.0}),
        ),
        (("favourable", 2), ("unfavourable", 4)),
    ),
}


def answer(catalogue: Catalogue, rule: str, given: dict[str, Given]) -> tuple[Truth, tuple[int, int], tuple[str, ...]]:
    view = catalogue.under("consensus")
    ev = Evaluation(view, build_inputs(view, Example(given=given, expect=Truth.MET)))
    points = ev.find_points(rule)
    return Truth(ev.answer_rule(rule).truth.value), (points.low, points.high), ev.find_classes(rule).now


@pytest.mark.parametrize("score", SCORES)
def test_a_score_is_the_sum_of_its_published_items(catalogue: Catalogue, score: str) -> None:
    """Every combination of items: the points are those that count, and the group is the published one."""
    items, groups = SCORES[score]
    for chosen in product((True, False), repeat=len(items)):
        given: dict[str, Given] = {"primary_type": "colorectal"}
        for (_, counts, does_not), is_chosen in zip(items, chosen, strict=True):
            given |= counts if is_chosen else does_not
        points = sum(item[0] for item, is_chosen in zip(items, chosen, strict=True) if is_chosen)
        group = next(name for name, most in groups if points <= most)
        assert answer(catalogue, score, given)[1:] == ((points, points), (group,))


@pytest.mark.parametrize("score", SCORES)
def test_a_missing_item_widens_the_range_and_never_decides(catalogue: Catalogue, score: str) -> None:
    """Each item left out adds its points to the upper end alone."""
    items, _ = SCORES[score]
    for left_out in range(len(items)):
        given: dict[str, Given] = {"primary_type": "colorectal"}
        for n, (_, _, does_not) in enumerate(items):
            given |= {} if n == left_out else does_not
        assert answer(catalogue, score, given)[1] == (0, items[left_out][0])


@pytest.mark.parametrize("score", SCORES)
def test_a_score_of_colorectal_metastases_is_not_given_for_others(catalogue: Catalogue, score: str) -> None:
    """These scores were made for colorectal primary tumours."""
    assert answer(catalogue, score, {"primary_type": "breast"})[0] is Truth.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("given", "points", "group"),
    [
        # lakshay321123/medx, __tests__/child_pugh.test.ts
        ((3.2, 26, 2.0, "mild", 1), 12, "C"),
        # medimetry.metabolic, test of child_pugh_score: the least points
        ((1.5, 40, 1.5, "none", 0), 5, "A"),
        # Every part at its middle: 10 points (Pugh 1973)
        ((2.5, 30, 2.0, "mild", 2), 10, "C"),
        ((3.1, 27, 2.4, "moderate_severe", 3), 15, "C"),
    ],
)
def test_child_pugh_of_worked_cases(
    catalogue: Catalogue, given: tuple[float, float, float, str, float], points: int, group: str
) -> None:
    """Cases of two other calculators, and the two sums that the table itself gives."""
    names = ("bilirubin_total_mg_dl", "albumin_g_l", "inr", "ascites", "encephalopathy_grade")
    found = answer(catalogue, "LIV-02", dict(zip(names, given, strict=True)))
    assert found == (Truth.MET, (points, points), (group,))


@pytest.mark.parametrize(
    ("score", "zone"), [(2.999, "zone_1"), (3.0, "zone_2"), (8.999, "zone_2"), (9.0, "zone_3"), (5.0, "zone_2")]
)
def test_zones_of_the_tumour_burden_score(catalogue: Catalogue, score: float, zone: str) -> None:
    """Catalogue, section 20; 5 is the score of three lesions of at most 4 cm (3-4-5 triangle)."""
    assert answer(catalogue, "SCO-TBS", {"tumour_burden_score": score})[2] == (zone,)


def test_the_index_that_is_not_verified_is_not_asked(catalogue: Catalogue) -> None:
    """Basingstoke is shipped disabled, with its reason: in the rules, and in no study's answers."""
    for profile in catalogue.profiles:
        view = catalogue.under(profile)
        assert "SCO-BASI" in view.rules
        assert all(rule.id != "SCO-BASI" for rules in view.criteria.values() for rule, _ in rules)
        assert not any("SCO-BASI" in closure for id_, closure in view.closure.items() if id_ != "SCO-BASI")
    rule = next(rule for rule in catalogue.rules if rule.id == "SCO-BASI")
    assert rule.disabled
    assert rule.confidence == "U"
