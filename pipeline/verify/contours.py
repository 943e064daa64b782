"""Structures drawn as contours (RTSTRUCT): polygon areas and the pixels whose centres lie inside."""

from __future__ import annotations

from pathlib import Path

from pipeline.verify.dicom_image import SourceImage
from pipeline.verify.problems import NotSupported
from pipeline.verify.seg_masks import RawMask


def read_contours(path: Path, image: SourceImage) -> list[RawMask]:
    """Return every structure of an RTSTRUCT."""
    raise NotSupported("contours have no second reader")
