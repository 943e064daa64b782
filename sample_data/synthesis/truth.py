"""What is true of a phantom, from closed forms alone; never from voxels."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import sqrt
from pathlib import Path

from synthesis.grid import Vector
from synthesis.phantom import Phantom, list_closed_volumes

Number = float | int | None
HOW = (
    "Closed forms only: ellipsoid and wedge volumes, cylinders and spheres. Diameters are those of the widest section "
    "across the slice normal. No voxel and no numerical integration took part."
)


def state_truth(
    phantom: Phantom, normal: Vector = (0.0, 0.0, 1.0), drawn: tuple[str, ...] | None = None
) -> dict[str, object]:
    """Return volumes, lesions and the quantities of the study, under the names of the report.

    ``normal`` is the slice normal; ``drawn`` names the structures besides the lesions that have a mask (all if None).
    Without masks of the Couinaud segments, what depends on them is left out.
    """
    volumes = {
        name: value
        for name, value in list_closed_volumes(phantom).items()
        if drawn is None or name in drawn or name.startswith("lesion_")
    }
    segmented = "segment_1" in volumes
    return {
        "how": HOW,
        "frame": "LPS, mm",
        "structure_volumes_ml": _rounded(volumes),
        "lesions": [
            _state_lesion(phantom, number, normal) | (_state_place(phantom, number) if segmented else {})
            for number in range(1, len(phantom.lesions) + 1)
        ],
        "study": _rounded(_study_quantities(phantom, normal)),
        "facts": {"lesion_state": "found"} | (_study_facts(phantom) if segmented else {}),
    }


def state_remnant(phantom: Phantom, height_cm: float, weight_kg: float) -> dict[str, Number]:
    """Return the quantities of the remnant that a right hepatectomy leaves.

    Body surface by Mosteller 1987, estimated total liver volume by Vauthey 2002.
    """
    liver = phantom.liver.volume_ml
    functional = liver - sum(lesion.volume_ml for lesion in phantom.lesions)
    inside = sum(lesion.volume_ml for number, lesion in enumerate(phantom.lesions, 1) if phantom.in_remnant(number))
    remnant = phantom.liver.remnant_ml - inside
    surface = sqrt(height_cm * weight_kg / 3600.0)
    estimated = -794.41 + 1267.28 * surface
    percent, standardized = 100.0 * remnant / functional, 100.0 * remnant / estimated
    return {
        "remnant_volume_ml": remnant,
        "remnant_lesion_volume_ml": inside,
        "remnant_percent": percent,
        "body_surface_area_m2": surface,
        "estimated_total_liver_volume_ml": estimated,
        "standardized_remnant_percent": standardized,
        "remnant_index_difference_percent": abs(standardized - percent),
        "remnant_to_body_weight_percent": 100.0 * remnant / (1000.0 * weight_kg),
        "removed_percent": 100.0 * (1.0 - remnant / liver),
        "functional_to_estimated_liver_percent": 100.0 * functional / estimated,
    }


def write_truth(path: Path, truth: dict[str, object], remnant: dict[str, Number] | None = None) -> None:
    """Write the truth as JSON."""
    if remnant is not None:
        study = truth["study"]
        assert isinstance(study, dict)
        truth = {**truth, "study": {**study, **_rounded(remnant)}}
    path.write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _state_lesion(phantom: Phantom, number: int, normal: Vector) -> dict[str, object]:
    lesion = phantom.lesions[number - 1]
    longest, short = lesion.section_diameters_mm(normal)
    measures: dict[str, Number] = {
        "volume_ml": lesion.volume_ml,
        "longest_diameter_mm": longest,
        "short_diameter_mm": short,
        "max_3d_diameter_mm": lesion.max_3d_diameter_mm,
        "equivalent_diameter_mm": 2.0 * (lesion.semi_axes[0] * lesion.semi_axes[1] * lesion.semi_axes[2]) ** (1 / 3),
        "bidimensional_product_mm2": longest * short,
    }
    return {
        "number": number,
        "name": f"Tumor_{number}",
        "centre_lps_mm": [round(value, 3) for value in lesion.centre],
        **_rounded(measures),
    }


def _state_place(phantom: Phantom, number: int) -> dict[str, object]:
    lobe = "left" if phantom.in_remnant(number) else "right"
    return {"segments": [phantom.find_segment(number)], "lobe": lobe}


def _study_quantities(phantom: Phantom, normal: Vector) -> dict[str, Number]:
    liver = phantom.liver.volume_ml
    lesions = sum(lesion.volume_ml for lesion in phantom.lesions)
    sections = [lesion.section_diameters_mm(normal)[0] for lesion in phantom.lesions]
    return {
        "lesion_count": len(phantom.lesions),
        "largest_diameter_mm": max(sections),
        "largest_3d_diameter_mm": max(lesion.max_3d_diameter_mm for lesion in phantom.lesions),
        "sum_of_target_diameters_mm": sum(sorted((d for d in sections if d >= 10.0), reverse=True)[:2]),
        "total_lesion_volume_ml": lesions,
        "total_liver_volume_ml": liver,
        "functional_liver_volume_ml": liver - lesions,
        "tumour_burden_percent": 100.0 * lesions / liver,
        "tumour_burden_score": sqrt((max(sections) / 10.0) ** 2 + len(phantom.lesions) ** 2),
    }


def _study_facts(phantom: Phantom) -> dict[str, object]:
    sides = {phantom.in_remnant(number) for number in range(1, len(phantom.lesions) + 1)}
    return {
        "distribution": "bilobar" if len(sides) == 2 else "unilobar",
        "remnant_tumour_free": True not in sides,
    }


def _rounded(values: Mapping[str, Number]) -> dict[str, Number]:
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in values.items()}
