"""What a reader of the lesions' and the liver's numbers has to know."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipeline.lesion import Lesion, LesionStatus
from pipeline.measurement import Measurement
from pipeline.measures.border import reaches_border
from pipeline.measures.candidates import min_volume_ml, name_of, split_components
from pipeline.measures.contacts import find_near_pairs
from pipeline.measures.count_findings import COUNT, DIAMETERS, find_necks, find_touching
from pipeline.measures.gaps import join_across_gaps
from pipeline.measures.grids import count_shared, group_by_grid, unite
from pipeline.measures.lesion_measures import is_axial, is_thin
from pipeline.measures.lesions import LesionSet
from pipeline.measures.quality import find_lost, find_lost_reason
from pipeline.measures.volumes import mask_volume_ml
from pipeline.structures import Role
from pipeline.study import Finding, Segment, Severity, Study

SIZES = (*DIAMETERS, "largest_3d_diameter_mm", "total_lesion_volume_ml")
LESS_LESIONS = (
    "tumour_burden_percent",
    "functional_liver_volume_ml",
    "functional_to_estimated_liver_percent",
    "remnant_percent",
    "removed_percent",
    "remnant_index_difference_percent",
)
"""Quantities of the liver that the volume of the lesions is taken off, or stands in."""


ABLATED = (
    "planned_ablation_percent",
    "remnant_after_ablation_ml",
    "remnant_after_ablation_percent",
    "removed_after_ablation_percent",
    "standardized_remnant_after_ablation_percent",
)
"""Quantities in which a planned ablation counts for each lesion that is drawn."""


def check_lesions(study: Study, lesions: LesionSet, min_lesion_mm: float) -> tuple[Finding, ...]:
    """Return the findings on lesions, in a fixed order; none where they were not looked for."""
    if lesions.reason is not None:
        return ()
    found = (
        _lost(study),
        _declared_empty(study),
        _specks(lesions, min_lesion_mm),
        _outside(lesions),
        _treated(lesions),
        _split(lesions),
        _gaps(study, min_lesion_mm),
        find_touching(study, lesions),
        find_necks(study, lesions),
        _overlapping(study),
        _thin(lesions),
        _cut(study, lesions),
        _non_axial(lesions),
    )
    return tuple(finding for finding in found if finding is not None)


def report_reasons(*reasons: tuple[str | None, tuple[str, ...]]) -> tuple[Finding, ...]:
    """Return a finding for each different reason why quantities are not published, with what they touch."""
    touched: dict[str, list[str]] = {}
    for reason, names in reasons:
        if reason is not None:
            touched.setdefault(reason, []).extend(names)
    findings = []
    for reason, all_names in touched.items():
        code, _, sentence = reason.partition(": ")
        unique = tuple(dict.fromkeys(all_names))
        findings.append(Finding(code, Severity.REFUSED, f"{sentence[:1].upper()}{sentence[1:]}.", unique))
    return tuple(findings)


def add_flags(measurements: Iterable[Measurement], findings: Sequence[Finding]) -> dict[str, Measurement]:
    """Return measurements by name, each with the codes of the findings that touch it."""
    flagged: dict[str, Measurement] = {}
    for measurement in measurements:
        codes = [finding.code for finding in findings if measurement.name in finding.touches]
        flags = tuple(dict.fromkeys((*measurement.flags, *codes)))
        flagged[measurement.name] = replace(measurement, flags=flags)
    return flagged


def ids_of(lesions: Sequence[Lesion], most: int = 8) -> str:
    """Return the ids of lesions, shortened."""
    more = f" and {len(lesions) - most} more" if len(lesions) > most else ""
    return ", ".join(lesion.id for lesion in lesions[:most]) + more


def _lost(study: Study) -> Finding | None:
    lost = find_lost(study)
    if not lost or find_lost_reason(study) is not None:
        return None
    message = (
        f"{_list_names(lost)}: drawn as lesions, and nothing of them can be measured. The numbers are of the others; "
        "the high end of their count has them."
    )
    return Finding("RT_POINT", Severity.WARNING, message, (*COUNT, *SIZES, *LESS_LESIONS))


def _declared_empty(study: Study) -> Finding | None:
    """Find lesion segments without a voxel beside others that are drawn: their segmentation may have failed."""
    segments = study.segments_of(Role.LESION)
    empty = [each for each in segments if each.mask.is_empty and not each.mask.is_lost and not each.mask.is_below_half]
    if not empty or all(segment.mask.is_empty for segment in segments):
        return None
    message = (
        f"{_list_names(empty)}: declared as lesions, and nothing of them is drawn. The numbers are of the others; a "
        "lesion that was deleted, or not drawn yet, looks the same."
    )
    return Finding("EMPTY_LESIONS", Severity.WARNING, message, (*COUNT, *SIZES, *LESS_LESIONS))


def _list_names(segments: Sequence[Segment], most: int = 8) -> str:
    more = f" and {len(segments) - most} more" if len(segments) > most else ""
    return ", ".join(f"'{name_of(segment)}'" for segment in segments[:most]) + more


def _specks(lesions: LesionSet, min_lesion_mm: float) -> Finding | None:
    specks = lesions.of(LesionStatus.SPECK)
    if not specks:
        return None
    volume = sum(mask_volume_ml(speck.mask) for speck in specks)
    message = (
        f"{len(specks)} components below {min_lesion_mm:g} mm equivalent diameter, {volume:.3f} mL together, "
        "are listed as specks and counted nowhere."
    )
    return Finding("LESION_SPECK", Severity.WARNING, message, COUNT)


def _outside(lesions: LesionSet) -> Finding | None:
    outside = lesions.of(LesionStatus.EXTRAHEPATIC)
    if not outside:
        return None
    message = f"{ids_of(outside)} outside the liver: listed apart, in no liver volume and no count."
    return Finding("LESION_OUTSIDE", Severity.WARNING, message, (*COUNT, *SIZES))


def _treated(lesions: LesionSet) -> Finding | None:
    treated = lesions.of(LesionStatus.TREATED)
    if not treated:
        return None
    message = f"{ids_of(treated)} in an ablation zone: listed apart, in no count and no diameter."
    return Finding("LESION_TREATED", Severity.INFO, message, (*COUNT, *SIZES))


def _split(lesions: LesionSet) -> Finding | None:
    split = [lesion for lesion in lesions.drawn if lesion.components > 1]
    if not split:
        return None
    message = f"{ids_of(split)} drawn as one segment of several components: counted once, measured across all of them."
    return Finding("LESION_SPLIT", Severity.WARNING, message, (*COUNT, *SIZES))


def _gaps(study: Study, min_lesion_mm: float) -> Finding | None:
    """Find lesion segments in which slices are missing: their components face each other across empty slices."""
    found: list[tuple[str, int]] = []
    for segment in study.segments_of(Role.LESION):
        large, _ = split_components(segment.mask, 26, min_volume_ml(min_lesion_mm))
        slices = join_across_gaps(segment.mask, large).slices if len(large) > 1 else 0
        found += [(name_of(segment), slices)] if slices else []
    if not found:
        return None
    names = ", ".join(f"'{name}' ({slices})" for name, slices in found[:8]) + (" and more" if len(found) > 8 else "")
    message = (
        f"Empty slices lie inside lesion segments, with lesion above and below: {names}. Frames may be missing: "
        "volumes and diameters are of what is drawn, and the number of lesions is uncertain."
    )
    return Finding("MASK_GAP", Severity.WARNING, message, (*COUNT, *SIZES, *LESS_LESIONS))


def _overlapping(study: Study) -> Finding | None:
    masks = [segment.mask for segment in study.segments_of(Role.LESION) if not segment.mask.is_empty]
    shared = 0.0
    for group in group_by_grid(masks):
        members = [masks[n] for n in group]
        if any(count_shared(members[a], members[b]) for a, b in find_near_pairs(members, 0)):
            shared += sum(mask_volume_ml(m) for m in members) - mask_volume_ml(unite(members))
    if shared <= 0:
        return None
    message = (
        f"Lesion segments overlap by {shared:.3f} mL; volumes and burden count the union once, planned ablations each."
    )
    touched = (*COUNT, "total_lesion_volume_ml", "tumour_burden_percent", "nearest_lesion_mm", *ABLATED)
    return Finding("SEG_OVERLAP", Severity.WARNING, message, touched)


def _thin(lesions: LesionSet) -> Finding | None:
    thin = [lesion for lesion in lesions.drawn if is_thin(lesion.mask)]
    if not thin:
        return None
    message = f"{ids_of(thin)} on one slice only: volume and diameters are as uncertain as their intervals say."
    return Finding("LESION_THIN", Severity.WARNING, message, SIZES)


def _cut(study: Study, lesions: LesionSet) -> Finding | None:
    cut = [lesion for lesion in lesions.drawn if reaches_border(lesion.mask, study.image.geometry)]
    if not cut:
        return None
    message = f"{ids_of(cut)} touches the border of the scan: larger than what was measured of it."
    return Finding("FOV_CUT", Severity.WARNING, message, (*COUNT, *SIZES))


def _non_axial(lesions: LesionSet) -> Finding | None:
    if all(is_axial(lesion.mask.grid) for lesion in lesions.drawn):
        return None
    message = "Axial diameters lie in planes that are not the acquired ones, or more than 20 degrees from axial."
    return Finding("non_axial_plane", Severity.WARNING, message, DIAMETERS)
