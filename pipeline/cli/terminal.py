"""Text for a terminal: as wide as it is, wrapped with hanging indents, safe to print; no colour, so pipes agree."""

from __future__ import annotations

import shutil
import sys
import textwrap

import typer

from pipeline.writers.plain_text import show_unsafe

NARROWEST, WIDEST = 60, 140
PIPED = 100
"""Columns where the output is no terminal."""


def width() -> int:
    """Return how many columns a line may take."""
    columns = shutil.get_terminal_size((PIPED, 24)).columns if sys.stdout.isatty() else PIPED
    return max(NARROWEST, min(columns, WIDEST))


def wrap(text: str, lead: str = "", hang: int | None = None, columns: int | None = None) -> list[str]:
    """Return a text as lines that begin with ``lead``, those after the first indented by ``hang`` (or as much)."""
    indent = " " * (len(lead) if hang is None else hang)
    wide = columns or width()
    lines = textwrap.wrap(text, wide, initial_indent=lead, subsequent_indent=indent, break_on_hyphens=False)
    return lines or [lead.rstrip()]


def cut_lines(lines: list[str], most: int) -> list[str]:
    """Return the first lines of a text, with an ellipsis where more would follow, for which there must be room."""
    if len(lines) <= most:
        return lines
    last = f"{lines[most - 1].rstrip(' ,;:.')} …"
    while len(last) > width() and " " in last[:-2].strip():
        last = f"{last[:-2].rpartition(' ')[0].rstrip(' ,;:.')} …"
    return [*lines[: most - 1], last]


def say(lines: list[str] | str) -> None:
    """Print lines; what a report holds cannot steer the terminal."""
    for line in [lines] if isinstance(lines, str) else lines:
        typer.echo(show_unsafe(line).rstrip())


def complain(problem: str) -> None:
    """Print what is wrong to the standard error, each line with the name of the program."""
    for line in problem.splitlines():
        typer.echo(f"livermetry: {show_unsafe(line)}", err=True)


def flatten(text: str) -> str:
    """Return a text without no-break spaces, which wrap badly and cannot be searched for."""
    return text.replace("\N{NO-BREAK SPACE}", " ")
