"""Changes to written NIfTI and NRRD files: voxels, affines, headers, bytes."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import nrrd
import numpy as np

from tests.corruption.clean import itk_image, write_itk
from tests.corruption.series_edits import Spoil
from tests.liver_phantom import GRID, sample_structures

MIRROR = np.diag([-1.0, -1.0, 1.0, 1.0])
Affine = np.ndarray
NAMES = ("liver", "lesion_1", "lesion_2", "lesion_3", "remnant", "portal_vein", "hepatic_vein")


def stored(path: Path, change: Callable[[np.ndarray, Affine], tuple[np.ndarray, Affine]], **codes: int) -> None:
    """Write a NIfTI file again with other voxels or another affine (RAS mm)."""
    image = nib.load(path)
    data, affine = change(np.asarray(image.dataobj), image.affine)
    new = nib.Nifti1Image(data, affine)
    new.set_sform(affine, codes.get("sform", 1))
    new.set_qform(affine, codes.get("qform", 1))
    new.header["xyzt_units"] = codes.get("unit", 2)
    nib.save(new, path)


def masks(change: Callable[[np.ndarray, Affine], tuple[np.ndarray, Affine]], **codes: int) -> Spoil:
    """Return a way that changes every mask of the NIfTI study."""

    def spoil(folder: Path) -> None:
        for name in NAMES:
            stored(folder / f"{name}.nii.gz", change, **codes)

    return spoil


def one(name: str, change: Callable[[np.ndarray, Affine], tuple[np.ndarray, Affine]], **codes: int) -> Spoil:
    """Return a way that changes one file of the NIfTI study."""
    return lambda folder: stored(folder / f"{name}.nii.gz", change, **codes)


def placed(turn: Callable[[Affine], Affine]) -> Callable[[np.ndarray, Affine], tuple[np.ndarray, Affine]]:
    return lambda data, affine: (data, turn(affine))


def scaled(factor: float) -> Callable[[Affine], Affine]:
    return lambda affine: np.diag([factor, factor, factor, 1.0]) @ affine


def shifted(*voxels: float) -> Callable[[Affine], Affine]:
    def turn(affine: Affine) -> Affine:
        moved = affine.copy()
        moved[:3, 3] += affine[:3, :3] @ np.array(voxels)
        return moved

    return turn


def one_form_wrong(name: str, form: str) -> Spoil:
    """Return a way that moves only the sform or only the qform of a file by 20 mm."""

    def spoil(folder: Path) -> None:
        image = nib.load(folder / f"{name}.nii.gz")
        image.set_sform(image.affine, 1)
        image.set_qform(image.affine, 1)
        wrong = image.affine.copy()
        wrong[:3, 3] += 20
        getattr(image, f"set_{form}")(wrong, 1)
        nib.save(image, folder / f"{name}.nii.gz")

    return spoil


def with_slope(folder: Path) -> None:
    """Store labels twice as large under a slope of one half."""
    path = folder / "segmentation-0.nii.gz"
    image = nib.load(path)
    new = nib.Nifti1Image(np.asarray(image.dataobj) * 2, image.affine, image.header)
    new.header.set_slope_inter(0.5, 0)
    nib.save(new, path)


def header_edited(path: str, place: int, value: bytes) -> Spoil:
    """Return a way that writes raw bytes into a gzipped NIfTI header."""

    def spoil(folder: Path) -> None:
        content = bytearray(gzip.decompress((folder / path).read_bytes()))
        content[place : place + len(value)] = value
        (folder / path).write_bytes(gzip.compress(bytes(content), 1))

    return spoil


def file_cut(path: str, share: float) -> Spoil:
    def spoil(folder: Path) -> None:
        content = (folder / path).read_bytes()
        (folder / path).write_bytes(content[: int(len(content) * share)])

    return spoil


def bit_flipped(path: str) -> Spoil:
    """Return a way that flips a bit within the compressed voxels."""

    def spoil(folder: Path) -> None:
        content = bytearray((folder / path).read_bytes())
        content[len(content) // 2] ^= 0x10
        (folder / path).write_bytes(bytes(content))

    return spoil


def inflating(path: str) -> Spoil:
    """Return a way that makes a small file of one gigabyte of zeros."""

    def spoil(folder: Path) -> None:
        header = gzip.decompress((folder / path).read_bytes())[:352]
        with gzip.open(folder / path, "wb", 9) as file:
            file.write(header)
            for _ in range(64):
                file.write(bytes(1 << 24))

    return spoil


def nrrd_header(path: str, change: Callable[[str], str]) -> Spoil:
    """Return a way that edits the text header of an NRRD file."""

    def spoil(folder: Path) -> None:
        content = (folder / path).read_bytes()
        end = content.index(b"\n\n")
        (folder / path).write_bytes(change(content[:end].decode()).encode() + content[end:])

    return spoil


def spacings_only(folder: Path) -> None:
    data = sample_structures()["liver"].astype(np.uint8).transpose(2, 1, 0)
    nrrd.write(str(folder / "liver.nrrd"), data, {"spacings": [3.5, 3.5, 5.0]})


def in_ras(folder: Path) -> None:
    """Write the same masks with their place given in RAS."""
    steps, origin = GRID.axes[::-1], GRID.affine[:3, 3]
    header = {
        "space": "right-anterior-superior",
        "space directions": steps * (-1, -1, 1),
        "space origin": origin * (-1, -1, 1),
    }
    for name, voxels in sample_structures().items():
        nrrd.write(str(folder / f"{name}.nrrd"), voxels.astype(np.uint8).transpose(2, 1, 0), header)


def detached_elsewhere(folder: Path) -> None:
    """Point the header at voxels outside the study."""
    outside = folder.parent / "outside.raw"
    outside.write_bytes(sample_structures()["liver"].astype(np.uint8).tobytes())
    text = "\n".join(
        [
            "NRRD0004", "type: uint8", "dimension: 3", "space: left-posterior-superior", "sizes: 84 66 36",
            "space directions: (3.5,0,0) (0,3.5,0) (0,0,5)", "encoding: raw",
            "space origin: (" + ",".join(str(v) for v in GRID.affine[:3, 3]) + ")", "data file: ../outside.raw", "", "",
        ]
    )  # fmt: skip
    (folder / "liver.nrrd").unlink()
    (folder / "liver.nhdr").write_text(text)


def as_float(data: np.ndarray, affine: Affine) -> tuple[np.ndarray, Affine]:
    return data.astype(np.float32), affine


def big_endian(folder: Path) -> None:
    image = nib.load(folder / "liver.nii.gz")
    header = image.header.as_byteswapped(">")
    nib.save(nib.Nifti1Image(np.asarray(image.dataobj), image.affine, header), folder / "liver.nii.gz")


def two_livers(folder: Path) -> None:
    grown = np.roll(sample_structures()["liver"], 2, axis=1).astype(np.uint8)
    write_itk(folder / "liver_seg.nii.gz", grown)


def turned_in_storage(folder: Path) -> None:
    """Store a mask along other axes, as its affine says."""
    import SimpleITK as sitk

    for name, order in zip(NAMES, ("RAS", "SAR", "ILP", "LPI", "PIR", "ASL", "RPI"), strict=True):
        image = itk_image(sample_structures()[name].astype(np.uint8))
        sitk.WriteImage(sitk.DICOMOrient(image, order), str(folder / f"{name}.nii.gz"))


def smoothed(data: np.ndarray, affine: Affine) -> tuple[np.ndarray, Affine]:
    whole = data.astype(np.float32)
    return (whole + np.roll(whole, 1, axis=0)) / 2, affine


def with_third_label(data: np.ndarray, affine: Affine) -> tuple[np.ndarray, Affine]:
    new = data.copy()
    new[40:44, 30:34, 15:18] = 7
    return new, affine
