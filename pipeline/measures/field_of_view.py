"""Whether an image can be of a body at all: lengths in another unit than stated make every number wrong, unseen."""

from __future__ import annotations

from pipeline.errors import StudyRefused
from pipeline.study import ImageSeries


def refuse_impossible_size(image: ImageSeries, smallest_mm: float, largest_mm: float) -> None:
    """Refuse an image whose slices are too small to hold a liver or larger than any scanner's bore.

    Not one of DICOM, where lengths are in mm by definition (PS3.3 C.7.6.2) and a small image is a part cut out.

    Parameters
    ----------
    smallest_mm
        Of the longer side of a slice.
    largest_mm
        Of the shorter side: slices along the body may be long.

    Raises
    ------
    StudyRefused
        ``AFFINE_UNIT``.
    """
    if image.sop_instance_uids:
        return
    grid = image.geometry
    sides = [grid.shape[axis] * float(grid.spacing_mm[axis]) for axis in range(3) if axis != grid.slice_axis]
    if max(sides) < smallest_mm or min(sides) > largest_mm:
        raise StudyRefused(
            "AFFINE_UNIT",
            f"The slices of the image measure {min(sides):.4g} by {max(sides):.4g} mm, which no body's do "
            f"({smallest_mm:g} to {largest_mm:g} mm): its lengths are not in mm. State their unit, or mend it.",
        )
