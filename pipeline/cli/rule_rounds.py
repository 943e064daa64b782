"""Further rounds of a check: entries with a problem are taken out, so that problems that they hide are found too."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from pipeline.settings import configs_folder

MOST_ROUNDS = 12

Check: TypeAlias = Callable[[Sequence[Path]], list[str]]
"""Returns what is wrong with files, as ``file:line: problem``."""

Entry: TypeAlias = tuple[Path, int, int]
"""File, first line, and the line behind the last, counted from 0."""

_PROBLEM = re.compile(r"(?P<name>[^:\n]+):(?P<line>\d+): ")
_TWICE = re.compile(r"(?P<name>[^:\n]+):(?P<line>\d+): (?P<text>rule (?P<id>\S+) is given \d+ times)$")
_NO_RULE = re.compile(r": there is no rule (?P<id>[\w.-]+)")
_ENTRY = re.compile(r"( *)- ")
_ID = re.compile(r"[ {]id: *['\"]?([\w.-]+)")


def find_all(paths: Sequence[Path], check: Check) -> list[str]:
    """Return what is wrong with files, in their lines, also what shows only once the rest is mended.

    An entry is an item of the file's outermost list: a rule, or a site's threshold. It is blanked in a copy, so that
    lines keep their numbers. What is said of an entry that was taken out, such as that it is missing, is left out.
    """
    found = _drop_blamed([_place_own(each, paths) for each in check(paths)], paths)
    fresh, taken = found, set[str]()
    with TemporaryDirectory(prefix="livermetry-check-") as folder:
        copies = _copy(paths, Path(folder)) if found else []
        for _ in range(MOST_ROUNDS):
            entries = {entry for problem in fresh if (entry := _find_entry(problem, copies)) is not None}
            taken.update(*(_take_out(entry) for entry in entries))
            copies = [copy for copy in copies if _has_entries(copy)]
            if not entries or not copies:
                break
            fresh = [own for own in (_place_own(each, copies) for each in check(copies)) if own not in found]
            found += [problem for problem in fresh if not _mentions(problem, taken)]
    return sorted(found, key=_order)


def _drop_blamed(problems: list[str], paths: Sequence[Path]) -> list[str]:
    """Return problems without those of rules that refer to one that is there, but has a problem of its own."""
    known = {id_ for path in paths for line in _lines_of(path) for id_ in _ID.findall(line)}
    own = [each for each in problems if (match := _NO_RULE.search(each)) is None or match["id"] not in known]
    return own or problems


def _order(problem: str) -> tuple[str, int]:
    """Return by what problems are listed: file and line; of one line, as they were found."""
    match = _PROBLEM.match(problem)
    return (match["name"], int(match["line"])) if match is not None else ("", 0)


def _copy(paths: Sequence[Path], folder: Path) -> list[Path]:
    """Copy files, each into a folder of its own, with its name."""
    copies = []
    for number, path in enumerate(paths):
        copy = folder / str(number) / path.name
        copy.parent.mkdir()
        copy.write_bytes(path.read_bytes())
        copies.append(copy)
    return copies


def _lines_of(path: Path) -> list[str]:
    return path.read_bytes().decode("utf-8", "replace").splitlines()


def _starts_of(lines: Sequence[str]) -> list[int]:
    """Return where the entries of the outermost list begin."""
    found = [(len(match[1]), number) for number, line in enumerate(lines) if (match := _ENTRY.match(line))]
    least = min((indent for indent, _ in found), default=0)
    return [number for indent, number in found if indent == least]


def _has_entries(path: Path) -> bool:
    return bool(_starts_of(_lines_of(path)))


def _find_entry(problem: str, copies: Sequence[Path]) -> Entry | None:
    """Return the entry that a problem is in; None where it is in none."""
    match = _PROBLEM.match(problem)
    named = [copy for copy in copies if match is not None and copy.name == match["name"]]
    if match is None or len(named) != 1:
        return None
    lines, line = _lines_of(named[0]), int(match["line"]) - 1
    starts = _starts_of(lines)
    first = max((start for start in starts if start <= line), default=None)
    if first is None:
        return None
    return named[0], first, min((start for start in starts if start > first), default=len(lines))


def _take_out(entry: Entry) -> set[str]:
    """Blank an entry, and return the ids it had."""
    path, first, end = entry
    lines = _lines_of(path)
    ids = set(_ID.findall("\n".join(lines[first:end]).replace("\n", " ")))
    lines[first:end] = [""] * (end - first)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return ids


def _mentions(problem: str, ids: set[str]) -> bool:
    """Tell whether a problem is about an entry that was taken out."""
    return any(word in ids for word in re.findall(r"[\w-]+(?:\.[\w-]+)*", problem))


def _place_own(problem: str, paths: Sequence[Path]) -> str:
    """Return a rule that is given twice at its line in the files to check, with the place of the other one."""
    match = _TWICE.match(problem)
    if match is None:
        return problem
    shipped = sorted((configs_folder() / "rules").glob("*.yaml"))
    own, other = _find_rule(match["id"], paths), _find_rule(match["id"], shipped)
    if not own or not other:
        return problem
    return f"{own[0]}: {match['text']}; the other is in {other[0]}"


def _find_rule(id_: str, paths: Sequence[Path]) -> list[str]:
    """Return ``file:line`` of every rule of an id."""
    pattern = re.compile(rf" *- (?:{{ *)?id: *['\"]?{re.escape(id_)}['\"]?(?:[ ,#]|$)")
    places = ((path, number) for path in paths for number, line in enumerate(_lines_of(path), 1) if pattern.match(line))
    return [f"{path.name}:{number}" for path, number in places]
