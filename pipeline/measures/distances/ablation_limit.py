"""Where the liver's capsule, and not the ablation zone, limits the margin around a treated lesion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Points
from pipeline.lesion import Lesion
from pipeline.measurement import Measurement
from pipeline.measures.distances.capsule import find_capsule
from pipeline.measures.grids import count_shared, same_grid, unite
from pipeline.measures.point_tree import PointTree
from pipeline.study import Study
from pipeline.volume import Mask

CAPSULE_SHARE = "ablation_margin_capsule_percent"
METHOD = "share of the lesion's surface at which the liver ends within the ablated margin: left out of the margin"
LEAST_SHARE = 0.5
"""Share of a zone that lies in a liver which is drawn with its ablated parts."""
SLACK_MM = 1e-6


@dataclass(frozen=True, eq=False)
class Limit:
    """The capsule around an ablation zone.

    Parameters
    ----------
    points_mm
        Its surface, LPS mm, shape (n, 3); None where it is not known, or not in the scan.
    reason
        Why it is not known, ``CODE: sentence``.
    """

    points_mm: Points | None
    reason: str | None = None

    def find_free(self, points: Points, signed_mm: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell at which points of a lesion's surface the margin lies inside the liver; at all of them without one.

        Parameters
        ----------
        signed_mm
            The margin at each point: distance to the zone's surface, negative outside it.
        """
        if self.points_mm is None or not len(self.points_mm):
            return np.ones(len(points), dtype=np.bool_)
        return np.asarray(PointTree(self.points_mm).find_nearest(points)[0] > signed_mm + SLACK_MM)

    def read(self, lesion: Lesion, free: NDArray[np.bool_]) -> Measurement:
        """Return the share of a lesion's surface that is left out."""
        masks = (lesion.label, "ablation_zone", "liver")
        if self.points_mm is None:
            return Measurement(CAPSULE_SHARE, None, "%", reason=self.reason, masks=masks)
        left_out = 100.0 * float(np.mean(~free))
        return Measurement(CAPSULE_SHARE, left_out, "%", method=METHOD, masks=masks)


def find_limit(study: Study, lesion: Lesion, zone: Mask, liver: Mask | None, reason: str | None) -> Limit:
    """Return the capsule of a liver with a treated lesion.

    Parameters
    ----------
    liver
        Total liver, its holes filled; None without one.
    reason
        Why its surface cannot be trusted.
    """
    if liver is None or reason is not None:
        return Limit(None, reason or "NO_LIVER: no liver mask holds a voxel")
    if not same_grid(liver.grid, lesion.mask.grid):
        return Limit(None, "GRID_OTHER: lesion and liver are drawn on different grids and are not compared")
    whole = unite([liver, lesion.mask])
    if count_shared(zone, whole) < LEAST_SHARE * zone.count:
        return Limit(None, "LIVER_REDUCED: most of the ablation zone lies outside of the liver mask")
    around = find_capsule(whole, study.image.geometry).around
    return Limit(np.zeros((0, 3)) if around.mask.is_empty else around.points_mm)
