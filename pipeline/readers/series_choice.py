"""Which series of a study its masks were made on.

The series that the masks name; else the only one there is; else the only one whose frame of reference and grid fit the
masks; else the one that a site's rules prefer among those that fit; else none, with the list (row M03).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from pipeline.errors import StudyRefused
from pipeline.preferences import Preferences
from pipeline.readers.dicom.image_classes import IMAGE_CLASSES
from pipeline.readers.discovery import StudyFiles
from pipeline.readers.found_files import DicomFile
from pipeline.readers.identity_match import check_identity
from pipeline.readers.images import ImageCandidate, read_series, read_volume_image, refuse_no_image
from pipeline.readers.mask_object import MaskReference, OpenMask
from pipeline.readers.mask_placement import place_masks
from pipeline.readers.segmentation.sources import check_frame_sources
from pipeline.readers.series_rules import Fit, SeriesDetails, prefer, read_details
from pipeline.study import Finding, Severity

OTHER_GRID_CODES = frozenset({"GRID_OTHER", "GRID_OFF", "SEG_SPACING"})
"""Findings on a placed mask that say that it was not drawn on this grid."""
Groups = dict[str, list[DicomFile]]


def find_images(
    files: StudyFiles, opened: Sequence[OpenMask], preferences: Preferences | None = None
) -> list[ImageCandidate]:
    """Return the image that the masks were made on, and why it; several parts of it when slices are missing.

    Raises
    ------
    StudyRefused
        ``NO_IMAGE``; ``PAIR_SERIES`` when the masks name another series, or fit several or none; ``SOP_CLASS`` when
        what they name is no CT or MR; or the code of the geometry that cannot be measured.
    """
    preferences = preferences or Preferences()
    if files.case is not None and files.case.images:
        return _explain([read_volume_image(files)], "the image file of the case, by its name", ())
    groups = _by_series([file for file in files.dicom if file.sop_class in IMAGE_CLASSES])
    if not groups:
        refuse_no_image(files)
    stated = [mask.reference for mask in opened]
    references = [reference for reference in stated if reference is not None]
    wanted = {uid for reference in references for uid in _named_by(reference, files.dicom)}
    listed = tuple(read_details(group).text for group in groups.values())
    if len(wanted) == 1 and wanted <= set(groups):
        if preferences.other_series != "refuse" and _are_other_images(references, groups[min(wanted)]):
            return _choose_other(files, {uid: groups[uid] for uid in wanted}, opened, preferences)
        return _explain(read_series(files, groups[wanted.pop()], stated), "the masks name it", listed)
    absent = _names_absent_images(references, files.dicom)
    if wanted or absent:
        if preferences.other_series == "refuse" or wanted & _others(files.dicom, groups):
            _refuse_named_series(files.dicom, wanted, listed)
        return _choose_other(files, groups, opened, preferences)
    if len(groups) == 1:
        only = read_series(files, next(iter(groups.values())), stated)
        return _explain(only, "the only image series of the study", listed)
    return _choose_fitting(files, groups, opened, preferences)


def _named_by(reference: MaskReference, files: Sequence[DicomFile]) -> frozenset[str]:
    """Return the series that a mask names, or that hold the images which it names one by one.

    Of several that it names, the one that holds all of its images is meant.
    """
    if len(reference.series) == 1:
        return reference.series
    holding = frozenset(file.series_uid for file in files if file.sop_instance_uid in reference.instances)
    return holding if not reference.series or len(holding & reference.series) == 1 else reference.series


def _names_absent_images(references: Sequence[MaskReference], files: Sequence[DicomFile]) -> bool:
    return any(each.instances and not _named_by(each, files) for each in references)


def _are_other_images(references: Sequence[MaskReference], group: Sequence[DicomFile]) -> bool:
    """Tell whether a mask names images and none of them is in a series."""
    here = {file.sop_instance_uid for file in group}
    return any(each.instances and not each.instances & here for each in references)


def _others(files: Sequence[DicomFile], groups: Groups) -> set[str]:
    """Return the series of the study that are no CT or MR images."""
    return {file.series_uid for file in files} - set(groups)


def _by_series(images: Sequence[DicomFile]) -> Groups:
    """Return the files of each series, the series by number."""
    ordered = sorted(images, key=lambda file: (file.series_uid, file.path.as_posix()))
    groups = {uid: list(group) for uid, group in groupby(ordered, key=lambda file: file.series_uid)}
    return dict(sorted(groups.items(), key=lambda item: (_number(item[1][0]), item[0])))


def _number(file: DicomFile) -> int:
    return int(file.series_number) if file.series_number.isdecimal() else 0


def _explain(
    parts: Sequence[ImageCandidate], why: str, listed: tuple[str, ...], findings: Sequence[Finding] = ()
) -> list[ImageCandidate]:
    """Return the parts of an image with why it was chosen, and from which."""
    return [
        replace(
            part,
            series=replace(part.series, chosen_by=why, candidates=listed),
            findings=(*part.findings, *findings),
        )
        for part in parts
    ]


def _choose_fitting(
    files: StudyFiles, groups: Groups, opened: Sequence[OpenMask], preferences: Preferences
) -> list[ImageCandidate]:
    """Return the one series that the masks fit, or that the site's rules prefer among those they fit."""
    fits = [_fit(files, read_details(group), opened) for group in groups.values()]
    fitting = [fit for fit in fits if not fit.obstacle]
    listed = tuple(fit.text for fit in fits)
    left, rule = prefer(fitting, preferences.series)
    if len(left) != 1:
        _refuse_open_choice(fits, fitting)
    count = f"of {len(fits)} series" if len(fitting) == 1 else f"of {len(fitting)} series that fit the masks"
    why = f"by {rule}, {count}" if len(fitting) > 1 else f"the only one {count} that fits the masks"
    return _explain(left[0].parts, why, listed)


