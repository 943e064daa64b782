"""The picture around the liver: tissues painted one over the other, in Hounsfield units or MR signal.

Only the liver and what lies in it have a truth; every other organ is scenery.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from synthesis.grid import Floats, Grid, Mask, Vector
from synthesis.noise import Whole, draw_noise, draw_texture, smooth
from synthesis.phantom import Phantom
from synthesis.shapes import Ellipsoid, Solid, Tube, turn

CT_HU: Mapping[str, int] = {
    "air": -1000, "fat": -102, "muscle": 58, "cavity": -92, "lung": -845, "bone": 320, "marrow": 165, "canal": 25,
    "kidney": 185, "pelvis": 12, "spleen": 122, "stomach": 18, "gas": -960, "bowel": 45, "aorta": 152, "ivc": 128,
    "heart": 135, "gallbladder": 8, "liver": 110, "vein": 165, "portal": 172, "lesion": 62, "table": -60,
}  # fmt: skip
"""Portal-venous phase, 120 kV: usual textbook attenuations."""

MR_SIGNAL: Mapping[str, int] = {
    "air": 0, "fat": 150, "muscle": 210, "cavity": 130, "lung": 20, "bone": 60, "marrow": 130, "canal": 90,
    "kidney": 480, "pelvis": 120, "spleen": 390, "stomach": 110, "gas": 5, "bowel": 260, "aorta": 560, "ivc": 520,
    "heart": 450, "gallbladder": 90, "liver": 430, "vein": 540, "portal": 540, "lesion": 230, "table": 0,
}  # fmt: skip
"""T1-weighted gradient echo with fat suppression after contrast, arbitrary units."""

BODY_SEMI_AXES_MM = (164.0, 114.0)
WALL = 0.945
CAVITY = 0.875


@dataclass(frozen=True)
class Scenery:
    """Where the painted organs lie, relative to the liver's origin."""

    phantom: Phantom

    def place(self, offset: Vector, semi_axes: Vector, about_z_deg: float = 0.0) -> Ellipsoid:
        """Return an ellipsoid at an offset from the body's axis, in the height of the liver's origin."""
        height = self.phantom.liver.origin[2]
        return Ellipsoid((offset[0], offset[1], offset[2] + height), semi_axes, turn(about_z_deg=about_z_deg))

    def upright(self, x: float, y: float, radius: float) -> Tube:
        """Return a vessel that runs along the whole body."""
        height = self.phantom.liver.origin[2]
        return Tube((x, y, height - 400.0), (x, y, height + 400.0), radius)

    def organs(self) -> tuple[tuple[str, Solid], ...]:
        """Return the solid organs outside the liver, in painting order."""
        return (
            ("bowel", self.place((20.0, -48.0, -78.0), (70.0, 26.0, 16.0), 4.0)),
            ("gas", self.place((34.0, -62.0, -76.0), (34.0, 8.0, 9.0))),
            ("bowel", self.place((92.0, -10.0, -76.0), (24.0, 30.0, 34.0))),
            ("bowel", self.place((34.0, 2.0, -46.0), (44.0, 13.0, 15.0), -14.0)),
            ("kidney", self.place((-62.0, 52.0, -92.0), (27.0, 24.0, 46.0), -25.0)),
            ("pelvis", self.place((-54.0, 46.0, -92.0), (11.0, 9.0, 20.0), -25.0)),
            ("kidney", self.place((64.0, 50.0, -60.0), (27.0, 24.0, 48.0), 25.0)),
            ("pelvis", self.place((56.0, 44.0, -60.0), (11.0, 9.0, 20.0), 25.0)),
            ("spleen", self.place((102.0, 32.0, 14.0), (24.0, 40.0, 44.0), -18.0)),
            ("stomach", self.place((72.0, -22.0, 6.0), (38.0, 40.0, 44.0), -24.0)),
            ("gas", self.place((74.0, -46.0, 14.0), (24.0, 14.0, 26.0), -10.0)),
            ("gallbladder", self.place((-22.0, -46.0, -84.0), (13.0, 19.0, 15.0), 20.0)),
            ("aorta", self.upright(14.0, 38.0, 10.5)),
            ("ivc", self.upright(-20.0, 54.0, 11.0)),
        )

    def domes(self, x: Floats, y: Floats, z: Floats) -> Mask:
        """Tell which points lie under the diaphragm."""
        liver = self.phantom.liver
        u, v, w = liver.to_ball(x, y, z)
        right = u * u + v * v + w * w <= 1.08
        left = self.place((68.0, 4.0, -20.0), (78.0, 84.0, 86.0)).contains(x, y, z)
        return np.asarray(right | left | (z < liver.origin[2] - 20.0))


def paint_abdomen(phantom: Phantom, grid: Grid, tissue: Mapping[str, int]) -> Whole:
    """Return the picture without noise, in the values of a tissue table."""
    x, y, z = grid.coordinates()
    scene = Scenery(phantom)
    picture = np.full(grid.shape, tissue["air"], dtype=np.int32)
    _paint_wall(picture, phantom, (x, y, z), tissue)
    inside = _ring(x, y) <= CAVITY * CAVITY
    chest = inside & ~scene.domes(x, y, z)
    picture[np.broadcast_to(inside, grid.shape)] = tissue["cavity"]
    picture[np.broadcast_to(chest, grid.shape)] = tissue["lung"]
    heart = scene.place((24.0, -40.0, 92.0), (56.0, 46.0, 42.0), 20.0)
    picture[np.broadcast_to(heart.contains(x, y, z) & chest, grid.shape)] = tissue["heart"]
    _paint_spine(picture, phantom, (x, y, z), tissue)
    for name, solid in scene.organs():
        picture[np.broadcast_to(solid.contains(x, y, z) & inside, grid.shape)] = tissue[name]
    _paint_liver(picture, phantom, (x, y, z), tissue)
    return picture


