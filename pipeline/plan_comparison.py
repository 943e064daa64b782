"""How an option stands beside a plan of the user's own (``report.json``: ``plans.own[].compared``)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Comparison:
    """An option beside a plan of the user's own: what the option has more (above 0) or less (below 0) of.

    Parameters
    ----------
    option
        Id of the option.
    beats
        Whether the option is nowhere worse and somewhere better in what is known of ``pipeline.plan.Score``.
    statement
        The differences in one sentence.
    remnant_ml
        Liver tissue that is left.
    untreated, resected, segments
        Lesions left untreated, lesions resected, Couinaud segments removed whole.
    procedures, margin_mm
        As ``Score`` has them; None where they are not known of a drawn plan, and then not compared.
    """

    option: str
    beats: bool
    statement: str
    remnant_ml: float
    untreated: int
    resected: int
    segments: int
    procedures: int | None = None
    margin_mm: float | None = None
