"""Hounsfield units of the study of LiTS's size: body, ribs, spine, lungs, and what the masks hold, with noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.lits_anatomy import GALLBLADDER, LIVER, ORGANS, VESSELS
from benchmarks.lits_shapes import Ellipsoid, Floats, Solid, Tubes

FAT, MUSCLE, RIB, BONE, LUNG = -100, 58, 330, 320, -830
LIVER_HU, LESION_HU, VESSEL_HU = 110, 60, 165
BODY_MM, SOFT_MM = (178.0, 126.0), (166.0, 114.0)
NOISE_HU = 10.0
AROUND: tuple[tuple[int, Solid], ...] = (
    (BONE, Ellipsoid((21.0, 17.0, 1e4), (4.0, 86.0, 0.0))),
    (LUNG, Ellipsoid((58.0, 78.0, 120.0), (-80.0, 0.0, 130.0))),
    (LUNG, Ellipsoid((56.0, 76.0, 120.0), (82.0, 5.0, 135.0))),
    (125, Ellipsoid((24.0, 36.0, 45.0), (108.0, 45.0, 5.0))),
    (170, Tubes((((20.0, 58.0, -300.0), (20.0, 58.0, 300.0), 10.0, 10.0),))),
    (150, Ellipsoid((28.0, 24.0, 50.0), (72.0, 66.0, -70.0))),
)
"""Spine, lungs, spleen, aorta, left kidney: seen, but in no mask."""
INSIDE: tuple[tuple[int, Solid], ...] = (
    (35, ORGANS["stomach"]),
    (60, ORGANS["duodenum"]),
    (20, ORGANS["colon"]),
    (155, ORGANS["right kidney"]),
    (130, ORGANS["heart"]),
    (12, GALLBLADDER),
    (LIVER_HU, LIVER),
    *((VESSEL_HU, vessel) for vessel in VESSELS.values()),
)


def paint_body(x: Floats, y: Floats, z: Floats) -> NDArray[np.float32]:
    """Return HU of a slab of slices without noise and lesions; later solids over earlier ones."""
    image = np.full(np.broadcast_shapes(x.shape, y.shape, z.shape), -1000, dtype=np.float32)
    body, ring = (np.sqrt((x / a) ** 2 + (y / b) ** 2) for a, b in (BODY_MM, SOFT_MM))
    image[np.broadcast_to(body < 1, image.shape)] = FAT
    image[np.broadcast_to((ring < 1) & (ring > 0.88), image.shape)] = MUSCLE
    fall = (z - 0.35 * y) % 27
    image[(ring > 0.91) & (ring < 0.96) & (fall < 9) & (np.abs(x) > 30) & (z > -60)] = RIB
    for value, solid in (*AROUND, *INSIDE):
        inside = solid.contains(x, y, z)
        if solid in (AROUND[1][1], AROUND[2][1]):
            inside = inside & (ring < 0.88)
        image[inside] = value
    return image
