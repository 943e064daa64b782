"""Pixels of one frame, decoded from bytes whose size was checked.

JPEG is decoded by libjpeg-turbo (8, 12 and 16 bits, with and without loss) and run lengths by imagecodecs, into buffers
of the frame's size; JPEG-LS and JPEG 2000 by pydicom's decoders.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.readers.dicom.codestreams import DECODED, JPEG_SYNTAXES, RLE, check_codestream, segments_of
from pipeline.readers.dicom.frame_places import UNCOMPRESSED
from pipeline.readers.dicom.header import Header, integer_of, transfer_syntax_of
from pipeline.readers.dicom.unreadable import UnreadableFile

PIXEL_KEYWORDS = (
    "Rows",
    "Columns",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
)

Plane = NDArray[np.integer[Any]]


class FrameDecoder:
    """Decodes the frames of one image, each from its own bytes.

    Raises
    ------
    UnreadableFile
        ``TRANSFER_SYNTAX`` when no decoder is there for its compression, ``TRUNCATED`` when its header does not say
        how its pixels are stored.
    """

    def __init__(self, header: Header) -> None:
        self._syntax = transfer_syntax_of(header)
        if self._syntax not in (*UNCOMPRESSED, *DECODED):
            from pydicom.uid import UID

            name = UID(self._syntax).name
            raise UnreadableFile("TRANSFER_SYNTAX", f"its pixels are stored as {name}, which is not decoded here")
        self._rows, self._columns = integer_of(header, "Rows") or 0, integer_of(header, "Columns") or 0
        self._allocated = integer_of(header, "BitsAllocated") or 16
        self._stored = integer_of(header, "BitsStored") or self._allocated
        self._signed = integer_of(header, "PixelRepresentation") == 1
        if not 0 < self._stored <= self._allocated or self._allocated not in (8, 16, 32):
            raise UnreadableFile("TRUNCATED", "its header does not say how many bits its pixels have")
        high = integer_of(header, "HighBit")
        if high is not None and high != self._stored - 1:
            raise UnreadableFile("TRANSFER_SYNTAX", "its pixels are stored in bits where they do not belong")
        self._header = header

    def decode(self, code: bytes) -> Plane:
        """Return the stored values of one frame, shape (rows, columns).

        Raises
        ------
        UnreadableFile
            ``TRUNCATED`` when its bytes are damaged, ``LIMIT_PIXELS`` when they would unpack to more than a frame.
        """
        if self._syntax in UNCOMPRESSED:
            return self._clean(self._native(code))
        check_codestream(code, self._syntax, self._rows, self._columns, self._allocated // 8)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                plane = self._unpack(code)
        except UnreadableFile:
            raise
        except Exception as error:
            message = f"its compressed pixels are damaged ({type(error).__name__})"
            raise UnreadableFile("TRUNCATED", message) from None
        if plane.shape != (self._rows, self._columns):
            raise UnreadableFile("TRUNCATED", "its compressed pixels are not of the size that its header states")
        return plane

    def _native(self, code: bytes) -> Plane:
        order = ">" if self._syntax == UNCOMPRESSED[2] else "<"
        kind = np.dtype(f"{order}{'i' if self._signed else 'u'}{self._allocated // 8}")
        return np.frombuffer(code, kind, self._rows * self._columns).reshape(self._rows, self._columns)

    def _clean(self, plane: Plane) -> Plane:
        """Return values without what old scanners kept in the bits above them (DICOM PS3.5 section 8.1.1)."""
        unused = self._allocated - self._stored
        if not unused:
            return plane
        native = plane.astype(plane.dtype.newbyteorder("="))
        return np.asarray((native << unused) >> unused)

    def _unpack(self, code: bytes) -> Plane:
        if self._syntax == RLE:
            return self._clean(self._native(self._run_lengths(code)))
        return self._jpeg(code) if self._syntax in JPEG_SYNTAXES else self._packed(code)

    def _run_lengths(self, code: bytes) -> bytes:
        """Return the bytes of a run-length encoded frame, least significant byte of a pixel first."""
        from imagecodecs import packbits_decode

        planes = np.empty((self._rows * self._columns, self._allocated // 8), dtype=np.uint8)
        for number, segment in enumerate(segments_of(code)):
            found = packbits_decode(segment, out=len(planes))
            if len(found) != len(planes):
                raise UnreadableFile("TRUNCATED", "its compressed pixels are fewer than its header states")
            planes[:, -1 - number] = np.frombuffer(found, dtype=np.uint8)
        return planes.tobytes()

    def _jpeg(self, code: bytes) -> Plane:
        """Return the samples of a JPEG frame; signed ones are stored as the same bits (DICOM PS3.5 section 8.2.1)."""
        from imagecodecs import jpeg8_decode

        plane = np.asarray(jpeg8_decode(code))
        if not self._signed:
            return plane
        signed: Plane = plane.astype(np.uint16).view(np.int16)
        unused = 16 - self._stored
        return np.asarray((signed << unused) >> unused) if unused > 0 else signed

    def _packed(self, code: bytes) -> Plane:
        from pydicom.dataset import Dataset, FileMetaDataset
        from pydicom.encaps import encapsulate
        from pydicom.pixels.decoders.base import get_decoder
        from pydicom.uid import UID

        one = Dataset()
        one.file_meta = FileMetaDataset()
        one.file_meta.TransferSyntaxUID = UID(self._syntax)
        for keyword in PIXEL_KEYWORDS:
            setattr(one, keyword, self._header.get(keyword))
        one.PixelData = encapsulate([code])
        array, _ = get_decoder(UID(self._syntax)).as_array(one, index=0, raw=True)
        return np.asarray(array)
