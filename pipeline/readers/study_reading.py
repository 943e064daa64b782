"""Read one study: open its masks, find their image, check that they belong together, give structures their roles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import StudyRefused
from pipeline.readers.discovery import StudyFiles
from pipeline.readers.images import ImageCandidate, with_gap_flag
from pipeline.readers.mask_object import MaskObject, OpenMask
from pipeline.readers.masks import open_masks
from pipeline.readers.pairing import check_frame, check_identity, check_instances, place_object
from pipeline.readers.roles import choose_naming, map_roles
from pipeline.readers.seg_sources import check_frame_sources, check_matrix
from pipeline.readers.series_choice import find_images
from pipeline.readers.walk import escape_path
from pipeline.study import Finding, Identity, Severity, SourceFile, Study

PLACEMENT_CODES = frozenset({"GRID_OTHER", "GRID_OFF", "SEG_SPACING", "AFFINE_SHAPE", "AFFINE_UNIT", "AFFINE_RAS_LPS"})
"""Refusals that say that a mask lies elsewhere than one part of a series; the next part may hold it."""


def read_study(files: StudyFiles) -> Study:
    """Return a study ready to be measured: its image's grid, and its structures on it or on a grid of their own.

    Raises
    ------
    StudyRefused
        When masks or image are missing, do not belong together, or have a geometry that cannot be measured.
    """
    if not files.dicom and files.case is None:
        first = files.findings[0]
        raise StudyRefused(first.code, f"None of the files that should be DICOM can be read. {first.message}")
    if files.case is not None and not files.case.images and not files.dicom:
        raise StudyRefused("NO_IMAGE", "There are masks and no image beside them that they could belong to.")
    opened, notes = open_masks(files)
    candidates = find_images(files, [mask.reference for mask in opened])
    instances = {uid for candidate in candidates for uid in candidate.series.sop_instance_uids}
    for mask in opened:
        if mask.reference is not None:
            check_identity(candidates[0].identity, mask.reference)
            check_frame(candidates[0].series.frame_of_reference_uid, mask.reference)
            notes += check_instances(instances, mask.reference)
    image, objects = _place_on_one(opened, candidates)
    for mask in opened:
        if mask.reference is not None:
            check_frame_sources(mask.reference, [candidate.series for candidate in candidates])
    return _build_study(files, image, objects, notes)


def _place_on_one(
    opened: Sequence[OpenMask], candidates: Sequence[ImageCandidate]
) -> tuple[ImageCandidate, list[MaskObject]]:
    """Place all masks on the image; where slices are missing, on the part that holds every structure."""
    if not candidates[0].gap:
        return candidates[0], _place(opened, candidates[0])
    for candidate in candidates:
        try:
            objects = _place(opened, candidate)
        except StudyRefused as refusal:
            if refusal.code not in PLACEMENT_CODES:
                raise
            continue
        if not any(each.by_name and _on_other_grid(each) for each in objects):
            return with_gap_flag(candidate), objects
    raise StudyRefused("GEOM_GAP", f"{candidates[0].gap}, within the range of the structures; fetch the series again.")


def _on_other_grid(masks: MaskObject) -> bool:
    return any(finding.code == "GRID_OTHER" for finding in masks.findings)


def _place(opened: Sequence[OpenMask], candidate: ImageCandidate) -> list[MaskObject]:
    grid = candidate.series.geometry
    objects = [place_object(mask.read(grid), grid) for mask in opened]
    for mask, placed in zip(opened, objects, strict=True):
        if mask.reference is not None:
            check_matrix(mask.reference, placed, candidate.series)
    return objects


def _build_study(files: StudyFiles, image: ImageCandidate, objects: list[MaskObject], notes: list[Finding]) -> Study:
    default = files.case.naming if files.case is not None else files.naming
    naming = choose_naming(objects, default, files.namings)
    mapped = map_roles(objects, naming)
    findings = [*image.findings, *notes, *(finding for each in objects for finding in each.findings)]
    if any(each.by_name for each in objects):
        message = "Masks and image carry no common identity; they were paired by the names of files and folders."
        findings.append(Finding("PAIR_BY_NAME", Severity.WARNING, message))
    sources = [*image.sources, *(source for each in objects for source in each.sources)]
    return Study(
        key=files.key,
        folder=files.folder,
        identity=image.identity if image.identity != Identity() else files.identity,
        image=image.series,
        naming=naming.name,
        mask_names=tuple(each.name for each in objects),
        segments=mapped.segments,
        unmapped=mapped.unmapped,
        lesion_unit=naming.unit,
        sources=_source_files(sources, files.root),
        findings=tuple(dict.fromkeys([*findings, *mapped.findings])),
    )


def _source_files(sources: Sequence[tuple[Path, str]], root: Path) -> tuple[SourceFile, ...]:
    found = {SourceFile(escape_path(path.relative_to(root)), digest) for path, digest in sources}
    return tuple(sorted(found, key=lambda source: source.path))
