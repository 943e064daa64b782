"""What a reader of the Couinaud segments' volumes has to know."""

from __future__ import annotations

from pipeline.measures.couinaud import FLAGGED, Division, name_segments
from pipeline.study import Finding, Severity


def check_division(division: Division, touches: tuple[str, ...]) -> tuple[Finding, ...]:
    """Return what a reader of the segments' volumes has to know: gaps between segments, overlaps, parts outside.

    Parameters
    ----------
    touches
        The quantities that the division goes into.
    """
    if division.reason is not None:
        return ()
    lacking = f" (no mask is given of {name_segments(division.missing)})" if division.missing else ""
    said = (
        (
            "SEGMENT_GAP",
            division.gaps,
            FLAGGED,
            f"of the liver lie in no Couinaud segment{lacking} and were given to the nearest one",
        ),
        (
            "SEGMENT_OVERLAP",
            division.shared,
            0.0,
            "of the liver lie in several Couinaud segments and count for the one with the lower number",
        ),
        (
            "SEGMENT_OUTSIDE",
            division.outside,
            FLAGGED,
            "of the Couinaud segments lie outside the liver and are cut off",
        ),
    )
    return tuple(
        Finding(code, Severity.WARNING, f"{100 * share:.2g} % {text}.", touches)
        for code, share, limit, text in said
        if share > limit
    )
