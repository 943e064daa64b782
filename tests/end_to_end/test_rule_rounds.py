"""``rules check`` goes on to the end: an entry with a problem is taken out, and what it hid is found too."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from typer.testing import CliRunner

from pipeline.cli.app import app
from pipeline.cli.rule_rounds import MOST_ROUNDS, find_all


def check(path: Path) -> list[str]:
    return CliRunner().invoke(app, ["rules", "check", str(path)]).stdout.splitlines()


def written(folder: Path, text: str, name: str = "mine.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def rule(id_: str, threshold: str = "50", expect: str = "met", more: str = "") -> str:
    return f"""\
  - id: {id_}
    title: Size
    statement: No lesion is longer than the limit.
    applies: {{ablation_mwa: S}}
    scope: lesion
    aggregate: all
    criterion: {{input: lesion.longest_diameter_mm, op: "<=", threshold: {threshold}, unit: mm}}
    sources: [VDL25]
    confidence: E
{more}    examples:
      - {{lesions: [{{longest_diameter_mm: 20}}], expect: {expect}}}
      - {{lesions: [{{longest_diameter_mm: 90}}], expect: not_met}}
"""


RULE_LINES = rule("MY-1").count("\n")


def test_faults_of_every_step_are_found_in_one_check(tmp_path: Path) -> None:
    """A wrong key, a wrong name, a threshold out of reach, a wrong example: each hid the next; in the lines' order."""
    path = written(
        tmp_path,
        "rules:\n"
        + rule("MY-1", expect="not_met")
        + rule("MY-2", threshold="-5")
        + rule("MY-3", threshold="{parameter: ablation_max_m}")
        + rule("MY-4", more="    titel: x\n")
        + rule("MY-5"),
    )
    lines = check(path)
    assert len(lines) == 5, lines
    assert lines[0].startswith(f"mine.yaml:{1 + RULE_LINES - 1}: MY-1, example 1:")
    assert lines[1].startswith(f"mine.yaml:{1 + RULE_LINES + 7}: MY-2: no value reaches the threshold -5")
    assert lines[2].startswith(f"mine.yaml:{1 + 2 * RULE_LINES + 7}: MY-3: there is no parameter ablation_max_m")
    assert lines[3].startswith(f"mine.yaml:{1 + 3 * RULE_LINES + 10}: titel is not known here")
    assert lines[4] == "4 problems"


def test_what_refers_to_a_faulty_rule_is_not_blamed_for_it(tmp_path: Path) -> None:
    """The second rule reads the first: that the first was taken out is no fault of the second."""
    refers = rule("MY-2").replace(
        'criterion: {input: lesion.longest_diameter_mm, op: "<=", threshold: 50, unit: mm}', "criterion: {rule: MY-1}"
    )
    lines = check(written(tmp_path, "rules:\n" + rule("MY-1", more="    titel: x\n") + refers))
    assert [line for line in lines if "MY-2" in line] == []
    assert lines[0].startswith("mine.yaml:11: titel is not known here")


def test_every_threshold_of_a_site_is_checked(tmp_path: Path) -> None:
    """One out of reach, one unknown, one without a reason: three problems, each at its line."""
    path = written(
        tmp_path,
        "site: Ours\noverrides:\n"
        "  - {parameter: flr_min_healthy_percent, value: 250, reason: own series}\n"
        "  - {parameter: nothing_like_it, value: 1, reason: own series}\n"
        '  - {parameter: ablation_max_mm, value: 40, reason: ""}\n',
    )
    lines = check(path)
    assert {int(line.split(":")[1]) for line in lines[:-1]} == {3, 4, 5}


def test_a_check_that_never_comes_to_an_end_is_stopped(tmp_path: Path) -> None:
    """A problem in every round: no more rounds than the most, and the user's file is as it was."""
    text = "rules:\n" + "".join(f"  - id: MY-{number}\n" for number in range(40))
    path = written(tmp_path, text)
    rounds = []

    def complain(paths: Sequence[Path]) -> list[str]:
        rounds.append(paths)
        left = [n for n, line in enumerate(paths[0].read_text("utf-8").splitlines(), 1) if line.startswith("  - ")]
        return [f"mine.yaml:{left[0]}: wrong"]

    found = find_all([path], complain)
    assert len(rounds) == MOST_ROUNDS + 1
    assert found == [f"mine.yaml:{line}: wrong" for line in range(2, 2 + MOST_ROUNDS + 1)]
    assert path.read_text("utf-8") == text
