"""Where the studies of a run lay, beside its reports: so that a report can be verified without asking again."""

from __future__ import annotations

import json
import os
from pathlib import Path

NAME = "run.json"


def run_record(input_folder: Path, output: Path) -> bytes:
    """Return the bytes of ``run.json``: the run's input relative to its output, where both lie on one drive."""
    source, target = input_folder.resolve(), output.resolve()
    try:
        place = Path(os.path.relpath(source, target)).as_posix()
    except ValueError:
        place = source.as_posix()
    return (json.dumps({"input": place}, indent=2) + "\n").encode("utf-8", "surrogateescape")


def read_input(output: Path) -> Path | None:
    """Return the input folder that the ``run.json`` of an output names; None without one, or where it is gone."""
    try:
        stated = json.loads((output / NAME).read_text(encoding="utf-8", errors="surrogateescape"))["input"]
        folder = Path(output, stated)
        return folder if folder.is_dir() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
