"""One thing that a compiled profile answers."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.rules.compiled.builder import Builder
from pipeline.rules.compiled.truths import Ask


@dataclass
class Unit:
    """One thing that is answered.

    Parameters
    ----------
    whole, here
        Its answer at the study's place, and at a lesion's; of a rule both what it answers and what others may conclude
        from it, in one number (``answer << 2 | conclusion``).
    gathers
        Whether the study's answer is put together from those of the lesions.
    wants_whole, wants_here
        Whether anything asks for them.
    """

    kind: str
    name: str
    whole: Ask
    here: Ask
    builder: Builder
    gathers: bool = False
    wants_whole: bool = False
    wants_here: bool = False
