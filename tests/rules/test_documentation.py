"""The page on rules stays true: its examples load, its words are those of the configuration."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from pipeline.rules import load_catalogue
from pipeline.rules.examples import check_example
from pipeline.rules.expressions import KINDS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n# (\w+) file\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("rules", "profiles"):
        shutil.copytree(ROOT / "configs" / name, tmp_path / name)
    return tmp_path / "rules", tmp_path / "profiles"


def test_the_worked_rule_loads_and_its_examples_hold(folders: tuple[Path, Path]) -> None:
    """The complete rule of the page can be copied into a file of its own under another id."""
    text = next(text for what, text in BLOCKS if what == "rule").replace("id: ABL-01", "id: DOC-01")
    (folders[0] / "documented.yaml").write_text(text, encoding="utf-8")
    catalogue = load_catalogue(*folders)
    rule = next(rule for rule in catalogue.rules if rule.id == "DOC-01")
    assert rule.examples
    assert [check_example(catalogue, rule, example) for example in rule.examples] == [()] * len(rule.examples)


def test_the_worked_site_file_loads(folders: tuple[Path, Path], tmp_path: Path) -> None:
    """The site file of the page changes the threshold it names, in its profile alone."""
    path = tmp_path / "site.yaml"
    path.write_text(next(text for what, text in BLOCKS if what == "site"), encoding="utf-8")
    catalogue = load_catalogue(*folders, path)
    assert catalogue.under("consensus").parameters["ablation_max_mm"].number == 40
    assert catalogue.under("expansive").parameters["ablation_max_mm"].number == 50


def test_every_kind_of_expression_and_every_primary_is_on_the_page() -> None:
    """The page names each key that makes an expression, and each word for a primary tumour."""
    catalogue = load_catalogue(ROOT / "configs" / "rules", ROOT / "configs" / "profiles")
    for word in (*(key for key, _ in KINDS), *catalogue.inputs["primary_type"].words, *catalogue.profiles):
        assert word in PAGE, word
