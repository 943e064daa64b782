"""Texts of a DICOM header in whatever characters they were written (row S16).

What cannot be decoded as declared is decoded as it stands, one sign for each byte: nothing is lost, so that two such
names are equal exactly when their bytes are.
"""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from pipeline.readers.dicom.attributes import CHARACTER_SETS
from pipeline.readers.dicom.plain_header import PlainHeader

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

ESCAPE = b"\x1b"
ASCII = ("", "ISO_IR 6", "ISO 2022 IR 6")
NAME_DELIMITERS = {ord("^"), ord("=")}
"""Signs of a name behind which the first character set holds again (DICOM PS3.5 section 6.1.2.5.3)."""


def character_sets(header: Dataset | PlainHeader) -> tuple[str, ...]:
    """Return the declared character sets; none for plain ASCII."""
    try:
        value = header.get("SpecificCharacterSet")
    except Exception:
        return ("unreadable",)
    if not value:
        return ()
    return (value,) if isinstance(value, str) else tuple(str(each) for each in cast("Iterable[object]", value))


def decode_text(raw: bytes, declared: tuple[str, ...]) -> tuple[str, bool]:
    """Return a text, and whether its bytes are what its declared character sets allow.

    Composed and decomposed signs become the same ones (Unicode NFC).
    """
    known = all(not each or each in CHARACTER_SETS for each in declared)
    if raw.isascii() and ESCAPE not in raw:
        return raw.decode("ascii"), known
    if known and (raw.isascii() or any(each not in ASCII for each in declared)):
        decoded = _as_declared(raw, declared)
        if decoded is not None:
            return unicodedata.normalize("NFC", decoded), True
    return unicodedata.normalize("NFC", _as_it_stands(raw)), False


def _as_declared(raw: bytes, declared: tuple[str, ...]) -> str | None:
    from pydicom import config
    from pydicom.charset import convert_encodings, decode_bytes

    mode = config.settings.reading_validation_mode
    try:
        config.settings.reading_validation_mode = config.RAISE
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return decode_bytes(raw, convert_encodings(list(declared) or None), NAME_DELIMITERS)
    except (UnicodeError, LookupError, ValueError):
        return None
    finally:
        config.settings.reading_validation_mode = mode


def _as_it_stands(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def read_text(header: Dataset | PlainHeader, keyword: str, declared: tuple[str, ...]) -> tuple[str | None, bool]:
    """Return an attribute as text, stripped (None when it is absent or empty), and whether it could be decoded."""
    try:
        if keyword not in header:
            return None, True
        value = (
            header.raw(keyword) if isinstance(header, PlainHeader) else getattr(header.get_item(keyword), "value", None)
        )
        text, sound = decode_text(value, declared) if isinstance(value, bytes) else (str(value or ""), True)
    except Exception:
        return None, False
    return text.strip(" \0") or None, sound
