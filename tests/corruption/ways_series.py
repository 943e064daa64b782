"""Ways to spoil a DICOM image series (section 1 of ``docs/hazards.md``)."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import MPEG2MPML, SecondaryCaptureImageStorage

from tests.corruption.clean import write_dicom
from tests.corruption.series_edits import (
    Spoil,
    as_new_image,
    beside,
    copied,
    cut,
    each,
    images_of,
    moved,
    set_values,
    with_values,
    without,
)
from tests.corruption.way import LIVER_TOTALS, Expected, Part, Way
from tests.liver_phantom import GRID
from tests.phantoms import make_grid
from tests.readers.build_dicom import uid, write_raw_text

COUNT = GRID.shape[0]
MIDDLE = COUNT // 2
HEAD_HALF = range(MIDDLE, COUNT)
TURN_10 = [f"{v:.6f}" for v in (np.cos(0.1745), np.sin(0.1745), 0, -np.sin(0.1745), np.cos(0.1745), 0)]
RAW_SPACINGS = {
    "zero": "0\\0", "negative": "-3.5\\3.5", "not a number": "nan\\nan", "infinite": "inf\\inf",
    "with decimal commas": "3,5\\3,5", "beyond any float": "1e400\\3.5", "one value": "3.5", "words": "wide\\wide",
}  # fmt: skip


def raw(keyword: str, text: str) -> Spoil:
    """Return a way that writes raw text over an attribute of every image."""

    def spoil(folder: Path) -> None:
        for path in images_of(folder):
            write_raw_text(path, keyword, text)

    return spoil


def shuffled_names(folder: Path) -> None:
    paths = images_of(folder)
    order = random.Random(3).sample(range(len(paths)), len(paths))
    for path, number in zip(paths, order, strict=True):
        target = folder / "ct" / f"part{number % 3}" / f"I{number:04d}"
        target.parent.mkdir(exist_ok=True)
        path.rename(target)


def half_matrix(dataset: Dataset, _: int) -> None:
    plane = np.frombuffer(dataset.PixelData, dtype="<i2").reshape(dataset.Rows, dataset.Columns)[::2, ::2]
    dataset.Rows, dataset.Columns = plane.shape
    dataset.PixelData = plane.tobytes()


def with_own_slope(dataset: Dataset, number: int) -> None:
    """Store the same HU under a slope that differs from slice to slice."""
    if number % 2:
        values = np.frombuffer(dataset.PixelData, dtype="<i2")
        dataset.PixelData = (values * 2).astype("<i2").tobytes()
        dataset.RescaleSlope = "0.5"


def as_scout(dataset: Dataset, _: int) -> None:
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = uid("scout")
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]


def as_screenshot(dataset: Dataset, number: int) -> None:
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    if number == 0:
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = uid("screenshot")
        dataset.SeriesInstanceUID = uid("screenshots")


def first_only(target: Callable[[Path], Path]) -> Callable[[Path, int], Path | None]:
    return lambda path, number: target(path) if number == 0 else None


def of_another_phase(dataset: Dataset, number: int) -> None:
    as_new_image(dataset, number)
    dataset.AcquisitionNumber = 2


def two_phases(folder: Path) -> None:
    """Put a second phase into the series, told apart by AcquisitionNumber; the masks name the first one's images."""
    with_values(AcquisitionNumber=1)(folder)
    copied(beside, of_another_phase)(folder)


def rewritten(**grid: object) -> Spoil:
    """Return a way that writes the whole study again on another grid."""

    def spoil(folder: Path) -> None:
        shutil.rmtree(folder)
        folder.mkdir()
        write_dicom(folder, make_grid(**{"center_mm": (7.0, -14.0, 12.0), **grid}))  # type: ignore[arg-type]

    return spoil


def packed_by_an_unknown_coder(dataset: Dataset, _: int) -> None:
    dataset.file_meta.TransferSyntaxUID = MPEG2MPML
    dataset.PixelData = encapsulate([b"\0\1\2\3"])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True


C, F, R = Expected.CORRECT, Expected.FLAGGED, Expected.REFUSED
ALL_MEASURES = ("*",)


def way(name: str, rows: str, spoil: Spoil, expected: Expected, *codes: str, **more: object) -> Way:
    """Return a way to spoil the images of the DICOM study."""
    return Way(name, tuple(rows.split()), "dicom", Part.IMAGE, spoil, expected, codes, **more)  # type: ignore[arg-type]


