"""IBSI's digital phantom: our values beside the consensus of IBSI-1 (Zwanenburg, Radiology 2020)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import nibabel
import numpy as np

from pipeline.measures.intensity import measure_intensities
from pipeline.measures.study import measure_study
from pipeline.structures import Role
from pipeline.volume import Box, Image, Mask
from tests.phantoms import make_grid, make_record, make_study

FOLDER = Path(__file__).parents[1] / "data" / "ibsi-digital-phantom"
NAMES = {
    "morph_vol_approx": ("volume_ml", 1000.0),
    "morph_volume": ("mesh_volume_ml", 1000.0),
    "morph_area_mesh": ("surface_area_mm2", 1.0),
    "morph_diam": ("max_3d_diameter_mm", 1.0),
    "stat_mean": ("mean_hu", 1.0),
    "stat_median": ("median_hu", 1.0),
    "stat_min": ("min_hu", 1.0),
    "stat_max": ("max_hu", 1.0),
    "stat_p10": ("p10_hu", 1.0),
    "stat_p90": ("p90_hu", 1.0),
}
"""IBSI's tag, our quantity, and what turns our unit (mL) into theirs (mm3)."""


def compare() -> list[tuple[str, str, float, float, float]]:
    """Return (tag, our name, our value, consensus, tolerance) of every feature that we publish.

    The consensus of variance is compared with the square of our standard deviation. A tolerance of 0 stands for the
    last of the printed digits.
    """
    with (FOLDER / "reference_values_dig_phantom.csv").open(encoding="utf-8") as table:
        rows = {row["tag"]: row for row in csv.DictReader(table, delimiter=";")}
    found = _measure()
    ours = {tag: (name, found[name] * scale) for tag, (name, scale) in NAMES.items()}
    ours["stat_var"] = ("sd_hu squared", found["sd_hu"] ** 2)
    return [
        (tag, name, value, float(rows[tag]["reference value"]), float(rows[tag]["tolerance"]) or 0.005)
        for tag, (name, value) in ours.items()
    ]


def _measure() -> Mapping[str, float]:
    """Return what is measured of the phantom's tumour."""
    parts = (FOLDER / "nifti" / kind / f"{name}.nii.gz" for kind, name in (("image", "phantom"), ("mask", "mask")))
    pixels, array = (np.asarray(nibabel.load(path).dataobj).transpose() for path in parts)
    grid = make_grid(array.shape, (2.0, 2.0, 2.0))
    study = make_study({Role.LESION: Mask.from_array(grid, array > 0)})

    def read(box: Box) -> Image:
        return Image(grid.crop(box), box, pixels[box].astype(np.float32))

    formulas = {"bsa_formula": "mosteller", "etlv_formula": "urata"}
    measured = measure_study(study, make_record(), min_lesion_mm=3.0, connectivity=26, **formulas)
    lesion = measure_intensities(study, measured, read).lesions[0]
    return {name: each.value for name, each in lesion.measurements.items() if each.value is not None}
