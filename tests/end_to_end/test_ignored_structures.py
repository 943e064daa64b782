"""Every structure of the masks is named somewhere: measured, left out, or ignored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest
from typer.testing import CliRunner

from pipeline.cli.app import app
from tests.end_to_end.conftest import Run

SHAPE = (50, 50, 30)


@pytest.fixture
def planned(tmp_path: Path) -> Path:
    """A study of 100 x 100 x 60 mm with a liver, a lesion and two planning volumes, as files."""
    folder = tmp_path / "planned"
    folder.mkdir()
    boxes = {"liver": (10, 40), "lesion": (20, 25), "ptv_1": (19, 26), "ctv_1": (20, 26)}
    for name, (low, high) in boxes.items():
        voxels = np.zeros(SHAPE, dtype=np.uint8)
        voxels[low:high, low:high, min(low, 5) : min(high, 25)] = 1
        save(folder / f"{name}.nii.gz", voxels)
    save(folder / "ct.nii.gz", np.full(SHAPE, 60, dtype=np.int16))
    return folder


def save(path: Path, voxels: np.ndarray) -> None:
    nibabel.save(nibabel.Nifti1Image(voxels, np.diag([2.0, 2.0, 2.0, 1.0])), path)


def test_a_check_names_what_is_ignored(planned: Path) -> None:
    """docs/checking.md promises every structure; planning volumes are known, and nothing is measured of them."""
    printed = CliRunner().invoke(app, ["check", str(planned)]).stdout
    assert "ignored, not measured: ctv_1, ptv_1" in printed
    assert "LABEL_UNKNOWN" not in printed


def test_a_report_names_what_is_ignored_and_measures_nothing_of_it(run: Callable[..., Run], planned: Path) -> None:
    done = run(planned)
    (report,) = done.reports.values()
    assert report["ignored_structures"] == ["ctv_1", "ptv_1"]
    assert {each["name"] for each in report["structures"]} == {"liver", "lesion"}
    page = next(done.output.glob("*/report.html")).read_text(encoding="utf-8")
    assert "Ignored, not measured (2): <bdi>ctv_1</bdi>, <bdi>ptv_1</bdi>." in page
    assert "1 study: 1 done" in done.printed


@pytest.mark.parametrize(
    ("names", "said"),
    [
        pytest.param(("strange",), "1 structure is called or coded nothing", id="one"),
        pytest.param(("strange", "odd"), "2 structures are called or coded nothing", id="two"),
    ],
)
def test_one_structure_is_one(planned: Path, names: tuple[str, ...], said: str) -> None:
    """A message counts as people do."""
    for name in names:
        save(planned / f"{name}.nii.gz", np.pad(np.ones((3, 3, 3), dtype=np.uint8), ((0, 47), (0, 47), (0, 27))))
    assert said in CliRunner().invoke(app, ["check", str(planned)]).stdout
