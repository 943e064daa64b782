"""The shipped catalogue, loaded once."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.rules import Catalogue, load_catalogue

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue(CONFIGS / "rules", CONFIGS / "profiles")
