"""Strict YAML: what PyYAML would take in silence is a problem with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pipeline.errors import ConfigurationError
from pipeline.yaml_file import parse_yaml, read_yaml

HERE = Path("site.yaml")

WORDS_THAT_STAY_WORDS = ["no", "yes", "on", "off", "NO", "2026-11-21", "y", "="]

REFUSED = {
    "repeated key": ("a: 1\nb: 2\na: 3\n", ["site.yaml:3: a is given twice"]),
    "repeated key deep inside": ("a:\n  - b: 1\n    b: 2\n", ["site.yaml:3: b is given twice"]),
    "two repeated keys, both listed": ("a: 1\na: 2\nb: 1\nb: 2\n", ["site.yaml:2: a", "site.yaml:4: b"]),
    "alias": ("a: &x [1]\nb: *x\n", ["aliases"]),
    "not YAML": ("a: [1\n", ["not YAML"]),
    "python object": ("a: !!python/object/apply:os.system ['true']\n", ["not YAML"]),
    "key that is a list": ("? [1, 2]\n: 3\n", ["a key must be a word"]),
    "another document": ("a: 1\n---\nb: 2\n", ["site.yaml:2: not YAML: but found another document"]),
    "alias behind a list as a key": ("? [1, 2]\n: *x\n", ["aliases"]),
    "no number": ("a: 0b_\n", ["site.yaml:1: not YAML: not a number"]),
    "nested too deeply": ("[" * 200 + "]" * 200, ["nested too deeply"]),
}


@pytest.mark.parametrize("word", WORDS_THAT_STAY_WORDS)
def test_only_true_and_false_are_truths(word: str) -> None:
    """`no`, `on` and dates stay the words they are."""
    assert parse_yaml(f"a: {word}", HERE).value == {"a": word}
    assert parse_yaml("a: true", HERE).value == {"a": True}


@pytest.mark.hazard("S13")
@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_a_wrong_file_is_refused_with_the_line_of_every_problem(text: str, expected: list[str]) -> None:
    """Each problem is one line that names file, line and what is wrong."""
    with pytest.raises(ConfigurationError) as caught:
        parse_yaml(text, HERE)
    assert len(caught.value.problems) == len(expected)
    for problem, part in zip(caught.value.problems, expected, strict=True):
        assert part in problem


def test_the_line_of_a_value_is_known() -> None:
    """A value that is wrong can be pointed at; one that is missing points at what should hold it."""
    file = parse_yaml("rules:\n  - id: A\n    kind: H\n", HERE)
    assert file.line("rules", 0, "kind") == 3
    assert file.line("rules", 0, "sources") == 2


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    """No traceback and no path of the machine: the file's name and the cause."""
    with pytest.raises(ConfigurationError, match=r"absent\.yaml:1: cannot be read"):
        read_yaml(tmp_path / "absent.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match=r"binary\.yaml:1: cannot be read"):
        read_yaml(tmp_path / "binary.yaml")


def test_a_merge_key_is_a_word() -> None:
    """Nothing is merged: without aliases there is nothing to merge, and what reads the file says that it is unknown."""
    assert parse_yaml("<<: {a: 1}\nb: 2\n", HERE).value == {"<<": {"a": 1}, "b": 2}


def test_values_are_those_of_pyyaml() -> None:
    """Plain numbers, empty values, quoted and folded texts: as the library reads them, but for its slips."""
    text = """
    whole: [0, -7, +3]
    real: [1.5, -2e3, 1e+3, .5, .inf, -.INF, 6.02e+23]
    nothing: [~, null, Null, '']
    texts: ["a: b", 'it''s', |
      two
      lines
    ]
    1: {2.5: x, true: y, null: z}
    deep: {a: [{b: [[], {}]}]}
    """.replace("|\n      two\n      lines\n    ]", '"two\\nlines"]')
    assert parse_yaml(text, HERE).value == yaml.safe_load(text)


@pytest.mark.parametrize("written", ["017", "0x1F", "0b11", "1_000", "1:30", "-1:30.5", "1_0.5", "00"])
def test_a_number_is_written_as_people_read_it(written: str) -> None:
    """`017` is 15 to YAML and `1:30` is 90: refused with the line, in quotes a text."""
    with pytest.raises(ConfigurationError, match=r":2: .* is not a plain decimal number"):
        parse_yaml(f"a: 1\nb: {written}\n", HERE)
    assert parse_yaml(f"b: '{written}'\n", HERE).value == {"b": written}
    assert parse_yaml(f"b: {written}\n", HERE, as_text=True).value == {"b": written}
