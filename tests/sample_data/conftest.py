"""The modules that make the sample data, and the folders they wrote."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

SAMPLE_DATA = Path(__file__).resolve().parents[2] / "sample_data"
sys.path.insert(0, str(SAMPLE_DATA))


@pytest.fixture(scope="session")
def sample_data() -> Path:
    """Return the folder of the committed sample data."""
    return SAMPLE_DATA


@pytest.fixture(scope="session")
def written_again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder into which everything made by program was written again."""
    import generate

    folder = tmp_path_factory.mktemp("again")
    generate.write_studies(folder)
    return folder
