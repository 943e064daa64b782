"""Small valid studies to mutate, one of each format, kept as bytes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from tests.formats.images_written import VOLUME_WRITERS, write_classic, write_multi_frame
from tests.formats.masks_written import MASK_WRITERS
from tests.formats.turned_study import Turn, values_hu

Files = Mapping[str, bytes]
TURN = Turn((0, 1, 2), (1, 1, 1), "straight")
RECORD = "patient_id: P-1\ndate: 2024-01-30\nheight_cm: 172\nweight_kg: 74\necog: 1\nbilirubin_total_mg_dl: 0.8\n"


def dicom(masks: str, syntax: str = "explicit little endian", *, enhanced: bool = False) -> Callable[[Path], None]:
    """Return a writer of a DICOM study."""

    def write(folder: Path) -> None:
        images = write_multi_frame if enhanced else write_classic
        twins = images(folder, values_hu() + np.int16(1000), TURN.grid, syntax)
        MASK_WRITERS[masks](folder, TURN, twins)

    return write


def volumes(form: str, masks: str | None = None) -> Callable[[Path], None]:
    """Return a writer of a study without identity."""

    def write(folder: Path) -> None:
        suffix, writer = VOLUME_WRITERS[form]
        folder.mkdir(parents=True, exist_ok=True)
        writer(folder / f"ct{suffix}", values_hu(), TURN.grid)
        MASK_WRITERS[masks or f"folder of {form}"](folder, TURN, [])

    return write


WRITERS: Mapping[str, Callable[[Path], None]] = {
    "series and BINARY SEG": dicom("SEG BINARY"),
    "deflated series and FRACTIONAL SEG": dicom("SEG FRACTIONAL", "deflated"),
    "implicit series and LABELMAP SEG": dicom("SEG LABELMAP", "implicit little endian"),
    "RLE series and RTSTRUCT": dicom("RTSTRUCT", "RLE"),
    "JPEG-LS series and SEG": dicom("SEG BINARY", "JPEG-LS"),
    "JPEG 2000 series and SEG": dicom("SEG BINARY", "JPEG 2000"),
    "lossless JPEG series and SEG": dicom("SEG BINARY", "JPEG lossless"),
    "big endian series and SEG": dicom("SEG BINARY", "explicit big endian"),
    "enhanced image and SEG": dicom("SEG BINARY", enhanced=True),
    "RLE enhanced image and LABELMAP SEG": dicom("SEG LABELMAP", "RLE", enhanced=True),
    "series and seg.nrrd": dicom("seg.nrrd"),
    "NIfTI-1": volumes("NIfTI-1"),
    "gzipped NIfTI-1": volumes("NIfTI-1 gzipped"),
    "NIfTI-2": volumes("NIfTI-2"),
    "NRRD": volumes("NRRD"),
    "detached NRRD": volumes("detached NRRD"),
    "MetaImage": volumes("MetaImage"),
    "detached MetaImage": volumes("detached MetaImage"),
}


def write_seeds(names: list[str]) -> dict[str, Files]:
    """Return the files of the studies with these names, by path within the study."""
    found = {}
    for name in names:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "in" / "study"
            WRITERS[name](folder)
            (folder / "clinical.yaml").write_text(RECORD)
            paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
            found[name] = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    return found
