"""One whole examination with closed-form answers: a liver with three metastases, a remnant and vessels in a CT.

Bodies are solids in LPS mm, so the study can be sampled on any grid. The image shows what the masks say, with noise,
spine, spleen, stomach and lungs, so that nothing in it is its own mirror image.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Geometry
from tests.phantoms import Array, Cylinder, Ellipsoid, make_grid, sample_array, sphere

Voxels = NDArray[np.bool_]
Values = NDArray[np.int16]

LIVER = Ellipsoid((68.0, 60.0, 65.0), (-45.0, -10.0, 5.0))
LESIONS = (
    sphere(15.0, (-78.0, -5.0, 20.0)),
    sphere(11.0, (-50.0, -25.0, -12.0)),
    sphere(9.0, (-55.0, 20.0, -25.0)),
)
PORTAL_VEIN = Cylinder(6.0, 44.0, center_mm=(-8.0, 6.0, 0.0))
HEPATIC_VEIN = Cylinder(5.0, 40.0, center_mm=(-36.0, 10.0, 32.0))
CUT_X_MM = -17.5
"""The remnant is what of the liver lies to the left of this plane."""


@dataclass(frozen=True)
class Cap:
    """The part of an ellipsoid with its axes along the patient's that lies left of a sagittal plane."""

    whole: Ellipsoid
    from_x_mm: float

    @property
    def volume_mm3(self) -> float:
        u = (self.from_x_mm - self.whole.center_mm[0]) / self.whole.semi_axes_mm[0]
        return self.whole.volume_mm3 * (2 - 3 * u + u**3) / 4

    @property
    def bounds_mm(self) -> tuple[Array, float]:
        return self.whole.bounds_mm

    def contains(self, points: Array) -> Voxels:
        return np.asarray(self.whole.contains(points) & (points[:, 0] >= self.from_x_mm))


REMNANT = Cap(LIVER, CUT_X_MM)
STRUCTURES: Mapping[str, Ellipsoid | Cylinder | Cap] = {
    "liver": LIVER,
    **{f"lesion_{number}": lesion for number, lesion in enumerate(LESIONS, 1)},
    "remnant": REMNANT,
    "portal_vein": PORTAL_VEIN,
    "hepatic_vein": HEPATIC_VEIN,
}
TRUE_VOLUMES_ML = {name: solid.volume_mm3 / 1000 for name, solid in STRUCTURES.items()}
"""Volumes of the solids themselves; what is sampled on a grid differs by what the grid cannot hold."""

GRID = make_grid((36, 66, 84), (5.0, 3.5, 3.5), center_mm=(7.0, -14.0, 12.0))
"""Coarse enough to be read in a moment; not centred, so that a mirrored grid lies elsewhere."""
AIR_HU, FAT_HU, SOFT_HU, LIVER_HU, LESION_HU, VESSEL_HU, SPLEEN_HU, LUNG_HU, BONE_HU = (
    -1000, -95, 45, 110, 60, 165, 120, -820, 320,
)  # fmt: skip
SURROUNDINGS: tuple[tuple[int, Ellipsoid | Cylinder], ...] = (
    (FAT_HU, Ellipsoid((130.0, 97.0, 1e4))),
    (SOFT_HU, Ellipsoid((119.0, 88.0, 1e4))),
    (LUNG_HU, Ellipsoid((52.0, 70.0, 70.0), (-62.0, -5.0, 88.0))),
    (LUNG_HU, Ellipsoid((50.0, 68.0, 75.0), (62.0, -5.0, 86.0))),
    (SPLEEN_HU, Ellipsoid((24.0, 36.0, 40.0), (88.0, 32.0, 10.0))),
    (-150, sphere(24.0, (62.0, -42.0, 18.0))),
    (BONE_HU, Ellipsoid((20.0, 17.0, 1e4), (0.0, 68.0, 0.0))),
)
"""Values in HU, painted in this order; the liver and what lies in it come last."""
NOISE_HU = 8.0


def sample_structures(grid: Geometry = GRID) -> dict[str, Voxels]:
    """Return the voxels of every structure on a grid in any orientation."""
    return {name: sample_array(solid, grid) for name, solid in STRUCTURES.items()}


def paint_image(grid: Geometry = GRID, seed: int = 11) -> Values:
    """Return the CT in HU on a grid; noise belongs to places in the array, not in the patient."""
    image = np.full(grid.shape, AIR_HU, dtype=np.float64)
    for value, solid in SURROUNDINGS:
        image[sample_array(solid, grid)] = value
    masks = sample_structures(grid)
    image[masks["liver"]] = LIVER_HU
    for name, value in (("portal_vein", VESSEL_HU), ("hepatic_vein", VESSEL_HU)):
        image[masks[name]] = value
    for number in range(1, len(LESIONS) + 1):
        image[masks[f"lesion_{number}"]] = LESION_HU
    image += np.random.default_rng(seed).normal(0, NOISE_HU, grid.shape)
    return np.clip(np.rint(image), -1024, 3000).astype(np.int16)
