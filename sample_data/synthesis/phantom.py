"""The parameters of the phantoms: liver, vessels, lesions, and the checks that their closed forms hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from synthesis.grid import Floats, Mask
from synthesis.liver import SECTORS, SEGMENT_SECTORS, Liver
from synthesis.shapes import Apart, Branching, Ellipsoid, Solid, Tube, sphere, turn

Ball: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True)
class Phantom:
    """A liver with what lies in it; ``lesions`` by decreasing volume."""

    liver: Liver
    lesions: tuple[Ellipsoid, ...]
    portal_vein: Branching
    hepatic_veins: Apart

    def __post_init__(self) -> None:
        volumes = [lesion.volume_ml for lesion in self.lesions]
        if volumes != sorted(volumes, reverse=True):
            raise ValueError("lesions are not in order of volume")
        for number in range(1, len(self.lesions) + 1):
            self.find_segment(number)
        self._check_apart()

    def find_segment(self, number: int) -> int:
        """Return the Couinaud segment that holds a lesion whole (its surface is sampled).

        Raises
        ------
        ValueError
            When the lesion leaves the liver or lies in several segments.
        """
        points = self.lesions[number - 1].surface_points()
        x, y, z = points.T
        if not self.liver.contains(x, y, z).all():
            raise ValueError(f"lesion {number} leaves the liver: {self.liver.contains(x, y, z).mean():.3f} inside")
        found = [s for s in range(1, 9) if self.liver.segment_contains(s, x, y, z).any()]
        if len(found) != 1:
            raise ValueError(f"lesion {number} lies in segments {found}")
        return found[0]

    def in_remnant(self, number: int) -> bool:
        """Tell whether a lesion lies on the left of Cantlie's plane."""
        segment = self.find_segment(number)
        return segment == 1 or SECTORS[SEGMENT_SECTORS[segment][0]][1] <= 180.0

    def _check_apart(self) -> None:
        solids: tuple[Solid, ...] = (*self.lesions, self.portal_vein, *self.hepatic_veins.parts)
        for number, lesion in enumerate(self.lesions):
            x, y, z = lesion.surface_points().T
            for other, solid in enumerate(solids):
                if other != number and solid.contains(x, y, z).any():
                    raise ValueError(f"lesion {number + 1} touches solid {other + 1}")
        x, y, z = _tube_points(self.hepatic_veins.parts)
        hits = sum(part.contains(x, y, z).astype(int) for part in self.hepatic_veins.parts)
        if np.any(hits > 1) or self.portal_vein.contains(x, y, z).any():
            raise ValueError("vessels touch each other")
        x, y, z = _caudate_points(self.liver)
        angle = self.liver.angles_deg(x, y, z)
        low, high = SECTORS["left_lateral"]
        if not (self.liver.contains(x, y, z) & (angle > low) & (angle < high)).all():
            raise ValueError("segment 1 leaves the left lateral sector")


def _tube_points(tubes: tuple[Tube, ...]) -> tuple[Floats, Floats, Floats]:
    """Return points inside the tubes: balls of their radius along their axes."""
    share = np.linspace(0.0, 1.0, 60)[:, None, None]
    clouds = []
    for tube in tubes:
        start, end = np.array(tube.start), np.array(tube.end)
        ball = sphere((0.0, 0.0, 0.0), 1.999 * tube.radius).surface_points(300)
        clouds.append((start + share * (end - start) + ball[None]).reshape(-1, 3))
    x, y, z = np.concatenate(clouds).T
    return x, y, z


def _caudate_points(liver: Liver) -> tuple[Floats, Floats, Floats]:
    """Return points on the surface of segment 1, LPS mm."""
    centre = (*liver.caudate_centre, 0.0)
    p, q, r = Ellipsoid(centre, liver.caudate_semi_axes).surface_points().T
    x, y, z = liver.origin
    return x + p, y + q - liver.to_front * p, z + r + liver.to_head * p


def _portal_vein(liver: Liver, scale: float) -> Branching:
    hub = liver.to_patient(-6.0 * scale, 22.0 * scale, -8.0 * scale)
    ends = ((18.0, 40.0, -72.0, 6.0), (-46.0, 8.0, -4.0, 4.5), (26.0, -18.0, 8.0, 4.5))
    tubes = tuple(Tube(hub, liver.to_patient(p * scale, q * scale, r * scale), w * scale) for p, q, r, w in ends)
    return Branching(hub, 7.6 * scale, tubes)


def _hepatic_veins(liver: Liver, scale: float) -> Apart:
    lines = (
        ((-20.0, 22.0, 38.0), (-92.0, -22.0, 2.0), 4.5),
        ((-6.0, 27.0, 42.0), (-6.0, -50.0, -2.0), 4.5),
        ((9.0, 27.0, 38.0), (26.0, -28.0, 20.0), 3.5),
    )
    return Apart(tuple(_scaled_tube(liver, start, end, width, scale) for start, end, width in lines))


