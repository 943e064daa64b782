"""Read the committed studies with libraries other than the project's own readers."""

from __future__ import annotations

from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset

WITH_SEGMENTATION = {
    "studies/synthetic_ct": ("ct", "seg.dcm"),
    "studies/synthetic_mr": ("mr", "seg.dcm"),
    "studies/real_ct_liver": ("ct", "liver.dcm"),
    "studies/real_ct_crlm": ("ct", "seg.dcm"),
}


def read_images(folder: Path) -> list[Dataset]:
    """Return the image files of a folder from foot to head."""
    images = [pydicom.dcmread(path) for path in sorted(folder.glob("*.dcm"))]
    return sorted(images, key=lambda image: float(image.ImagePositionPatient[2]))


def read_masks(folder: Path, images: str, segmentation: str) -> dict[str, tuple[NDArray[np.bool_], float]]:
    """Return each segment's mask on the image grid and the voxel volume in mL, by segment label."""
    slices = read_images(folder / images)
    seg = hd.seg.segread(folder / segmentation)
    pixels = seg.get_pixels_by_source_instance(
        [image.SOPInstanceUID for image in slices],
        assert_missing_frames_are_empty=True,
        ignore_spatial_locations=True,  # the published one leaves unsaid that its frames lie where the images do
    )
    rows, columns = slices[0].PixelSpacing
    gap = np.linalg.norm(np.subtract(slices[1].ImagePositionPatient, slices[0].ImagePositionPatient))
    voxel_ml = float(rows) * float(columns) * float(gap) / 1000.0
    labels = [seg.get_segment_description(number).segment_label for number in range(1, seg.number_of_segments + 1)]
    return {str(label): (pixels[..., number] > 0, voxel_ml) for number, label in enumerate(labels)}
