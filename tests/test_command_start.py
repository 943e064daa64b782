"""A command starts without garbage collection and ends without freeing its memory; neither can be seen from outside."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

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


END = """
import atexit, sys, threading, time
from pipeline.cli.start import leave
class Loud:
    def __del__(self): print("freed")
kept = Loud()
atexit.register(lambda: print("done at the end"))
if {thread}: threading.Thread(target=lambda: (time.sleep(0.2), print("thread done"))).start()
sys.stdout.write("not yet flushed ")
leave({code!r})
print("still here")
sys.exit({code!r})
"""


@pytest.mark.parametrize(("code", "number"), [(0, 0), (1, 1), (2, 2), (None, 0)])
def test_a_command_ends_with_its_code_after_all_that_must_be_done(code: int | None, number: int) -> None:
    """What was registered is done, what was printed is written, and nothing is freed one by one."""
    done = subprocess.run([sys.executable, "-c", END.format(code=code, thread=0)], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (number, "not yet flushed done at the end\n", "")


def test_a_thread_that_still_works_is_waited_for() -> None:
    """The process ends in the usual way, after the thread."""
    done = subprocess.run([sys.executable, "-c", END.format(code=0, thread=1)], capture_output=True, text=True)
    assert done.stdout.startswith("not yet flushed still here\nthread done\ndone at the end\n")


def test_a_text_instead_of_a_code_ends_in_the_usual_way() -> None:
    """The interpreter prints it and returns 1."""
    done = subprocess.run([sys.executable, "-c", END.format(code="why", thread=0)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "why\n")


def test_a_full_disk_at_the_end_is_told() -> None:
    """Output that cannot be written is an error, as at any end of Python."""
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                "from pipeline.cli import main; import sys; sys.argv = ['livermetry', 'schema']; main()",
            ],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode not in (0, None)
