"""Pixels of a DICOM series: Hounsfield units for CT, stored units for MR, decoded only where they are asked for."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from pipeline.errors import StudyRefused
from pipeline.readers.dicom_header import UnreadableFile, number_of, numbers_of, parse_dicom
from pipeline.study import ImageSeries
from pipeline.volume import Box, Geometry, Image, find_reorientation


def read_dicom_pixels(image: ImageSeries, box: Box) -> Image:
    """Return the pixel values of a box of the image's grid.

    Only the slices of the box are read. RescaleSlope and RescaleIntercept are applied slice by slice for CT
    (DICOM PS3.3 C.11.1); MR keeps its stored values.

    Raises
    ------
    StudyRefused
        ``TRANSFER_SYNTAX`` when no decoder is there for the compression, ``TRUNCATED`` when pixels are damaged.
    """
    geometry = image.geometry
    slices = box[geometry.slice_axis]
    planes, header = [], None
    for path in image.files[slices]:
        header = _read(path)
        planes.append(_decode(header, image.modality == "CT"))
    if header is None:
        raise ValueError("an empty box has no pixels")
    return Image(geometry.crop(box), box, _orient(np.stack(planes), header, geometry, box))


def _read(path: Path) -> Dataset:
    try:
        return parse_dicom(path, pixels=True)
    except UnreadableFile as error:
        raise StudyRefused(
            error.code, f"An image could not be read when its pixels were needed: {error.message}."
        ) from None


def _decode(header: Dataset, calibrated: bool) -> NDArray[np.float32]:
    """Return the pixels of one image, in Hounsfield units when calibrated."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            plane = np.asarray(header.pixel_array, dtype=np.float32)
    except (RuntimeError, NotImplementedError):
        name = header.file_meta.TransferSyntaxUID.name
        raise StudyRefused(
            "TRANSFER_SYNTAX",
            f"The pixels are stored as {name}, which cannot be decoded here; store them uncompressed.",
        ) from None
    except Exception as error:
        raise StudyRefused("TRUNCATED", f"The pixels of an image are damaged ({type(error).__name__}).") from None
    if not calibrated:
        return plane
    slope, intercept = number_of(header, "RescaleSlope"), number_of(header, "RescaleIntercept")
    return plane * np.float32(1 if slope is None else slope) + np.float32(intercept or 0)


def _orient(planes: NDArray[np.float32], header: Dataset, geometry: Geometry, box: Box) -> NDArray[np.float32]:
    """Return planes of rows and columns, already in canonical slice order, as the canonical box."""
    orientation = np.array(numbers_of(header, "ImageOrientationPatient", 6))
    rows_mm, columns_mm = numbers_of(header, "PixelSpacing", 2)
    affine = np.eye(4)
    affine[:3, 0] = geometry.axes[geometry.slice_axis]
    affine[:3, 1], affine[:3, 2] = orientation[3:] * rows_mm, orientation[:3] * columns_mm
    shape = (planes.shape[0], planes.shape[1], planes.shape[2])
    turn = find_reorientation(Geometry(shape, affine, 0))
    turned = planes.transpose(turn.order)
    flips = [slice(None, None, -1) if flip else slice(None) for flip in turn.flipped]
    flips[geometry.slice_axis] = slice(None)
    crop = list(box)
    crop[geometry.slice_axis] = slice(None)
    return np.ascontiguousarray(turned[tuple(flips)][tuple(crop)])
