"""Folders of mask slices (PNG or DICOM images) beside a DICOM series: which belong together, as a role file says.

Owns finding them; ``slice_masks`` beside it reads them. No link is followed, nothing outside the input is read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.readers.dicom.header import looks_like_dicom
from pipeline.readers.found_files import DicomFile
from pipeline.readers.layouts.layout import SliceLayout
from pipeline.readers.layouts.naming import Naming
from pipeline.readers.walk import read_start, walk_files
from pipeline.study import Identity

Found = tuple[DicomFile, Identity]


@dataclass(frozen=True)
class SliceFolders:
    """Mask slices and the images they belong to.

    Parameters
    ----------
    images
        The image files, by name.
    masks
        Name of each structure and its slices, by name; an empty name for slices whose grey values are label numbers.
    beside
        How many images share the masks and are not measured.
    """

    layout: SliceLayout
    images: tuple[Path, ...]
    masks: tuple[tuple[str, tuple[Path, ...]], ...]
    beside: int = 0

    @property
    def mask_files(self) -> tuple[Path, ...]:
        """Every mask slice."""
        return tuple(path for _, paths in self.masks for path in paths)


@dataclass(frozen=True)
class SliceStudy:
    """One series with its folders of mask slices.

    Parameters
    ----------
    folder
        Where the folders of the layout begin.
    taken
        The folders whose files belong to it, or are known to be of no use.
    """

    naming: Naming
    folder: Path
    files: tuple[Found, ...]
    slices: SliceFolders
    taken: tuple[Path, ...]

    def owns(self, path: Path) -> bool:
        """Tell whether a file lies in one of its folders."""
        return any(folder in path.parents for folder in self.taken)


def find_slice_studies(root: Path, dicom: Sequence[Found], namings: Sequence[Naming]) -> list[SliceStudy]:
    """Return the series below a folder that have folders of mask slices beside them.

    A series that several layouts fit is read by the one that names more folders; when two name as many, by none.
    """
    folders: dict[Path, list[Found]] = defaultdict(list)
    for file, identity in dicom:
        folders[file.path.parent].append((file, identity))
    studies = []
    for folder in sorted(folders):
        fitting = [
            (layout.images.count("/"), study)
            for naming in namings
            for layout in naming.slices
            if (study := _fit(root, folder, folders[folder], naming, layout)) is not None
        ]
        deepest = max((depth for depth, _ in fitting), default=0)
        best = [study for depth, study in fitting if depth == deepest]
        studies += best if len(best) == 1 else []
    return studies


def _fit(root: Path, folder: Path, files: Sequence[Found], naming: Naming, layout: SliceLayout) -> SliceStudy | None:
    """Return a series and its masks when a folder and those beside it fit a layout."""
    tail = PurePosixPath(layout.images).parts
    if [part.casefold() for part in folder.parts[-len(tail) :]] != [part.casefold() for part in tail]:
        return None
    if naming.modality != "unknown" and {file.modality for file, _ in files} & {"CT", "MR"} - {naming.modality}:
        return None
    base = folder.parents[len(tail) - 1]
    place = base / layout.masks.removesuffix("/{structure}")
    masks = _find_masks(place, layout) if _is_below(place, root) else ()
    if not masks:
        return None
    besides = [base / each for each in layout.beside if _is_below(base / each, root)]
    count = sum(1 for each in besides for path in walk_files(each) if looks_like_dicom(read_start(path)))
    images = tuple(sorted((file.path for file, _ in files), key=name_order))
    slices = SliceFolders(layout, images, masks, count)
    return SliceStudy(naming, base, tuple(files), slices, (folder, place, *besides))


def _is_below(folder: Path, root: Path) -> bool:
    """Tell whether a folder is the input or lies in it, and no part of its path is a link."""
    return (folder == root or root in folder.parents) and folder.is_dir() and folder.resolve() == folder


def _find_masks(place: Path, layout: SliceLayout) -> tuple[tuple[str, tuple[Path, ...]], ...]:
    found: dict[Path, list[Path]] = defaultdict(list)
    for path in walk_files(place):
        own = path.parent.parent if layout.has_folders_of_structures else path.parent
        if own == place and _is_slice(path, layout):
            found[path.parent].append(path)
    return tuple(
        (
            folder.name if layout.has_folders_of_structures else layout.structure or "",
            tuple(sorted(found[folder], key=name_order)),
        )
        for folder in sorted(found)
    )


def _is_slice(path: Path, layout: SliceLayout) -> bool:
    if layout.form == "png":
        return path.suffix.lower() == ".png"
    return looks_like_dicom(read_start(path))


def name_order(path: Path) -> tuple[list[tuple[int, int, str]], str]:
    """Return what files are ordered by: their names, with numbers as numbers (image_2 before image_10)."""
    parts = re.split(r"(\d+)", path.name.casefold())
    return [(1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts if part], path.name


def numbers_in_names(paths: Sequence[Path]) -> list[int] | None:
    """Return the one number in which the names of slices differ, or None when it is not one number."""
    split = [re.findall(r"\d+", path.name) for path in paths]
    if len(paths) < 2 or len({len(parts) for parts in split}) > 1:
        return None
    columns: Mapping[int, tuple[str, ...]] = dict(enumerate(zip(*split, strict=True)))
    moving = [values for values in columns.values() if len(set(values)) > 1]
    return [int(value) for value in moving[0]] if len(moving) == 1 else None
