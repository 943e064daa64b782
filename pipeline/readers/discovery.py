"""Find the studies below a folder: headers only, any nesting, any file names.

DICOM is told by content and grouped by StudyInstanceUID; NIfTI and NRRD are grouped by the file patterns of role files.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path, PurePosixPath

from pipeline.errors import UsageError
from pipeline.readers.clinical.own_records import find_record
from pipeline.readers.found_files import DicomFile, SortedFiles, count_equal, sort_files
from pipeline.readers.layouts.cases import ONLY_CASE, Case, find_cases
from pipeline.readers.layouts.detached_masks import attach_cases
from pipeline.readers.layouts.naming import GENERIC, Naming
from pipeline.readers.layouts.slice_folders import SliceFolders, SliceStudy, find_slice_studies
from pipeline.readers.near_misses import describe_near_misses
from pipeline.readers.study_joining import Group, describe_joined, join_studies
from pipeline.readers.volumes.volume_file import digest_of
from pipeline.readers.walk import escape_path
from pipeline.study import Finding, Identity, Severity

MASK_MODALITIES = ("SEG", "RTSTRUCT")


@dataclass(frozen=True)
class StudyFiles:
    """The files of one study, before anything of them but headers was read.

    Parameters
    ----------
    key
        Opaque identifier: 16 hex digits of a SHA-256.
    root
        The study's folder: the deepest one that holds all its files.
    folder
        The same, relative to the input folder, with the name of the case where that is another one.
    dicom
        Its DICOM files of every kind.
    base
        The input folder.
    case
        Its NIfTI and NRRD files, or None; its paths are relative to ``base``.
    naming
        The role file to use where nothing else is recognised.
    slices
        Masks that come as single slices in folders of their own, or None.
    namings
        The role files that a segmentation's own names may be recognised by; empty when one was chosen.
    clinical_path
        A clinical record in the study's folder, or above it where the folder holds no other study.
    is_split
        Whether it holds images or masks alone, and the other ones lie beside it with another StudyInstanceUID.
    """

    key: str
    base: Path
    root: Path
    folder: str
    identity: Identity
    naming: Naming
    namings: tuple[Naming, ...] = ()
    dicom: tuple[DicomFile, ...] = ()
    case: Case | None = None
    clinical_path: Path | None = None
    findings: tuple[Finding, ...] = ()
    is_split: bool = False
    slices: SliceFolders | None = None

    def with_case(self, case: Case) -> StudyFiles:
        """Return the study with mask files that lie beside its series."""
        root = _common_folder([*(file.path for file in self.dicom), *(self.base / path for path in case.files)])
        return replace(self, case=case, root=root, folder=_relative(root, self.base))


def find_studies(root: Path, namings: Mapping[str, Naming], naming: str | None = None) -> tuple[StudyFiles, ...]:
    """Return every study below a folder, by folder and key.

    Parameters
    ----------
    root
        A study folder, or a folder of them.
    namings
        Every role file, by name.
    naming
        Name of the one to use, or None to recognise it for each study.

    Raises
    ------
    UsageError
        When no role file is called ``naming``.
    """
    if naming is not None and naming not in namings:
        raise UsageError(f"no role file is called {naming}; there are {', '.join(sorted(namings))}")
    root = root.resolve()
    found = sort_files(root)
    sliced = find_slice_studies(root, found.dicom, [namings[naming]] if naming else list(namings.values()))
    found = _without_slices(found, sliced)
    groups: dict[str, list[tuple[DicomFile, Identity]]] = defaultdict(list)
    for file, identity in found.dicom:
        groups[identity.study_instance_uid or ""].append((file, identity))
    default = namings[naming or GENERIC]
    others = () if naming else tuple(namings[name] for name in sorted(namings))
    joined = join_studies(groups)
    studies = [_dicom_study(uid, group, root, default, others) for uid, group in joined.items()]
    cases = find_cases([PurePosixPath(path.relative_to(root).as_posix()) for path in found.volumes], namings, naming)
    studies, cases = attach_cases(studies, cases, root)
    studies += [_detached_study(case, root, default, others) for case in cases]
    studies += [_slice_study(each, root) for each in sliced]
    studies = _drop_copies(sorted(studies, key=lambda study: (study.folder, study.key)))
    complete = [_with_surroundings(study, studies, root, found) for study in studies]
    return tuple(complete + _unreadable_studies(found, complete, root, default))


def _without_slices(found: SortedFiles, sliced: Sequence[SliceStudy]) -> SortedFiles:
    """Return the files that lie in no folder of mask slices, nor with the images these belong to."""
    dicom = [(file, identity) for file, identity in found.dicom if not any(each.owns(file.path) for each in sliced)]
    findings = [(path, finding) for path, finding in found.findings if not any(each.owns(path) for each in sliced)]
    return replace(found, dicom=dicom, findings=findings)


def _key_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


def _common_folder(paths: Sequence[Path]) -> Path:
    return Path(os.path.commonpath([path.parent for path in paths]))


def _relative(folder: Path, root: Path) -> str:
    """Return a folder relative to the input; the input folder itself by its own name."""
    return escape_path(Path(folder.name) if folder == root else folder.relative_to(root))


def _dicom_study(uid: str, group: Group, root: Path, default: Naming, others: tuple[Naming, ...]) -> StudyFiles:
    files = tuple(file for file, _ in group)
    folder = _common_folder([file.path for file in files])
    key = _key_of("dicom:" + (uid or _relative(folder, root)))
    identity = next((each for file, each in group if file.modality in ("CT", "MR")), group[0][1])
    notes = describe_joined(uid, group)
    return StudyFiles(key, root, folder, _relative(folder, root), identity, default, others, files, findings=notes)


def _detached_study(case: Case, root: Path, default: Naming, others: tuple[Naming, ...]) -> StudyFiles:
    paths = [root / path for path in case.files]
    folder = _common_folder(paths)
    digests = sorted(digest_of(path) for path in paths)
    key = _key_of("\n".join([*digests, root.name if case.name == ONLY_CASE else case.name]))
    name = _relative(folder, root)
    label = name if case.name in (folder.name, ONLY_CASE) else f"{name}/{case.name}"
    return StudyFiles(key, root, folder, label, Identity(), case.naming, others, case=case)


def _slice_study(study: SliceStudy, root: Path) -> StudyFiles:
    """Return a series with its mask slices; its key follows from what the masks hold and which images they lie on."""
    images = sorted(file.sop_instance_uid for file, _ in study.files)
    digests = sorted(digest_of(path) for path in study.slices.mask_files)
    files = tuple(file for file, _ in study.files)
    folder = _common_folder([*study.slices.images, *study.slices.mask_files])
    identity = study.files[0][1]
    key = _key_of("\n".join(["slices:", *images, *digests]))
    name = _relative(folder, root)
    return StudyFiles(key, root, folder, name, identity, study.naming, (), files, slices=study.slices)


def _unreadable_studies(
    found: SortedFiles, studies: Sequence[StudyFiles], root: Path, default: Naming
) -> list[StudyFiles]:
    """Return a study, to be refused, for each folder that holds nothing but DICOM files that cannot be read."""
    lost: dict[Path, list[Finding]] = defaultdict(list)
    for path, finding in found.findings:
        if not any(_lies_with(path, study) for study in studies):
            lost[path.parent].append(finding)
    return [
        StudyFiles(
            _key_of("unreadable:" + _relative(folder, root)),
            root,
            folder,
            _relative(folder, root),
            Identity(),
            default,
            findings=count_equal(findings),
        )
        for folder, findings in sorted(lost.items())
    ]


def _drop_copies(studies: list[StudyFiles]) -> list[StudyFiles]:
    """Keep the first of studies with one key: the same files, copied."""
    kept: dict[str, StudyFiles] = {}
    for study in studies:
        known = kept.setdefault(study.key, study)
        if known is not study:
            note = Finding("DUP_STUDY", Severity.INFO, "A copy of this study lies in another folder; it was read once.")
            kept[study.key] = replace(known, findings=(*known.findings, note))
    return list(kept.values())


def _with_surroundings(study: StudyFiles, studies: Sequence[StudyFiles], root: Path, found: SortedFiles) -> StudyFiles:
    """Add the clinical record and the unusable files that lie with a study."""
    own = _own_folder(study, studies, root)
    near = tuple(finding for path, finding in found.findings if _lies_with(path, study))
    others = (folder for other in studies if other is not study for folder in _folders_of(other))
    record, said = find_record(found.clinical, study.root, own, _folders_of(study), others)
    halves = [other for other in studies if _is_other_half(study, other)]
    findings = (*study.findings, *count_equal(near), *said, *describe_near_misses(study, studies, halves, own))
    return replace(study, findings=findings, clinical_path=record, is_split=bool(halves))


def _folders_of(study: StudyFiles) -> set[Path]:
    files = {file.path.parent for file in study.dicom}
    return files | {(study.base / path).parent for path in (study.case.files if study.case else ())} or {study.root}


def _is_other_half(study: StudyFiles, other: StudyFiles) -> bool:
    """Tell whether one of two DICOM studies in one folder holds images alone, and the other masks alone."""
    if other is study or not (study.dicom and other.dicom):
        return False
    together = study.root == other.root or study.root in other.root.parents or other.root in study.root.parents
    return together and {_is_masks_alone(study), _is_masks_alone(other)} == {True, False}


def _is_masks_alone(study: StudyFiles) -> bool | None:
    """Tell whether a study holds masks alone or images alone; None when it holds both."""
    masks = {file.modality in MASK_MODALITIES for file in study.dicom}
    return masks.pop() if len(masks) == 1 else None


def _lies_with(path: Path, study: StudyFiles) -> bool:
    """Tell whether a file lies in a study's folder, below it or above it."""
    return study.root in path.parents or path.parent in study.root.parents


def _own_folder(study: StudyFiles, studies: Sequence[StudyFiles], root: Path) -> Path:
    """Return the highest folder up to the input that holds this study and no other."""
    own = study.root
    others = [other.root for other in studies if other is not study]
    for folder in (study.root, *study.root.parents):
        if folder != study.root and any(folder == other or folder in other.parents for other in others):
            break
        own = folder
        if folder == root:
            break
    return own
