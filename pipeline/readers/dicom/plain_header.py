"""A DICOM header read straight from its bytes, attribute by attribute, as they are asked for.

Loading the full parser and building its objects costs more than everything that is read of a plain header. Whatever is
not written in the plainest way (implicit value representations, texts beyond ASCII, several numbers in odd notation) is
left to the full parser, for that attribute alone: both give the same values to the functions of ``header``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from pipeline.readers.dicom.attributes import ATTRIBUTES
from pipeline.readers.segmentation.elements import UNDEFINED, Unusual, read_elements, read_items

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Value: TypeAlias = "str | int | list[str] | list[PlainHeader] | None"
Places: TypeAlias = Mapping[int, tuple[bytes, int, int]]
"""Value representation of each element, and where its value begins and ends."""

TEXT = re.compile(rb"[!-~](?:[ -~]*[!-~])?")
NUMBER = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
WHOLE = re.compile(rb"[+-]?[0-9]{1,9}")
UID = re.compile(rb"[0-9.]+")
NUMBERS = (b"DS", b"IS")
FORMS = {
    **dict.fromkeys((b"AE", b"AS", b"CS", b"DA", b"DT", b"LO", b"SH", b"TM"), TEXT),
    b"DS": NUMBER,
    b"IS": WHOLE,
    b"UI": UID,
}
"""What a value of text looks like in the plainest writing."""
WORDS = {b"US": 2, b"UL": 4}
"""Bytes of whole numbers."""


class NotPlain(Exception):
    """An attribute is not written in the plainest way."""


class PlainHeader:
    """Attributes of an explicit little-endian data set, or of an item of one of its sequences.

    Parameters
    ----------
    content
        Bytes that hold the data set.
    places
        Its elements.
    parse
        Returns the same data set through the full parser.
    syntax
        Its transfer syntax.
    """

    def __init__(self, content: bytes, places: Places, parse: Callable[[], Dataset], syntax: str) -> None:
        self._content, self._places, self._parse = content, places, parse
        self.syntax = syntax

    @cached_property
    def _full(self) -> Dataset:
        return self._parse()

    def __contains__(self, keyword: str) -> bool:
        known = ATTRIBUTES.get(keyword)
        return keyword in self._full if known is None else known[0] in self._places

    def get(self, keyword: str) -> object:
        """Return the value of an attribute as the full parser would, or as the text or texts of its numbers."""
        try:
            return self._read(keyword)
        except (NotPlain, Unusual):
            return self._full.get(keyword)

    def raw(self, keyword: str) -> bytes | None:
        """Return the bytes of an attribute; None when it is absent.

        Raises
        ------
        NotPlain
            When the table of attributes does not have it.
        """
        if keyword not in ATTRIBUTES:
            raise NotPlain
        place = self._places.get(ATTRIBUTES[keyword][0])
        return None if place is None else self._content[place[1] : place[2]]

    def _read(self, keyword: str) -> Value:
        value = self.raw(keyword)
        tag, kind = ATTRIBUTES[keyword]
        if value is None:
            return None
        if self._places[tag][0] != kind:
            raise NotPlain
        if kind == b"SQ":
            return self._items(keyword)
        if not value:
            return None if kind in (*WORDS, *NUMBERS) or kind not in FORMS else ""
        if kind in WORDS:
            if len(value) != WORDS[kind]:
                raise NotPlain
            return int.from_bytes(value, "little")
        return _text(value.rstrip(b"\0" if kind == b"UI" else b" "), FORMS.get(kind))

    def _items(self, keyword: str) -> list[PlainHeader]:
        _, start, stop = self._places[ATTRIBUTES[keyword][0]]
        found = []
        for number, (first, last) in enumerate(read_items(self._content, start, stop, explicit=True)):
            elements = read_elements(self._content, first, last, explicit=True)
            places = {each.tag: (each.kind, each.start, end) for each, end in elements}
            found.append(PlainHeader(self._content, places, self._parser_of(keyword, number), self.syntax))
        return found

    def _parser_of(self, keyword: str, number: int) -> Callable[[], Dataset]:
        def parse() -> Dataset:
            item: Dataset = self._full[keyword].value[number]
            return item

        return parse


def _text(value: bytes, form: re.Pattern[bytes] | None) -> str | list[str]:
    """Return one text, or several."""
    if form is None:
        raise NotPlain
    items = value.split(b"\\")
    if not all(form.fullmatch(item) for item in items):
        raise NotPlain
    texts = [item.decode("ascii") for item in items]
    return texts[0] if len(texts) == 1 else texts


def places_of(content: bytes, start: int, stop: int) -> Places:
    """Return the elements of an explicit little-endian data set.

    Raises
    ------
    Unusual
        When it is written in another way.
    """
    found: dict[int, tuple[bytes, int, int]] = {}
    for element, end in read_elements(content, start, stop, explicit=True):
        if not element.kind or element.tag in found or (element.length == UNDEFINED and element.kind != b"SQ"):
            raise Unusual
        found[element.tag] = (element.kind, element.start, end)
    return found
