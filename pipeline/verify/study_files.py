"""A report's study read a second time: its image's grid, and each structure the report lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pydicom
from pydicom.errors import InvalidDicomError

from pipeline.report import Report, StructureRecord
from pipeline.verify.contours import read_contours
from pipeline.verify.dicom_image import Plane, SourceImage, read_planes, stack_planes
from pipeline.verify.grid import canonical, shift_between
from pipeline.verify.itk_files import file_grid
from pipeline.verify.label_masks import is_volume_file, looks_like_image, read_labels, stem_of
from pipeline.verify.problems import NotSupported, Unreadable
from pipeline.verify.seg_masks import RawMask, read_seg
from pipeline.verify.solid import Solid

SEG_CLASSES = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
CONTOUR_CLASS = "1.2.840.10008.5.1.4.1.1.481.3"


@dataclass(frozen=True, eq=False)
class Structure:
    """One structure as the report lists it, with its voxels read again."""

    record: StructureRecord
    solid: Solid
    source: Path

    @property
    def label(self) -> str:
        """Its name with its number, as lesions carry it."""
        number = self.record.number
        return self.record.name if number is None else f"{self.record.name} ({number})"


@dataclass(frozen=True, eq=False)
class SecondReading:
    """Image and structures of a study, read from its source files."""

    image: SourceImage
    structures: tuple[Structure, ...]

    def of(self, *roles: str) -> tuple[Structure, ...]:
        """Return the structures of some roles, empty ones included."""
        return tuple(each for each in self.structures if each.record.role in roles)

    def first(self, role: str) -> Solid | None:
        """Return the first structure of a role that holds a voxel."""
        return next((each.solid for each in self.of(role) if each.solid.count), None)


def read_again(report: Report, paths: Sequence[Path]) -> SecondReading:
    """Read image and masks of a report from its source files.

    Raises
    ------
    NotSupported
        For sources that no second reader is written for.
    Unreadable
        For files that are damaged or hold other structures than the report lists.
    """
    classes = {path: _class_of(path) for path in paths}
    strange = [path for path in paths if classes[path] is None and not is_volume_file(path)]
    strange = [path for path in strange if path.suffix.lower() not in (".yaml", ".yml", ".json", ".csv", ".raw")]
    if strange:
        raise NotSupported("mask slices and packed archives have no second reader")
    image = _read_image(report, paths, classes)
    masks = [raw for path in paths for raw in _read_masks(path, classes[path], image)]
    structures = [Structure(each, raw.solid, raw.path) for each in report.structures for raw in (_match(each, masks),)]
    return SecondReading(image, tuple(_on_common_grids(structures, image)))


def _class_of(path: Path) -> str | None:
    """Return the SOP class of a DICOM file; None for any other."""
    try:
        return str(pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SOPClassUID"]).get("SOPClassUID"))
    except (InvalidDicomError, OSError):
        return None


def _read_image(report: Report, paths: Sequence[Path], classes: dict[Path, str | None]) -> SourceImage:
    masks = (*SEG_CLASSES, CONTOUR_CLASS)
    slices = [path for path in paths if classes[path] is not None and classes[path] not in masks]
    if slices:
        planes = [plane for path in slices for plane in read_planes(path)]
        return stack_planes(_used(planes, report))
    files = [path for path in paths if is_volume_file(path)]
    grey = [path for path in files if looks_like_image(path)]
    if len(grey) != 1:
        raise NotSupported("it cannot be told which of the volume files is the image")
    return SourceImage(canonical(file_grid(grey[0]))[0], (), grey[0])


def _used(planes: list[Plane], report: Report) -> list[Plane]:
    """Return the planes that the report says were measured on."""
    stated = report.image.sop_instance_uids if report.image else ()
    frames = report.image.frame_numbers if report.image else ()
    if frames:
        wanted = {(uid, frame - 1) for uid, frame in zip(stated, frames, strict=True)}
        return [plane for plane in planes if (plane.uid, plane.frame) in wanted]
    return [plane for plane in planes if plane.uid in set(stated)]


def _read_masks(path: Path, kind: str | None, image: SourceImage) -> list[RawMask]:
    if kind in SEG_CLASSES:
        return read_seg(path, image.grid)
    if kind == CONTOUR_CLASS:
        return read_contours(path, image)
    if kind is None and is_volume_file(path) and path != image.path:
        return read_labels(path)
    return []


def _match(record: StructureRecord, masks: Sequence[RawMask]) -> RawMask:
    """Return the structure of the files that a record of the report is about: by number and name, or by file name."""
    same = [raw for raw in masks if raw.number == record.number and raw.number is not None]
    named = [raw for raw in same if _alike(raw.name, record.name)]
    if len(named) == 1 or len(same) == 1:
        return (named or same)[0]
    wanted = _plain(record.name)
    called = [raw for raw in masks if _plain(raw.name) == wanted and not is_volume_file(raw.path)]
    if record.number is None and len(called) == 1:
        return called[0]
    by_file = [raw for raw in (same or masks) if is_volume_file(raw.path) and _plain(stem_of(raw.path)) == wanted]
    by_file = by_file or [raw for raw in (same or masks) if is_volume_file(raw.path) and _within(wanted, raw.path)]
    if len(by_file) == 1:
        return by_file[0]
    sized = [raw for raw in (named or by_file or same) if raw.solid.count == record.voxels]
    if len(sized) == 1:
        return sized[0]
    if record.voxels == 0 and masks:
        nothing = np.zeros((0, 0, 0), dtype=bool)
        return replace(masks[0], solid=Solid(masks[0].solid.grid, np.zeros(3, dtype=np.int64), nothing))
    raise Unreadable(f"structure '{record.name}' is not found in the source files")


def _plain(text: str) -> str:
    return "".join(sign for sign in text.lower() if sign.isalnum())


def _alike(raw: str, stated: str) -> bool:
    return _plain(stated).startswith(_plain(raw)[:64]) if _plain(raw) else True


def _within(wanted: str, path: Path) -> bool:
    return wanted in _plain(stem_of(path)) or _plain(stem_of(path)) in wanted


def _on_common_grids(structures: list[Structure], image: SourceImage) -> list[Structure]:
    """Return structures with one grid object for each set of voxels that several of them, or the image, share."""
    grids = [image.grid]
    placed = []
    for each in structures:
        for grid in grids:
            shift = shift_between(each.solid.grid, grid)
            if shift is not None:
                placed.append(replace(each, solid=replace(each.solid, grid=grid, start=each.solid.start + shift)))
                break
        else:
            grids.append(each.solid.grid)
            placed.append(each)
    return placed
