"""DICOM headers: telling DICOM from other files, and attributes as checked numbers and texts.

Owns no geometry and no pixels. Nothing here raises anything but ``UnreadableFile`` and ``BadAttribute``.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import MutableSequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar, cast

from pipeline.readers.dicom.element_bytes import DicomBytes, read_bytes
from pipeline.readers.dicom.plain_header import PlainHeader
from pipeline.readers.dicom.text import character_sets, read_text
from pipeline.readers.dicom.unreadable import UnreadableFile as UnreadableFile
from pipeline.study import Identity

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Header: TypeAlias = "Dataset | PlainHeader"
HeaderT = TypeVar("HeaderT", bound="Dataset | PlainHeader")

UNNAMED_SYNTAXES: dict[object, str] = {
    (True, True): "1.2.840.10008.1.2",
    (False, True): "1.2.840.10008.1.2.1",
    (False, False): "1.2.840.10008.1.2.2",
}
"""Uncompressed transfer syntaxes by implicit value representation and little endian."""
IDENTITY = {
    "patient_id": "PatientID",
    "issuer": "IssuerOfPatientID",
    "patient_name": "PatientName",
    "birth_date": "PatientBirthDate",
    "sex": "PatientSex",
    "study_instance_uid": "StudyInstanceUID",
    "accession_number": "AccessionNumber",
    "study_description": "StudyDescription",
}
"""The texts of an identity, and the attributes they are."""
SCHEMES = {"SNM3": "SRT", "99SDM": "SRT", "SNOMED-CT": "SCT"}
"""Former designators of the two coding schemes (DICOM PS3.16 section 8)."""


class BadAttribute(Exception):
    """An attribute that is absent, or not the numbers it must be."""

    def __init__(self, keyword: str) -> None:
        self.keyword = keyword
        super().__init__(f"{keyword} is missing or is no usable number")


def looks_like_dicom(start: bytes) -> bool:
    """Tell by its first 256 bytes whether a file is DICOM, with or without preamble."""
    if start[128:132] == b"DICM":
        return True
    group, element = start[0:2], start[2:4]
    return group in (b"\x02\x00", b"\x08\x00") and element in (b"\x00\x00", b"\x01\x00", b"\x05\x00", b"\x08\x00")


def parse_dicom(content: bytes | Path, keywords: list[str] | None = None, pixels: bool = False) -> Dataset:
    """Read a DICOM object, without its pixels unless asked for.

    Raises
    ------
    UnreadableFile
        ``TRUNCATED`` when it cannot be parsed; ``LIMIT_LENGTH``, ``LIMIT_DEPTH`` or ``LIMIT_INFLATE`` when it states or
        unpacks to more than an object has.
    """
    found = read_bytes(content)
    if pixels and len(found.content) < found.size and isinstance(content, Path):
        found = read_bytes(content.read_bytes())
    return parse_bytes(found, keywords, pixels)


def parse_bytes(found: DicomBytes, keywords: list[str] | None = None, pixels: bool = False) -> Dataset:
    """Read a DICOM object from bytes whose structure was checked.

    Raises
    ------
    UnreadableFile
        ``TRUNCATED`` when it cannot be parsed, ``LIMIT_DEPTH`` when its sequences are nested too deeply.
    """
    import pydicom

    element = found.pixels
    source = io.BytesIO(found.content if pixels or element is None else found.content[: element.at])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header = pydicom.dcmread(source, stop_before_pixels=not pixels, force=True, specific_tags=keywords)
    except RecursionError:
        raise UnreadableFile("LIMIT_DEPTH", "its sequences are nested too deeply") from None
    except Exception as error:
        raise UnreadableFile("TRUNCATED", f"it is cut off or damaged ({type(error).__name__})") from None
    if not transfer_syntax_of(header):
        _complete_meta(header)
    return header


def transfer_syntax_of(header: Header) -> str:
    """Return how an object is encoded; empty when nothing says so."""
    if isinstance(header, PlainHeader):
        return header.syntax
    return str(getattr(getattr(header, "file_meta", None), "TransferSyntaxUID", ""))


def _complete_meta(header: Dataset) -> None:
    """State the encoding that an object without file meta information was read in.

    Packed pixels are not among them: what they are packed with is said nowhere.
    """
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import UID

    encoding = getattr(header, "original_encoding", (None, None))
    if not hasattr(header, "file_meta"):
        header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = UID(UNNAMED_SYNTAXES.get(encoding, UNNAMED_SYNTAXES[True, True]))


def text_of(header: Header, keyword: str) -> str | None:
    """Return an attribute as text, stripped; None when it is absent, empty or unreadable."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = header.get(keyword)
            text = None if value is None else str(value).strip(" \0")
    except Exception:
        return None
    return text or None


