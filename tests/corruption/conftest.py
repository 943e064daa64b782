"""The good study in every form, written once, and what the product says of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.corruption.clean import FORMS, STUDY_NAME
from tests.corruption.outcome import Outcome, run_product


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the folder of the good study in a form."""
    found: dict[str, Path] = {}

    def write(form: str) -> Path:
        if form not in found:
            found[form] = tmp_path_factory.mktemp(form) / STUDY_NAME
            found[form].mkdir()
            FORMS[form](found[form])
        return found[form]

    return write


@pytest.fixture(scope="session")
def clean(written: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Outcome]:
    """Return what the product says of the good study in a form."""
    found: dict[str, Outcome] = {}

    def run(form: str) -> Outcome:
        if form not in found:
            (found[form],) = run_product(written(form).parent, tmp_path_factory.mktemp("out"))
        return found[form]

    return run


@pytest.fixture
def copy(written: Callable[[str], Path], tmp_path: Path) -> Callable[[str], Path]:
    """Return a fresh copy of the good study in a form, in a folder of its own."""
    return lambda form: Path(shutil.copytree(written(form), tmp_path / "in" / STUDY_NAME))
