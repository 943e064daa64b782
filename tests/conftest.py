"""Nothing that tests keep between runs goes to the user's own folders, nor comes from there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def kept_pieces(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIVERMETRY_CACHE", str(tmp_path_factory.mktemp("kept")))
        yield
