"""Plans of treatment made by hand, for the tests of how they are shown."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.measurement import Fact, Measurement, absent
from pipeline.outcome import Outcome
from pipeline.plan import Handling, PlanKind
from pipeline.plan_record import (
    Adopted,
    Growth,
    PlannedLesion,
    PlanOrigin,
    PlanRecord,
    PlansRecord,
    PlanVerdict,
    Stage,
)
from pipeline.report import Report

from . import records

NOTICE = "Options for the board to consider: no plan of those compared is better in every respect than one of these."
LESIONS = tuple(f"L{number}" for number in range(1, 8))
WORDS = {"r": Handling.RESECTED, "a": Handling.ABLATED, "i": Handling.IRRADIATED, "u": Handling.UNTREATED}
TOTAL_ML, FUNCTIONAL_ML, ESTIMATED_ML, WEIGHT_KG = 1612.4, 1595.2, 1480.0, 74.0
NO_ARTERY = "PLAN_INFLOW: portal inflow is kept for 901 mL; the artery is not drawn"


def lesions(
    letters: str, margins: Mapping[str, float], notes: Mapping[str, str] | None = None
) -> tuple[PlannedLesion, ...]:
    """Return what is done with each lesion, by one letter each: r, a, i, u."""
    noted = notes or {}
    return tuple(
        PlannedLesion(name, WORDS[letter], margins.get(name), noted.get(name, ""))
        for name, letter in zip(LESIONS, letters, strict=True)
    )


def number(name: str, value: float, unit: str, spread: float) -> Measurement:
    return Measurement(name, value, unit, value * (1 - spread), value * (1 + spread), method="masks")


def numbers(
    remnant_ml: float,
    ablated_ml: float = 0.0,
    margin_mm: float | None = 1.0,
    lost_ml: tuple[float, float] | None = (0.0, 0.0),
    left_ml: float = 0.0,
) -> dict[str, Measurement]:
    """Return the quantities of a plan; the first four add up to the total liver."""
    specimen_ml = TOTAL_ML - remnant_ml - ablated_ml - left_ml
    found = [
        number("specimen_volume_ml", specimen_ml, "mL", 0.02),
        number("ablated_volume_ml", ablated_ml, "mL", 0.05),
        number("remnant_volume_ml", remnant_ml, "mL", 0.03),
        number("remnant_lesion_volume_ml", left_ml, "mL", 0.1),
        number("remnant_percent", 100 * remnant_ml / FUNCTIONAL_ML, "%", 0.03),
        number("standardized_remnant_percent", 100 * remnant_ml / ESTIMATED_ML, "%", 0.03),
        number("remnant_to_body_weight_percent", remnant_ml / WEIGHT_KG / 10, "%", 0.03),
        number("removed_percent", 100 * (1 - remnant_ml / TOTAL_ML), "%", 0.02),
        absent("planned_margin_mm", "mm", "PLAN_MARGIN", "the plan resects no lesion")
        if margin_mm is None
        else Measurement("planned_margin_mm", margin_mm, "mm"),
    ]
    for name, place in (("remnant_without_inflow_ml", 0), ("remnant_without_outflow_ml", 1)):
        found.append(
            absent(name, "mL", "VESSEL_TREE", "the hepatic vessels are drawn as one, not told apart")
            if lost_ml is None
            else number(name, lost_ml[place], "mL", 0.1)
        )
    return {one.name: one for one in found}


def facts(
    vessels: tuple[str, ...] = (), extent: str = "minor", preserved: float = 6.0, free: bool = True
) -> dict[str, Fact]:
    found = (
        Fact("resection_extent", extent),
        Fact("remnant_segments_preserved", preserved),
        Fact("vessels_given_up", vessels),
        Fact("remnant_inflow_ok", None, reason=NO_ARTERY),
        Fact("remnant_outflow_ok", True),
        Fact("remnant_tumour_free", free),
    )
    return {fact.name: fact for fact in found}


def verdict(outcome: Outcome, reason: str, failed: tuple[str, ...] = (), *, stable: bool = True) -> PlanVerdict:
    unknown = ("PAT-01",) if outcome is Outcome.INDETERMINATE else ()
    return PlanVerdict("resection", "Resection", outcome, stable, reason, failed, (), (), unknown)


OPEN = verdict(Outcome.INDETERMINATE, "The plan meets every rule that was asked of it; ECOG is not known.")
SHORT = verdict(Outcome.NOT_ELIGIBLE, "The remnant is 17.2 % of the estimated liver; 20 % is asked for.", ("VOL-02",))
GROW = Growth(
    "The remnant has to grow by 41 to 189 mL (2.8 to 12.8 points) before the resection: 1 to 7 weeks.",
    "standardized_remnant_percent",
    (20.0, 30.0),
    (41.2, 189.0),
    (2.783, 12.77),
    (1.3915, 6.385),
    feasible=True,
)
STAGE_NUMBERS = {
    name: numbers(1502.25)[name] for name in ("remnant_volume_ml", "remnant_percent", "standardized_remnant_percent")
}
STAGES = (
    Stage(1, "wedges of L5 and L6 clear segments 2 and 3", ("L5", "L6"), STAGE_NUMBERS),
    Stage(
        2,
        "right trisectionectomy",
        ("L1", "L2", "L3", "L4", "L7"),
        {name: numbers(254.8)[name] for name in STAGE_NUMBERS},
    ),
)


def options() -> tuple[PlanRecord, ...]:
    """Return four options: wedges alone, an anatomical resection with ablations, one with growth, ablation alone."""
    return (
        PlanRecord(
            "P1",
            PlanOrigin.OPTION,
            PlanKind.SPARING,
            "wedges of L1, L2, L3, L4, L5, L6 and L7",
            "Keeps the most liver of all options, at seven specimens and a margin of 1 mm.",
            (),
            lesions("rrrrrrr", dict.fromkeys(LESIONS, 1.0)),
            numbers(1533.125, lost_ml=(12.5, 3.25)),
            facts(extent="minor", preserved=8.0),
            7,
            7,
            OPEN,
            alike_within_intervals=("P2",),
            cautions=("Optimistic: nothing is removed beyond the margins.",),
        ),
        PlanRecord(
            "P2",
            PlanOrigin.OPTION,
            PlanKind.COMBINED,
            "right posterior sectionectomy, wedge of L3, ablation of L5 and L6",
            "One anatomical specimen instead of four wedges; two lesions are ablated.",
            ("6", "7"),
            lesions("rrrraar", {"L1": 8.25, "L2": 3.5, "L3": 1.0, "L4": 6.0, "L5": 5.0, "L6": 5.0, "L7": 4.0}),
            numbers(1091.0625, 31.5, 1.0, (0.0, 44.4)),
            facts(("hepatic_vein_right (in part)",), "minor"),
            4,
            5,
            OPEN,
        ),
        PlanRecord(
            "P3",
            PlanOrigin.OPTION,
            PlanKind.RESECTION,
            "right trisectionectomy, wedges of L5 and L6, in two stages",
            "The largest margin, at the price of the smallest remnant, which has to grow first.",
            ("4", "5", "6", "7", "8"),
            lesions("rrrrrrr", {**dict.fromkeys(LESIONS, 10.0), "L5": 1.0, "L6": 1.0}),
            numbers(254.8, margin_mm=1.0, lost_ml=None),
            facts(("portal_vein_right", "hepatic_vein_right", "hepatic_vein_middle"), "extended", 3.0),
            4,
            7,
            SHORT,
            stages=STAGES,
            growth=GROW,
        ),
        PlanRecord(
            "P4",
            PlanOrigin.OPTION,
            PlanKind.ABLATION,
            "ablation of L2, L3, L4, L5, L6 and L7, irradiation of L1",
            "No resection; L1 is too large for ablation.",
            (),
            lesions("iaaaaaa", dict.fromkeys(LESIONS[1:], 5.0), {"L1": "whether SBRT is possible could not be asked"}),
            numbers(1480.5, 75.75, None),
            facts(extent="none", preserved=8.0, free=False),
            7,
            0,
            OPEN,
        ),
    )


def named() -> tuple[PlanRecord, ...]:
    """Return named resections: one clears most, one some, one none, one cannot be told apart."""
    return (
        _named("N1", "right hepatectomy", "5 6 7 8", "rrrruur", numbers(689.75, left_ml=6.0, margin_mm=4.5), SHORT),
        _named("N2", "left hepatectomy", "2 3 4", "uuuurru", numbers(1101.5, left_ml=21.0, margin_mm=2.0), OPEN),
        _named("N3", "segmentectomy 8", "8", "uuuuuuu", numbers(1399.5, left_ml=27.0, margin_mm=None), OPEN),
        PlanRecord(
            *("N4", PlanOrigin.NAMED, PlanKind.ANATOMICAL, "segmentectomy 4a", "Segment 4a alone."),
            *((), (), {}, {}, None, 0, None),
            reason="PLAN_PARTS: segment 4 is drawn whole; 4a and 4b cannot be told apart",
        ),
    )


def _named(
    id_: str, title: str, segments: str, letters: str, measured: dict[str, Measurement], said: PlanVerdict
) -> PlanRecord:
    margins = {name: 4.5 for name, letter in zip(LESIONS, letters, strict=True) if letter == "r"}
    return PlanRecord(
        *(id_, PlanOrigin.NAMED, PlanKind.ANATOMICAL, title, f"Removes segments {segments}.", tuple(segments.split())),
        *(lesions(letters, margins), measured, facts(free="u" not in letters), 1, letters.count("r"), said),
    )


def own(text: str = "plan of Tuesday") -> tuple[PlanRecord, ...]:
    """Return two plans of the user: one that equals an option, one that cannot be followed."""
    return (
        PlanRecord(
            *("U1", PlanOrigin.OWN, PlanKind.RESECTION, text, f"{text}: as option P2.", ("6", "7")),
            lesions("rrrraar", {"L1": 8.25, "L2": 3.5, "L3": 1.0, "L4": 6.0, "L5": 5.0, "L6": 5.0, "L7": 4.0}),
            *(numbers(1091.0625, 31.5, 1.0, (0.0, 44.4)), facts(), 4, 5, OPEN),
            equals=("P2",),
        ),
        PlanRecord(
            *("U2", PlanOrigin.OWN, PlanKind.ANATOMICAL, "second thought", "", (), (), {}, {}, None, 0, None),
            reason="PLAN_UNKNOWN: `right thing` is no resection of configs/resections.yaml; write segments_removed",
        ),
    )


def plans(text: str = "plan of Tuesday") -> PlansRecord:
    return PlansRecord(
        NOTICE,
        options(),
        named(),
        own(text),
        Adopted("U1", given=True, statement="The clinical record gives it."),
        searched=18432,
        unbeaten=96,
        limits=("Segment 4 is drawn whole: 4a and 4b cannot be told apart.",),
    )


def without_plans() -> PlansRecord:
    return PlansRecord(NOTICE, reason="LIVER_ABSENT: no mask draws the liver")


def report(record: PlansRecord | None = None) -> Report:
    """Return a done study with plans."""
    return records.done().model_copy(update={"plans": plans() if record is None else record})


def hostile(text: str = records.HOSTILE) -> Report:
    """Return a report whose own plan has a name from the clinical record that is no plain text."""
    return report(plans(text))


REPORTS = {
    "plans": report,
    "without_plans": lambda: report(without_plans()),
    "hostile_plans": hostile,
}
