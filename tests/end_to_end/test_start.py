"""What a command imports before it begins: start-up is most of the time of a small study."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

MODULES_AFTER = "import {module}, sys, json; print(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"


def imported_by(module: str) -> set[str]:
    command = [sys.executable, "-c", MODULES_AFTER.format(module=module)]
    return set(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))


@pytest.mark.parametrize("module", ["pipeline.cli.check_command", "pipeline.cli.run_command"])
def test_a_study_of_dicom_images_pays_for_no_other_format(module: str) -> None:
    """Libraries of formats, of contours and of pages are imported where they are used first, SciPy nowhere before."""
    found = imported_by(module)
    assert "numpy" in found
    assert not found & {"pydicom", "nibabel", "scipy", "skimage", "shapely", "jinja2"}
    assert not found & {"imagecodecs", "highdicom", "SimpleITK", "pandas"}
