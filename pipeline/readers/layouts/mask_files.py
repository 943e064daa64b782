"""The mask files of a case (NIfTI, NRRD): label maps, structure files, and files of unknown name that may be masks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from pipeline.errors import StudyRefused
from pipeline.readers.layouts.cases import Case
from pipeline.readers.layouts.file_patterns import case_key, stem_of
from pipeline.readers.layouts.label_names import find_inherited, read_label_names
from pipeline.readers.layouts.label_tables import describe_doubt, describe_numbers, doubt_table, name_of
from pipeline.readers.layouts.naming import Naming, normalize
from pipeline.readers.layouts.precedence import describe_names
from pipeline.readers.mask_formats import open_volume
from pipeline.readers.mask_object import MaskObject, OpenMask, RawSegment
from pipeline.readers.volumes.label_map import describe_forms, read_label_map, read_structure_file
from pipeline.readers.volumes.label_voxels import looks_like_labels
from pipeline.readers.volumes.volume_file import VolumeFile
from pipeline.structures import Role
from pipeline.study import Finding, Severity
from pipeline.volume import Geometry


def open_mask_files(case: Case, base: Path) -> tuple[list[OpenMask], list[StudyRefused], list[Finding]]:
    """Return the label maps of a case, and its structure files together as one object.

    Files of unknown name are masks of unknown name where they hold labels. Where they hold an image or cannot be read,
    they are left out: the second and third part of the result say so.

    Raises
    ------
    StudyRefused
        ``PAIR_AMBIGUOUS`` when two files are called by the same structure, ``PAIR_SERIES`` when several images lie
        together and none of them is named as the image.
    """
    _check_names(case)
    opened = [_open_label_map(path, base, case) for path in case.labels]
    unknown: list[PurePosixPath] = []
    refusals: list[StudyRefused] = []
    images: list[PurePosixPath] = []
    doubtful = [path for name, path in case.structures if _may_be_image(name, path, case)]
    for path in (*case.unknown, *doubtful):
        try:
            is_mask = looks_like_labels(open_volume(base / path))
        except StudyRefused as refusal:
            refusals += [] if path in doubtful else [refusal]
            continue
        unknown += [path] if is_mask and path not in doubtful else []
        images += [] if is_mask else [path]
    _check_one_image(case, [path for path in images if path in doubtful])
    named = [(name, path) for name, path in case.structures if path not in images]
    structures = [*named, *((name_of(path), path) for path in unknown)]
    if structures:
        opened.append(OpenMask("structure files", None, lambda hint: _read_structures(structures, base, hint)))
    return opened, refusals, _describe_images(images, case)


def _may_be_image(name: str, path: PurePosixPath, case: Case) -> bool:
    """Tell whether a structure that only another role file knows (``portal``) lies beside the image: a phase, maybe."""
    beside = any(path.parent == image.parent for image in case.images)
    return beside and case.naming.role_of_name(name) is None


def _check_one_image(case: Case, phases: Sequence[PurePosixPath]) -> None:
    """Refuse several images of which none is named as the image: which one was segmented is not known."""
    if not phases or case.image_named:
        return
    names = describe_names([name_of(path) for path in (*case.images, *phases)])
    raise StudyRefused(
        "PAIR_SERIES",
        f"{len(case.images) + len(phases)} images lie beside the masks ({names}), and none is named as the one that "
        "they were drawn on: call it `image`, `ct` or `mr`, or take the others away.",
    )


def _describe_images(images: Sequence[PurePosixPath], case: Case) -> list[Finding]:
    """List the images that are not measured."""
    found = []
    if images:
        files = "1 file" if len(images) == 1 else f"{len(images)} files"
        found.append(f"Left out beside the image, as no mask: {files}.")
    if case.channels:
        found.append(f"The case has {len(case.channels)} further channels; the first channel (_0000) was measured.")
    return [Finding("FILE_UNKNOWN", Severity.INFO, message) for message in found]


def _check_names(case: Case) -> None:
    """Refuse two files of one structure: lesion_1 and lesion_01, or tumor and tumor_mask."""
    known = [name for name, _ in case.structures if case.naming.role_of_name(name) is not None]
    counts = Counter(case_key(normalize(name)) for name in known)
    if max(counts.values(), default=0) > 1:
        raise StudyRefused(
            "PAIR_AMBIGUOUS", "Two mask files of the study are called by the same structure; keep the one that counts."
        )


def _open_label_map(path: PurePosixPath, base: Path, case: Case) -> OpenMask:
    def read(hint: Geometry | None) -> MaskObject:
        file = open_volume(base / path)
        described = read_label_names(_describing(path, base, case))
        _check_described(described, case.naming)
        segments = read_label_map(file, hint, described)
        kind = "label map" if file.layers == 1 or file.labels else "layers of labels"
        if file.labels:
            return _object(kind, segments, [file], hint)
        numbers = {each.number for each in segments if each.number is not None}
        doubt = doubt_table(path, numbers, case)
        table = case.naming.labels if doubt is None else {}
        nameless = case.naming.files.label_names and not (table or described)
        notes = [_describe_nameless(case.naming)] if nameless else []
        notes += [describe_doubt(path, doubt, case)] if doubt is not None else []
        if not (table or described or notes) and len(numbers) > 1:
            notes.append(describe_numbers(numbers))
        named = [each if each.number in described else _call(each, path, table, case) for each in segments]
        if not table and len(named) == 1 and not described:
            named = [replace(named[0], name=name_of(path), number=None)]
        return replace(_object(kind, named, [file], hint, notes), numbered=bool(table))

    return OpenMask("label map", None, read)


def _call(segment: RawSegment, path: PurePosixPath, table: Mapping[int, Role], case: Case) -> RawSegment:
    """Return a structure of a label map called by its number, with its role, or the file's name beside other files."""
    if segment.number is not None and segment.number in table:
        return replace(segment, name=f"{segment.name} ({table[segment.number].value})")
    return replace(segment, name=f"{name_of(path)} {segment.name}") if len(case.labels) > 1 else segment


