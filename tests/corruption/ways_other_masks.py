"""Ways to spoil MetaImage files and structure sets, and to mix up files without identity (M01 to M12, S01 to S06)."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from tests.corruption.clean import write_itk
from tests.corruption.series_edits import Spoil, change_file, set_values
from tests.corruption.volume_edits import file_cut
from tests.corruption.way import Expected, Part, Way
from tests.liver_phantom import GRID
from tests.phantoms import Ellipsoid, sample_array
from tests.readers.build_dicom import uid

C, F, R = Expected.CORRECT, Expected.FLAGGED, Expected.REFUSED
OTHER_LIVER = Ellipsoid((62.0, 78.0, 48.0), (-38.0, -30.0, 4.0))
"""Of another patient: rounder, further to the front."""


def header(change: Callable[[bytes], bytes]) -> Spoil:
    """Return a way that edits the text header of the liver's MetaImage."""

    def spoil(folder: Path) -> None:
        path = folder / "liver.mha"
        content = path.read_bytes()
        end = content.index(b"ElementDataFile")
        end = content.index(b"\n", end)
        path.write_bytes(change(content[:end]) + content[end:])

    return spoil


def line(key: str, value: str | None) -> Spoil:
    """Return a way that writes another line for an entry, or none."""
    new = b"" if value is None else f"{key} = {value}\n".encode()
    return header(lambda text: re.sub(rb"(?m)^" + key.encode() + rb" = [^\n]*(\n|\Z)", new, text).rstrip(b"\n"))


def plan(change: Callable[[Dataset], object]) -> Spoil:
    """Return a way that changes the structure set."""
    return lambda folder: change_file(folder / "rtstruct.dcm", lambda dataset, _: change(dataset))


def first_contour(data: Dataset) -> Dataset:
    contours = data.ROIContourSequence[0].ContourSequence
    return contours[len(contours) // 2]


def other_series(data: Dataset) -> None:
    (study,) = data.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence
    (series,) = study.RTReferencedSeriesSequence
    series.SeriesInstanceUID = uid("elsewhere")
    for number, image in enumerate(series.ContourImageSequence):
        image.ReferencedSOPInstanceUID = uid("elsewhere", number)


def plan_cut(share: float) -> Spoil:
    def spoil(folder: Path) -> None:
        path = folder / "rtstruct.dcm"
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * share)])

    return spoil


def meta(name: str, rows: str, spoil: Spoil, *codes: str) -> Way:
    return Way(name, tuple(rows.split()), "mha", Part.MASK, spoil, R, codes)


def contours(name: str, rows: str, spoil: Spoil, *codes: str) -> Way:
    return Way(name, tuple(rows.split()), "rtstruct", Part.MASK, spoil, R, codes)


WAYS: tuple[Way, ...] = (
    meta("no directions", "M11", line("TransformMatrix", None), "AFFINE_NONE"),
    meta("no place", "M11", line("Offset", None), "AFFINE_NONE"),
    meta("spacing of nothing", "M11", line("ElementSpacing", "0 0 0"), "AFFINE_NONE"),
    meta("lengths in cm", "M12", header(lambda text: text.replace(b"NDims", b"DistanceUnits = cm\nNDims")),
         "AFFINE_UNIT"),
    meta("sizes beyond the file", "S02", line("DimSize", "84000 66000 36000"), "LIMIT_PIXELS"),
    meta("several numbers of axes", "S06", line("NDims", "3 3"), "TRUNCATED"),
    meta("voxels outside the study", "S01", line("ElementDataFile", "../outside.raw"), "PATH"),
    *(meta(f"cut at {share:.0%}", "S06", file_cut("liver.mha", share), "TRUNCATED")
      for share in (0.0, 0.01, 0.6, 0.99)),
    contours("contours of another patient", "M01", plan(lambda d: set_values(d, PatientID="P-2")), "PAIR_PATIENT"),
    contours("contours of an absent series", "M03", plan(other_series), "PAIR_SERIES"),
    contours("points that are no numbers", "M28", plan(lambda d: setattr(
        first_contour(d), "ContourData", ["1e400"] * len(first_contour(d).ContourData))), "RT_DATA"),
    contours("half a point", "M28", plan(lambda d: setattr(
        first_contour(d), "ContourData", list(first_contour(d).ContourData)[:-1])), "RT_DATA"),
    *(contours(f"contours cut at {share:.0%}", "S06", plan_cut(share), "TRUNCATED", "NO_MASK")
      for share in (0.0, 0.01, 0.6, 0.99)),
    Way("the liver of another patient on an equal grid", ("M05", "M21"), "nifti", Part.MASK,
        lambda folder: write_itk(folder / "liver.nii.gz", sample_array(OTHER_LIVER, GRID).astype(np.uint8)), F,
        ("MASK_OTHER_PATIENT",), changed=("*",), drawn=("E?.*", "L?.*", "U?.*", "S?.*"), verdicts=False),
)  # fmt: skip
