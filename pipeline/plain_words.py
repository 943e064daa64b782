"""Words of the rules and the record as a reader knows them."""

from __future__ import annotations

_OTHER = {"moderate_severe": "moderate to severe"}
"""Words that would not be understood with spaces in place of their underscores."""


def say_plainly(text: str) -> str:
    """Return a text without underscores: ``mild or moderate_severe`` is ``mild or moderate to severe``."""
    for word, plain in _OTHER.items():
        text = text.replace(word, plain)
    return text.replace("_", " ")
