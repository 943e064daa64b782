"""Ways to spoil NIfTI and NRRD masks and images (rows M05 to M15, S02, S03, S06)."""

from __future__ import annotations

import numpy as np

from tests.corruption.series_edits import Spoil
from tests.corruption.volume_edits import (
    MIRROR,
    NAMES,
    as_float,
    big_endian,
    bit_flipped,
    detached_elsewhere,
    file_cut,
    header_edited,
    in_ras,
    inflating,
    masks,
    nrrd_header,
    one,
    one_form_wrong,
    placed,
    scaled,
    shifted,
    smoothed,
    spacings_only,
    stored,
    turned_in_storage,
    two_livers,
    with_slope,
    with_third_label,
)
from tests.corruption.way import LIVER_TOTALS, Expected, Part, Way

C, F, R = Expected.CORRECT, Expected.FLAGGED, Expected.REFUSED


def nifti(name: str, rows: str, spoil: Spoil, expected: Expected, *codes: str, **more: object) -> Way:
    part = more.pop("part", Part.MASK)
    return Way(name, tuple(rows.split()), str(more.pop("form", "nifti")), part, spoil, expected, codes, **more)  # type: ignore[arg-type]


def all_scaled(factor: float) -> Spoil:
    """Return a way that writes image and masks with their lengths in another unit."""
    return lambda folder: [stored(folder / f"{n}.nii.gz", placed(scaled(factor))) for n in (*NAMES, "ct")]


def nrrds(name: str, rows: str, spoil: Spoil, expected: Expected, *codes: str, **more: object) -> Way:
    return nifti(name, rows, spoil, expected, *codes, form="nrrd", **more)


def lits(name: str, rows: str, spoil: Spoil, expected: Expected, *codes: str, **more: object) -> Way:
    return nifti(name, rows, spoil, expected, *codes, form="lits", **more)


