"""The mask files of a case (NIfTI, NRRD): label maps, structure files, and files of unknown name that may be masks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from pipeline.errors import StudyRefused
from pipeline.readers.cases import Case
from pipeline.readers.file_patterns import case_key, stem_of
from pipeline.readers.label_map import describe_forms, read_label_map, read_structure_file
from pipeline.readers.label_names import read_label_names
from pipeline.readers.label_voxels import looks_like_labels
from pipeline.readers.mask_formats import open_volume
from pipeline.readers.mask_object import MaskObject, OpenMask, RawSegment
from pipeline.readers.naming import Naming, normalize
from pipeline.readers.volume_file import VolumeFile
from pipeline.study import Finding, Severity
from pipeline.volume import Geometry


def open_mask_files(case: Case, base: Path) -> tuple[list[OpenMask], list[StudyRefused], list[Finding]]:
    """Return the label maps of a case, and its structure files together as one object.

    Files of unknown name are masks of unknown name where they hold labels. Where they hold an image or cannot be read,
    they are left out: the second and third part of the result say so.

    Raises
    ------
    StudyRefused
        ``PAIR_AMBIGUOUS`` when two files are called by the same structure.
    """
    _check_names(case)
    opened = [_open_label_map(path, base, case) for path in case.labels]
    unknown: list[PurePosixPath] = []
    refusals: list[StudyRefused] = []
    images = 0
    for path in case.unknown:
        try:
            is_mask = looks_like_labels(open_volume(base / path))
        except StudyRefused as refusal:
            refusals.append(refusal)
            continue
        unknown += [path] if is_mask else []
        images += not is_mask
    structures = [*case.structures, *((PurePosixPath(stem_of(path)).name, path) for path in unknown)]
    if structures:
        opened.append(OpenMask("structure files", None, lambda hint: _read_structures(structures, base, hint)))
    message = f"{images} files beside the image that hold no masks were left out."
    return opened, refusals, [Finding("FILE_UNKNOWN", Severity.INFO, message)] if images else []


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
        names = {number: f"label {number} ({role.value})" for number, role in case.naming.labels.items()}
        described = read_label_names([base / place for place in _describing(path, case)])
        _check_described(described, case.naming)
        names |= described
        kind = "label map" if file.layers == 1 or file.labels else "layers of labels"
        return _object(kind, read_label_map(file, hint, names), [file], hint)

    return OpenMask("label map", None, read)


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


def _describing(path: PurePosixPath, case: Case) -> list[PurePosixPath]:
    """Return where the role file says that the numbers of a label map are named."""
    return [
        PurePosixPath(text.replace("{file}", stem_of(path))) if "{file}" in text else case.folder / text
        for text in case.naming.files.label_names
    ]


def _read_structures(structures: Sequence[tuple[str, PurePosixPath]], base: Path, hint: Geometry | None) -> MaskObject:
    segments: list[RawSegment] = []
    read: list[VolumeFile] = []
    for name, path in structures:
        file = open_volume(base / path)
        segments += read_label_map(file, hint, {}) if file.labels else read_structure_file(file, hint, name)
        read.append(file)
    return _object("structure files", segments, read, hint)


def _object(
    name: str, segments: Sequence[RawSegment], files: Sequence[VolumeFile], hint: Geometry | None
) -> MaskObject:
    sources = tuple(source for file in files for source in file.sources)
    findings = [finding for file in files for finding in (*file.findings, *describe_forms(file, hint))]
    return MaskObject(name, tuple(segments), sources, by_name=True, findings=tuple(dict.fromkeys(findings)))
