"""The strongest script an expert would glue together today: the same job as ``livermetry run`` where it can be done.

Usage: ``python -m benchmarks.peers.strongest STUDY [simpleitk | pydicom] [edt]``. The first reads with SimpleITK's
series reader and highdicom; the second with pydicom and numpy, which is faster and knows less: frames not where it
expects them would go unseen. ``edt`` takes distances between voxel centres from a distance transform of each
structure, as most scripts do, in the box of lesions and structure; without it they are those of nearest surface points,
by pykdtree. It has no interval, no check, no rule and no report.

What was tried, on 400 slices and 25 lesions:

- nearest points by ``scipy.spatial.cKDTree``: 2 to 20 times as long as pykdtree (the worst on flat surfaces);
- distances by edt of each structure: 0.2 s each in the liver's box, and organs lie outside it; pykdtree needs 0.05 s.
  edt stays where it wins: the depth of all lesion voxels under the capsule, at once;
- edt of a mask of ``bool``: three times as long as of ``uint8``;
- Hounsfield units of whole slices: as long as reading them, so that only voxels of lesions are rescaled;
- hulls of all planes: five times as many as needed (see ``shapes``); ``scipy.spatial.distance.cdist`` of all points;
- scikit-image's ``regionprops`` for boxes and ``mesh_surface_area``: the loops are Python's.

Of two seconds of processor time, half are the nearest points, a quarter opening the files, a sixth imports. A search
that leaves out what cannot be nearest would save most of the first half, but is no longer glue.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import cc3d
import edt
import numpy as np
from numpy.typing import NDArray
from pykdtree.kdtree import KDTree

from benchmarks.peers.opening import Opened, Part, open_with_pydicom, open_with_simpleitk
from benchmarks.peers.shapes import Points, find_diameters, find_surface, measure_area

OPENERS = {"simpleitk": open_with_simpleitk, "pydicom": open_with_pydicom}
TREES = {
    "portal_vein": ("portal vein main", "portal vein left", "portal vein right"),
    "hepatic_vein": ("hepatic vein right", "hepatic vein middle", "hepatic vein left"),
}
TARGETS = (
    "portal vein main", "portal vein left", "portal vein right", "hepatic vein right", "hepatic vein middle",
    "hepatic vein left", "ivc", "gallbladder", "stomach", "duodenum", "colon", "right kidney", "heart",
)  # fmt: skip
Numbers = dict[str, float]


def measure(study: Path, reader: str, *, by_edt: bool = False) -> dict[str, object]:
    """Return volumes of all segments, liver quantities, and all quantities of each lesion."""
    opened = OPENERS[reader](study)
    parts, cell = opened.parts, float(np.prod(opened.spacing)) / 1000
    lesions = {label: part for label, part in parts.items() if label.startswith("lesion ")}
    values = _measure_lesions(opened, lesions, by_edt)
    return {
        "structures": {label: float(np.count_nonzero(part.voxels)) * cell for label, part in parts.items()},
        "study": measure_liver(parts, lesions, cell),
        "lesions": values,
    }


def measure_liver(parts: Mapping[str, Part], lesions: Mapping[str, Part], cell: float) -> Numbers:
    """Return liver, lesion and remnant volumes in mL, ratios in percent, and the number of lesions."""
    liver = parts["liver"]
    tumour = np.zeros_like(liver.voxels)
    for lesion in lesions.values():
        tumour[_box_in(lesion, liver)] |= lesion.voxels
    total = float(np.count_nonzero(liver.voxels | tumour)) * cell
    burden = float(np.count_nonzero(tumour)) * cell
    remnant = parts["liver remnant"]
    kept = float(np.count_nonzero(remnant.voxels & ~tumour[_box_in(remnant, liver)])) * cell
    _, count = cc3d.connected_components(tumour, connectivity=26, return_N=True)
    return {
        "total_liver_volume_ml": total,
        "functional_liver_volume_ml": total - burden,
        "total_lesion_volume_ml": burden,
        "tumour_burden_percent": 100 * burden / total,
        "remnant_volume_ml": kept,
        "remnant_percent": 100 * kept / (total - burden),
        "lesion_count": float(count),
    }


def _box_in(part: Part, whole: Part) -> tuple[slice, ...]:
    """Return where a part's box lies in a whole's that holds it."""
    starts = (a - b for a, b in zip(part.start, whole.start, strict=True))
    return tuple(slice(start, start + size) for start, size in zip(starts, part.voxels.shape, strict=True))


def _measure_lesions(opened: Opened, lesions: Mapping[str, Part], by_edt: bool) -> dict[str, Numbers]:
    """Return shape, place, intensity and distances of each lesion."""
    parts, spacing = opened.parts, opened.spacing
    low = min(part.start[0] for part in lesions.values())
    image = opened.read_slices(low, max(part.start[0] + len(part.voxels) for part in lesions.values()))
    depth = edt.edt(parts["liver"].voxels.view(np.uint8), anisotropy=tuple(spacing), black_border=True)
    surfaces = {label: find_surface(part, spacing) for label, part in lesions.items()}
    values: dict[str, Numbers] = {}
    for label, part in lesions.items():
        values[label] = find_diameters(*surfaces[label]) | _measure_values(part, image, low, opened.rescale)
        area, mesh = measure_area(part, spacing)
        inside = depth[_box_in(part, parts["liver"])][part.voxels]
        values[label] |= {
            "volume_ml": float(np.count_nonzero(part.voxels)) * float(np.prod(spacing)) / 1000,
            "surface_area_mm2": area,
            "mesh_volume_ml": mesh,
            "capsule_centres_mm": float(inside.min()),
            "depth_centres_mm": float(inside.max()),
        }
    points = {label: found for label, (found, _) in surfaces.items()}
    if by_edt:
        add_transforms(values, lesions, opened)
    else:
        add_distances(values, points, opened)
    _add_nearest(values, points)
    return values


def _measure_values(part: Part, image: NDArray[np.number], low: int, rescale: tuple[float, float]) -> Numbers:
    """Return mean, deviation and percentiles of HU."""
    shape = (image.shape[0], *image.shape[1:])
    held = image[_box_in(part, Part((low, 0, 0), np.broadcast_to(np.False_, shape)))][part.voxels]
    held = held * rescale[0] + rescale[1]
    names = ("min_hu", "p10_hu", "median_hu", "p90_hu", "max_hu")
    found = np.percentile(held, (0, 10, 50, 90, 100))
    return {"mean_hu": float(held.mean()), "sd_hu": float(held.std())} | dict(
        zip(names, map(float, found), strict=True)
    )


def add_distances(values: dict[str, Numbers], surfaces: Mapping[str, Points], opened: Opened) -> None:
    """Add the smallest distances between half-level surfaces: 0 where masks share a voxel."""
    labels, points = list(surfaces), np.concatenate(list(surfaces.values()))
    starts = np.cumsum([0] + [len(surfaces[label]) for label in labels[:-1]])
    for target in (*TARGETS, "liver"):
        surface, _ = find_surface(opened.parts[target], opened.spacing)
        gaps = np.minimum.reduceat(KDTree(surface).query(points)[0], starts)
        name = "dist_capsule_mm" if target == "liver" else f"dist_{target.replace(' ', '_')}_mm"
        for label, gap in zip(labels, gaps, strict=True):
            shared = target != "liver" and _share(opened.parts[label], opened.parts[target])
            values[label][name] = 0.0 if shared else float(gap)
    for label in labels:
        for tree, members in TREES.items():
            own = [values[label][f"dist_{member.replace(' ', '_')}_mm"] for member in members]
            values[label][f"dist_{tree}_mm"] = min(own)


def add_transforms(values: dict[str, Numbers], lesions: Mapping[str, Part], opened: Opened) -> None:
    """Add the smallest distances between voxel centres, by one distance transform of each structure."""
    for target in TARGETS:
        other = opened.parts[target]
        low, high = _find_box([other, *lesions.values()])
        whole = Part((int(low[0]), int(low[1]), int(low[2])), np.empty(high - low, dtype=np.bool_))
        outside = np.ones(high - low, dtype=np.uint8)
        outside[_box_in(other, whole)] = ~other.voxels
        away = edt.edt(outside, anisotropy=tuple(opened.spacing))
        for label, part in lesions.items():
            name = f"dist_{target.replace(' ', '_')}_centres_mm"
            values[label][name] = float(away[_box_in(part, whole)][part.voxels].min())


def _find_box(parts: Iterable[Part]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first voxel of all parts and the one behind the last."""
    boxes = [(np.array(part.start), np.add(part.start, part.voxels.shape)) for part in parts]
    return np.min([low for low, _ in boxes], axis=0), np.max([high for _, high in boxes], axis=0)