IMAGE = Part.IMAGE
CUT = ("TRUNCATED", "NO_MASK", "LIMIT_INFLATE", "AFFINE_NONE")
WAYS: tuple[Way, ...] = (
    nifti("masks in the other convention", "M09", masks(placed(lambda a: MIRROR @ a)), R, "AFFINE_RAS_LPS"),
    nifti("one mask in the other convention", "M09", one("lesion_2", placed(lambda a: MIRROR @ a)), R,
          "AFFINE_RAS_LPS"),
    nifti("masks stored along other axes", "M09 G15", turned_in_storage, C),
    nifti("a mask whose qform is wrong", "M10", one_form_wrong("liver", "qform"), F, "AFFINE_SQ"),
    nifti("a mask whose sform is wrong", "M10", one_form_wrong("liver", "sform"), F, "AFFINE_SQ"),
    nifti("an image whose forms disagree", "M10", one_form_wrong("ct", "qform"), R, "AFFINE_SQ", part=IMAGE),
    nifti("masks without a place", "M11", masks(placed(lambda a: np.eye(4)), sform=0, qform=0), R, "AFFINE_NONE"),
    nifti("masks with an identity affine", "M11", masks(placed(lambda a: np.eye(4))), R, "AFFINE_NONE"),
    nifti("an image without a place", "M11", one("ct", placed(lambda a: np.eye(4)), sform=0, qform=0), R,
          "AFFINE_NONE", part=IMAGE),
    nifti("masks in cm that say mm", "M12", masks(placed(scaled(0.1))), R, "AFFINE_UNIT"),
    nifti("masks in metres that say so", "M12", masks(placed(scaled(0.001)), unit=1), C),
    *(nifti(f"image and masks in {unit} that say mm", "M12", all_scaled(factor), R, "AFFINE_UNIT", alone=True)
      for unit, factor in (("metres", 0.001), ("cm", 0.1), ("um", 1000.0))),
    nifti("masks transposed under their affine", "M13", masks(lambda d, a: (d.transpose(2, 1, 0), a)), R,
          "AFFINE_SHAPE"),
    nifti("masks 0.3 voxels off in plane", "M08", masks(placed(shifted(0.3, 0, 0))), F, "GRID_OFF"),
    nifti("masks half a slice off", "M08", masks(placed(shifted(0, 0, 0.5))), R, "GRID_OFF"),
    nifti("masks 0.05 voxels off", "M08", masks(placed(shifted(0.05, 0.05, 0))), C),
    nifti("masks 40 voxels off", "M08", masks(placed(shifted(0, 0, 40))), R, "GRID_OTHER"),
    nifti("masks three slices off", "M08 M21", masks(placed(shifted(0, 0, 3))), R, "GRID_OTHER"),
    nifti("masks mirrored in storage alone", "M21", masks(lambda d, a: (d[::-1], a)), F, "MASK_MIRRORED",
          changed=("*",), verdicts=False),
    nifti("masks upside down in storage alone", "M21", masks(lambda d, a: (d[:, :, ::-1], a)), F, "MASK_MIRRORED",
          changed=("*",), verdicts=False),
    nifti("masks as floating point numbers", "M14", masks(as_float), C),
    nifti("a mask in the other byte order", "M14", big_endian, C),
    nifti("two livers", "M04", two_livers, R, "PAIR_AMBIGUOUS"),
    nifti("an interpolated mask", "M14", one("lesion_1", smoothed), R, "LABEL_NONINT"),
    lits("interpolated labels", "M14", one("segmentation-0", lambda d, a: (d.astype(np.float32) * 0.9, a)), R,
         "LABEL_NONINT"),
    lits("labels stored under a slope", "M14", with_slope, C),
    lits("a label that no one knows", "M15", one("segmentation-0", with_third_label), F, "LABEL_UNKNOWN",
         withheld=("lesion_count",), changed=("*",), drawn=("label_*",)),
    lits("a label map of another shape", "M13", one("segmentation-0", lambda d, a: (d[:, :-6], a)), C),
    *(nifti(f"a mask cut at {share:.0%}", "S06", file_cut("liver.nii.gz", share), R, *CUT)
      for share in (0.0, 0.01, 0.6, 0.99)),
    *(nifti(f"an image cut at {share:.0%}", "S06", file_cut("ct.nii.gz", share), R, *CUT, "NO_IMAGE", part=IMAGE)
      for share in (0.0, 0.01)),
    nifti("a bit flipped in a compressed mask", "S06", bit_flipped("liver.nii.gz"), R, *CUT),
    nifti("a mask that unpacks to a gigabyte", "S03", inflating("liver.nii.gz"), R, "LIMIT_INFLATE", "TRUNCATED"),
    nifti("a mask of 32767 cubed", "S02", header_edited("liver.nii.gz", 40, np.array(
        [3, 32767, 32767, 32767], dtype="<i2").tobytes()), R, "LIMIT_PIXELS", "TRUNCATED"),
    nifti("a mask of negative size", "S02", header_edited("liver.nii.gz", 40, np.array(
        [3, -84, 66, 36], dtype="<i2").tobytes()), R, "GEOM_SLICES"),
    nifti("a mask whose voxels begin beyond its end", "S05", header_edited("liver.nii.gz", 108, np.array(
        [1e9], dtype="<f4").tobytes()), R, "LIMIT_LENGTH"),
    nifti("an affine of not-numbers", "M11", header_edited("liver.nii.gz", 280, np.full(12, np.nan, "<f4").tobytes()),
          R, "AFFINE_NONE", "AFFINE_SQ"),
    nrrds("spacings without a place", "M11", spacings_only, R, "AFFINE_NONE"),
    nrrds("the same place in RAS", "M09", in_ras, C),
    nrrds("LPS numbers called RAS", "M09", lambda folder: [nrrd_header(f"{name}.nrrd", lambda t: t.replace(
        "left-posterior-superior", "right-anterior-superior"))(folder) for name in NAMES], R, "AFFINE_RAS_LPS"),
    nrrds("a space that no one knows", "M11", nrrd_header("liver.nrrd", lambda t: t.replace(
        "left-posterior-superior", "scanner-xyz")), R, "AFFINE_NONE"),
    nrrds("an encoding that no one knows", "S05", nrrd_header("liver.nrrd", lambda t: t.replace(
        "encoding: gzip", "encoding: rot13")), R, "NRRD_KIND"),
    nrrds("sizes beyond the file", "S02", nrrd_header("liver.nrrd", lambda t: t.replace(
        "sizes: 84 66 36", "sizes: 84000 66000 36000")), R, "LIMIT_PIXELS", "TRUNCATED"),
    nrrds("directions of nothing", "M11", nrrd_header("liver.nrrd", lambda t: t.replace(
        "(3.5,0,0)", "(0,0,0)")), R, "AFFINE_NONE", "NRRD_KIND"),
    nrrds("voxels outside the study", "S01", detached_elsewhere, R, "NRRD_KIND", "PATH", "TRUNCATED"),
    *(nrrds(f"an NRRD mask cut at {share:.0%}", "S06", file_cut("liver.nrrd", share), R, *CUT, "NRRD_KIND")
      for share in (0.0, 0.05, 0.6, 0.99)),
    nifti("no masks", "M23", lambda folder: [(folder / f"{n}.nii.gz").unlink() for n in NAMES], R, "NO_MASK"),
    nifti("no image", "M03", lambda folder: (folder / "ct.nii.gz").unlink(), R, "NO_IMAGE", part=IMAGE),
    nifti("no liver mask", "M15", lambda folder: (folder / "liver.nii.gz").unlink(), F, "NO_LIVER",
          withheld=LIVER_TOTALS, changed=("*",), drawn=("U?.*",)),
)  # fmt: skip