def _choose_other(
    files: StudyFiles, groups: Groups, opened: Sequence[OpenMask], preferences: Preferences
) -> list[ImageCandidate]:
    """Return a series that is not, or not alone, the one the masks name: of the same frame of reference and grid."""
    parts = _choose_fitting(files, groups, opened, preferences)
    message = (
        "The masks name a series or images that are not there, or several series; by the setting other_series they "
        "were measured on one of the same frame of reference and grid. What was segmented may look different in it."
    )
    note = Finding("PAIR_SERIES", Severity.WARNING, message)
    why = f"other_series: same_grid; {parts[0].series.chosen_by}"
    return _explain(parts, why, parts[0].series.candidates, [note])


def _fit(files: StudyFiles, details: SeriesDetails, opened: Sequence[OpenMask]) -> Fit:
    """Return how the masks lie on a series: its frame of reference must be stated, and its grid be the masks'."""
    parts: tuple[ImageCandidate, ...] = ()
    try:
        parts = tuple(read_series(files, details.files, [mask.reference for mask in opened]))
        for reference in (mask.reference for mask in opened):
            if reference is None:
                continue
            check_identity(parts[0].identity, reference)
            frame = reference.frame_of_reference_uid
            if frame is None or frame != parts[0].series.frame_of_reference_uid:
                return Fit(details, parts, "PAIR_FOR")
        _, objects = place_masks(opened, parts)
        for reference in (mask.reference for mask in opened):
            if reference is not None:
                check_frame_sources(reference, [part.series for part in parts])
    except StudyRefused as refusal:
        return Fit(details, parts, refusal.code)
    odd = [each.code for placed in objects for each in placed.findings if each.code in OTHER_GRID_CODES]
    return Fit(details, parts, odd[0] if odd else "")


def _refuse_open_choice(fits: Sequence[Fit], fitting: Sequence[Fit]) -> None:
    codes = {fit.obstacle for fit in fits}
    if codes == {"PAIR_PATIENT"}:
        raise StudyRefused("PAIR_PATIENT", "Image and segmentation state different patients; check the export.")
    found = "; ".join(fit.text for fit in fits)
    if fitting:
        text = f"The masks do not say which series they were made on and fit {len(fitting)} of {len(fits)}"
        advice = "keep the one that was segmented, or give a rule (series_preference in --config)"
    else:
        text = f"None of the study's image series ({len(fits)}) has the frame of reference and grid of the masks"
        advice = "add the one that was segmented, or keep it alone"
    raise StudyRefused("PAIR_SERIES", f"{text}: {found}; {advice}.")


def _refuse_named_series(files: Sequence[DicomFile], wanted: set[str], listed: Sequence[str]) -> None:
    named = {file.series_uid for file in files} & wanted
    classes = {file.sop_class for file in files if file.series_uid in named}
    here = f"here are: {'; '.join(listed)}"
    if len(wanted) > 1:
        raise StudyRefused(
            "PAIR_SERIES", f"The masks refer to {len(wanted)} different series; keep those of one ({here})."
        )
    if named and not classes & set(IMAGE_CLASSES):
        raise StudyRefused("SOP_CLASS", "The masks refer to a series that is no CT or MR image.")
    raise StudyRefused(
        "PAIR_SERIES", f"The series that the masks were made on is not among the study's files; add it ({here})."
    )
