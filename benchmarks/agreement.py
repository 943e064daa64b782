"""Whether a peer's numbers are ours, where the definitions are the same or differ by what is known."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.jobs import Found

EQUAL, FLOAT32, MESH = 1e-6, 2e-5, 0.01
"""Relative: the same arithmetic in other order; values kept with 24 bits; marching cubes of another table."""
MESH_NAMES = ("surface_area_mm2", "mesh_volume_ml")
DISTANCE, DISTANCE_CENTRES = "dist_*_mm", "dist_*_centres_mm"
COARSE = ("mean_hu", "sd_hu")
NOT_OURS = ("feret_3d_mm", "feret_axial_mm", "maximum_2d_diameter_slice_mm")
"""Of another definition: hulls of pixels' corners, planes between slices."""


@dataclass(frozen=True)
class Agreement:
    """How far a peer's values of one quantity lie from ours, over all lesions or structures."""

    quantity: str
    definition: str
    numbers: int
    largest: float
    allowed: float
    absent: int = 0

    @property
    def holds(self) -> bool:
        """Tell whether all of them agree."""
        return self.largest <= self.allowed


def compare(ours: Found, theirs: Found, diagonal_mm: float) -> list[Agreement]:
    """Return the agreement of each quantity that a peer gives, relative for volumes and areas.

    Parameters
    ----------
    diagonal_mm
        Of a voxel: what a distance between centres may differ from one between surfaces, half at each end.
    """
    pairs: dict[str, list[tuple[float | None, float]]] = {}
    for kind, thing, name, value in _numbers(theirs):
        if name not in NOT_OURS:
            key = "volume_ml of all structures" if kind == "structures" else _family(name)
            pairs.setdefault(key, []).append((ours[kind].get(thing, {}).get(_our_name(name)), value))
    return [_agree(name, values, diagonal_mm) for name, values in pairs.items()]


def _numbers(found: Found) -> Iterator[tuple[str, str, str, float]]:
    """Yield kind, thing, name and value of every number."""
    for label, volume in found.get("structures", {}).items():
        yield "structures", label, "volume_ml", float(volume)  # type: ignore[arg-type]
    for name, value in found.get("study", {}).items():
        yield "study", "study", name, float(value)  # type: ignore[arg-type]
    for label, values in found.get("lesions", {}).items():
        if label.startswith("lesion "):
            yield from (("lesions", label, name, value) for name, value in values.items())


def _family(name: str) -> str:
    """Return one word for all distances of a kind."""
    if name == "depth_centres_mm" or not name.startswith(("dist_", "capsule_")):
        return name
    return DISTANCE_CENTRES if name.endswith("_centres_mm") else DISTANCE


def _our_name(name: str) -> str:
    """Return our name for a peer's: the distance between voxel centres is the high end of our interval."""
    if name == "depth_centres_mm":
        return "depth_mm"
    if name.endswith("_centres_mm"):
        return f"dist_{name.removeprefix('dist_').removesuffix('_centres_mm')}_mm:high"
    return name


def _agree(name: str, values: list[tuple[float | None, float]], diagonal_mm: float) -> Agreement:
    known = [(ours, theirs) for ours, theirs in values if ours is not None]
    absent = len(values) - len(known)
    if name == "depth_centres_mm":
        gaps = [abs(theirs - ours) for ours, theirs in known]
        words = "to voxel centres outside; ours to the surface, mm"
        return Agreement(name, words, len(known), max(gaps, default=0.0), diagonal_mm, absent)
    gaps = [abs(theirs - ours) / max(abs(ours), 1.0) for ours, theirs in known]
    largest = max(gaps, default=0.0) if all(map(math.isfinite, gaps)) else math.inf
    if name == DISTANCE_CENTRES:
        return Agreement(name, "between voxel centres; ours: high end", len(known), largest, FLOAT32, absent)
    if name in MESH_NAMES:
        return Agreement(name, "marching cubes at edge mid-points", len(known), largest, MESH, absent)
    allowed = FLOAT32 if name in COARSE else EQUAL
    return Agreement(name, "the same", len(known), largest, allowed, absent)
