"""Wrong and hostile rule files: refused whole, with every problem, its file and line, and the nearest known name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import ConfigurationError
from pipeline.rules import load_catalogue
from tests.rules.small_catalogue import VALUES, at_most, make_catalogue, rule, write_files

GOOD = at_most("a", 30)
PER_RULE: list[tuple[str, dict[str, Any], str]] = [
    ("unknown input", {"criterion": at_most("aa", 3)}, "there is no input aa; the nearest known name is a"),
    ("wrong unit", {"criterion": at_most("a", 3, "cm")}, "a is in mm, the comparison in cm"),
    ("parameter's unit", {"criterion": at_most("a", {"parameter": "most"})}, "most is in 1, the comparison in mm"),
    ("unknown parameter", {"criterion": at_most("a", {"parameter": "limits"})}, "the nearest known name is limit"),
    ("word as number", {"criterion": at_most("word", 3)}, "word is no number"),
    ("number as word", {"criterion": {"input": "a", "is": "red"}}, "compare it with op and threshold"),
    (
        "unknown word",
        {"criterion": {"input": "word", "is": "redd"}},
        "no word of word redd; the nearest known name is red",
    ),
    ("truth as word", {"criterion": {"input": "truth", "is": "no"}}, "truth is asked for no; it is true or false"),
    ("no as truth", {"criterion": {"input": "word", "is": False}}, "word is asked for False; it is a word"),
    (
        "unknown source",
        {"criterion": GOOD, "sources": ["SRCS"]},
        "there is no source SRCS; the nearest known name is SRC",
    ),
    ("unknown treatment", {"criterion": GOOD, "applies": {"t3": "H"}}, "there is no treatment t3"),
    ("unknown kind", {"criterion": GOOD, "applies": {"t1": "Z"}}, "'H', 'S', 'N' or 'X'"),
    ("unknown key", {"criterion": GOOD, "titel": "x"}, "titel is not known here; the nearest known name is title"),
    ("missing key", {"criterion": GOOD, "title": None}, "title: should be a valid string"),
    ("number as text", {"criterion": at_most("a", "30")}, "threshold: should be a valid number or should be a mapping"),
    ("no expression", {"criterion": {"foo": 1}}, "not an expression"),
    ("lesion's input", {"criterion": at_most("lesion.d", 3)}, "lesion.d belongs to a lesion"),
    ("no aggregate", {"criterion": GOOD, "scope": "lesion"}, "scope lesion needs an aggregate"),
    (
        "both questions",
        {"criterion": {"input": "word", "is": "red", "any_of": ["green"]}},
        "give either `is` or `any_of`",
    ),
    ("later verdict", {"criterion": {"verdict": "t2", "any_of": ["eligible"]}}, "t2 does not come before t1"),
    ("own verdict", {"criterion": {"verdict": "t1", "any_of": ["eligible"]}}, "t1 does not come before t1"),
    ("itself", {"criterion": {"rule": "R-1"}}, "R-1 refers to itself: R-1 -> R-1"),
    ("unknown rule", {"criterion": {"rule": "R-2"}}, "there is no rule R-2"),
    ("unknown class", {"criterion": {"class": "colour", "any_of": ["hot"]}}, "there is no class colour"),
    ("missing case", {"criterion": {"case": "mode", "of": {"strict": GOOD}}}, "mode can also be loose"),
    ("unknown profile", {"criterion": GOOD, "profiles": ["bas"]}, "no profile bas; the nearest known name is base"),
    (
        "statement",
        {"criterion": GOOD, "statement": "at most {limt}"},
        "no parameter limt; the nearest known name is limit",
    ),
    ("criterionless", {}, "a rule without a criterion can only be a note"),
    ("safety", {"criterion": GOOD, "safety": True}, "safety belongs to soft rules"),
    ("confidence", {"criterion": GOOD, "confidence": "sure"}, "confidence: is one of V, V-, K, U, E, or several"),
    ("example", {"criterion": GOOD, "examples": [{"given": {"aa": 1}, "expect": "met"}]}, "there is no input aa"),
    ("infinite", {"criterion": at_most("a", float("inf"))}, "own.yaml"),
]


def problems_of(rule_folder: Path, profile_folder: Path, site: Path | None = None) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        load_catalogue(rule_folder, profile_folder, site)
    return caught.value.problems


@pytest.mark.parametrize(("more", "text"), [pytest.param(m, t, id=name) for name, m, t in PER_RULE])
def test_what_is_wrong_in_a_rule_is_named_with_its_line(tmp_path: Path, more: dict[str, Any], text: str) -> None:
    """One wrong word in a rule gives one line: file, line, what is wrong."""
    problems = problems_of(*write_files(tmp_path, [rule(**more)]))
    assert any(text in problem for problem in problems), problems
    assert all(problem.split(":")[0] == "own.yaml" and int(problem.split(":")[1]) > 1 for problem in problems)


def test_all_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    """Every wrong rule, profile and input is named in one refusal, in the order of files and lines."""
    wrong = [rule(**more) | {"id": f"R-{place}"} for place, (_, more, _) in enumerate(PER_RULE) if "refers" not in _]
    folders = write_files(tmp_path, wrong, profiles={"base": {"parameters": VALUES | {"limit": "no", "lim": 3}}})
    inputs = folders[0] / "inputs.yaml"
    inputs.write_text(inputs.read_text().replace('"type": "words"', '"type": "list"'))
    problems = problems_of(*folders)
    assert {problem.split(":")[0] for problem in problems} == {"own.yaml", "base.yaml", "inputs.yaml"}
    assert len(problems) >= len(PER_RULE)
    assert any("limit must be a number in mm, or no_limit" in problem for problem in problems)
    assert any("there is no parameter lim; the nearest known name is limit" in problem for problem in problems)


def test_the_line_is_that_of_the_wrong_word(tmp_path: Path) -> None:
    """The line named is where the wrong word stands, deep inside an expression."""
    folders = write_files(tmp_path, [rule(criterion={"all": [GOOD, {"any": [at_most("b", 1), at_most("bb", 1)]}]})])
    text = (folders[0] / "own.yaml").read_text().splitlines()
    line = next(number for number, one in enumerate(text, 1) if '"bb"' in one)
    assert problems_of(*folders)[0].startswith(f"own.yaml:{line}: ")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("rules:\n- {id: A, id: B}\n", "own.yaml:2: id is given twice", id="duplicate key"),
        pytest.param("rules: &x [*x]\n", "aliases", id="alias"),
        pytest.param("rules: [\n", "not YAML", id="broken"),
        pytest.param("rules: !!python/object/apply:os.system [ls]\n", "own.yaml:1", id="object"),
        pytest.param("- 1\n", "expected a list under `rules`", id="no rules"),
        pytest.param("rules: []\nrulez: []\n", "own.yaml:2: rulez is not known here", id="second key"),
        pytest.param("rules:\n- {id: A, applies: {t1: no}}\n", "own.yaml:2", id="no as a value"),
    ],
)
def test_hostile_files_are_refused(tmp_path: Path, text: str, says: str) -> None:
    """Duplicate keys, aliases, objects and broken YAML are refused with file and line; `no` is a word, not false."""
    folders = write_files(tmp_path, [])
    (folders[0] / "own.yaml").write_text(text)
    assert any(says in problem for problem in problems_of(*folders))


def test_cycles_through_classes_and_verdicts_are_named(tmp_path: Path) -> None:
    """A circle of references is refused with the way round, also where it passes through a verdict."""
    colour = rule(
        "CLS",
        applies={"study": "X"},
        class_name="colour",
        classes=[{"class": "hot", "when": {"verdict": "t1", "any_of": ["eligible"]}}, {"class": "cold"}],
    )
    one = rule("ONE", criterion={"class": "colour", "any_of": ["hot"]})
    problems = problems_of(*write_files(tmp_path, [one, colour]))
    assert any("CLS -> ONE -> CLS" in problem or "ONE -> CLS -> ONE" in problem for problem in problems)


def test_an_id_is_given_once(tmp_path: Path) -> None:
    """Two rules of one id are refused."""
    problems = problems_of(*write_files(tmp_path, [rule(criterion=GOOD), rule(criterion=GOOD)]))
    assert any("rule R-1 is given 2 times" in problem for problem in problems)


def test_a_threshold_by_class_names_every_class(tmp_path: Path) -> None:
    """A class without a threshold, and a threshold without a class, are both refused."""
    colour = rule(
        "CLS",
        applies={"study": "X"},
        class_name="colour",
        classes=[{"class": "hot", "when": {"input": "truth", "is": True}}, {"class": "cold"}],
    )
    one = rule(criterion=at_most("a", {"by": "colour", "cases": {"hot": 1, "tepid": 2}}))
    problems = problems_of(*write_files(tmp_path, [one, colour]))
    assert any("colour can also be cold" in problem for problem in problems)
    assert any("there is no colour tepid" in problem for problem in problems)


def test_a_profile_must_be_complete_or_say_where_it_takes_from(tmp_path: Path) -> None:
    """A missing parameter, an unknown `from` and a name that is not the file's are refused."""
    profiles = {
        "base": {"parameters": {"limit": 1}},
        "other": {"from": "bas", "parameters": {}, "name": "another"},
    }
    problems = problems_of(*write_files(tmp_path, [rule(criterion=GOOD)], profiles=profiles))
    assert any(problem.startswith("base.yaml") and "most is missing" in problem for problem in problems)
    assert any("there is no profile bas; the nearest known name is base" in problem for problem in problems)
    assert any("another stands in other.yaml" in problem for problem in problems)


def test_a_missing_folder_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    """Folders that are not there give problems, not a traceback."""
    assert problems_of(tmp_path / "none", tmp_path / "neither")


def test_the_digest_follows_every_file(tmp_path: Path) -> None:
    """The digest changes with any file, and is equal for equal files."""
    first = make_catalogue(tmp_path / "a", [rule(criterion=GOOD)])
    same = make_catalogue(tmp_path / "b", [rule(criterion=GOOD)])
    other = make_catalogue(tmp_path / "c", [rule(criterion=at_most("a", 31))])
    assert first.sha256 == same.sha256 != other.sha256
