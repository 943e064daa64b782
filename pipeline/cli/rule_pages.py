"""``livermetry rules docs``: the reference of all rules as Markdown pages."""

from __future__ import annotations

from pathlib import Path

from pipeline.cli.rule_files import find_catalogue
from pipeline.errors import UsageError
from pipeline.settings import configs_folder
from pipeline.writers.files import save
from pipeline.writers.rule_reference import write_reference
from pipeline.yaml_file import say_cause


def write_pages(folder: Path) -> tuple[list[str], int]:
    """Write the pages into a folder; return what was written, and the exit code.

    Raises
    ------
    UsageError
        When the folder cannot be written.
    """
    pages = write_reference(find_catalogue(examples=True), configs_folder())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in pages.items():
            save(folder / name, text.encode())
    except OSError as error:
        raise UsageError(f"the folder cannot be written: {say_cause(error)}") from None
    return [f"{len(pages)} pages written; begin with {folder / 'README.md'}"], 0
