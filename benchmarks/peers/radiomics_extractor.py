"""pyradiomics by its own feature extractor: shape features of liver and every lesion, image and masks cropped before.

Usage: ``python -m benchmarks.peers.radiomics_extractor STUDY``, in an environment with pyradiomics (``make peers``).
The image is read by SimpleITK and cropped once to the liver with the lesions; ``preCrop`` crops again to each label.
Tried: whole images with ``preCrop``, as the manual shows: more than ten minutes.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from radiomics.featureextractor import RadiomicsFeatureExtractor

from benchmarks.peers.opening import Part, open_with_pydicom
from benchmarks.peers.radiomics_shapes import FEATURES


def measure(study: Path) -> dict[str, object]:
    """Return the shape features of the liver and of each lesion under our names, in mL, mm2 and mm."""
    image = sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(study / "ct")))
    parts = open_with_pydicom(study).parts
    lesions = [label for label in parts if label.startswith("lesion ")]
    box = _find_box([parts["liver"], *(parts[label] for label in lesions)])
    image = image[tuple(reversed(box))]
    extractor = RadiomicsFeatureExtractor(preCrop=True)
    extractor.disableAllFeatures()
    extractor.enableFeatureClassByName("shape")
    liver = _draw(image, box, [parts["liver"]])
    found = {"liver": _find_shape(extractor, image, liver, 1)}
    drawn = _draw(image, box, [parts[label] for label in lesions])
    found |= {label: _find_shape(extractor, image, drawn, number) for number, label in enumerate(lesions, 1)}
    return {"structures": {label: values["volume_ml"] for label, values in found.items()}, "lesions": found}


def _find_box(parts: list[Part]) -> list[slice]:
    """Return the box of all parts with a voxel around it: slices, rows, columns."""
    low = np.min([part.start for part in parts], axis=0) - 1
    high = np.max([np.add(part.start, part.voxels.shape) for part in parts], axis=0) + 1
    return [slice(int(start), int(stop)) for start, stop in zip(low, high, strict=True)]


def _draw(image: sitk.Image, box: list[slice], parts: list[Part]) -> sitk.Image:
    """Return a label map on the cropped image's grid: the first part is label 1, and so on."""
    voxels = np.zeros(image.GetSize()[::-1], dtype=np.uint8)
    for number, part in enumerate(parts, 1):
        first = [start - whole.start for start, whole in zip(part.start, box, strict=True)]
        inner = tuple(slice(start, start + size) for start, size in zip(first, part.voxels.shape, strict=True))
        voxels[inner][part.voxels] = number
    drawn = sitk.GetImageFromArray(voxels)
    drawn.CopyInformation(image)
    return drawn


def _find_shape(
    extractor: RadiomicsFeatureExtractor, image: sitk.Image, drawn: sitk.Image, label: int
) -> dict[str, float]:
    features = extractor.execute(image, drawn, label=label)
    values = {name: float(features[f"original_shape_{feature}"]) for feature, name in FEATURES.items()}
    return values | {name: values[name] / 1000 for name in ("volume_ml", "mesh_volume_ml")}


if __name__ == "__main__":
    logging.disable()
    print(json.dumps(measure(Path(sys.argv[1]))))
