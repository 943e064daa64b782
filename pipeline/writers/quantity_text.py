"""What a quantity is called."""

from __future__ import annotations

from typing import NamedTuple


class QuantityText(NamedTuple):
    """Name in the record, words for a reader, UCUM unit, and the definition in one sentence."""

    name: str
    label: str
    unit: str
    meaning: str
