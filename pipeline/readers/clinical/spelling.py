"""Words of the clinical record as they are compared: capitals, spaces, hyphens and underscores do not matter."""

from __future__ import annotations

import re


def fold_word(text: str) -> str:
    """Return a text as words are compared: ``Right-Hepatectomy`` is ``right hepatectomy``."""
    return re.sub(r"[\s_\-]+", " ", text.strip()).casefold()