def _ring(x: Floats, y: Floats) -> Floats:
    """Return the squared elliptic radius in the body: 1 on the skin."""
    wide, deep = BODY_SEMI_AXES_MM
    return np.asarray((x / wide) ** 2 + (y / deep) ** 2)


def _paint_wall(
    picture: Whole, phantom: Phantom, points: tuple[Floats, Floats, Floats], tissue: Mapping[str, int]
) -> None:
    """Paint skin fat, muscle and ribs; ribs slope down to the front."""
    x, y, z = points
    ring = _ring(x, y)
    picture[np.broadcast_to(ring <= 1.0, picture.shape)] = tissue["fat"]
    picture[np.broadcast_to(ring <= WALL * WALL, picture.shape)] = tissue["muscle"]
    slope = z - phantom.liver.origin[2] + 0.35 * (BODY_SEMI_AXES_MM[1] - y)
    beside = (ring > 0.885**2) & (ring < 0.935**2) & (np.abs(x) > 34.0) & (slope > -30.0)
    picture[np.broadcast_to(beside & (slope % 27.0 < 10.0), picture.shape)] = tissue["bone"]


def _paint_spine(
    picture: Whole, phantom: Phantom, points: tuple[Floats, Floats, Floats], tissue: Mapping[str, int]
) -> None:
    """Paint back muscles, vertebral bodies with discs, arch and canal."""
    x, y, z = points
    height = phantom.liver.origin[2]
    layers: tuple[tuple[str, float, float, float, float], ...] = (
        ("muscle", 26.0, 84.0, 26.0, 15.0), ("muscle", -26.0, 84.0, 26.0, 15.0),
        ("muscle", 30.0, 62.0, 13.0, 16.0), ("muscle", -30.0, 66.0, 12.0, 14.0),
        ("bone", 0.0, 66.0, 21.0, 16.5), ("marrow", 0.0, 66.0, 18.5, 14.0),
        ("bone", 0.0, 88.0, 14.0, 11.0), ("canal", 0.0, 86.0, 9.0, 7.0), ("bone", 0.0, 97.0, 3.5, 9.0),
    )  # fmt: skip
    for name, centre_x, centre_y, wide, deep in layers:
        found = ((x - centre_x) / wide) ** 2 + ((y - centre_y) / deep) ** 2 <= 1.0
        picture[np.broadcast_to(found, picture.shape)] = tissue[name]
    disc = (((x / 21.0) ** 2 + ((y - 66.0) / 16.5) ** 2) <= 1.0) & ((z - height) % 32.0 < 6.0)
    picture[np.broadcast_to(disc, picture.shape)] = tissue["muscle"] + 20


def _paint_liver(
    picture: Whole, phantom: Phantom, points: tuple[Floats, Floats, Floats], tissue: Mapping[str, int]
) -> None:
    """Paint liver, vessels and lesions; only their membership tests decide."""
    parts: tuple[tuple[str, Solid], ...] = (
        ("liver", phantom.liver),
        ("portal", phantom.portal_vein),
        ("vein", phantom.hepatic_veins),
        *(("lesion", lesion) for lesion in phantom.lesions),
    )
    for name, solid in parts:
        picture[np.broadcast_to(solid.contains(*points), picture.shape)] = tissue[name]


def acquire_ct(picture: Whole, seed: int, noise_hu: int) -> Whole:
    """Return a picture in Hounsfield units as a scanner would give it: blurred in plane, with texture and noise."""
    shape = (picture.shape[0], picture.shape[1], picture.shape[2])
    tissue = smooth(picture * 16, 1) // 16
    soft = (picture > -200) & (picture < 250)
    texture = np.where(soft, draw_texture(shape, seed + 1, 9), 0)
    grain = smooth(draw_noise(shape, seed, noise_hu * 16), 1) * 2 // 16
    values = tissue + texture + grain
    return np.asarray(np.clip(values, -1024, 3071), dtype=np.int32)


def acquire_mr(picture: Whole, seed: int, noise: int) -> Whole:
    """Return an MR picture: blurred in plane, brighter near the coil, with noise of a magnitude image."""
    shape = (picture.shape[0], picture.shape[1], picture.shape[2])
    rows = np.abs(2 * np.arange(shape[1]) - shape[1]).astype(np.int32)
    gain = 900 + 260 * rows // shape[1]
    tissue = smooth(picture * 16, 1) * gain[None, :, None] // 16000
    texture = np.where(picture > 100, draw_texture(shape, seed + 1, 22), 0)
    grain = smooth(draw_noise(shape, seed, noise * 16), 1) * 2 // 16
    return np.asarray(np.clip(np.abs(tissue + texture + grain), 0, 4095), dtype=np.int32)
