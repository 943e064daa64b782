"""What is wrong with a role file, in words that say what to write instead."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pipeline.structures import Role
from pipeline.yaml_file import YamlFile

ROLES = tuple(role.value for role in Role)


def describe_problems(error: ValidationError, file: YamlFile, keys: Collection[str]) -> list[str]:
    """Return every problem of a role file, each beginning with ``file:line``.

    Parameters
    ----------
    keys
        The keys that a role file may hold.
    """
    problems = []
    for each in error.errors():
        place: tuple[str | int, ...] = ()
        for part in each["loc"]:
            if part != "[key]":
                place += (part if (*place, part) in file.lines else str(part),)
        problems.append(file.problem(f"{'.'.join(str(part) for part in place)}: {_say(each, keys)}", *place))
    return problems


def _say(problem: ErrorDetails, keys: Collection[str]) -> str:
    if problem["type"] == "enum" and isinstance(problem["input"], str) and ROLES[0] in problem["msg"]:
        return f"{problem['input']} is no role{_suggest(problem['input'], ROLES)}; docs/roles.md lists them"
    if problem["type"] == "extra_forbidden" and len(problem["loc"]) == 1:
        return f"a role file has no such key{_suggest(str(problem['loc'][0]), keys)}; docs/roles.md lists them"
    return problem["msg"]


def _suggest(given: str, choices: Collection[str]) -> str:
    """Return the question whether the likeliest of some words was meant; nothing where none is like it."""
    near = get_close_matches(given.casefold(), list(choices), n=1)
    return f" (did you mean {near[0]}?)" if near else ""
