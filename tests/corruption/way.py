"""What a way of spoiling a study is, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Expected(StrEnum):
    """The class that ``docs/hazards.md`` gives a row."""

    CORRECT = "correct"
    FLAGGED = "flagged"
    REFUSED = "refused"


class Part(StrEnum):
    """What of a study is spoiled. Two ways are combined when they spoil different parts."""

    IMAGE = "image"
    MASK = "mask"
    RECORD = "record"
    FOLDER = "folder"

    @property
    def order(self) -> int:
        """Masks are drawn on good images, so they are spoiled first."""
        return (Part.MASK, Part.IMAGE, Part.RECORD, Part.FOLDER).index(self)


Numbers = Mapping[str, float]


def nothing_known(_: Numbers) -> Numbers:
    return {}


@dataclass(frozen=True)
class Way:
    """One named way to spoil a study.

    Parameters
    ----------
    hazards
        Rows of the hazard list that say what must happen.
    form
        Form of the good study that it spoils, a name of ``clean.FORMS``.
    spoil
        Spoils the study in a folder.
    codes
        Refused: the reason must be one of them. Flagged: all of them must be warned of (``A|B``: either). Correct: what
        may be warned of all the same, such as a file that is left out.
    withheld
        Patterns of numbers that may not be published.
    changed
        Patterns of numbers that differ from the good study's; each must bear one of the codes.
    drawn
        Patterns of numbers that differ because other structures are drawn, and are right of these.
    known
        What the numbers that are ``drawn`` or ``changed`` must be, by name, from those of the good study.
    within
        Largest relative difference of measured volumes that are ``changed``, where the row gives a bound.
    tolerance
        Largest relative difference of all other numbers (volumes 1e-6 and diameters 1e-3 by default).
    verdicts
        Whether treatments are still judged.
    alone
        Whether it writes the study anew, so that it cannot be combined with another way.
    """

    name: str
    hazards: tuple[str, ...]
    form: str
    part: Part
    spoil: Callable[[Path], object]
    expected: Expected
    codes: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    drawn: tuple[str, ...] = ()
    within: float | None = None
    tolerance: float | None = None
    verdicts: bool = True
    alone: bool = False
    known: Callable[[Numbers], Numbers] = nothing_known

    def __str__(self) -> str:
        return f"{self.form}: {self.name}"


SPARING_BOUND = (
    "sparing_remnant_1mm_ml",
    "sparing_remnant_10mm_ml",
    "parenchyma_sparing_remnant_percent",
    "standardized_parenchyma_sparing_remnant_percent",
)
"""The liver beyond a margin round every lesion."""
LIVER_TOTALS = (
    "total_liver_volume_ml",
    "functional_liver_volume_ml",
    "functional_to_estimated_liver_percent",
    "remnant_percent",
    "removed_percent",
    "remnant_index_difference_percent",
    "tumour_burden_percent",
    "planned_ablation_percent",
    "remnant_after_ablation_percent",
    "removed_after_ablation_percent",
    *SPARING_BOUND,
)
"""Numbers that rest on the whole liver."""
LESION_TOTALS = (
    "lesion_count",
    "largest_diameter_mm",
    "largest_3d_diameter_mm",
    "sum_of_target_diameters_mm",
    "total_lesion_volume_ml",
    "tumour_burden_percent",
    "tumour_burden_score",
    "lesion_size_ratio",
    "largest_planned_ablation_volume_ml",
    "planned_ablation_percent",
    *SPARING_BOUND,
)
"""Numbers that rest on which lesions there are."""
