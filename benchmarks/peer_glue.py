"""The script an expert would glue together today: volumes and diameters of every segment of one DICOM study.

SimpleITK reads the series, highdicom the segmentation, cc3d finds components, scipy's convex hulls give diameters.
It has no intervals, no rules, no report and none of the checks; it is what ``livermetry run`` is timed against.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cc3d
import highdicom
import numpy as np
import SimpleITK as sitk
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist


def longest_mm(points: np.ndarray) -> float:
    """Return the largest distance between points, through their convex hull."""
    if len(points) > 4:
        points = points[ConvexHull(points, qhull_options="QJ").vertices]
    return float(pdist(points).max()) if len(points) > 1 else 0.0


def measure(study: Path) -> dict[str, dict[str, float]]:
    """Return volume and diameters of each segment of the one segmentation in a study folder."""
    reader = sitk.ImageSeriesReader()
    files = reader.GetGDCMSeriesFileNames(str(study / "ct"))
    reader.SetFileNames(files)
    reader.Execute()
    seg = highdicom.seg.segread(study / "seg.dcm")
    results = {}
    for number in seg.segment_numbers:
        volume = seg.get_volume(segment_numbers=[number], combine_segments=True, relabel=True)
        mask = volume.array.astype(bool)
        spacing = np.array(volume.spacing)
        _, count = cc3d.connected_components(mask, connectivity=26, return_N=True)
        points = np.argwhere(mask) * spacing
        planes = [points[points[:, 0] == z][:, 1:] for z in np.unique(points[:, 0])]
        results[str(number)] = {
            "volume_ml": float(mask.sum() * volume.voxel_volume / 1000),
            "components": float(count),
            "longest_diameter_mm": max(longest_mm(plane) for plane in planes),
            "max_3d_diameter_mm": longest_mm(points),
        }
    return results


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1])), indent=1))
