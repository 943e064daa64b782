"""``livermetry rules``: list, show, check and docs, as someone does who reads rules or writes one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli.app import app
from pipeline.rules import load_catalogue
from tests.end_to_end.conftest import ROOT

RULES = load_catalogue(ROOT / "configs" / "rules", ROOT / "configs" / "profiles")
GOOD = """\
rules:
  - id: MY-01
    title: Diameter of each lesion, here
    statement: Every lesion is at most {ablation_max_mm} mm across.
    scope: lesion
    aggregate: all
    applies: {ablation_mwa: H}
    criterion: {input: lesion.longest_diameter_mm, op: "<=", threshold: {parameter: ablation_max_mm}, unit: mm}
    sources: [VDL25]
    confidence: E
    examples:
      - {lesions: [{longest_diameter_mm: 50}], expect: met}
      - {lesions: [{longest_diameter_mm: 50.1}], expect: not_met}
"""
SITE = """\
site: Our liver centre
overrides:
  - {parameter: ablation_max_mm, value: 40, profiles: [consensus], reason: own series 2015-2024}
"""


def call(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["rules", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_list_holds_every_rule_that_is_asked_once() -> None:
    """One line a rule: id first, title last, confidence between."""
    code, out, _ = call("list")
    lines = {line.split()[0]: line for line in out.splitlines()}
    asked = [rule for rule in RULES.rules if any(rule.kind(name, p) for name in rule.applies for p in RULES.profiles)]
    assert code == 0
    assert list(lines) == [rule.id for rule in asked]
    assert len(out.splitlines()) == len(asked)
    for rule in asked:
        assert lines[rule.id].endswith(f"  {rule.title}")
        assert f"  {rule.confidence} " in lines[rule.id]


@pytest.mark.parametrize("kind", ["H", "S", "N"])
def test_the_list_can_be_narrowed(kind: str) -> None:
    """To the rules of a kind that a treatment is asked under a profile."""
    _, out, _ = call("list", "--treatment", "resection", "--profile", "seed", "--kind", kind)
    expected = [rule.id for rule in RULES.rules if rule.kind("resection", "seed") == kind]
    assert [line.split()[0] for line in out.splitlines()] == expected


def test_the_list_as_json() -> None:
    """Kinds by treatment and profile."""
    tree = json.loads(call("list", "--treatment", "resection", "--json")[1])
    volume = next(each for each in tree if each["id"] == "VOL-02")
    assert volume["kinds"] == {"resection": dict.fromkeys(RULES.profiles, "H")}


def test_every_rule_can_be_shown() -> None:
    """Its sources in full, every profile's thresholds, confidence in words."""
    code, out, err = call("show", *(rule.id for rule in RULES.rules))
    flat = " ".join(out.split())
    assert (code, err) == (0, "")
    for rule in RULES.rules:
        assert f"{rule.id} {rule.title}" in flat
        assert all(f"{key}: {RULES.sources[key]}" in flat for key in rule.sources)


def test_a_rule_is_shown_with_the_thresholds_of_all_profiles_and_a_sites(tmp_path: Path) -> None:
    """50 mm, 30 mm where it is conservative, 40 mm at the site, with its reason."""
    site = written(tmp_path, "site.yaml", SITE)
    flat = " ".join(call("show", "abl-01", "--site", site)[1].split())
    assert "consensus 40 mm (site: Our liver centre (own series 2015-2024))" in flat
    assert "conservative 30 mm" in flat
    assert "lesion.longest_diameter_mm: longest diameter (number, in mm" in flat
    assert "measured in images and masks" in flat
    assert "confidence V: number seen in the source" in flat
    assert "-> not met" in flat


@pytest.mark.parametrize("name", ["resection", "Liver resection", "seed", "ablation_max_mm", "ecog", "VDL25"])
def test_other_names_can_be_shown_too(name: str) -> None:
    """Treatments, profiles, thresholds, inputs, sources."""
    code, out, err = call("show", name)
    assert (code, err) == (0, "")
    assert len(out.splitlines()) > 1


def test_formulas_conventions_and_statements_can_be_shown_where_their_files_are() -> None:
    """By the ids of the clinical catalogue."""
    for file, id_ in (("conventions.yaml", "MEA-01"), ("statements.yaml", "D0-1")):
        if (ROOT / "configs" / file).is_file():
            assert call("show", id_)[1].startswith(id_)


def test_an_unknown_name_comes_with_the_nearest() -> None:
    """Exit code 2; what is known is shown all the same."""
    code, out, err = call("show", "ABL-01", "VOL-2")
    assert code == 2
    assert out.startswith("ABL-01")
    assert err.startswith("livermetry: nothing here is called VOL-2; the nearest: VOL-")


def test_the_shipped_rules_are_right() -> None:
    """All of them, with every example."""
    code, out, _ = call("check", ROOT / "configs")
    count = sum(len(rule.examples) for rule in RULES.rules)
    assert code == 0
    assert f"{len(RULES.rules)} rules, {count} examples: all right" in out


def test_a_file_of_ones_own_is_checked_beside_the_shipped_ones(tmp_path: Path) -> None:
    """It may refer to what is shipped."""
    code, out, _ = call("check", written(tmp_path, "mine.yaml", GOOD))
    assert (code, out) == (0, "mine.yaml: 1 rule, 2 examples: all right\n")


