"""Read one study: open its masks, find their image, check that they belong together, give structures their roles."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from pipeline.errors import StudyRefused
from pipeline.plan import fold_mask_name
from pipeline.preferences import Preferences
from pipeline.readers.discovery import StudyFiles
from pipeline.readers.identity_match import check_identity, describe_identity
from pipeline.readers.images import ImageCandidate
from pipeline.readers.layouts.roles import choose_naming
from pipeline.readers.mask_choice import drop_equal_masks, map_masks
from pipeline.readers.mask_object import MaskObject
from pipeline.readers.mask_placement import place_masks
from pipeline.readers.masks import open_masks
from pipeline.readers.pairing import check_frame, check_instances
from pipeline.readers.segmentation.sources import check_frame_sources
from pipeline.readers.series_choice import find_images
from pipeline.readers.walk import escape_path
from pipeline.study import Finding, Identity, Severity, SourceFile, Study


def read_study(files: StudyFiles, preferences: Preferences | None = None, plan_masks: Collection[str] = ()) -> Study:
    """Return a study ready to be measured: its image's grid, and its structures on it or on a grid of their own.

    Parameters
    ----------
    preferences
        A site's rules for choosing among series, or masks, that fit equally; none by default.
    plan_masks
        Names of structures that plans of the clinical record draw their specimens with: those are planned resections.

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
    candidates = find_images(files, opened, preferences)
    other = preferences is not None and preferences.other_series == "same_grid"
    instances = {uid for candidate in candidates for uid in candidate.series.sop_instance_uids}
    for mask in opened:
        if mask.reference is not None:
            check_identity(candidates[0].identity, mask.reference)
            check_frame(candidates[0].series.frame_of_reference_uid, mask.reference)
            notes += describe_identity(candidates[0].identity, mask.reference)
            notes += check_instances(instances, mask.reference, candidates[0].series.chosen_by, other)
    image, objects = place_masks(opened, candidates)
    for mask in opened:
        if mask.reference is not None:
            check_frame_sources(mask.reference, [candidate.series for candidate in candidates])
    return _build_study(files, image, objects, notes, preferences or Preferences(), plan_masks)


def _build_study(
    files: StudyFiles,
    image: ImageCandidate,
    objects: list[MaskObject],
    notes: list[Finding],
    preferences: Preferences,
    plan_masks: Collection[str],
) -> Study:
    default = files.case.naming if files.case is not None else files.naming
    objects, copies = drop_equal_masks(objects)
    naming = choose_naming(objects, default, files.namings)
    wanted = frozenset(map(fold_mask_name, plan_masks))
    objects, mapped, choice = map_masks(objects, naming, preferences.masks, image.identity, wanted)
    findings = [*image.findings, *notes, *copies, *choice, *(finding for each in objects for finding in each.findings)]
    if any(each.by_name for each in objects):
        message = "Masks and image carry no common identity; they were paired by the names of files and folders."
        findings.append(Finding("PAIR_BY_NAME", Severity.WARNING, message))
    sources = [*image.sources(), *(source for each in objects for source in each.sources)]
    return Study(
        key=files.key,
        folder=files.folder,
        identity=image.identity if image.identity != Identity() else files.identity,
        image=image.series,
        naming=naming.name,
        mask_names=tuple(each.name for each in objects),
        segments=mapped.segments,
        unmapped=mapped.unmapped,
        ignored=mapped.ignored,
        lesion_unit=naming.unit,
        sources=_source_files(sources, files.root),
        findings=tuple(dict.fromkeys([*findings, *mapped.findings])),
    )


def _source_files(sources: Sequence[tuple[Path, str]], root: Path) -> tuple[SourceFile, ...]:
    found = {SourceFile(escape_path(path.relative_to(root)), digest) for path, digest in sources}
    return tuple(sorted(found, key=lambda source: source.path))
