"""What plans of treatment are made of, before any of them is measured: the vocabulary of planning.

A plan takes whole parts of the liver (Couinaud segments, or hemilivers where only these are drawn), takes lesions with
a margin (wedges), ablates lesions, irradiates lesions, and leaves the rest. What it is made of is ``pipeline.ground``,
what is published of it ``pipeline.plan_record``. Definitions: ``docs/plans.md``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Handling(StrEnum):
    """What a plan does with a lesion."""

    RESECTED = "resected"
    ABLATED = "ablated"
    IRRADIATED = "irradiated"
    UNTREATED = "untreated"


class PlanKind(StrEnum):
    """What a plan is made of."""

    ANATOMICAL = "anatomical"
    """Whole parts alone."""
    SPARING = "parenchyma_sparing"
    """Wedges alone."""
    RESECTION = "resection"
    """Parts and wedges."""
    COMBINED = "resection_and_ablation"
    """Resection, and ablation of what it leaves; irradiation too where it needs it."""
    ABLATION = "ablation"
    """No resection: every lesion is ablated, or irradiated where it cannot be."""
    RADIATION = "radiation"
    """Every lesion is irradiated."""
    MASK = "mask"
    """A specimen or remnant drawn by the user."""


@dataclass(frozen=True)
class Plan:
    """One plan, by what it takes and does.

    Parameters
    ----------
    parts
        Names of the parts that are removed whole, in the order of the ground.
    wedges
        Lesions removed with ``wedge_mm`` of liver round them; none that the removed parts clear already.
    wedge_mm
        That margin; 0 without wedges.
    ablated
        Lesions ablated with ``ablation_mm`` round them.
    irradiated, untreated
        The other lesions that stay. A lesion is in none of these lists exactly when the removed parts clear it.
    name
        A named resection of ``configs/resections.yaml``, or what the record calls it; empty for others.
    mask
        For a plan that the user drew: the name of its mask; then parts and lists say what it takes of them.
    """

    parts: tuple[str, ...] = ()
    wedges: tuple[str, ...] = ()
    wedge_mm: float = 0.0
    ablated: tuple[str, ...] = ()
    ablation_mm: float = 0.0
    irradiated: tuple[str, ...] = ()
    untreated: tuple[str, ...] = ()
    name: str = ""
    mask: str = ""


@dataclass(frozen=True)
class Choices:
    """What may be done with each lesion, by its id, and with what margins; from rules and ``configs/planning.yaml``.

    Parameters
    ----------
    wedge_margins_mm
        Margins at which a search tries to resect, ascending; all are in ``Ground.margins_mm``.
    ablation_mm
        Margin of ablation; in ``Ground.margins_mm``.
    wedge, ablate, irradiate
        Lesions of which it is not excluded.
    """

    wedge_margins_mm: tuple[float, ...]
    ablation_mm: float
    wedge: frozenset[str]
    ablate: frozenset[str]
    irradiate: frozenset[str]


@dataclass(frozen=True)
class Score:
    """What plans are compared by. ``a`` beats ``b`` when it is nowhere worse and somewhere better.

    Parameters
    ----------
    untreated
        Lesions that no treatment of the plan reaches; fewer is better.
    remnant_ml
        Liver tissue that neither specimen nor ablation takes; more is better.
    resected
        Lesions treated by resection; more is better.
    procedures
        Specimens, ablated lesions, irradiated lesions, and one for making the remnant grow first; fewer is better.
    margin_mm
        Smallest margin round a resected or ablated lesion, as far as ``Ground.margins_mm`` reaches; more is better; 0
        where none is.
    segments
        Couinaud segments removed whole; fewer is better.
    """

    untreated: int
    remnant_ml: float
    resected: int
    procedures: int
    margin_mm: float
    segments: int


@dataclass(frozen=True)
class Requirement:
    """What remnant the rules ask for, in mL of liver tissue; None where they cannot be asked.

    Parameters
    ----------
    surely_ml
        From which on the volume rule is met whatever is still open (the liver's class).
    possibly_ml
        Below which it is not met whatever is still open; equal to ``surely_ml`` where nothing is.
    floor_ml
        Below which making the remnant grow is no way either.
    reason
        Why it cannot be asked.
    """

    surely_ml: float | None
    possibly_ml: float | None
    floor_ml: float | None
    reason: str | None = None


@dataclass(frozen=True)
class GivenPlan:
    """A plan of the user's own, from the clinical record or drawn.

    Parameters
    ----------
    name
        What the record or the mask calls it.
    segments
        Couinaud segments that it removes, ``4`` or ``4a``; empty for one given by a mask, or refused.
    procedure
        The named resection that it is, if it was given by name.
    mask
        Name of the structure that draws its specimen; empty for one given by segments or name.
    reason
        Why it cannot be followed, ``CODE: sentence``.
    """

    name: str
    segments: tuple[str, ...] = ()
    procedure: str = ""
    mask: str = ""
    reason: str | None = None


def fold_mask_name(name: str) -> str:
    """Return a structure's name as plans name it: ``Plan_B`` is ``plan b``; capitals, spaces, ``_`` and ``-`` alike."""
    return re.sub(r"[\s_\-]+", " ", name.strip()).casefold()
