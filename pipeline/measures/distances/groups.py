"""Distances to groups of structures that rules ask for, and the stand-in for the central bile ducts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pipeline.lesion import Lesion
from pipeline.measurement import Measurement
from pipeline.measures.distances.targets import PROXY

BOWEL = ("stomach", "duodenum", "small_bowel", "colon")
GROUPS: Mapping[str, tuple[str, ...]] = {
    "dist_bowel_mm": BOWEL,
    "dist_bowel_or_gallbladder_mm": (*BOWEL, "gallbladder"),
    "dist_heart_or_diaphragm_mm": ("heart", "diaphragm"),
    "dist_sbrt_organs_mm": ("heart", "chest_wall", "right_kidney", "central_bile_duct"),
}
"""Groups and their members: the distance to the nearest one, where all are drawn."""
BILE = "dist_central_bile_duct_mm"
PROXY_FLAG = "PROXY_PORTAL"
PROXY_METHOD = "proxy_portal: to the trunk and first branches of the portal vein, which the bile ducts run along"
NO_BILE = (
    "NO_MASK: neither the central bile ducts are drawn nor, in their place, the trunk of the portal vein and one of "
    "its branches"
)


def add_groups(lesion: Lesion, readings: Mapping[str, Measurement]) -> dict[str, Measurement]:
    """Return a lesion's distances with those to the central bile ducts and to every group; the proxy's own left out."""
    found = dict(readings)
    proxy = found.pop(_name(PROXY), None)
    found.pop(f"overlap_{PROXY}_ml", None)
    if BILE not in found:
        found[BILE] = _stand_in(lesion, proxy)
    return found | {name: _read_group(lesion, name, members, found) for name, members in GROUPS.items()}


def _name(member: str) -> str:
    """Return the name of the distance to a structure."""
    return f"dist_{member}_mm"


def _stand_in(lesion: Lesion, proxy: Measurement | None) -> Measurement:
    """Return the distance to the portal trunk and branches in the place of that to the central bile ducts."""
    if proxy is None:
        return Measurement(BILE, None, "mm", reason=NO_BILE, masks=(lesion.label,))
    return replace(proxy, name=BILE, method=PROXY_METHOD, flags=(*proxy.flags, PROXY_FLAG))


def _read_group(
    lesion: Lesion, name: str, members: tuple[str, ...], readings: Mapping[str, Measurement]
) -> Measurement:
    """Return the distance to the nearest member; unknown where one is not drawn, since it may be nearer."""
    given = [reading for each in members if (reading := readings.get(_name(each))) and reading.value is not None]
    best = min(given, key=lambda reading: reading.value or 0.0, default=None)
    missing = [each for each in members if (reading := readings.get(_name(each))) is None or reading.value is None]
    if missing or best is None:
        reason = f"NO_MASK: not drawn: {', '.join(each.replace('_', ' ') for each in missing)}"
        if best is not None:
            reason += f"; of those drawn the nearest, {best.masks[-1].replace('_', ' ')}, is {best.value:.1f} mm away"
        return Measurement(name, None, "mm", reason=reason, masks=(lesion.label,))
    lows = [reading.low for reading in given if reading.low is not None]
    highs = [reading.high for reading in given if reading.high is not None]
    flags = tuple(dict.fromkeys(code for reading in given for code in reading.flags))
    method = f"{best.method}; nearest of {', '.join(each.replace('_', ' ') for each in members)}"
    return replace(best, name=name, low=min(lows), high=min(highs), method=method, flags=flags)
