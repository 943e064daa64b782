"""The closed forms that the truth files state, against counting and against search."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from synthesis.grid import Grid
from synthesis.liver import SECTORS
from synthesis.phantom import (
    Phantom,
    build_ct_phantom,
    build_lits_phantom,
    build_mr_phantom,
    list_closed_volumes,
    structure_masks,
)
from synthesis.shapes import Ellipsoid, Solid, turn

PHANTOMS = {"ct": build_ct_phantom, "lits": build_lits_phantom, "mr": build_mr_phantom}


@pytest.fixture(params=sorted(PHANTOMS))
def phantom(request: pytest.FixtureRequest) -> Phantom:
    return PHANTOMS[request.param]()


def _count_ml(solid: Solid, centre: tuple[float, float, float], reach_mm: float, step_mm: float) -> float:
    """Return a volume by counting points of a fine lattice."""
    count = int(2 * reach_mm / step_mm) + 1
    origin = tuple(c - reach_mm + 0.37 * step_mm for c in centre)
    grid = Grid((count,) * 3, origin, ((0.0, 0.0, step_mm), (0.0, step_mm, 0.0), (step_mm, 0.0, 0.0)))
    return float(np.count_nonzero(solid.contains(*grid.coordinates()))) * grid.voxel_ml


def test_couinaud_segments_tile_the_liver(phantom: Phantom) -> None:
    """The eight volumes add up to the liver, and segments 1 to 4 to the remnant."""
    parts = [phantom.liver.segment_ml(number) for number in range(1, 9)]
    assert sum(parts) == pytest.approx(phantom.liver.volume_ml, rel=1e-12)
    assert sum(parts[:4]) == pytest.approx(phantom.liver.remnant_ml, rel=1e-12)


def test_sectors_go_round_once() -> None:
    """The sectors cover the full turn without overlap."""
    edges = sorted(SECTORS.values())
    assert [edges[0][0], edges[-1][1]] == [0.0, 360.0]
    assert all(a[1] == b[0] for a, b in pairwise(edges))


def test_every_point_of_the_liver_lies_in_one_segment(phantom: Phantom) -> None:
    """Masks of the segments are disjoint and their union is the liver; remnant is segments 1 to 4."""
    grid = Grid((30, 40, 50), (-160.0, -110.0, -60.0), ((0.0, 0.0, 6.1), (0.0, 5.3, 0.0), (5.2, 0.0, 0.0)))
    masks = structure_masks(phantom, grid.coordinates())
    segments = np.stack([masks[f"segment_{number}"] for number in range(1, 9)])
    assert np.array_equal(segments.sum(axis=0), masks["liver"].astype(int))
    assert np.array_equal(segments[:4].any(axis=0), masks["remnant"])


def test_liver_volumes_agree_with_counting(phantom: Phantom) -> None:
    """Points of a 1.5 mm lattice confirm the liver to 0.1 %, and to 0.8 % what planes cut off it."""
    grid = Grid((130, 130, 160), (-159.75, -110.0, -70.0), ((0.0, 0.0, 1.5), (0.0, 1.5, 0.0), (1.5, 0.0, 0.0)))
    masks = structure_masks(phantom, grid.coordinates())
    for name, volume in list_closed_volumes(phantom).items():
        if name == "liver" or name == "remnant" or (name.startswith("segment_") and name != "segment_1"):
            assert np.count_nonzero(masks[name]) * grid.voxel_ml == pytest.approx(
                volume, rel=1e-3 if name == "liver" else 8e-3
            )


def test_vessel_volumes_agree_with_counting(phantom: Phantom) -> None:
    """Points of a 0.7 mm lattice confirm the branching portal vein and each hepatic vein to 0.5 %."""
    hub = phantom.portal_vein.hub
    assert _count_ml(phantom.portal_vein, hub, 85.0, 0.7) == pytest.approx(phantom.portal_vein.volume_ml, rel=5e-3)
    tube = phantom.hepatic_veins.parts[0]
    middle = tuple((a + b) / 2 for a, b in zip(tube.start, tube.end, strict=True))
    assert _count_ml(tube, middle, 55.0, 0.7) == pytest.approx(tube.volume_ml, rel=5e-3)


@pytest.mark.parametrize("normal_deg", [0.0, 12.0, 35.0])
def test_section_diameters_agree_with_a_search(normal_deg: float) -> None:
    """Longest and shortest diameter of a section are what a search along rays in its plane finds."""
    solid = Ellipsoid((3.0, -2.0, 9.0), (21.0, 12.0, 16.0), turn(about_z_deg=25.0, about_x_deg=40.0))
    tilt = np.radians(normal_deg)
    first, second = np.array([1.0, 0.0, 0.0]), np.array([0.0, np.cos(tilt), -np.sin(tilt)])
    angles = np.radians(np.arange(0.0, 180.0, 0.05))
    rays = np.cos(angles)[:, None] * first + np.sin(angles)[:, None] * second
    low, high = np.zeros(len(rays)), np.full(len(rays), 50.0)
    for _ in range(40):
        middle = (low + high) / 2
        inside = solid.contains(*(np.array(solid.centre) + middle[:, None] * rays).T)
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    found = solid.section_diameters_mm((0.0, float(np.sin(tilt)), float(np.cos(tilt))))
    assert found == pytest.approx((2 * low.max(), 2 * low.min()), rel=1e-5)


def test_lesions_lie_inside_and_apart(phantom: Phantom) -> None:
    """Each lesion lies whole in one Couinaud segment (the phantom refuses to be built otherwise)."""
    found = [phantom.find_segment(number) for number in range(1, len(phantom.lesions) + 1)]
    assert all(1 <= segment <= 8 for segment in found)