def test_an_example_that_fails_is_named_with_what_came_out(tmp_path: Path) -> None:
    """File, line, rule, number of the example, expected and got."""
    wrong = GOOD.replace("50.1}], expect: not_met", "50.1}], expect: met")
    code, out, _ = call("check", written(tmp_path, "mine.yaml", wrong))
    assert code == 1
    assert out.splitlines() == ["mine.yaml:13: MY-01, example 2: the answer should be met, but is not_met", "1 problem"]


def test_all_problems_of_all_files_are_said_at_once(tmp_path: Path) -> None:
    """With file, line and the nearest known name."""
    rules = GOOD.replace("ablation_mwa:", "ablation_mva:").replace("longest_diameter_mm, op", "longest_diametr_mm, op")
    site = SITE.replace("ablation_max_mm", "ablation_max_m").replace("[consensus]", "[consensu]")
    paths = (
        written(tmp_path, "mine.yaml", rules),
        written(tmp_path, "site.yaml", site),
        written(tmp_path, "x.yaml", "a: 1\n"),
    )
    code, out, _ = call("check", *paths)
    assert code == 1
    text = out.splitlines()
    assert "mine.yaml:7: MY-01: there is no treatment ablation_mva; the nearest known name is ablation_mwa" in text
    assert any(
        line.startswith("mine.yaml:8: MY-01: there is no input lesion.longest_diametr_mm; the nearest known name is")
        for line in text
    )
    assert any(line.startswith("x.yaml:1: it holds neither rules") for line in text)
    assert "site.yaml:3: there is no parameter ablation_max_m; the nearest known name is ablation_max_mm" in text
    assert "site.yaml:3: there is no profile consensu; the nearest known name is consensus" in text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rules: []\nrules: []\n", "hostile.yaml:2: rules is given twice"),
        ("a: &a [*a]\n", "hostile.yaml:1: "),
        ("\x00", "hostile.yaml:1: "),
        (GOOD.replace("confidence: E", "confidence: no"), "hostile.yaml:10: confidence: "),
    ],
)
def test_hostile_files_are_refused_with_their_line(tmp_path: Path, text: str, problem: str) -> None:
    """Keys given twice, aliases, zero bytes, ``no`` as a word: never a traceback."""
    code, out, _ = call("check", written(tmp_path, "hostile.yaml", text))
    assert code == 1
    assert any(line.startswith(problem) for line in out.splitlines()), out


def test_a_site_file_is_checked_and_what_it_changes_is_said(tmp_path: Path) -> None:
    """From which value to which, under which profile, and why."""
    code, out, _ = call("check", written(tmp_path, "site.yaml", SITE))
    assert code == 0
    assert out.splitlines() == [
        "site.yaml: site Our liver centre: all right",
        "  consensus: ablation_max_mm 50 -> 40 mm; site: Our liver centre (own series 2015-2024)",
    ]


def test_a_number_far_from_what_shipped_profiles_use_is_doubted(tmp_path: Path) -> None:
    """30 to 50 mm are used; 4 is most likely a lost digit, 40 a site's choice: doubted, not refused."""
    code, out, _ = call("check", written(tmp_path, "site.yaml", SITE.replace("value: 40", "value: 4")))
    assert code == 0
    said = (
        "(site: Our liver centre (own series 2015-2024, doubtful: shipped profiles use 30 to 50)): check it for a slip."
    )
    assert f"warning: ablation_max_mm is 4 mm {said}" in out


SLIPS = {
    "parameter: flr_min_healthy_percent, value: 250": "flr_min_healthy_percent is 250 (site: Our liver centre",
    "parameter: ablation_max, value: 40": "the nearest known names are ablation_max_mm, ablation_max_n\n",
    "parameter: flr_min, value: 25": (
        "the nearest known names are flr_min_healthy_percent, flr_min_injured_percent, flr_min_cirrhotic_percent\n"
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_answered_with_what_was_written(tmp_path: Path, slip: str) -> None:
    """The number of the file, not one that a rule makes of it; all names that go on where a name stops."""
    site = written(tmp_path, "site.yaml", SITE.replace("parameter: ablation_max_mm, value: 40", slip))
    code, out, _ = call("check", site)
    assert code == 1
    assert SLIPS[slip] in out
    assert "240" not in out


@pytest.mark.parametrize(("reason", "said"), [("x", "ablation_max_mm is too short"), ('""', "needs a reason")])
def test_a_reason_too_short_is_not_called_missing(tmp_path: Path, reason: str, said: str) -> None:
    site = written(tmp_path, "site.yaml", SITE.replace("own series 2015-2024", reason))
    assert said in call("check", site)[1]


def test_no_such_file_is_wrong_use(tmp_path: Path) -> None:
    """Exit code 2."""
    code, _, err = call("check", tmp_path / "nothing.yaml")
    assert code == 2
    assert err.endswith("nothing.yaml: there is no such file\n")


def test_the_reference_is_written_as_pages(tmp_path: Path) -> None:
    """An index, and a page for each file of rules."""
    code, out, _ = call("docs", tmp_path / "pages")
    assert code == 0
    assert (tmp_path / "pages" / "README.md").is_file()
    assert f"{len(list((tmp_path / 'pages').iterdir()))} pages written" in out
