"""A liver like a brick with its vessels along two faces, so that every territory is a brick with a known volume.

The liver is 96 x 48 x 48 mm in four parts of 24 mm along x: segments 6, 5, 4, 2 from right to left. The portal vein
runs along its lower face, the hepatic veins along its upper one, to both sides of trunk and vena cava, which lie
outside. What is nearest to a piece of them is what lies beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.anatomy import Anatomy
from pipeline.ground import Ground
from pipeline.lesion import Lesion, LesionStatus
from pipeline.measures.plans.ground import find_ground
from pipeline.measures.plans.territories import build_trees
from pipeline.measures.vessels.trees import find_trees
from pipeline.structures import Role
from pipeline.volume import Geometry, Mask
from tests.phantoms import Box, make_grid, make_study, sample, subtract, unite

GRID = make_grid((56, 28, 52), (2.0, 2.0, 2.0))
SLICE_ML = 48 * 48 / 1000
"""Liver in mL per mm along x."""
PART_ML = 24 * SLICE_ML
RIGHT, LEFT = ("5", "6"), ("2", "4")
Ends = tuple[float, float]
LIVER: tuple[Ends, Ends, Ends] = ((-48, 48), (-24, 24), (-24, 24))
PARTS = {Role.SEGMENT_2: (24, 48), Role.SEGMENT_4: (0, 24), Role.SEGMENT_5: (-24, 0), Role.SEGMENT_6: (-48, -24)}
VESSELS: Mapping[Role, tuple[Ends, Ends, Ends]] = {
    Role.PORTAL_VEIN_MAIN: ((-4, 4), (-4, 4), (-50, -24)),
    Role.PORTAL_VEIN_RIGHT: ((-48, 0), (-4, 4), (-24, -18)),
    Role.PORTAL_VEIN_LEFT: ((0, 48), (-4, 4), (-24, -18)),
    Role.IVC: ((-8, 8), (-4, 4), (24, 50)),
    Role.HEPATIC_VEIN_RIGHT: ((-48, 0), (-4, 4), (18, 24)),
    Role.HEPATIC_VEIN_LEFT: ((0, 48), (-4, 4), (18, 24)),
}


def brick(*ends: Ends, mirrored: bool = False) -> Box:
    """Return the cuboid between ends along x, y and z in mm; mirrored left to right."""
    sign = -1 if mirrored else 1
    a, b, c = (high - low for low, high in ends)
    x, y, z = ((low + high) / 2 for low, high in ends)
    return Box((a, b, c), (sign * x, y, z))


def draw(
    ends: Mapping[Role, tuple[Ends, Ends, Ends]], grid: Geometry = GRID, *, mirrored: bool = False
) -> dict[Role, Mask]:
    """Return bricks as masks."""
    return {role: sample(brick(*each, mirrored=mirrored), grid) for role, each in ends.items()}


def lay(
    vessels: Mapping[Role, Mask],
    lesions: Sequence[Mask] = (),
    margins_mm: Sequence[float] = (4.0, 10.0),
    grid: Geometry = GRID,
    *,
    mirrored: bool = False,
    hole: Mask | None = None,
) -> Ground:
    """Return the ground of the liver, without a hole, with these vessels; lesions are called L1, L2, ..."""
    total = sample(brick(*LIVER, mirrored=mirrored), grid)
    parts = {role: sample(brick(x, *LIVER[1:], mirrored=mirrored), grid) for role, x in PARTS.items()}
    if hole is not None:
        total, parts = subtract(total, hole), {role: subtract(mask, hole) for role, mask in parts.items()}
    study = make_study({Role.LIVER: total, **vessels})
    found = [Lesion(f"L{n}", LesionStatus.INTRAHEPATIC, mask, f"lesion {n}") for n, mask in enumerate(lesions, 1)]
    anatomy = Anatomy(total, unite(*lesions) if lesions else None, parts)
    trees = find_trees(study)
    return find_ground(anatomy, found, margins_mm, grow_trees=lambda cells: build_trees(trees, cells, 3.0))[0]
