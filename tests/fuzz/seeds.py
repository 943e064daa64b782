"""Small valid studies to mutate, one of each format, kept as bytes."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from tests.formats.images_written import VOLUME_WRITERS, write_classic, write_multi_frame
from tests.formats.masks_written import MASK_WRITERS
from tests.formats.turned_study import Turn, values_hu
from tests.layouts.replicas import chaos_ct, chaos_mr
from tests.phantoms import make_grid

Files = Mapping[str, bytes]
TURN = Turn((0, 1, 2), (1, 1, 1), "straight")
SMALL = make_grid((10, 50, 44), (6.5, 1.5, 1.5))
RECORD = "date: 2024-01-30\nheight_cm: 172\nweight_kg: 74\necog: 1\nbilirubin_total_mg_dl: 0.8\n"


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


def with_record(name: str, text: str) -> Callable[[Path], None]:
    """Return a writer of the smallest study there is, with a clinical record under a name."""

    def write(folder: Path) -> None:
        volumes("NIfTI-1 gzipped")(folder)
        (folder / name).write_text(text)

    return write


def as_table(separator: str) -> str:
    fields = [line.partition(": ")[::2] for line in RECORD.splitlines()]
    rows = ["study", *(name for name, _ in fields)], ["study", *(value for _, value in fields)]
    return "".join(separator.join(row) + "\n" for row in rows)


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
    "CT and PNG slices": lambda folder: chaos_ct(folder, SMALL),
    "MR and PNG slices": lambda folder: chaos_mr(folder, SMALL),
    "a record as YAML": with_record("clinical.yaml", f"study: study\n{RECORD}"),
    "a record as JSON": with_record("clinical.json", json.dumps({"study": "study", "ecog": 1, "height_cm": 172.5})),
    "a record as CSV": with_record("clinical.csv", as_table(",")),
    "a record with semicolons": with_record("clinical.csv", as_table(";")),
}


def write_seeds(names: list[str]) -> dict[str, Files]:
    """Return the files of the studies with these names, by path within the study."""
    found = {}
    for name in names:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "in" / "study"
            WRITERS[name](folder)
            if not list(folder.glob("clinical.*")):
                (folder / "clinical.yaml").write_text(f"patient_id: P-1\n{RECORD}")
            paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
            found[name] = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    return found