def _share(one: Part, other: Part) -> bool:
    """Tell whether two masks share a voxel."""
    low = np.maximum(one.start, other.start)
    high = np.minimum(np.add(one.start, one.voxels.shape), np.add(other.start, other.voxels.shape))
    if (low >= high).any():
        return False
    boxes = [
        tuple(slice(a, b) for a, b in zip(low - each.start, high - each.start, strict=True)) for each in (one, other)
    ]
    return bool((one.voxels[boxes[0]] & other.voxels[boxes[1]]).any())


def _add_nearest(values: dict[str, Numbers], surfaces: Mapping[str, Points]) -> None:
    """Add the distance to the nearest other lesion: pairs by the gaps of their balls, until none can be nearer."""
    labels = list(surfaces)
    middles = np.array([surfaces[label].mean(axis=0) for label in labels])
    reach = np.array(
        [np.linalg.norm(surfaces[label] - m, axis=1).max() for label, m in zip(labels, middles, strict=True)]
    )
    trees = {label: KDTree(points) for label, points in surfaces.items()}
    for number, label in enumerate(labels):
        least = np.linalg.norm(middles - middles[number], axis=1) - reach - reach[number]
        best = np.inf
        for other in np.argsort(least):
            if other == number:
                continue
            if least[other] >= best:
                break
            best = min(best, float(trees[labels[other]].query(surfaces[label])[0].min()))
        if np.isfinite(best):
            values[label]["nearest_lesion_mm"] = best


if __name__ == "__main__":
    reader = sys.argv[2] if len(sys.argv) > 2 else "simpleitk"
    print(json.dumps(measure(Path(sys.argv[1]), reader, by_edt="edt" in sys.argv[3:])))
