"""The total liver in its Couinaud segments, voxel by voxel, and what a planned resection leaves of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from pipeline.measurement import Fact
from pipeline.structures import COUINAUD
from pipeline.verify.components import nearest_owner
from pipeline.verify.grid import Floats, Ints
from pipeline.verify.lesion_numbers import volume_number
from pipeline.verify.number import Number, absent
from pipeline.verify.places import at_border, largest_slice
from pipeline.verify.solid import Solid, together, trimmed
from pipeline.verify.study_files import SecondReading

REFUSED = 0.10
NAMES = tuple(role.value for role in COUINAUD)
SIDES = {
    "hemiliver_right": {"segment_5", "segment_6", "segment_7", "segment_8"},
    "hemiliver_left": {"segment_2", "segment_3", "segment_4"},
}
"""What a hemiliver is, where no segments are drawn; the caudate lobe belongs to neither."""
FOURTH = ("segment_4a", "segment_4b")
Codes = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Division:
    """Disjoint parts that together are the total liver, by segment; or codes of why there are none.

    ``order`` has the code of why no plan by them is followed, where they do not lie as segments do.
    """

    parts: Mapping[str, Solid]
    codes: Codes = ()
    order: Codes = ()


def divide(second: SecondReading, total: Solid | None) -> Division:
    """Return the liver's parts: drawn in a segment, in the lower of several, or nearest to one in mm."""
    drawn = {name: solid for name in NAMES if (solid := second.first(name)) is not None}
    if not drawn:
        drawn = {name: solid for name in SIDES if (solid := second.first(name)) is not None}
        if len(drawn) == 1:
            return Division({}, ("NO_SEGMENTS",))
    if not drawn:
        return Division({}, ("NO_SEGMENTS",))
    if total is None:
        return Division({}, ("NO_LIVER",))
    if any(solid.grid is not total.grid for solid in drawn.values()):
        return Division({}, ("GRID_OTHER",))
    halves = [name for name in FOURTH if name in drawn]
    if len(halves) == 1 and "segment_4" not in drawn:
        return Division({}, ("NO_SEGMENTS",))
    given = drawn if set(drawn) == set(SIDES) else _settle(drawn, halves)
    labels, codes = _paint(given, total)
    return Division({}, codes) if codes else Division(_cut(list(given), labels, total))


def _settle(drawn: dict[str, Solid], halves: list[str]) -> dict[str, Solid]:
    """Return the segments to use: both halves of the fourth, or all of what is drawn of it together."""
    if len(halves) == 2:
        return {name: drawn[name] for name in NAMES if name in drawn and name != "segment_4"}
    fourth = [drawn[name] for name in ("segment_4", *FOURTH) if name in drawn]
    found = {name: solid for name, solid in drawn.items() if name not in ("segment_4", *FOURTH)}
    if fourth:
        found["segment_4"] = together(fourth)
    return {name: found[name] for name in NAMES if name in found}


def _paint(given: dict[str, Solid], total: Solid) -> tuple[Ints, Codes]:
    """Return the number of each voxel's segment, from 1, over the total liver's box; and why it cannot be used."""
    low, high = total.box()
    liver = total.over(low, high)
    labels = np.zeros(liver.shape, dtype=np.int64)
    times = np.zeros(liver.shape, dtype=np.int64)
    for number, solid in reversed(list(enumerate(given.values(), 1))):
        here = solid.over(low, high) & liver
        times += here
        labels[here] = number
    voxels = sum(solid.count for solid in given.values())
    shares = {
        "SEGMENT_GAP": float((liver & (times == 0)).sum()) / total.count,
        "SEGMENT_OVERLAP": float((times > 1).sum()) / total.count,
        "SEGMENT_OUTSIDE": (voxels - int(times.sum())) / max(voxels, 1),
    }
    codes = tuple(code for code, share in shares.items() if share > REFUSED)
    gaps = np.argwhere(liver & (labels == 0))
    if len(gaps) and not codes:
        labels[tuple(gaps.T)] = _nearest(labels, gaps, total, low)
    return labels, codes


def _nearest(labels: Ints, gaps: Ints, total: Solid, low: Ints) -> Ints:
    """Return for each voxel the segment with the nearest voxel in mm, the lowest of equally near ones."""
    places = total.grid.world(gaps + low)
    numbers = [int(n) for n in np.unique(labels) if n]
    apart = np.array([cKDTree(total.grid.world(np.argwhere(labels == n) + low)).query(places)[0] for n in numbers])
    near = apart**2 <= (apart**2).min(axis=0) * (1 + 1e-9)
    return np.asarray(np.array(numbers)[near.argmax(axis=0)])


