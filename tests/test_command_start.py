"""Garbage collection is off while a command starts, and on for its work; a caller's own setting is left alone."""

from __future__ import annotations

import gc
import subprocess
import sys

from pipeline.cli.start import end_start

START = """
import gc
from pipeline.cli.start import begin_start, end_start
begin_start()
assert not gc.isenabled()
made = [[] for _ in range(1000)]
end_start()
assert gc.isenabled()
assert gc.get_freeze_count() >= 1000
"""


def test_collection_is_off_during_the_start_and_on_after_it() -> None:
    assert subprocess.run([sys.executable, "-c", START], check=False).returncode == 0


def test_a_caller_that_collects_keeps_collecting_as_it_did() -> None:
    before = gc.get_freeze_count()
    end_start()
    assert gc.isenabled()
    assert gc.get_freeze_count() == before
