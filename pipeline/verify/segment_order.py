"""Whether Couinaud segments lie where they should, seen again from the means of their voxels."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np

from pipeline.verify.grid import Floats
from pipeline.verify.solid import Solid, together

SIDES = ("234", "5678")
HIGH_AND_LOW = (("2", "3"), ("8", "5"), ("7", "6"), ("4a", "4b"))
OUTER_AND_INNER = (("6", "5"), ("7", "8"))


def is_contradictory(parts: Mapping[str, Solid], total: Solid, percent: float) -> bool:
    """Tell whether sides or labels are exchanged by more than a share of the liver's extent along x, y, z."""
    middles = {name.removeprefix("segment_"): _middle([solid]) for name, solid in parts.items()}
    fourth = [solid for name, solid in parts.items() if name.startswith("segment_4")]
    middles |= {"4": _middle(fourth)} if fourth else {}
    low, high = total.box()
    corners = np.array(list(product(*zip(low, high, strict=True))))
    world = total.grid.world(corners)
    reach = percent / 100 * (world.max(axis=0) - world.min(axis=0))

    def apart(first: str, second: str) -> Floats:
        if first not in middles or second not in middles:
            return np.full(3, np.nan)
        return np.asarray((middles[first] - middles[second]) / reach, dtype=np.float64)

    if "hemiliver_left" in middles:
        return bool(apart("hemiliver_left", "hemiliver_right")[0] < -1)
    left, right = ([middles[number][0] for number in side if number in middles] for side in SIDES)
    wrong = [bool(left and right) and np.mean(left) - np.mean(right) < -reach[0]]
    wrong += [apart(a, b)[0] < -1 for a in SIDES[0] for b in SIDES[1]]
    wrong += [apart(a, b)[2] < -1 for a, b in HIGH_AND_LOW]
    wrong += [(delta := apart(a, b))[1] - delta[0] < -1 for a, b in OUTER_AND_INNER]
    return any(map(bool, wrong))


def _middle(solids: list[Solid]) -> Floats:
    solid = together(solids)
    return np.asarray(solid.grid.world(solid.indices).mean(axis=0), dtype=np.float64)
