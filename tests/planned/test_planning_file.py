"""The file that says how plans are made: every problem is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.plan import PlanKind
from pipeline.planned.margins import find_margins
from pipeline.planned.planning_file import Planning, load_planning
from pipeline.readers import ClinicalFields
from pipeline.rules import Catalogue
from tests.planned.conftest import CONFIGS

SHIPPED = (CONFIGS / "planning.yaml").read_text(encoding="utf-8")
WRONG = {
    "an unknown key": ("options: 10", "options: 10\nmost: 3", "most is nothing that plans are made by"),
    "a rule that is none": ("rule: VOL-02", "rule: VOL-99", "there is no rule VOL-99"),
    "a rule on the plan for lesions": ("rule: CMB-ABLATE", "rule: VOL-02", "VOL-02 is no rule on single lesions"),
    "a rule on lesions for the plan": ("floor_rule: HYP-02", "floor_rule: CMB-ABLATE", "is no rule on the plan"),
    "a treatment that is none": ("radiation: sbrt", "radiation: x_ray", "there is no treatment called x_ray"),
    "a kind without treatment": ("  radiation: sbrt\n", "", "no treatment is given for radiation"),
    "a kind that is none": ("radiation: sbrt", "radiation: sbrt\n  magic: sbrt", "treatments.magic"),
    "a parameter that is none": ("parameter: ablation_margin_mm", "parameter: margin", "called margin"),
    "a parameter that is a word": ("parameter: ablation_margin_mm", "parameter: flr_index", "called flr_index"),
    "a resection that is none": ("- mesohepatectomy", "- hepatectomy", "there is no resection called hepatectomy"),
    "a margin of nothing": ("{number: 10}", "{at_least: 1}", "a margin is either a number or a parameter"),
    "a margin below nothing": ("{number: 10}", "{number: -1}", "should be greater than 0"),
    "a text for a number": ("options: 10", "options: ten", "should be a valid integer"),
    "no options": ("options: 10", "options: 0", "should be greater than or equal to 1"),
    "a missing section": ("irradiation:\n  rule: CMB-IRRADIATE\n", "", "irradiation is missing"),
    "a repeated key": ("options: 10", "options: 10\noptions: 9", "options is given twice"),
}


@pytest.mark.parametrize(("was", "becomes", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_with_its_line(
    tmp_path: Path, catalogue: Catalogue, fields: ClinicalFields, was: str, becomes: str, said: str
) -> None:
    """Each problem names the file and the line."""
    assert was in SHIPPED
    path = tmp_path / "planning.yaml"
    path.write_text(SHIPPED.replace(was, becomes, 1), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_planning(path, catalogue, fields.resections)
    problems = caught.value.problems
    assert any(said in one for one in problems), problems
    assert all(one.startswith("planning.yaml:") for one in problems)


def test_every_kind_of_plan_has_a_treatment(planning: Planning, catalogue: Catalogue) -> None:
    known = {each.id for each in catalogue.treatments}
    assert {planning.treatment_of(kind) for kind in PlanKind} | {planning.staged} <= known


@pytest.mark.parametrize(
    ("profile", "wedge_mm", "ablation_mm"),
    [
        ("consensus", (1.0, 10.0), 5.0),
        ("conservative", (5.0, 10.0), 10.0),
        ("expansive", (1.0, 10.0), 5.0),
        ("seed", (1.0, 10.0), 5.0),
    ],
)
def test_margins_are_those_of_the_profile(
    planning: Planning, catalogue: Catalogue, profile: str, wedge_mm: tuple[float, ...], ablation_mm: float
) -> None:
    """The seed's margin of more than 0 is held up to 1 mm, from which on it is no R1."""
    found = find_margins(planning, catalogue, profile)
    assert (found.wedge_mm, found.ablation_mm) == (wedge_mm, ablation_mm)
    assert found.bound_mm == (1.0, 10.0)
