"""The job with pydicom, scipy.ndimage and scikit-image's regionprops on whole volumes, as in a first script.

Usage: ``python -m benchmarks.peers.student STUDY``. Nothing is slowed down on purpose: each file and each frame is read
once, regionprops asks only for what is printed, and a distance map is made once for each structure.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import label as label_components
from skimage.measure import marching_cubes, mesh_surface_area, regionprops

VESSELS = ("portal vein main", "portal vein left", "portal vein right", "hepatic vein right", "hepatic vein middle",
           "hepatic vein left", "ivc")  # fmt: skip
Spacing = tuple[float, float, float]


def read_series(folder: Path) -> tuple[NDArray[np.float32], list[float], Spacing]:
    """Return the image in HU, the height of each slice and the spacing."""
    images = sorted(
        (pydicom.dcmread(path) for path in folder.iterdir()), key=lambda i: float(i.ImagePositionPatient[2])
    )
    heights = [float(image.ImagePositionPatient[2]) for image in images]
    first = images[0]
    pixels = np.stack([image.pixel_array for image in images]).astype(np.float32)
    spacing = (heights[1] - heights[0], float(first.PixelSpacing[0]), float(first.PixelSpacing[1]))
    return pixels * float(first.RescaleSlope) + float(first.RescaleIntercept), heights, spacing


def read_masks(path: Path, heights: list[float], shape: tuple[int, ...]) -> dict[str, NDArray[np.bool_]]:
    """Return the whole volume of each segment."""
    seg = pydicom.dcmread(path)
    frames = seg.pixel_array
    names = {int(each.SegmentNumber): str(each.SegmentLabel) for each in seg.SegmentSequence}
    masks = {name: np.zeros(shape, dtype=bool) for name in names.values()}
    where = {round(height, 3): number for number, height in enumerate(heights)}
    for frame, item in zip(frames, seg.PerFrameFunctionalGroupsSequence, strict=True):
        name = names[int(item.SegmentIdentificationSequence[0].ReferencedSegmentNumber)]
        masks[name][where[round(float(item.PlanePositionSequence[0].ImagePositionPatient[2]), 3)]] = frame
    return masks


def measure(study: Path) -> dict[str, object]:
    """Return volumes of all segments, and of each lesion its size, HU and distances between voxel centres."""
    image, heights, spacing = read_series(study / "ct")
    masks = read_masks(study / "seg.dcm", heights, image.shape)
    cell = float(np.prod(spacing)) / 1000
    names = [name for name in masks if name.startswith("lesion ")]
    lesions = np.zeros(image.shape, dtype=np.uint8)
    for number, name in enumerate(names, 1):
        lesions[masks[name]] = number
    values = {}
    for region in regionprops(lesions, intensity_image=image, spacing=spacing):
        values[names[region.label - 1]] = _measure_region(region, spacing)
    outside = {f"dist_{name.replace(' ', '_')}_centres_mm": ~masks[name] for name in VESSELS}
    for name, mask in (*outside.items(), ("capsule_centres_mm", masks["liver"])):
        far = ndimage.distance_transform_edt(mask, sampling=spacing)
        for lesion, least in zip(names, ndimage.minimum(far, lesions, range(1, len(names) + 1)), strict=True):
            values[lesion][name] = float(least)
    kept = float(np.count_nonzero(masks["liver remnant"] & (lesions == 0))) * cell
    total, burden = float(masks["liver"].sum()) * cell, float((lesions > 0).sum()) * cell
    study_values = {
        "total_liver_volume_ml": total, "total_lesion_volume_ml": burden, "functional_liver_volume_ml": total - burden,
        "remnant_volume_ml": kept, "remnant_percent": 100 * kept / (total - burden),
        "lesion_count": float(label_components(lesions > 0, connectivity=3, return_num=True)[1]),
    }  # fmt: skip
    structures = {name: float(mask.sum()) * cell for name, mask in masks.items()}
    return {"structures": structures, "study": study_values, "lesions": values}


def _measure_region(region: object, spacing: Spacing) -> dict[str, float]:
    """Return what regionprops says of a lesion, and its widest plane by the same."""
    planes = [regionprops(plane.astype(np.uint8), spacing=spacing[1:])[0] for plane in region.image if plane.any()]
    corners, faces, _, _ = marching_cubes(np.pad(region.image, 1), 0.5, spacing=spacing, method="lorensen")
    return {
        "volume_ml": float(region.area) / 1000,
        "feret_3d_mm": float(region.feret_diameter_max),
        "feret_axial_mm": max(float(plane.feret_diameter_max) for plane in planes),
        "surface_area_mm2": float(mesh_surface_area(corners, faces)),
        "mean_hu": float(region.intensity_mean),
        "min_hu": float(region.intensity_min),
        "max_hu": float(region.intensity_max),
        "sd_hu": float(region.intensity_std),
    }


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