def _cut(names: list[str], labels: Ints, total: Solid) -> dict[str, Solid]:
    """Return the parts, each with its own part of the liver's shares of voxels."""
    low, _ = total.box()
    owner, start = labels, low
    if total.shares is not None:
        wide = np.zeros(total.voxels.shape, dtype=np.int64)
        wide[tuple(slice(a, a + n) for a, n in zip(low - total.start, labels.shape, strict=True))] = labels
        owner, start = nearest_owner(total, wide), total.start
    parts = {}
    for number, name in enumerate(names, 1):
        if not (labels == number).any():
            continue
        if total.shares is None:
            parts[name] = trimmed(Solid(total.grid, start, owner == number))
        else:
            shares: Floats = np.where(owner == number, total.shares, 0.0)
            voxels = (owner == number) & total.voxels
            parts[name] = trimmed(Solid(total.grid, start, voxels, shares, total.apart))
    return parts


def segment_numbers(second: SecondReading, division: Division, whole: Codes) -> dict[str, Number]:
    """Return the volume of each segment; of the halves of the fourth too where both are drawn."""
    parts = dict(division.parts)
    halves = [parts[name] for name in FOURTH if name in parts]
    if halves:
        parts["segment_4"] = together(halves)
    names = [f"segment_{n}" for n in range(1, 9)] + [name for name in FOURTH if name in parts]
    return {f"{name}_volume_ml": _segment(second, parts.get(name), division.codes or whole) for name in names}


def _segment(second: SecondReading, part: Solid | None, codes: Codes) -> Number:
    if part is None:
        return absent(*codes, "NO_SEGMENTS")
    if codes and (codes != ("FOV_CUT",) or at_border(second.image, part)):
        return absent(*codes)
    own = part.grid is second.image.grid and second.image.grid.slice_axis == 0
    return volume_number(part, largest_slice(second.image, part), own=own)


def spleen_number(second: SecondReading) -> Number:
    """Return the volume of the spleen where it lies wholly in the scan."""
    drawn = second.of("spleen")
    if not drawn:
        return absent("NO_MASK")
    solid = drawn[0].solid
    if not solid.count:
        return absent("EMPTY_MASK", "RT_POINT", "SEG_FRACTIONAL")
    if at_border(second.image, solid):
        return absent("FOV_CUT")
    own = solid.grid is second.image.grid and second.image.grid.slice_axis == 0
    return volume_number(solid, largest_slice(second.image, solid), own=own)


def find_removed(facts: Mapping[str, Fact], resections: Mapping[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """Return the segments that the clinical record's plan removes: its list, else its named resection; None without."""
    listed, named = facts.get("resection_segments"), facts.get("resection_procedure")
    if listed is not None:
        return tuple(str(each) for each in listed.value) if isinstance(listed.value, tuple) else ()
    if named is not None:
        return resections.get(str(named.value), ())
    return None


def refused_plan(facts: Mapping[str, Fact]) -> Codes:
    """Return the code of why the clinical record's plan cannot be used; none where it can, or there is none."""
    plans = [facts[name] for name in ("resection_segments", "resection_procedure") if name in facts]
    fact = plans[0] if plans else facts.get("resection_plan")
    unusable = fact is not None and fact.value is None and fact.reason is not None
    return ((fact.reason or "").split(":")[0],) if fact is not None and unusable else ()


def leave_segments(total: Solid, division: Division, removed: tuple[str, ...]) -> tuple[Solid | None, Codes]:
    """Return what of the liver a plan leaves, or codes of why it cannot be told."""
    if not removed:
        return total, ()
    if division.codes or division.order:
        return None, division.codes or division.order
    wanted = {f"segment_{number}" for number in removed}
    if "segment_4" in wanted:
        wanted |= set(FOURTH)
    elif set(FOURTH) <= wanted:
        wanted.add("segment_4")
    if set(division.parts) <= set(SIDES):
        return _leave_sides(division, wanted)
    taken = [name for name in division.parts if name in wanted]
    lacking = [name for name in wanted if name not in division.parts and name not in ("segment_4", *FOURTH)]
    fourth = wanted & {"segment_4", *FOURTH}
    if lacking or (fourth and not fourth & set(taken)):
        return None, ("NO_SEGMENTS",)
    kept = [solid for name, solid in division.parts.items() if name not in taken]
    return (together(kept), ()) if kept else (None, ("EMPTY_REMNANT",))


def _leave_sides(division: Division, wanted: set[str]) -> tuple[Solid | None, Codes]:
    """Return what is left of hemilivers: a plan must take each of them whole or not at all."""
    fourth = {"segment_4"} if set(FOURTH) <= wanted else set()
    exact = (wanted - set(FOURTH)) | fourth
    taken = [side for side, pieces in SIDES.items() if pieces <= exact]
    covered = {piece for side in taken for piece in SIDES[side]}
    if exact != covered or (wanted & set(FOURTH) and not fourth):
        return None, ("NO_SEGMENTS",)
    kept = [solid for side, solid in division.parts.items() if side not in taken]
    return (together(kept), ()) if kept else (None, ("EMPTY_REMNANT",))