WAYS: tuple[Way, ...] = (
    way("one slice lost in the liver", "G01", without(MIDDLE), R, "GEOM_GAP"),
    way("three slices lost in a lesion", "G01", without(19, 20, 21), R, "GEOM_GAP"),
    way("the outermost slice lost", "G01", without(0), C),
    way("a slice lost outside every mask", "G01", without(2), F, "GEOM_GAP"),
    way("every third file copied", "G02", copied(lambda p, n: beside(p, n) if n % 3 == 0 else None), C),
    way("the series exported twice", "G02", copied(lambda p, n: p.parent / "copy" / p.name), C),
    way("one UID, two contents", "G03",
        copied(lambda p, n: beside(p, n) if n == MIDDLE else None,
               lambda d, n: set_values(d, PixelData=bytes(len(d.PixelData)))), R, "UID_CONFLICT"),
    way("two phases in one series", "G04", copied(beside, as_new_image), R, "GEOM_DUP_POS"),
    way("two acquisitions, the masks name one", "G04", two_phases, F, "GEOM_DUP_POS"),
    way("every other slice lost in the upper half", "G05", without(*range(MIDDLE + 1, COUNT, 2)), R, "GEOM_SPACING"),
    way("every second slice 4 % off its place", "G05", moved(lambda n: (0, 0, 0.2 * (n % 2))), F, "GEOM_SPACING",
        changed=ALL_MEASURES, within=0.04),
    way("slices unevenly spaced by 30 %", "G05", moved(lambda n: (0, 0, 1.5 * (n % 2))), R, "GEOM_SPACING"),
    way("positions rounded by 5 um", "G06", moved(lambda n: (0, 0, 0.005 * (n % 3 - 1))), C, tolerance=2e-4),
    way("slices twice as thick as apart", "G07", with_values(SliceThickness="10"), C),
    way("slices half as thick as apart", "G07", with_values(SliceThickness="2.5"), F, "THICKNESS_NE_SPACING"),
    way("no slice thickness", "G07", with_values(SliceThickness=None), C),
    way("a wrong SpacingBetweenSlices", "G08", with_values(SpacingBetweenSlices="8.5"), C),
    way("a negative SpacingBetweenSlices", "G08", with_values(SpacingBetweenSlices="-5"), C),
    way("instance numbers reversed", "G09", each(lambda d, n: set_values(d, InstanceNumber=COUNT - n)), C),
    way("instance numbers all one", "G09", with_values(InstanceNumber=1), C),
    way("no instance numbers", "G09", with_values(InstanceNumber=None), C),
    way("slice locations of another stack", "G09", each(lambda d, n: set_values(d, SliceLocation=str(-7 * n))), C),
    way("shuffled names in nested folders, no extension", "G09", shuffled_names, C),
    way("a tilted gantry", "G10", rewritten(shape=(36, 80, 84), spacing_mm=(5.0, 3.5, 3.5), tilt_degrees=15.0), F,
        "GEOM_TILT", changed=ALL_MEASURES, within=0.12, alone=True),
    way("images tilted under straight masks", "G10 M08", moved(lambda n: (0, 1.34 * n, 0)), R,
        "GRID_OTHER", "GRID_OFF", "GRID_INDEX"),
    way("only the spacing at the detector", "G12",
        with_values(PixelSpacing=None, ImagerPixelSpacing=["3.5", "3.5"]), R, "PIXEL_SPACING"),
    way("no pixel spacing", "G12", with_values(PixelSpacing=None), R, "PIXEL_SPACING"),
    *(way(f"pixel spacing {name}", "G13", raw("PixelSpacing", text), R, "PIXEL_SPACING")
      for name, text in RAW_SPACINGS.items()),
    way("pixel spacing that varies", "G13", with_values([MIDDLE], PixelSpacing=["3", "3.5"]), R, "PIXEL_SPACING"),
    way("pixel spacing twice the masks'", "G13 M07", with_values(PixelSpacing=["7", "7"]), R, "GRID_OTHER"),
    way("five slices turned", "G14", with_values(range(10, 15), ImageOrientationPatient=TURN_10), R, "GEOM_ORIENT"),
    way("orientation not at right angles", "G14",
        with_values(ImageOrientationPatient=["1", "0", "0", "0.5", "0.8", "0"]), R, "GEOM_ORIENT"),
    way("no orientation", "G14", with_values(ImageOrientationPatient=None), R, "GEOM_ORIENT"),
    way("no position", "G14", with_values(ImagePositionPatient=None), R, "GEOM_ORIENT"),
    way("a position that is no number", "G14", raw("ImagePositionPatient", "nan\\nan\\nan"), R, "GEOM_ORIENT"),
    way("all images at one place", "G04", with_values(ImagePositionPatient=["0", "0", "0"]), R, "GEOM_DUP_POS"),
    way("images stored upside down", "G15 M06",
        each(lambda d, n: set_values(d, ImagePositionPatient=[*d.ImagePositionPatient[:2], -87.5 - 5 * n])), R,
        "GRID_INDEX", "GRID_OTHER", "GRID_OFF"),
    way("the series moved by one slice", "M06 M08", moved(lambda n: (0, 0, 5.0)), R, "GRID_INDEX"),
    way("the series moved by half a slice", "M08", moved(lambda n: (0, 0, 2.5)), R, "GRID_OFF", "GRID_INDEX"),
    way("one slice of half the matrix", "G16", each(half_matrix, [MIDDLE]), R, "GEOM_MATRIX"),
    way("a scout in the series", "G17", copied(first_only(lambda p: p.with_name("scout.dcm")), as_scout), C),
    way("two frames of reference in one series", "G18", with_values(HEAD_HALF, FrameOfReferenceUID=uid("other")), R,
        "FOR_MIXED"),
    way("the scan ends within the liver", "G19", rewritten(
        shape=(22, 66, 84), spacing_mm=(5.0, 3.5, 3.5), center_mm=(7.0, -14.0, -23.0)), F, "FOV_CUT",
        withheld=LIVER_TOTALS, changed=("*",), alone=True),
    way("the upper images lost, the masks whole", "G19", without(*range(24, COUNT)), R, "GRID_OTHER", "PAIR_SERIES"),
    way("screenshots in place of images", "G20", each(lambda d, n: set_values(
        d, SOPClassUID=SecondaryCaptureImageStorage)), R, "SOP_CLASS"),
    way("a screenshot beside the series", "G20",
        copied(first_only(lambda p: p.with_name("shot.dcm")), as_screenshot), C),
    way("rescale intercept lost", "G21", with_values(RescaleIntercept="0"), F, "HU_RANGE",
        changed=("L?.*_hu",)),
    way("rescale attributes lost", "G21", with_values(RescaleIntercept=None, RescaleSlope=None), F, "HU_RANGE",
        changed=("L?.*_hu",)),
    way("a slope of its own in every other slice", "G21", each(with_own_slope), C),
    way("lossy compression declared", "G22", with_values(LossyImageCompression="01"), F, "LOSSY"),
    way("pixels of a coder without decoder", "G22", each(packed_by_an_unknown_coder), F, "TRANSFER_SYNTAX",
        withheld=("L?.*_hu",)),
    *(way(f"an image cut at {share:.0%}", "S06 G01", cut(share, [MIDDLE]), R, "GEOM_GAP", "TRUNCATED")
      for share in (0.01, 0.6, 0.99)),
    way("an empty image file", "S06 G01", cut(0.0, [MIDDLE]), R, "GEOM_GAP", "TRUNCATED"),
    way("every image cut", "S06", cut(0.6, range(COUNT)), R, "TRUNCATED"),
    way("more bits than bytes", "S02 S06", with_values(BitsAllocated=32, BitsStored=32, HighBit=31), R, "TRUNCATED"),
    way("65535 rows and columns", "S02", with_values(Rows=65535, Columns=65535), R, "LIMIT_PIXELS", "TRUNCATED"),
    way("one slice of another patient", "M01", with_values([MIDDLE], PatientID="P-2"), R, "PAIR_PATIENT"),
    way("all images of another patient", "M01", with_values(PatientID="P-2"), R, "PAIR_PATIENT"),
    way("another frame of reference", "M02", with_values(FrameOfReferenceUID=uid("other")), R, "PAIR_FOR"),
    way("other SOPInstanceUIDs", "M03", each(lambda d, n: (
        set_values(d, SOPInstanceUID=uid("new", n)),
        setattr(d.file_meta, "MediaStorageSOPInstanceUID", uid("new", n)), None)[-1]), R, "PAIR_SERIES"),
    way("images in colour", "G20", with_values(SamplesPerPixel=3, PhotometricInterpretation="RGB"), R,
        "SOP_CLASS", "TRUNCATED"),
    way("no images", "M03", without(*range(COUNT)), R, "NO_IMAGE", alone=True),
)  # fmt: skip
