"""Numbers and words of a DICOM header in the plainest writing; equal values of a series are read once.

Everything raises ``NotPlain`` where it is not written plainly: the full reader then decides.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache

NUMBER = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
WHOLE = re.compile(rb"[+-]?[0-9]{1,9}")
PRINTED = re.compile(rb"[ -~]*")


class NotPlain(Exception):
    """The image is not written in the plainest way."""


@lru_cache(maxsize=1024)
def numbers_in(value: bytes, count: int) -> tuple[float, ...]:
    """Return the finite decimal numbers of a value: most are equal within a series."""
    items = [item.strip(b" ") for item in value.split(b"\\")]
    if len(items) != count or not all(NUMBER.fullmatch(item) for item in items):
        raise NotPlain
    found = tuple(float(item) for item in items)
    if not all(math.isfinite(number) for number in found):
        raise NotPlain
    return found


@lru_cache(maxsize=256)
def words_in(value: bytes) -> str:
    """Return one or several words, as the full reader would write them: equal within a series."""
    value = value.rstrip(b"\0 ")
    items = value.split(b"\\")
    if not PRINTED.fullmatch(value) or any(item != item.strip(b" ") for item in items):
        raise NotPlain
    texts = [item.decode("ascii") for item in items]
    return texts[0] if len(texts) == 1 else str(texts)
