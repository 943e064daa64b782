"""What a report says of the image itself, read from the files again."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.report import Report
from pipeline.verify.grid import Grid
from pipeline.verify.number import RELATIVE


def check_image_facts(report: Report, image: Grid) -> Iterator[str]:
    """Yield which facts on the image are not those that its files give."""
    modality = report.image.modality if report.image else "unknown"
    word = report.facts.get("image_modality")
    if word is None or word.value != (modality if modality in ("CT", "MR") else "unknown"):
        yield "image_modality is not that of the image"
    slices = report.facts.get("image_slice_mm")
    found = max(_spacing(image), image.thickness or 0.0)
    stated = slices.value if slices is not None else None
    if not isinstance(stated, int | float) or abs(stated - found) > max(RELATIVE * found, 1e-6):
        yield f"image_slice_mm differs: {stated} is stated, {found} found again"


def _spacing(grid: Grid) -> float:
    """Return the largest slab of one slice over its area, in mm."""
    first, second = np.delete(grid.steps, grid.slice_axis, axis=0)
    area = float(np.linalg.norm(np.cross(first, second)))
    return float(np.max(grid.slab_mm3(np.arange(grid.shape[grid.slice_axis])))) / area
