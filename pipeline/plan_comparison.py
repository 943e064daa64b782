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
        Whether the option is for certain nowhere worse and somewhere better (``pipeline.plan.Score``). A drawn plan is
        known to take one procedure at least, and no whole segment at least.
    statement
        The differences in one sentence.
    remnant_ml
        Liver tissue that is left.
    untreated, resected, margin_mm
        Lesions left untreated, lesions resected, smallest margin round a resected or ablated lesion, up to the widest
        that lesions were grown by.
    procedures, segments
        Procedures, and Couinaud segments removed whole; None where the plan is drawn: it does not say them.
    """

    option: str
    beats: bool
    statement: str
    remnant_ml: float
    untreated: int
    resected: int
    margin_mm: float
    procedures: int | None = None
    segments: int | None = None
