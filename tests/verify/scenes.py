"""Studies drawn for one question, run, and verified by the second calculator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import nibabel
import numpy as np

from pipeline.cli.preparation import RunRequest
from pipeline.cli.run_command import run_command
from pipeline.geometry import Geometry
from pipeline.report import Report
from pipeline.verify import verify_report
from pipeline.volume import Mask
from pipeline.writers import read_report
from tests.verify.conftest import HERE, wrong

INSIDE_HU, OUTSIDE_HU = 90, -60


def run_scene(folder: Path, masks: Mapping[str, Mask], clinical: str = "") -> Report:
    """Return the report of a study of NIfTI files; what the second calculator finds wrong in it fails the test.

    Parameters
    ----------
    masks
        By file name: what is drawn, all on one grid.
    clinical
        Text of a ``clinical.yaml`` beside the files.
    """
    study = folder / "in" / "study"
    study.mkdir(parents=True)
    grid = next(iter(masks.values())).grid
    image = np.full(grid.shape, OUTSIDE_HU, dtype=np.int16)
    for name, mask in masks.items():
        voxels = _whole(mask)
        image[voxels] = INSIDE_HU
        _save(study / f"{name}.nii.gz", voxels.astype(np.uint8), grid)
    _save(study / "ct.nii.gz", image, grid)
    if clinical:
        (study / "clinical.yaml").write_text(clinical, encoding="utf-8")
    run_command(RunRequest(study, folder / "out", wanted=frozenset({"json"})))
    (path,) = (folder / "out").glob("*/report.json")
    report = read_report(path)
    assert report.status == "done", report.findings
    outcome = verify_report(report, study, HERE)
    assert not wrong(outcome), wrong(outcome)
    assert any(line.published is not None for line in outcome.lines)
    return report


def _whole(mask: Mask) -> np.ndarray:
    found = np.zeros(mask.grid.shape, dtype=bool)
    found[mask.box] = mask.voxels
    return found


def _save(path: Path, voxels: np.ndarray, grid: Geometry) -> None:
    """Write an array as columns, rows, slices, its LPS affine turned to RAS."""
    affine = (np.diag([-1.0, -1.0, 1.0, 1.0]) @ grid.affine)[:, [2, 1, 0, 3]]
    nibabel.save(nibabel.Nifti1Image(voxels.transpose(), affine), path)  # type: ignore[attr-defined, no-untyped-call]
