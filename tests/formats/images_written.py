"""The study's image in every format and transfer syntax, by writers that are not ours."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import imagecodecs
import nibabel as nib
import nrrd
import numpy as np
import pydicom
import SimpleITK as sitk
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from pipeline.geometry import Geometry
from tests.readers.build_dicom import save, write_series
from tests.readers.build_enhanced import make_enhanced, write_enhanced

Array = np.ndarray
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
JPEG = "1.2.840.10008.1.2.4."


def itk_image(array: Array, grid: Geometry) -> sitk.Image:
    """Return an array on a grid as SimpleITK holds it: its axes are the grid's in reverse."""
    image = sitk.GetImageFromArray(array)
    image.SetOrigin(grid.affine[:3, 3].tolist())
    image.SetSpacing(grid.spacing_mm[::-1].tolist())
    image.SetDirection((grid.axes / grid.spacing_mm[:, None])[::-1].T.ravel().tolist())
    return image


def by_simpleitk(path: Path, array: Array, grid: Geometry) -> None:
    sitk.WriteImage(itk_image(array, grid), str(path))


def by_nibabel(kind: type[nib.Nifti1Image]) -> Callable[[Path, Array, Geometry], None]:
    """Return a writer of NIfTI 1 or 2; the array is stored column, row, slice."""

    def write(path: Path, array: Array, grid: Geometry) -> None:
        affine = np.eye(4)
        affine[:3, :3], affine[:3, 3] = grid.axes[::-1].T, grid.affine[:3, 3]
        image = kind(array.transpose(2, 1, 0), LPS_TO_RAS @ affine)
        image.header.set_xyzt_units("mm")
        nib.save(image, path)

    return write


def by_pynrrd(path: Path, array: Array, grid: Geometry) -> None:
    """Write NRRD; a name that ends in .nhdr puts the voxels into a file beside it."""
    header = {
        "space": "left-posterior-superior",
        "space directions": grid.axes[::-1],
        "space origin": grid.affine[:3, 3],
        "encoding": "raw" if path.suffix == ".nhdr" else "gzip",
    }
    nrrd.write(str(path), array.transpose(2, 1, 0), header, detached_header=path.suffix == ".nhdr")


VOLUME_WRITERS: Mapping[str, tuple[str, Callable[[Path, Array, Geometry], None]]] = {
    "NIfTI-1": (".nii", by_nibabel(nib.Nifti1Image)),
    "NIfTI-1 gzipped": (".nii.gz", by_simpleitk),
    "NIfTI-2": (".nii.gz", by_nibabel(nib.Nifti2Image)),
    "NRRD": (".nrrd", by_pynrrd),
    "detached NRRD": (".nhdr", by_pynrrd),
    "MetaImage": (".mha", by_simpleitk),
    "detached MetaImage": (".mhd", by_simpleitk),
}
"""Name of a format, its ending and who writes it."""


def plane_of(image: Dataset) -> Array:
    return np.frombuffer(image.PixelData, "<u2").reshape(image.Rows, image.Columns)


def by_pydicom(syntax: str) -> Callable[[Dataset], bytes]:
    def encode(image: Dataset) -> bytes:
        image.compress(syntax, generate_instance_uid=False)
        return next(pydicom.encaps.generate_frames(image.PixelData, number_of_frames=1))

    return encode


PACKED: Mapping[str, tuple[str, Callable[[Dataset], bytes]]] = {
    "RLE": ("1.2.840.10008.1.2.5", by_pydicom("1.2.840.10008.1.2.5")),
    "JPEG lossless": (
        f"{JPEG}70",
        lambda image: imagecodecs.jpeg8_encode(plane_of(image), lossless=True, predictor=1, bitspersample=12),
    ),
    "JPEG-LS": (f"{JPEG}80", by_pydicom(f"{JPEG}80")),
    "JPEG 2000": (
        f"{JPEG}90",
        lambda image: imagecodecs.jpeg2k_encode(plane_of(image), codecformat="j2k", reversible=True, bitspersample=12),
    ),
}
PLAIN = {
    "explicit little endian": "1.2.840.10008.1.2.1",
    "implicit little endian": "1.2.840.10008.1.2",
    "explicit big endian": "1.2.840.10008.1.2.2",
    "deflated": "1.2.840.10008.1.2.1.99",
}
SYNTAXES = (*PLAIN, *PACKED)


def store_as(path: Path, syntax: str) -> None:
    """Write a file again in another transfer syntax, without loss."""
    image = pydicom.dcmread(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if syntax in PACKED:
            _pack(image, *PACKED[syntax])
            save(image, path)
        elif syntax != "explicit little endian":
            _store_plain(image, path, PLAIN[syntax])


def _pack(image: Dataset, uid: str, encode: Callable[[Dataset], bytes]) -> None:
    frames = int(image.get("NumberOfFrames", 1))
    image.PixelRepresentation, image.BitsStored, image.HighBit = 0, 12, 11
    pixels, size = image.PixelData, len(image.PixelData) // frames
    codes = []
    for number in range(frames):
        single = _one_frame(image, pixels[number * size : (number + 1) * size])
        codes.append(encode(single))
    image.PixelData = encapsulate(codes)
    image["PixelData"].VR = "OB"
    image["PixelData"].is_undefined_length = True
    image.file_meta.TransferSyntaxUID = uid


def _one_frame(image: Dataset, pixels: bytes) -> Dataset:
    single = Dataset()
    single.file_meta = pydicom.dataset.FileMetaDataset()
    single.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    for keyword in ("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation",
                    "SamplesPerPixel", "PhotometricInterpretation", "SOPClassUID", "SOPInstanceUID"):  # fmt: skip
        setattr(single, keyword, image[keyword].value)
    single.PixelData = pixels
    return single


def _store_plain(image: Dataset, path: Path, uid: str) -> None:
    image.file_meta.TransferSyntaxUID = uid
    big = uid == PLAIN["explicit big endian"]
    if big:
        image.decode()
        image.PixelData = np.frombuffer(image.PixelData, "<u2").astype(">u2").tobytes()
        image["PixelData"].VR = "OW"
    implicit = uid == PLAIN["implicit little endian"]
    pydicom.dcmwrite(path, image, implicit_vr=implicit, little_endian=not big, force_encoding=True)


def write_classic(folder: Path, stored: Array, grid: Geometry, syntax: str) -> list[Path]:
    """Write a series of single images; returns uncompressed twins, in order, for the writers of masks."""
    twins = write_series(folder.parent / "twins", grid, stored)
    target = Path(shutil.copytree(twins[0].parent, folder / "ct"))
    for path in target.iterdir():
        store_as(path, syntax)
    return twins


def write_multi_frame(folder: Path, stored: Array, grid: Geometry, syntax: str) -> list[Path]:
    """Write one enhanced CT; returns single images with the same geometry, for the writers of masks."""
    path = write_enhanced(folder / "ct" / "image.dcm", make_enhanced(grid, stored))
    store_as(path, syntax)
    return write_series(folder.parent / "twins", grid, stored)
