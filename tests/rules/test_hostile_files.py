"""Files that nobody wrote in good faith, or that a slip spoilt: refused with file and line, and none crashes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.rules import load_catalogue
from tests.rules.small_catalogue import VALUES, at_most, rule, write_files
from tests.rules.test_loading import GOOD, problems_of

SITE = "site: Here\noverrides:\n- {parameter: limit, value: 40, reason: own series}\n"


def written(criterion: Any, old: str = "", new: str = "") -> bytes:
    """Return a rule file with one text in it replaced."""
    text = json.dumps({"rules": [rule(criterion=criterion)]}, indent=1)
    assert old in text
    return text.replace(old, new).encode()


def nested(depth: int) -> bytes:
    return written("HERE", '"HERE"', '{"not":' * depth + '{"known":["a"]}' + "}" * depth)


FILES: list[tuple[str, bytes, str]] = [
    ("binary", b"\x00\xff\xfe\x01" * 50, "own.yaml:1: cannot be read: not text in UTF-8"),
    ("a picture", b"\x89PNG\r\n\x1a\n" + bytes(60), "own.yaml:1: cannot be read: not text in UTF-8"),
    ("a null character", b"rules: []\x00", "own.yaml:1: not YAML"),
    ("Latin-1", "rules: [{id: \xe4}]".encode("latin-1"), "own.yaml:1: cannot be read: not text in UTF-8"),
    ("UTF-16", "rules: []".encode("utf-16"), "own.yaml:1: cannot be read: not text in UTF-8"),
    ("a list", b"- a\n- b\n", "own.yaml:1: expected a list under `rules`"),
    ("a word", b"hello", "own.yaml:1: expected a list under `rules`"),
    ("nothing", b"", "own.yaml:1: expected a list under `rules`"),
    ("rules without a list", b"rules: {a: 1}", "own.yaml:1: expected a list under `rules`"),
    ("two documents", b"rules: []\n---\nrules: []\n", "own.yaml:2: not YAML: but found another document"),
    ("tabs", b"rules:\n\t- a", "own.yaml:2: not YAML"),
    ("aliases", b"a: &a [x, x]\nb: &b [*a, *a]\nrules: [*b]\n", "own.yaml:2: aliases (*name) are not allowed"),
    ("tags", b'rules: !!python/object/apply:os.system ["x"]', "own.yaml:1: not YAML for a configuration: tags"),
    ("a merge key", b"rules:\n- {<<: {id: A}}\n", "<< is not known here"),
    ("deep lists", b"rules: " + b"[" * 5000 + b"]" * 5000, "own.yaml:1: nested too deeply"),
    ("deep criteria", nested(2000), "nested too deeply"),
    ("a huge number", written(at_most("a", 17), "17", "9" * 400), "threshold: should be a finite number"),
    ("a number of 5000 digits", written(at_most("a", 17), "17", "9" * 5000), "not YAML: not a number"),
    ("infinity by its exponent", written(at_most("a", 17), "17", "1.0e+999"), "threshold: should be a finite number"),
    ("NaN", written(at_most("a", 17), "17", ".nan"), "threshold: should be a finite number"),
    ("infinity", written(at_most("a", 17), "17", "-.inf"), "threshold: should be a finite number"),
    ("an octal number", written(at_most("a", 17), "17", "017"), "017 is not a plain decimal number"),
    ("minutes", written(at_most("a", 17), "17", "1:30"), "1:30 is not a plain decimal number"),
    ("a hexadecimal number", written(at_most("a", 17), "17", "0x1F"), "0x1F is not a plain decimal number"),
    ("digits in groups", written(at_most("a", 17), "17", "1_000"), "1_000 is not a plain decimal number"),
    ("no for a truth", written({"input": "truth", "is": 17}, "17", "no"), "truth is asked for no; it is true or false"),
    ("a threshold out of reach", written(at_most("a", -5)), "R-1: no value reaches the threshold -5; a lies within 0"),
    (
        "a threshold from a lesion",
        json.dumps(
            {"rules": [rule(scope="lesion", aggregate="all", criterion=at_most("lesion.d", {"of": "lesion.d"}))]}
        ).encode(),
        "a threshold is taken from an input of the study",
    ),
]


@pytest.mark.hazard("M36")
@pytest.mark.parametrize(("content", "says"), [pytest.param(*rest, id=name) for name, *rest in FILES])
def test_a_spoilt_rule_file_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    """Each with its line, and without reading more of it than that takes."""
    folders = write_files(tmp_path, [])
    (folders[0] / "own.yaml").write_bytes(content)
    problems = problems_of(*folders)
    assert any(says in problem for problem in problems), problems
    assert all(problem.split(":")[0] == "own.yaml" for problem in problems)


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    """What is called like a rule file and is none."""
    folders = write_files(tmp_path, [rule(criterion=GOOD)])
    (folders[0] / "more.yaml").mkdir()
    assert problems_of(*folders) == ("more.yaml:1: cannot be read: is a directory",)


def test_rules_in_a_row_without_end_are_refused(tmp_path: Path) -> None:
    """Two thousand rules each of which refers to the next: refused, not run until memory ends."""
    rules = [rule(f"R-{n}", criterion={"rule": f"R-{n + 1}"}) for n in range(1999)]
    problems = problems_of(*write_files(tmp_path, [*rules, rule("R-1999", criterion=GOOD)]))
    assert problems == (problems[0],)
    assert problems[0].endswith("R-0 refers to more than 30 other rules in a row")


def test_a_circle_through_a_score_is_named(tmp_path: Path) -> None:
    """Points that depend on a rule that depends on the points."""
    score = rule(
        "SCO", applies={"study": "X"}, points=[{"points": 1, "when": {"rule": "ONE"}}], groups=[], class_name=None
    )
    one = rule("ONE", criterion={"score": "SCO", "op": "<=", "threshold": 1})
    problems = problems_of(*write_files(tmp_path, [one, score]))
    assert any("SCO -> ONE -> SCO" in problem or "ONE -> SCO -> ONE" in problem for problem in problems)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        pytest.param(
            '"range": [\n    0,\n    null\n   ]', '"range": [5, 0]', "the range ends below its beginning", id="range"
        ),
        pytest.param('"green"', '"red"', "a word is given twice", id="word twice"),
        pytest.param('"type": "truth"', '"type": "bool"', "inputs.yaml", id="type"),
    ],
)
def test_wrong_inputs_are_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    """A range without values, a word twice, a type that is none."""
    folders = write_files(tmp_path, [rule(criterion=GOOD)])
    inputs = folders[0] / "inputs.yaml"
    assert old in inputs.read_text()
    inputs.write_text(inputs.read_text().replace(old, new, 1))
    assert any(says in problem for problem in problems_of(*folders))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(
            SITE.replace("limit", "limitt"), "site.yaml:3: there is no parameter limitt; the nearest", id="name"
        ),
        pytest.param(SITE.replace("40", "forty"), "site.yaml:3: limit must be a number in mm, or no_limit", id="word"),
        pytest.param(SITE.replace("40", "no"), "site.yaml:3: limit must be a number in mm, or no_limit", id="no"),
        pytest.param(SITE.replace("40", "true"), "site.yaml:3: limit must be a number in mm, or no_limit", id="truth"),
        pytest.param(
            SITE.replace("limit", "mode"), "site.yaml:3: mode must be one of strict, loose", id="number for word"
        ),
        pytest.param(SITE.replace("40", ".nan"), "site.yaml:3: value: should be a", id="NaN"),
        pytest.param(
            SITE.replace("40", "-40"), "site.yaml:3: limit is -40 (site: Here (own series, doubtful: ", id="beyond"
        ),
        pytest.param(SITE.replace(", reason: own series", ""), "site.yaml:3: reason is missing", id="no reason"),
        pytest.param(SITE.replace("own series", '"   "'), "site.yaml:3: limit needs a reason", id="blank reason"),
        pytest.param(
            SITE.replace("value", "vlaue"),
            "site.yaml:3: vlaue is not known here; the nearest known name is value",
            id="key",
        ),
        pytest.param(
            SITE.replace("reason", "profiles: [bsae], reason"), "site.yaml:3: there is no profile bsae", id="profile"
        ),
        pytest.param(SITE.replace("reason", "profiles: [], reason"), "site.yaml:3: profiles:", id="no profile"),
        pytest.param(
            SITE + "- {parameter: limit, value: 5, reason: again}\n",
            "site.yaml:4: limit is overridden twice",
            id="twice",
        ),
        pytest.param("", "site.yaml:1: should be a mapping", id="empty"),
    ],
)
def test_a_wrong_site_file_is_refused(tmp_path: Path, content: str, says: str) -> None:
    """An unknown threshold, a value that cannot be, no reason, the same twice: one line each."""
    folders = write_files(tmp_path, [rule(criterion=at_most("a", {"parameter": "limit"}))])
    site = tmp_path / "site.yaml"
    site.write_text(content)
    problems = problems_of(*folders, site)
    assert any(problem.startswith(says) for problem in problems)
    assert all(problem.startswith("site.yaml:") for problem in problems)


def test_a_threshold_for_one_profile_each_is_no_repetition(tmp_path: Path) -> None:
    """The same threshold may be set for two profiles by two entries."""
    profiles = {"base": {"parameters": VALUES}, "other": {"from": "base", "parameters": {}}}
    folders = write_files(tmp_path, [rule(criterion=GOOD)], profiles=profiles)
    site = tmp_path / "site.yaml"
    entry = "- {{parameter: limit, value: {}, profiles: [{}], reason: own series}}\n"
    site.write_text("site: Here\noverrides:\n" + entry.format(40, "base") + entry.format(50, "other"))
    catalogue = load_catalogue(*folders, site)
    assert [catalogue.under(name).parameters["limit"].value for name in ("base", "other")] == [40, 50]
