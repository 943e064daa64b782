"""What a reader of the Couinaud segments' volumes has to know."""

from __future__ import annotations

from pipeline.measures.couinaud import FLAGGED, HEMILIVER, Division, name_segments
from pipeline.study import Finding, Severity

ONLY_HALVES = (
    "The right and the left hemiliver are drawn and no Couinaud segments: segments cannot be told apart. The caudate "
    "lobe (segment 1) goes with the hemiliver that it is drawn in; a resection that names it, or part of a hemiliver, "
    "cannot be followed."
)


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
    whole = division.what == HEMILIVER
    lower = "right one" if whole else "one with the lower number"
    limit = (Finding("HEMILIVER_ONLY", Severity.INFO, ONLY_HALVES, touches),) if whole else ()
    said = (
        (
            "SEGMENT_GAP",
            division.gaps,
            FLAGGED,
            f"of the liver lie in no {division.what}{lacking} and were given to the nearest one",
        ),
        (
            "SEGMENT_OVERLAP",
            division.shared,
            0.0,
            f"of the liver lie in several {division.what}s and count for the {lower}",
        ),
        (
            "SEGMENT_OUTSIDE",
            division.outside,
            FLAGGED,
            f"of the {division.what}s lie outside the liver and are cut off",
        ),
    )
    if division.order_reason is not None:
        limit = (*limit, _say_order(division.order_reason, touches))
    flagged = tuple(
        Finding(code, Severity.WARNING, f"{100 * share:.2g} % {text}.", touches)
        for code, share, most, text in said
        if share > most
    )
    return (*limit, *flagged)


def _say_order(reason: str, touches: tuple[str, ...]) -> Finding:
    code, _, why = reason.partition(": ")
    message = (
        f"The segments do not lie as Couinaud segments do: {why}. No plan by segments is followed. If image and masks "
        "are right (situs inversus), set trust_masks: true in a file given with --config."
    )
    return Finding(code, Severity.WARNING, message, touches)