def words_of(header: Header, keyword: str) -> tuple[str, ...]:
    """Return a multi-valued attribute as texts."""
    try:
        value = header.get(keyword)
    except Exception:
        return ()
    if value is None:
        return ()
    return tuple(str(item) for item in value) if isinstance(value, MutableSequence) else (str(value),)


def numbers_of(header: Header, keyword: str, count: int) -> tuple[float, ...]:
    """Return an attribute of exactly ``count`` finite numbers.

    Raises
    ------
    BadAttribute
        When it is absent, has another count, or holds anything else (``1,5``, ``nan``, ``1e400``).
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = header.get(keyword)
            items = list(value) if isinstance(value, MutableSequence) else [] if value is None else [value]
            numbers = tuple(float(cast("str", item)) for item in items)
    except Exception:
        raise BadAttribute(keyword) from None
    if len(numbers) != count or not all(math.isfinite(number) for number in numbers):
        raise BadAttribute(keyword)
    return numbers


def number_of(header: Header, keyword: str) -> float | None:
    """Return an attribute of one number, or None."""
    try:
        return numbers_of(header, keyword, 1)[0]
    except BadAttribute:
        return None


def integer_of(header: Header, keyword: str) -> int | None:
    """Return an attribute of one whole number, or None."""
    number = number_of(header, keyword)
    return int(number) if number is not None and number == int(number) else None


def sequence_of(header: HeaderT, keyword: str) -> list[HeaderT]:
    """Return the items of a sequence; none when it is absent or is not one."""
    try:
        value = header.get(keyword)
        items = list(value) if isinstance(value, MutableSequence) else []
        return [cast("HeaderT", item) for item in items if _is_item(item)]
    except Exception:
        return []


def _is_item(value: object) -> bool:
    if isinstance(value, PlainHeader):
        return True
    from pydicom.dataset import Dataset

    return isinstance(value, Dataset)


def date_of(header: Header, keyword: str) -> date | None:
    """Return a DICOM date (``20240131``), or None when it is none."""
    return parse_date(text_of(header, keyword) or "")


def parse_date(text: str) -> date | None:
    """Return the date that a DICOM text states, or None when it is none."""
    text = text.replace(".", "")[:8]
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8])) if len(text) == 8 else None
    except ValueError:
        return None


def identity_of(header: Header) -> Identity:
    """Return who and which examination, as an object's header states it."""
    return read_identity(header)[0]


def read_identity(header: Header) -> tuple[Identity, bool]:
    """Return who and which examination, and whether all texts are written in the characters that are declared."""
    declared = character_sets(header)
    found = {field: read_text(header, keyword, declared) for field, keyword in IDENTITY.items()}
    identity = Identity(**{field: text for field, (text, _) in found.items()}, study_date=date_of(header, "StudyDate"))
    return identity, all(sound for _, sound in found.values())


def codes_of(header: Header, keyword: str) -> tuple[str, ...]:
    """Return the codes of a code sequence, written ``SCT:10200004``."""
    codes = []
    for item in sequence_of(header, keyword):
        scheme, value = text_of(item, "CodingSchemeDesignator") or "", text_of(item, "CodeValue")
        if value:
            codes.append(f"{SCHEMES.get(scheme, scheme)}:{value}")
    return tuple(codes)
