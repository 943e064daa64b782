"""What of a report's numbers follows from others that a question changes: made anew, or not known any more."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from pipeline.measurement import Fact, Inputs, Measurement, Quantity
from pipeline.rules.readings import Key

BODY_SIZE = ("body_surface_area_m2", "estimated_total_liver_volume_ml")
BY_BODY = (
    "standardized_remnant_percent",
    "remnant_index_difference_percent",
    "functional_to_estimated_liver_percent",
    "remnant_per_body_surface_ml_m2",
)
REMNANT_SHARES = (
    "remnant_percent",
    "removed_percent",
    "standardized_remnant_percent",
    "remnant_to_body_weight_percent",
    "remnant_index_difference_percent",
    "remnant_per_body_surface_ml_m2",
)
SPARED = ("sparing_remnant_1mm_ml", "sparing_remnant_10mm_ml")
"""What lies farther than a margin from every lesion (VOL-10), for the margins of the shipped profiles."""
FOLLOWS: Mapping[str, tuple[str, ...]] = {
    "bsa_formula": BODY_SIZE,
    "etlv_formula": ("estimated_total_liver_volume_ml",),
    "height_cm": BODY_SIZE,
    "weight_kg": (*BODY_SIZE, "remnant_to_body_weight_percent"),
    "body_surface_area_m2": ("estimated_total_liver_volume_ml", "remnant_per_body_surface_ml_m2"),
    "estimated_total_liver_volume_ml": BY_BODY[:3],
    "remnant_volume_ml": REMNANT_SHARES,
    "remnant_percent": ("remnant_index_difference_percent",),
    "removed_percent": ("remnant_percent",),
    "standardized_remnant_percent": ("remnant_index_difference_percent",),
    "functional_liver_volume_ml": (
        "remnant_percent",
        "remnant_index_difference_percent",
        "functional_to_estimated_liver_percent",
    ),
    "total_liver_volume_ml": ("functional_liver_volume_ml", "tumour_burden_percent", "removed_percent", *SPARED),
    "total_lesion_volume_ml": ("functional_liver_volume_ml", "tumour_burden_percent", *SPARED),
    "lesion_count": ("tumour_burden_score",),
    "largest_diameter_mm": ("tumour_burden_score",),
    "lesion.longest_diameter_mm": (
        "largest_diameter_mm",
        "sum_of_target_diameters_mm",
        "lesion.measurable",
        "lesion.bidimensional_product_mm2",
    ),
    "lesion.short_diameter_mm": ("lesion.bidimensional_product_mm2",),
    "lesion.max_3d_diameter_mm": ("largest_3d_diameter_mm",),
    "lesion.volume_ml": ("total_lesion_volume_ml", "lesion.equivalent_diameter_mm"),
    "lesion.lobe": ("distribution",),
    "lesion.segments": ("distribution",),
}
"""What is measured of the same voxels as the quantity named first, or computed from it (or by that formula)."""
FOLLOWS_IF_SET: Mapping[str, tuple[str, ...]] = {"remnant_percent": ("remnant_volume_ml", "removed_percent")}
"""The same for a quantity that a question sets itself: the share of a remnant of another size is another one."""
TOTALS = {"largest_diameter_mm": "longest_diameter_mm", "largest_3d_diameter_mm": "max_3d_diameter_mm"}
"""Study quantities that are the largest of one quantity of the lesions."""
CODE = "SUPPOSED_OTHER"
LESION = "lesion."


def renew_totals(inputs: Inputs, changed: Iterable[Key]) -> Inputs:
    """Return the inputs with the largest diameters of the study taken anew where those of a lesion are changed."""
    names = {name for name, lesion in changed if lesion is not None}
    study = dict(inputs.study)
    for total, of in TOTALS.items():
        if of in names and (largest := _find_largest(total, [own.get(of) for own in inputs.lesions.values()])):
            study[total] = largest
    return replace(inputs, study=study)


def _find_largest(total: str, each: list[Quantity | None]) -> Measurement | None:
    """Return the largest of one quantity over all lesions, its interval that of the largest ends; None without one."""
    known = [one for one in each if isinstance(one, Measurement) and one.value is not None]
    if not known or len(known) < len(each):
        return None
    first = max(known, key=lambda one: one.value or 0.0)
    assert first.value is not None
    lows = [one.value if one.low is None else one.low for one in known if one.value is not None]
    highs = [one.value if one.high is None else one.high for one in known if one.value is not None]
    return replace(first, name=total, low=max(lows), high=max(highs), method="largest of the lesions in the liver")


def forget_stale(before: Inputs, after: Inputs, changed: Collection[str], kept: Collection[Key]) -> Inputs:
    """Return the inputs without the numbers that follow from a changed one and are still those of before.

    Formulas that give them anew come after this: none of them takes an old number for a new one.

    Parameters
    ----------
    changed
        Names of what the question changes, as they stand in the inputs.
    kept
        What the question sets: it stays.
    """
    study = dict(after.study)
    lesions = {id_: dict(own) for id_, own in after.lesions.items()}
    touched = {lesion for name, lesion in kept if lesion is not None}
    for name, source in _find_following(changed, bool(touched)).items():
        own = name.removeprefix(LESION)
        if not name.startswith(LESION):
            _forget(study, before.study, own, source, (own, None) in kept)
            continue
        for lesion in touched:
            _forget(lesions[lesion], before.lesions[lesion], own, source, (own, lesion) in kept)
    return replace(after, study=study, lesions=lesions)


def _find_following(changed: Collection[str], of_lesions: bool) -> dict[str, str]:
    """Return what follows from changed quantities, directly or through others, and from which one."""
    found: dict[str, str] = {}
    open_ = [name for one in changed for name in ((one, LESION + one) if of_lesions else (one,))]
    while open_:
        source = open_.pop()
        for name in (*FOLLOWS.get(source, ()), *(FOLLOWS_IF_SET.get(source, ()) if source in changed else ())):
            if name not in found:
                found[name] = source.removeprefix(LESION)
                open_.append(name)
    return found


def _forget(held: dict[str, Quantity], before: Mapping[str, Quantity], name: str, source: str, is_kept: bool) -> None:
    """Take away a value that is still the one of before."""
    old = held.get(name)
    if old is None or old.value is None or is_kept or old is not before.get(name):
        return
    reason = f"{CODE}: it follows from {source}, which is changed, and would have to be measured anew"
    held[name] = (
        replace(old, value=None, reason=reason)
        if isinstance(old, Fact)
        else replace(old, value=None, low=None, high=None, reason=reason)
    )
