"""Changes to the images of a written series, by their place in the stack."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset

from tests.readers.build_dicom import save, uid

Change = Callable[[Dataset, int], None]
Spoil = Callable[[Path], None]


def images_of(folder: Path) -> list[Path]:
    """Return the files of the series from foot to head."""
    return sorted((folder / "ct").glob("*.dcm"))


def change_file(path: Path, change: Change, number: int = 0) -> None:
    """Change a data set where it lies, whatever is wrong with it then."""
    with warnings.catch_warnings(), pydicom.config.disable_value_validation():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(path)
        change(dataset, number)
        save(dataset, path)


def each(change: Change, which: Iterable[int] | None = None) -> Spoil:
    """Return a way that changes the images with these numbers, all by default."""

    def spoil(folder: Path) -> None:
        paths = images_of(folder)
        for number in range(len(paths)) if which is None else which:
            change_file(paths[number], change, number)

    return spoil


def with_values(which: Iterable[int] | None = None, **values: object) -> Spoil:
    """Return a way that sets attributes of images; None deletes one."""
    return each(lambda dataset, _: set_values(dataset, **values), which)


def set_values(dataset: Dataset, **values: object) -> None:
    """Set attributes of a data set; None deletes one."""
    for keyword, value in values.items():
        if value is None:
            dataset.pop(keyword, None)
        else:
            setattr(dataset, keyword, value)


def without(*numbers: int) -> Spoil:
    """Return a way that loses images."""

    def spoil(folder: Path) -> None:
        paths = images_of(folder)
        for number in numbers:
            paths[number].unlink()

    return spoil


def moved(offset: Callable[[int], tuple[float, float, float]]) -> Spoil:
    """Return a way that moves each image by an offset in LPS mm."""

    def move(dataset: Dataset, number: int) -> None:
        place = np.array([float(v) for v in dataset.ImagePositionPatient]) + offset(number)
        dataset.ImagePositionPatient = [f"{v:.6f}" for v in place]

    return each(move)


def copied(name: Callable[[Path, int], Path | None], change: Change | None = None) -> Spoil:
    """Return a way that copies images; ``name`` gives the new place of each, or None."""

    def spoil(folder: Path) -> None:
        for number, path in enumerate(images_of(folder)):
            target = name(path, number)
            if target is None:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
            if change:
                change_file(target, change, number)

    return spoil


def beside(path: Path, number: int) -> Path:
    """Return a new name in the series' own folder."""
    return path.with_name(f"again_{number:03d}.dcm")


def as_new_image(dataset: Dataset, number: int, added_hu: int = 25) -> None:
    """Make a copy another image at the same place, as a second phase is."""
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = uid("second phase", number)
    values = np.frombuffer(dataset.PixelData, dtype="<i2") + np.int16(added_hu)
    dataset.PixelData = values.astype("<i2").tobytes()
    dataset.InstanceNumber = int(dataset.InstanceNumber or 0) + 500


def cut(share: float, which: Iterable[int]) -> Spoil:
    """Return a way that cuts files off after a share of their bytes."""

    def spoil(folder: Path) -> None:
        paths = images_of(folder)
        for number in which:
            content = paths[number].read_bytes()
            paths[number].write_bytes(content[: int(len(content) * share)])

    return spoil
