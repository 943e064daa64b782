"""What a reader of the remnant's numbers has to know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.measurement import Measurement
from pipeline.measures.grids import count_shared
from pipeline.measures.plan_masks import say_several
from pipeline.measures.remnant import PLAN_QUANTITIES, REMNANT_QUANTITIES, Remnant
from pipeline.measures.remnant_ways import Way
from pipeline.measures.shares import take_off
from pipeline.measures.volumes import mask_volume_ml
from pipeline.structures import Role
from pipeline.study import Finding, Severity, Study
from pipeline.volume import Mask

FLAGGED_OUTSIDE = 0.01
"""Share of a remnant outside the liver above which it is flagged."""
WHOLE_SHARE = 0.99
"""A remnant that leaves out at most 1 % of the liver leaves out nothing."""
DIFFERENT_SHARE = 0.01
"""Share of the liver that two ways of giving the remnant place differently, above which it is a warning."""
NOT_GIVEN = ("NO_REMNANT", "NO_SEGMENTS")
"""Codes of a remnant that is not given, or only planned where no segments are: nothing is refused."""


def check_remnant(study: Study, remnant: Remnant, total: Mask | None, lesions: Mask | None) -> tuple[Finding, ...]:
    """Return the findings on the remnant.

    A part of it outside the liver, lesions in it, a remnant that is the whole liver, a declared mask without a voxel, a
    plan that cannot be followed, and ways of giving it that do not agree.

    Parameters
    ----------
    total, lesions
        Liver with intrahepatic lesions; union of these.
    """
    return (
        *_check_outside(remnant),
        *_check_lesions(remnant),
        *_check_whole(remnant, total),
        *_check_empty(study, remnant),
        *_check_plan(remnant),
        *_compare_ways(remnant, total, lesions),
        *say_several(study, remnant.ways[0].drawn if remnant.ways else "", PLAN_QUANTITIES),
    )


def note_fallback(measurements: Sequence[Measurement]) -> tuple[Finding, ...]:
    """Return the finding that the remnant has no standardised share, so that rules judge the measured one."""
    found = {each.name: each for each in measurements}
    standardized = found["standardized_remnant_percent"]
    if found["remnant_percent"].value is None or standardized.reason is None:
        return ()
    code, _, why = standardized.reason.partition(": ")
    message = (
        f"The standardised remnant (sFLR) is not known: {why}. Rules that prefer it judge the measured share of the "
        "functional liver instead; give height and weight."
    )
    return (Finding(code, Severity.WARNING, message, ("standardized_remnant_percent",)),)


def is_refused(remnant_reason: str | None) -> bool:
    """Tell whether a remnant that is given is not published; one that is not given is no finding of its own."""
    return remnant_reason is not None and not remnant_reason.startswith(NOT_GIVEN)


def _check_outside(remnant: Remnant) -> Iterator[Finding]:
    if remnant.outside > FLAGGED_OUTSIDE:
        message = f"{100 * remnant.outside:.1f} % of the remnant lies outside the liver and is cut off"
        if remnant.ratio_reason is not None:
            message += "; its ratios are not given"
        yield Finding("FLR_OUTSIDE", Severity.WARNING, f"{message}.", PLAN_QUANTITIES)


def _check_lesions(remnant: Remnant) -> Iterator[Finding]:
    if remnant.lesions is not None and not remnant.lesions.is_empty:
        message = (
            f"{mask_volume_ml(remnant.lesions):.1f} mL of lesions lie in the remnant and are taken off it; they need "
            "their own treatment."
        )
        yield Finding("FLR_LESION", Severity.WARNING, message, (*REMNANT_QUANTITIES, "remnant_lesion_volume_ml"))


def _check_whole(remnant: Remnant, total: Mask | None) -> Iterator[Finding]:
    """Yield the finding on a way that removes nothing; of a remnant mask the check of structures tells it."""
    if remnant.kept is None or remnant.whole is None or total is None or remnant.ways[0].masks == ("remnant",):
        return
    if remnant.whole.count >= WHOLE_SHARE * total.count:
        message = f"By the {remnant.ways[0].name} nothing would be resected: the remnant is the whole liver."
        yield Finding("REMNANT_IS_LIVER", Severity.WARNING, message, REMNANT_QUANTITIES)


def _check_empty(study: Study, remnant: Remnant) -> Iterator[Finding]:
    """Yield the note on a declared mask without a voxel, where the remnant is given in another way."""
    for role in (Role.REMNANT, Role.RESECTION):
        declared = study.segments_of(role)
        if declared and all(segment.mask.is_empty for segment in declared) and remnant.ways:
            message = f"The {role.value} mask is declared and empty; the {remnant.ways[0].name} is used."
            yield Finding("EMPTY_REMNANT", Severity.WARNING, message, REMNANT_QUANTITIES)


def _check_plan(remnant: Remnant) -> Iterator[Finding]:
    """Yield the finding on a planned resection for which the segments are not given: there is no remnant."""
    if remnant.reason is not None and remnant.reason.startswith("NO_SEGMENTS"):
        code, _, why = remnant.reason.partition(": ")
        yield Finding(code, Severity.WARNING, f"The remnant is not measured: {why}.", REMNANT_QUANTITIES)


def _compare_ways(remnant: Remnant, total: Mask | None, lesions: Mask | None) -> Iterator[Finding]:
    """Yield a finding for each further way that does not lead to the same remnant, voxel by voxel."""
    if remnant.whole is None or remnant.kept is None or total is None:
        return
    functional = mask_volume_ml(total) - (0.0 if lesions is None else mask_volume_ml(lesions))
    for way in remnant.ways[1:]:
        if way.whole is None:
            why = (way.reason or "").partition(": ")[2]
            message = f"The {way.name} is not compared with the {remnant.ways[0].name}, which is used: {why}."
            yield Finding("REMNANT_DIFFERS", Severity.INFO, message, REMNANT_QUANTITIES)
            continue
        apart = way.whole.count + remnant.whole.count - 2 * count_shared(way.whole, remnant.whole)
        if apart:
            severity = Severity.WARNING if apart > DIFFERENT_SHARE * total.count else Severity.INFO
            message = _say_difference(remnant, way, lesions, functional, apart / total.count)
            yield Finding("REMNANT_DIFFERS", severity, message, PLAN_QUANTITIES)


def _say_difference(remnant: Remnant, way: Way, lesions: Mask | None, functional_ml: float, apart: float) -> str:
    """Return by how much another way's remnant differs, in mL and in points of the functional liver."""
    assert remnant.kept is not None
    assert way.whole is not None
    other, used = mask_volume_ml(take_off(way.whole, lesions)), mask_volume_ml(remnant.kept)
    than = f"{'more' if other > used else 'less'} than by the {remnant.ways[0].name}"
    points = 100 * abs(other - used) / functional_ml if functional_ml > 0 else 0.0
    return (
        f"By the {way.name} the remnant measures {other:.1f} mL, {abs(other - used):.1f} mL ({points:.1f} points) "
        f"{than}, which is used; {100 * apart:.1f} % of the liver lie in one of them alone."
    )
