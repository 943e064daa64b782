"""The mask formats, in the order they are tried. Adding one is one module and one entry here.

A format's module is loaded when the first file of it is opened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.readers.mask_object import OpenMask
from pipeline.readers.segmentation.dicom_seg import LABEL_MAP_CLASS, SEG_CLASS, open_dicom_seg
from pipeline.readers.volumes.volume_file import VolumeFile


@dataclass(frozen=True)
class MaskFormat:
    """A kind of DICOM object that holds masks, and how one is opened."""

    name: str
    sop_class: str
    open: Callable[[Path], OpenMask]


@dataclass(frozen=True)
class VolumeFormat:
    """A file format that holds a grid of values, and how one is opened."""

    name: str
    suffixes: tuple[str, ...]
    open: Callable[[Path], VolumeFile]


RTSTRUCT_CLASS = "1.2.840.10008.5.1.4.1.1.481.3"


def _open_rtstruct(path: Path) -> OpenMask:
    from pipeline.readers.contours.rtstruct import open_rtstruct

    return open_rtstruct(path)


def _open_nifti(path: Path) -> VolumeFile:
    from pipeline.readers.volumes.nifti import open_nifti

    return open_nifti(path)


def _open_nrrd(path: Path) -> VolumeFile:
    from pipeline.readers.volumes.nrrd_file import open_nrrd

    return open_nrrd(path)


def _open_metaimage(path: Path) -> VolumeFile:
    from pipeline.readers.volumes.metaimage import open_metaimage

    return open_metaimage(path)


MASK_FORMATS: tuple[MaskFormat, ...] = (
    MaskFormat("DICOM SEG", SEG_CLASS, open_dicom_seg),
    MaskFormat("DICOM label map SEG", LABEL_MAP_CLASS, open_dicom_seg),
    MaskFormat("DICOM RTSTRUCT", RTSTRUCT_CLASS, _open_rtstruct),
)

VOLUME_FORMATS: tuple[VolumeFormat, ...] = (
    VolumeFormat("NIfTI", (".nii", ".nii.gz", ".hdr"), _open_nifti),
    VolumeFormat("NRRD", (".nrrd", ".nhdr"), _open_nrrd),
    VolumeFormat("MetaImage", (".mha", ".mhd"), _open_metaimage),
)


def mask_format_of(sop_class: str) -> MaskFormat | None:
    """Return the format of a DICOM object that holds masks, or None when it holds none."""
    return next((each for each in MASK_FORMATS if each.sop_class == sop_class), None)


def open_volume(path: Path) -> VolumeFile:
    """Open a NIfTI or NRRD file by the format its name says."""
    name = path.name.lower()
    return next(each for each in VOLUME_FORMATS if name.endswith(each.suffixes)).open(path)
