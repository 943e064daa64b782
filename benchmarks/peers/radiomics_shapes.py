"""pyradiomics' shape features of the liver and of every lesion, each cropped to its box before.

Usage: ``python -m benchmarks.peers.radiomics_shapes STUDY``, in an environment with pyradiomics (``make peers``).
Tried: the feature extractor on whole images (it checks and copies the whole mask for each segment). The SEG is opened
with pydicom, as by the fastest peer; pyradiomics itself reads no DICOM.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from radiomics.shape import RadiomicsShape

from benchmarks.peers.opening import Part, open_with_pydicom

FEATURES = {
    "VoxelVolume": "volume_ml", "MeshVolume": "mesh_volume_ml", "SurfaceArea": "surface_area_mm2",
    "Maximum3DDiameter": "max_3d_diameter_mm", "Maximum2DDiameterSlice": "maximum_2d_diameter_slice_mm",
}  # fmt: skip
"""pyradiomics' names and ours; its diameter in a slice also looks at planes between slices, so that ours differs."""


def measure(study: Path) -> dict[str, object]:
    """Return the shape features of the liver and of each lesion under our names, in mL, mm2 and mm."""
    opened = open_with_pydicom(study)
    wanted = {label: part for label, part in opened.parts.items() if label == "liver" or label.startswith("lesion ")}
    found = {label: _find_shape(part, opened.spacing) for label, part in wanted.items()}
    return {"structures": {label: values["volume_ml"] for label, values in found.items()}, "lesions": found}


def _find_shape(part: Part, spacing: np.ndarray) -> dict[str, float]:
    mask = sitk.GetImageFromArray(np.pad(part.voxels, 1).astype(np.uint8))
    mask.SetSpacing([float(step) for step in spacing[::-1]])
    features = RadiomicsShape(mask, mask, label=1).execute()
    values = {name: float(features[feature]) for feature, name in FEATURES.items()}
    return values | {name: values[name] / 1000 for name in ("volume_ml", "mesh_volume_ml")}


if __name__ == "__main__":
    logging.disable()
    print(json.dumps(measure(Path(sys.argv[1]))))
