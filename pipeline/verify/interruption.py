"""Whether a lesion interrupts a vessel: pieces by SciPy, reach by a footprint (docs/measurements.md, *Vessels*)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import ndimage

from pipeline.verify.arcs import bring
from pipeline.verify.gaps import lacks_slices
from pipeline.verify.grid import Ints
from pipeline.verify.number import Number, absent
from pipeline.verify.solid import Bools, Solid
from pipeline.verify.study_files import SecondReading
from pipeline.verify.wide_vessels import LIMIT_MM, TREES, draw_tree

NAMED = ("hepatic_vein_right", "hepatic_vein_middle", "hepatic_vein_left")
ASKED = ("portal_vein", "hepatic_vein", *NAMED, "ivc", "liver_vessel")
"""Vessels of which it is said whether a lesion interrupts them."""
REACH = np.zeros((3, 5, 5), dtype=bool)
REACH[1] = True
REACH[:, 1:4, 1:4] = True
"""At most one voxel between in a plane of axis 0, none between two planes."""


def count_reached(lesion: Solid, vessels: Sequence[Solid]) -> int | None:
    """Return how many pieces of a vessel reach a lesion, the most on any grid; None where grids cannot be compared."""
    counts = []
    for vessel in vessels:
        own = bring(lesion, vessel.grid)
        if own is None:
            return None
        counts.append(_pieces_at(own, vessel) if own.count else 0)
    return max(counts, default=0)


def count_large(vessel: Solid) -> int:
    """Return how many pieces a vessel has; those smaller than the least ball are none."""
    return len(_large(vessel)[1])


def reaches(lesion: Solid, vessels: Sequence[Solid]) -> bool:
    """Tell whether any voxel of a vessel reaches a lesion, those of small pieces included."""
    near = [(vessel, bring(lesion, vessel.grid)) for vessel in vessels]
    return any(own is not None and own.count and bool(_met(own, vessel).any()) for vessel, own in near)


def _large(vessel: Solid) -> tuple[Ints, frozenset[int]]:
    """Return the number of the piece of each voxel, and the numbers of pieces that are large enough."""
    found, _ = ndimage.label(vessel.voxels, np.ones((3, 3, 3), dtype=bool))
    labels = np.asarray(found, dtype=np.int64)
    least = math.pi / 6 * LIMIT_MM**3 / vessel.grid.voxel_mm3
    sizes = np.bincount(labels.ravel())
    return labels, frozenset(number for number in range(1, len(sizes)) if sizes[number] >= least)


def _met(lesion: Solid, vessel: Solid) -> Bools:
    """Return which voxels of a vessel's box are set and reach a lesion."""
    low, high = lesion.box()
    near = Solid(vessel.grid, low - 2, ndimage.binary_dilation(lesion.over(low - 2, high + 2), REACH))
    start, stop = vessel.start, vessel.start + np.array(vessel.voxels.shape) - 1
    return np.asarray(near.over(start, stop) & vessel.voxels)


def _pieces_at(lesion: Solid, vessel: Solid) -> int:
    labels, large = _large(vessel)
    return len(large & {int(number) for number in np.unique(labels[_met(lesion, vessel)])})


def may_be_several(second: SecondReading, name: str) -> bool:
    """Tell whether pieces of a vessel's mask may be different vessels."""
    drawn = {each.record.role for each in second.of(*TREES.get(name, (name,))) if each.solid.count}
    trunk = drawn & {"portal_vein", "portal_vein_main"}
    return name in ("liver_vessel", "hepatic_vein") or (name == "portal_vein" and not trunk)


def has_gaps(second: SecondReading, name: str) -> bool:
    """Tell whether slices are missing inside any mask of a vessel."""
    lesions = [each.solid for each in second.of("lesion")]
    return any(lacks_slices(each.solid, lesions) for each in second.of(*TREES.get(name, (name,))))


def interruption(second: SecondReading, lesion: Solid, name: str, *, gaps: bool) -> tuple[bool | None, tuple[str, ...]]:
    """Return whether a lesion interrupts a vessel, or codes of why that is not known.

    Parameters
    ----------
    gaps
        Slices are missing inside the vessel's mask.
    """
    if may_be_several(second, name):
        return None, ("NO_MASK",)
    count = count_reached(lesion, draw_tree(second, *TREES.get(name, (name,))))
    if count is None:
        return None, ("GRID_OTHER",)
    return (None, ("MASK_GAP",)) if count > 1 and gaps else (count > 1, ())


def without_gone(
    second: SecondReading, lesion: Solid, arcs: Mapping[str, Number], gaps: Mapping[str, bool]
) -> dict[str, Number]:
    """Return contact arcs by vessel; none with a vessel that the lesion interrupts.

    Parameters
    ----------
    gaps
        Which vessels have slices missing inside their mask.
    """
    found = dict(arcs)
    for name, number in arcs.items():
        if number.value is None or gaps[name] or (number.value and may_be_several(second, name)):
            continue
        count = count_reached(lesion, draw_tree(second, *TREES.get(name, (name,))))
        if count is not None and count > 1:
            found[name] = absent("VESSEL_GONE")
    return found