def _check_described(names: Mapping[int, str], naming: Naming) -> None:
    """Refuse a label map whose own description contradicts the numbers of the role file: it was numbered anew."""
    for number, name in names.items():
        role, named = naming.labels.get(number), naming.role_of_name(name)
        if None not in (role, named) and role is not named:
            raise StudyRefused(
                "LABEL_CONFLICT",
                f"The data set's own file calls label {number} {name}, and the role file {naming.name} takes it for "
                f"{role}: the labels were numbered anew; give a role file that fits with --roles.",
            )


def _describing(path: PurePosixPath, base: Path, case: Case) -> list[Path]:
    """Return where the role file says that the numbers of a label map are named."""
    stem = base / stem_of(path)
    found: list[Path | None] = []
    for text in case.naming.files.label_names:
        if "{inherited}" in text:
            found.append(find_inherited(stem, base / case.folder))
        else:
            found.append(Path(text.replace("{file}", str(stem))) if "{file}" in text else base / case.folder / text)
    return [each for each in found if each is not None]


def _describe_nameless(naming: Naming) -> Finding:
    """Return the finding on a label map whose numbers no file names, though the layout has one."""
    wanted = " or ".join(
        text.replace("{inherited}", "*dseg").replace("{file}", "*") for text in naming.files.label_names
    )
    message = (
        f"No file names the numbers of a label map: {wanted} was looked for where the role file {naming.name} says. "
        "Put it there, or name the numbers in a role file (docs/roles.md)."
    )
    return Finding("LABEL_UNKNOWN", Severity.WARNING, message)


def _read_structures(structures: Sequence[tuple[str, PurePosixPath]], base: Path, hint: Geometry | None) -> MaskObject:
    segments: list[RawSegment] = []
    read: list[VolumeFile] = []
    for name, path in structures:
        file = open_volume(base / path)
        segments += read_label_map(file, hint, {}) if file.labels else read_structure_file(file, hint, name)
        read.append(file)
    return _object("structure files", segments, read, hint)


def _object(
    name: str,
    segments: Sequence[RawSegment],
    files: Sequence[VolumeFile],
    hint: Geometry | None,
    notes: Sequence[Finding] = (),
) -> MaskObject:
    sources = tuple(source for file in files for source in file.sources)
    findings = [*notes, *(finding for file in files for finding in (*file.findings, *describe_forms(file, hint)))]
    return MaskObject(name, tuple(segments), sources, by_name=True, findings=tuple(dict.fromkeys(findings)))
