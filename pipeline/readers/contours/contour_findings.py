"""What a reader of an RTSTRUCT's numbers has to know: what bounds no area, gaps, crossings, contours beside slices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.readers.contours.planes import PlacedContours
from pipeline.readers.contours.polygons import Region
from pipeline.readers.contours.rtstruct_header import Roi
from pipeline.readers.contours.spacing import Spacing
from pipeline.study import Finding, Severity
from pipeline.volume import Mask

MARKS = frozenset({"ISOCENTER", "MARKER", "REGISTRATION", "CONTROL", "DOSE_MEASUREMENT"})
"""Interpreted types of ROIs that are points by their nature (PS3.3 C.8.8.8.1)."""
MM3_PER_ML = 1000.0
MOST_NAMES = 8


@dataclass(frozen=True, eq=False)
class DrawnRoi:
    """One ROI as it was drawn: its mask, and what was seen on the way."""

    roi: Roi
    mask: Mask
    region: Region
    spacing: Spacing
    placed: PlacedContours

    @property
    def is_kept(self) -> bool:
        """Tell whether it is a structure: one with voxels, or declared without any contour (empty)."""
        return not self.mask.is_empty or not self.roi.contours

    @property
    def result(self) -> Mask:
        """Its mask; one that is not kept says how far what is drawn of it reaches."""
        if self.is_kept:
            return self.mask
        points = np.concatenate([contour.points for contour in self.roi.contours])
        reach = float(np.linalg.norm(np.ptp(points, axis=0))) if len(points) else 0.0
        return Mask(self.mask.grid, (0, 0, 0), np.zeros((0, 0, 0), dtype=np.bool_), lost_mm=reach)

    @property
    def unmeasured(self) -> int:
        """How many of its contours bound no area; all of them when no pixel centre lies in any."""
        if not self.is_kept:
            return len(self.roi.contours)
        return sum(not contour.is_closed for contour in self.roi.contours) + self.region.without_area


def describe_drawn(drawn: Sequence[DrawnRoi]) -> list[Finding]:
    """Return what was odd about the contours of a structure set, one finding for each kind."""
    found = (
        _beside(drawn),
        _unmeasured(drawn),
        _sparse(drawn),
        _gaps(drawn),
        _crossing(drawn),
        _repeated(drawn),
        _shells(drawn),
    )
    return [finding for finding in found if finding is not None]


def _beside(drawn: Sequence[DrawnRoi]) -> Finding | None:
    placed = drawn[0].placed
    if not placed.is_beside:
        return None
    message = (
        f"Contours lie up to {placed.off_mm:.2f} mm ({placed.off_slices:.2f} slices) beside the planes of the image; "
        "they were taken as drawn on the nearest slice."
    )
    return Finding("RT_PLANE", Severity.WARNING, message)


def _unmeasured(drawn: Sequence[DrawnRoi]) -> Finding | None:
    odd = [each for each in drawn if each.unmeasured]
    if not odd:
        return None
    lost = [each for each in odd if not each.is_kept]
    count = sum(each.unmeasured for each in odd)
    message = (
        f"{count} contours bound no area that can be measured (points, open lines, none of a pixel): {_names(odd)}."
    )
    if lost:
        message += f" Nothing else is drawn of {_names(lost)}: left out."
    harmless = all(each.roi.interpreted_type in MARKS for each in odd)
    return Finding("RT_POINT", Severity.INFO if harmless else Severity.WARNING, message)


def _sparse(drawn: Sequence[DrawnRoi]) -> Finding | None:
    sparse = [each for each in drawn if each.spacing.step > 1]
    if not sparse:
        return None
    steps = sorted({each.spacing.step for each in sparse})
    message = (
        f"Structures are drawn on every {' or '.join(f'{step}.' for step in steps)} slice only: {_names(sparse)}. Each "
        "contour was taken to stand for that many slices, half of the way to its neighbours; intervals are those of "
        "slices that thick."
    )
    return Finding("RT_GAP", Severity.WARNING, message)


def _gaps(drawn: Sequence[DrawnRoi]) -> Finding | None:
    gaps = [each for each in drawn if each.spacing.missing]
    if not gaps:
        return None
    count = sum(each.spacing.missing for each in gaps)
    message = (
        f"{count} slices have no contour between slices that have one: {_names(gaps)}. They count as empty: contours "
        "may be missing; draw or export them and run again."
    )
    stake = sum(each.spacing.missing * _mean_section_ml(each) for each in gaps)
    return Finding("RT_GAP", Severity.WARNING, message, at_stake_ml=stake)


def _mean_section_ml(drawn: DrawnRoi) -> float:
    """Return the mean volume of a slice of a structure."""
    slices = len(set(drawn.region.slices.tolist()))
    return drawn.mask.count * drawn.mask.grid.voxel_volume_mm3 / MM3_PER_ML / slices


def _crossing(drawn: Sequence[DrawnRoi]) -> Finding | None:
    odd = [each for each in drawn if each.region.crossing]
    if not odd:
        return None
    stake = sum(drawn_area_ml(each, sum(each.region.crossing.values())) for each in odd)
    message = (
        f"Contours cross themselves or each other: {_names(odd)}. What lies within an even number of them was taken as "
        f"outside; {stake:.3f} mL depend on it."
    )
    return Finding("RT_CROSS", Severity.WARNING, message, at_stake_ml=stake)


def _repeated(drawn: Sequence[DrawnRoi]) -> Finding | None:
    twice = [each for each in drawn if each.region.repeated]
    if not twice:
        return None
    count = sum(each.region.repeated for each in twice)
    message = (
        f"{count} contours are stored twice and count once: {_names(twice)}. Contours less than a pixel apart are one "
        "outline, and no wall."
    )
    return Finding("RT_CROSS", Severity.WARNING, message)


def _shells(drawn: Sequence[DrawnRoi]) -> Finding | None:
    thin = [each for each in drawn if each.region.shells]
    if not thin:
        return None
    stake = sum(drawn_area_ml(each, sum(each.region.shells.values())) for each in thin)
    message = (
        f"Contours nearly fill the ones around them: {_names(thin)}. They were taken as holes, which leaves a thin "
        f"shell of {stake:.3f} mL; if they are the same outline drawn twice, the structure is much larger."
    )
    return Finding("RT_CROSS", Severity.WARNING, message)


def drawn_area_ml(drawn: DrawnRoi, pixels: float) -> float:
    """Return the volume in mL of an area of a structure's slices, in pixels."""
    return pixels * drawn.spacing.step * drawn.mask.grid.voxel_volume_mm3 / MM3_PER_ML


def _names(drawn: Sequence[DrawnRoi]) -> str:
    more = f" and {len(drawn) - MOST_NAMES} more" if len(drawn) > MOST_NAMES else ""
    return ", ".join(f"'{each.roi.name}'" for each in drawn[:MOST_NAMES]) + more
