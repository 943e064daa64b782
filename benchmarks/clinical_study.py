"""A study of clinical size to read: a 512 x 512 x 400 CT with a SEG of 12 segments, kept outside the repository.

Written once into the folder for temporary files; nothing of it is a patient's.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pydicom
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless

from benchmarks.clinical_grid import GRID
from tests.liver_phantom import HEPATIC_VEIN, LIVER, PORTAL_VEIN, REMNANT
from tests.phantoms import Cylinder, Ellipsoid, sample_array, sphere
from tests.readers.build_dicom import LESION, TISSUE, write_seg, write_series
from tests.readers.build_dicom import LIVER as LIVER_CODE

LIVER_SLICES = slice(130, 275)
"""A little more than the liver's own."""
METASTASES = [
    sphere(6.0 + n, (-45.0 + 16 * (n % 3 - 1) + n, -10.0 + 9 * (n % 4 - 1.5), 5.0 + 10 * (n - 3.5) / 2))
    for n in range(8)
]
CACHE = Path(tempfile.gettempdir()) / "livermetry-benchmark"
SYNTAXES = {"JPEG-LS": JPEGLSLossless, "JPEG 2000": JPEG2000Lossless}


def write_once() -> Path:
    """Return the folder of the study: ``ct``, ``seg.dcm``, and a compressed twin of each syntax beside it."""
    if not (CACHE / "done").exists():
        shutil.rmtree(CACHE, ignore_errors=True)
        _write(CACHE / "plain")
        for name, syntax in SYNTAXES.items():
            _compress(CACHE / "plain", CACHE / name.replace(" ", "_"), syntax)
        (CACHE / "done").touch()
    return CACHE


def _write(folder: Path) -> None:
    image = np.random.default_rng(0).normal(1050, 10, GRID.shape).astype(np.int16)
    solids: dict[str, Ellipsoid | Cylinder] = {f"lesion {n}": solid for n, solid in enumerate(METASTASES, 1)}
    masks = {name: sample_array(solid, GRID)[LIVER_SLICES] for name, solid in solids.items()}
    masks = {"liver": sample_array(LIVER, GRID)[LIVER_SLICES], **masks}
    masks["remnant"] = sample_array(REMNANT, GRID)[LIVER_SLICES]
    masks["portal vein"] = sample_array(PORTAL_VEIN, GRID)[LIVER_SLICES]
    masks["hepatic vein"] = sample_array(HEPATIC_VEIN, GRID)[LIVER_SLICES]
    image[LIVER_SLICES][masks["liver"]] += 60
    codes = {name: LESION if name.startswith("lesion") else TISSUE for name in masks} | {"liver": LIVER_CODE}
    paths = write_series(folder / "ct", GRID, image)
    write_seg(folder / "seg.dcm", paths[LIVER_SLICES], {name: (mask, codes[name]) for name, mask in masks.items()})


def _compress(source: Path, target: Path, syntax: str) -> None:
    shutil.copytree(source, target)
    for path in (target / "ct").iterdir():
        image = pydicom.dcmread(path)
        image.compress(syntax, generate_instance_uid=False)
        image.save_as(path)
