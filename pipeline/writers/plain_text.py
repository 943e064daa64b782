"""Characters that would change how the text around them reads: controls, direction overrides, invisible ones.

A name that holds a right-to-left override would otherwise turn the digits printed after it around.
"""

from __future__ import annotations

import re

UNSAFE_CHARACTERS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]"
)
"""Controls but tab and line feed, direction marks (UAX #9), invisible marks, halves of surrogate pairs."""


def show_unsafe(text: str) -> str:
    r"""Return the text with every such character written out, as in ``\u202e``."""
    return UNSAFE_CHARACTERS.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