def _scaled_tube(liver: Liver, start: Ball, end: Ball, radius: float, scale: float) -> Tube:
    one, two = (liver.to_patient(p * scale, q * scale, r * scale) for p, q, r in (start, end))
    return Tube(one, two, radius * scale)


def build_ct_phantom() -> Phantom:
    """Return the phantom of ``synthetic_ct``: six bilobar lesions, the second of 29.6 mm, the remnant near 31 %."""
    liver = Liver(
        origin=(-15.0, -14.0, 40.0), left=52.0, right=125.0, front=72.0, back=58.0, head=62.0, foot=72.0,
        to_front=0.18, to_head=0.08, cantlie_deg=-5.0,
        caudate_centre=(18.0, 29.0), caudate_semi_axes=(12.0, 15.0, 19.0),
    )  # fmt: skip
    at = liver.to_patient
    lesions = (
        Ellipsoid(at(-57.0, 25.5, 22.0), (22.5, 16.5, 18.5), turn(about_z_deg=-12.0)),
        Ellipsoid(at(-66.0, -28.0, -30.0), (14.8, 11.5, 13.0), turn(about_z_deg=35.0)),
        sphere(at(-56.0, -30.0, 35.0), 22.0),
        sphere(at(28.0, -12.0, -28.0), 18.0),
        sphere(at(-30.0, -40.0, -20.0), 12.5),
        sphere(at(14.0, -58.0, 14.0), 9.0),
    )
    return Phantom(liver, lesions, _portal_vein(liver, 1.0), _hepatic_veins(liver, 1.0))


def build_lits_phantom() -> Phantom:
    """Return the phantom of ``lits_like``: a smaller liver with four lesions."""
    liver = Liver(
        origin=(-12.0, -10.0, 25.0), left=60.0, right=112.0, front=66.0, back=54.0, head=56.0, foot=66.0,
        to_front=0.15, to_head=0.10, cantlie_deg=0.0,
        caudate_centre=(18.0, 27.0), caudate_semi_axes=(11.0, 14.0, 16.0),
    )  # fmt: skip
    at = liver.to_patient
    lesions = (
        Ellipsoid(at(-48.0, -24.0, -25.0), (25.0, 18.0, 16.5), turn(about_z_deg=20.0)),
        sphere(at(-62.0, 18.0, 20.0), 28.0),
        Ellipsoid(at(14.0, -42.0, 14.0), (11.0, 8.0, 9.5), turn(about_z_deg=-60.0)),
        sphere(at(-34.0, 24.0, -30.0), 15.0),
    )
    return Phantom(liver, lesions, _portal_vein(liver, 0.85), _hepatic_veins(liver, 0.85))


def build_mr_phantom() -> Phantom:
    """Return the phantom of ``synthetic_mr``: three lesions in one lobe, one of them tilted out of every axis."""
    liver = Liver(
        origin=(-14.0, -12.0, 35.0), left=56.0, right=118.0, front=68.0, back=56.0, head=60.0, foot=68.0,
        to_front=0.16, to_head=0.06, cantlie_deg=-4.0,
        caudate_centre=(18.0, 28.0), caudate_semi_axes=(11.0, 14.0, 17.0),
    )  # fmt: skip
    at = liver.to_patient
    lesions = (
        Ellipsoid(at(-54.0, 22.0, -30.0), (21.0, 15.0, 16.0), turn(about_z_deg=25.0, about_x_deg=30.0)),
        sphere(at(-52.0, -30.0, 24.0), 24.0),
        sphere(at(-50.0, -34.0, -26.0), 14.0),
    )
    return Phantom(liver, lesions, _portal_vein(liver, 0.9), _hepatic_veins(liver, 0.9))


def structure_masks(phantom: Phantom, points: tuple[Floats, Floats, Floats]) -> dict[str, Mask]:
    """Return the mask of every structure, by the name of its role; lesions as ``lesion_<n>``."""
    x, y, z = points
    masks: dict[str, Mask] = {
        "liver": phantom.liver.contains(x, y, z),
        "remnant": phantom.liver.remnant_contains(x, y, z),
        "hepatic_vein": phantom.hepatic_veins.contains(x, y, z),
        "portal_vein": phantom.portal_vein.contains(x, y, z),
    }
    for number in range(1, 9):
        masks[f"segment_{number}"] = phantom.liver.segment_contains(number, x, y, z)
    for number, lesion in enumerate(phantom.lesions, 1):
        masks[f"lesion_{number}"] = lesion.contains(x, y, z)
    return masks


def list_closed_volumes(phantom: Phantom) -> dict[str, float]:
    """Return the closed-form volume in mL of every structure, under the names of :func:`structure_masks`."""
    volumes = {
        "liver": phantom.liver.volume_ml,
        "remnant": phantom.liver.remnant_ml,
        "hepatic_vein": phantom.hepatic_veins.volume_ml,
        "portal_vein": phantom.portal_vein.volume_ml,
    }
    for number in range(1, 9):
        volumes[f"segment_{number}"] = phantom.liver.segment_ml(number)
    for number, lesion in enumerate(phantom.lesions, 1):
        volumes[f"lesion_{number}"] = lesion.volume_ml
    return volumes
