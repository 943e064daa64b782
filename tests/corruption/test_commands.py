"""A handful of ways through the command as it is installed: exit code, printed lines, files on disk."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.corruption.all_ways import WAYS
from tests.corruption.way import Expected, Way

NAMES = (
    "dicom: one slice lost in the liver",
    "dicom: masks of another patient",
    "dicom: every third file copied",
    "dicom: frames 0.3 voxels off in plane",
    "nifti: a mask that unpacks to a gigabyte",
)


@pytest.mark.parametrize("way", [way for way in WAYS if str(way) in NAMES], ids=str)
def test_the_command_says_so(way: Way, copy: Callable[[str], Path], tmp_path: Path) -> None:
    """Exit code 1 and the code where it is refused, 0 where it is measured; nothing of the patient is printed."""
    folder = copy(way.form)
    way.spoil(folder)
    command = [str(Path(sys.executable).parent / "livermetry"), "run", str(folder.parent), str(tmp_path / "out")]
    done = subprocess.run([*command, "--json"], check=False, capture_output=True, text=True)
    refused = way.expected is Expected.REFUSED
    assert done.returncode == int(refused), done.stderr
    (study,) = json.loads(done.stdout)["studies"]
    assert (study["code"] in way.codes) if refused else set(way.codes) <= set(study["warnings"])
    assert "P-1" not in done.stdout + done.stderr
    assert "Phantom" not in done.stdout + done.stderr
