"""What a report holds of plans of treatment (``report.json``: ``plans``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.measurement import Fact, Measurement
from pipeline.outcome import Outcome
from pipeline.plan import Handling, PlanKind, Requirement
from pipeline.plan_comparison import Comparison


class PlanOrigin(StrEnum):
    """Where a plan comes from."""

    NAMED = "named"
    """A resection of ``configs/resections.yaml``: all of them are listed."""
    OPTION = "option"
    """Found by the search: no other plan of the space beats it."""
    OWN = "own"
    """Of the clinical record, or drawn."""


@dataclass(frozen=True)
class PlannedLesion:
    """What a plan does with one lesion.

    Parameters
    ----------
    margin_mm
        Resected: its distance to what the plan leaves, measured where whole parts or a mask are removed, by
        construction for a wedge. Ablated: the planned margin. None for the others.
    note
        What has to be known, such as a criterion that could not be asked; else empty.
    wedge
        Resected with ``margin_mm`` of liver round it, and not with the parts that are removed whole.
    """

    id: str
    handling: Handling
    margin_mm: float | None = None
    note: str = ""
    wedge: bool = False


@dataclass(frozen=True)
class Stage:
    """One stage of a plan in two stages.

    Parameters
    ----------
    number
        1 or 2.
    statement
        What is done, in one clause.
    lesions
        Those that it treats.
    measurements
        ``remnant_volume_ml``, ``remnant_percent``, ``standardized_remnant_percent`` of what functions after it.
    parts
        Names of the parts of the liver that it removes whole (``pipeline.ground.Part``).
    """

    number: int
    statement: str
    lesions: tuple[str, ...]
    measurements: dict[str, Measurement]
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Growth:
    """What the remnant has to grow by before the resection.

    Parameters
    ----------
    statement
        In one sentence.
    target_percent, index
        The remnant that is asked for, in percent of ``standardized_remnant_percent`` or ``remnant_percent``.
    deficit_ml, deficit_points
        What is missing now: low and high end over the classes of liver that are still possible.
    weeks
        Deficit in points by the profile's growth rate, likewise; None where it has none.
    feasible
        Whether the rules on making the remnant grow allow it; None where they cannot be asked.
    points_per_week
        The profile's growth rate, in points of ``index``; None where it has none.
    """

    statement: str
    index: str
    target_percent: tuple[float, float]
    deficit_ml: tuple[float, float]
    deficit_points: tuple[float, float]
    weeks: tuple[float, float] | None
    feasible: bool | None
    reason: str = ""
    points_per_week: float | None = None


@dataclass(frozen=True)
class PlanVerdict:
    """What the rules say of a plan, under the report's profile.

    Parameters
    ----------
    treatment, title
        The treatment whose rules were asked.
    failed, unknown, failed_elsewhere, unknown_elsewhere
        Ids of the hard rules on the plan itself (scope plan) that are not met, or that could not be asked; likewise of
        patient and disease, equal for all plans of a treatment.
    """

    treatment: str
    title: str
    outcome: Outcome
    stable: bool
    reason: str
    failed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    failed_elsewhere: tuple[str, ...] = ()
    unknown_elsewhere: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlanRecord:
    """One plan with what it leaves.

    Parameters
    ----------
    id
        ``N1`` ... named, ``P1`` ... options, ``U1`` ... the user's own.
    title
        ``right hepatectomy``; ``segments 5 and 6, wedge of L3, ablation of L2``.
    sentence
        The plan and its trade-off in one sentence.
    segments_removed
        Couinaud segments removed whole, as the masks have them.
    lesions
        Every intrahepatic lesion, in the order of the report: none goes unsaid.
    measurements
        By name (docs/plans.md): ``specimen_volume_ml``, ``ablated_volume_ml``, ``remnant_volume_ml``,
        ``remnant_lesion_volume_ml`` (these four add up to the total liver), ``remnant_percent``,
        ``standardized_remnant_percent``, ``remnant_to_body_weight_percent``, ``removed_percent``,
        ``planned_margin_mm``, ``remnant_without_inflow_ml``, ``remnant_without_outflow_ml``.
    facts
        ``resection_extent``, ``remnant_segments_preserved``, ``vessels_given_up``, ``remnant_inflow_ok``,
        ``remnant_outflow_ok``, ``remnant_tumour_free``.
    procedures, resected
        As ``Score`` counts them.
    equals
        Ids of other plans that remove and do the same.
    alike_within_intervals
        Ids of options that it differs from by less than the remnants' intervals, and in nothing that is worse.
    cautions
        What the numbers do not say: an optimistic bound, what cannot be told apart.
    reason
        Why it cannot be measured, ``CODE: sentence``; then there are no measurements.
    parts
        Names of the parts of the liver that it removes whole (``pipeline.ground.Part``): ``segments_removed`` by
        the masks, or ``right`` and ``left`` where only hemilivers are drawn.
    mask
        For a plan that the user drew: the name of the structure that is its specimen or remnant.
    compared
        For a plan of the user's own: every option beside it.
    """

    id: str
    origin: PlanOrigin
    kind: PlanKind
    title: str
    sentence: str
    segments_removed: tuple[str, ...]
    lesions: tuple[PlannedLesion, ...]
    measurements: dict[str, Measurement]
    facts: dict[str, Fact]
    procedures: int | None
    resected: int
    verdict: PlanVerdict | None
    stages: tuple[Stage, ...] = ()
    growth: Growth | None = None
    equals: tuple[str, ...] = ()
    alike_within_intervals: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    reason: str | None = None
    parts: tuple[str, ...] = ()
    mask: str = ""
    compared: tuple[Comparison, ...] = ()


@dataclass(frozen=True)
class Adopted:
    """The plan that the study's own remnant quantities and verdicts rest on.

    Parameters
    ----------
    id
        Of a plan of the record.
    given
        True where the user gave it, False where it is the best of those evaluated (section 7.0 of the catalogue).
    statement
        Why, in one sentence.
    """

    id: str
    given: bool
    statement: str


@dataclass(frozen=True)
class PlansRecord:
    """All plans of a study.

    Parameters
    ----------
    notice
        What the options are: for the board to consider.
    options, named, own
        Options in the order in which they are to be read.
    searched, unbeaten
        How many plans were compared, and how many of them no other beats; ``options`` are a choice of these.
    exact
        Whether the search was exact; ``bound`` says how far it may be off where it was not.
    limits
        What could not be planned or told apart, a sentence each.
    reason
        Why there are no plans, ``CODE: sentence``.
    requirement
        What remnant the rules ask for, in mL; None where they were not asked.
    clear_mm, margins_mm
        Margin below which a lesion that removed parts hold is not cleared by them, and not resected; all margins that
        lesions were grown by (``Ground.margins_mm``).
    """

    notice: str
    options: tuple[PlanRecord, ...] = ()
    named: tuple[PlanRecord, ...] = ()
    own: tuple[PlanRecord, ...] = ()
    adopted: Adopted | None = None
    searched: int = 0
    unbeaten: int = 0
    exact: bool = True
    bound: str = ""
    limits: tuple[str, ...] = field(default=())
    reason: str | None = None
    requirement: Requirement | None = None
    clear_mm: float | None = None
    margins_mm: tuple[float, ...] = ()
