"""How numbers are printed, for every output that rounds: digits, units, intervals, reasons for absent values.

Rounding never crosses a limit that a verdict used, so a printed value and its verdict never contradict each other:
29.96 mm against a limit of 30 mm prints as 29.96, never as 30.0.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping

from pipeline.measurement import Measurement
from pipeline.report import Report
from pipeline.verdict import CriterionResult

UNIT_SIGNS = {
    "1": "",
    "[hnsf'U]": "HU",
    "%{points}": "percentage points",
    "m2": "m²",
    "mL/m2": "mL/m²",
    "deg": "°",
    "mm2": "mm²",
    "mm3": "mm³",
    "10*9/L": "10⁹/L",
    "Cel": "°C",
    "[arb'U]/mL": "U/mL",
    "a": "years",
    "mo": "months",
    "wk": "weeks",
    "d": "days",
}
"""Print signs of UCUM units that are not printed as they are."""
DECIMALS = {"[hnsf'U]": 1, "mm": 1, "%": 1, "%{points}": 1, "mm2": 0, "m2": 2, "mL/m2": 0, "deg": 0, "kg": 1, "cm": 1}
VOLUME_DECIMALS = ((10.0, 2), (100.0, 1))
"""Decimals of a volume in mL below each bound; none above."""
MOST_DECIMALS = 20
FEW_DECIMALS = 4
"""Decimals that a value next to a limit prints with; more only between limits that are closer than that."""
BARE_LABEL = re.compile(r"label (?P<number>\d+)(?: \((?P<role>[^()]*[^()\d][^()]*)\))?(?: \((?P=number)\))?")
"""Name of a segment that its source gives a number only."""
LARGEST_PARTS = {"largest_diameter_mm": "longest_diameter_mm", "largest_3d_diameter_mm": "max_3d_diameter_mm"}
"""Study quantities that repeat the number of one lesion, so they share its limits."""

Limits = Mapping[str, Collection[float]]
"""Limits that verdicts compared a quantity with, by the quantity's name."""


def find_limits(report: Report) -> dict[str, tuple[float, ...]]:
    """Return every number that a criterion or a flip point compared a quantity with, by the quantity's name."""
    found: dict[str, set[float]] = {}
    if report.assessment is None:
        return {}
    criteria = [*report.assessment.indices, *(c for v in report.assessment.verdicts for c in v.criteria)]
    for criterion in criteria:
        _collect(criterion, found)
    for flip in (flip for verdict in report.assessment.verdicts for flip in verdict.flips):
        found.setdefault(_bare(flip.input), set()).update(() if flip.flip_at is None else (flip.flip_at,))
    for study_name, lesion_name in LARGEST_PARTS.items():
        both = found.get(study_name, set()) | found.get(lesion_name, set())
        found[study_name] = found[lesion_name] = both
    return {name: tuple(sorted(limits)) for name, limits in sorted(found.items())}


SMALL_PERCENT_DECIMALS = 2
"""Of shares below 1 %, as the reasons of verdicts print them."""


def numbers_in(threshold: float | str | None) -> list[float]:
    """Return the numbers of a threshold: none, one, or those of a text such as ``40 or 30``."""
    if isinstance(threshold, str):
        return [float(part) for part in re.findall(r"-?\d+(?:\.\d+)?", threshold)]
    return [] if threshold is None else [float(threshold)]


def _collect(criterion: CriterionResult, found: dict[str, set[float]]) -> None:
    """Add the numeric thresholds and flip points of a criterion."""
    for evidence in criterion.evidence:
        limits = found.setdefault(_bare(evidence.input), set())
        limits.update(numbers_in(evidence.threshold))
        if evidence.flip_at is not None:
            limits.add(evidence.flip_at)


def _bare(name: str) -> str:
    """Return a quantity's name without the scope in front of it."""
    return name.rsplit(".", 1)[-1]


def limits_of(name: str, limits: Limits) -> Collection[float]:
    """Return the limits of a quantity, its name with or without the scope."""
    return limits.get(_bare(name), ())


def format_number(value: float, unit: str, limits: Collection[float] = (), like: float | None = None) -> str:
    """Return a number with the digits its unit deserves, and as many more as keep it on its side of every limit.

    Parameters
    ----------
    unit
        UCUM code.
    limits
        Numbers that the value was compared with: printed below, at or above each as the value itself is.
    like
        The number whose size decides the digits, for the ends of an interval.
    """
    decimals = _decimals(value, value if like is None else like, unit)
    if decimals is None:
        return format_exact(value)
    rounded = [f"{value:.{more}f}" for more in range(decimals, MOST_DECIMALS)]
    few = max(FEW_DECIMALS - decimals, 0) + 1
    for text in (*rounded[:few], *_step_back(value, limits), *rounded[few:]):
        if all(_side(float(text), limit) == _side(value, limit) for limit in limits):
            return text.removeprefix("-") if float(text) == 0 else text
    return format_exact(value)


def _step_back(value: float, limits: Collection[float]) -> list[str]:
    """Return the number of few decimals next to a limit that the value all but reaches: 4.9999 of 4.999999999999996."""
    step = 10.0**-FEW_DECIMALS
    near = [limit for limit in limits if 0 < abs(value - limit) < step]
    return [f"{limit + math.copysign(step, value - limit):.{FEW_DECIMALS}f}" for limit in near]


def _decimals(value: float, like: float, unit: str) -> int | None:
    """Return the usual number of decimals, None for a number that is printed as it was given."""
    if unit == "mL":
        return next((decimals for bound, decimals in VOLUME_DECIMALS if abs(like) < bound), 0)
    if unit == "1":
        return 0 if float(value).is_integer() and float(like).is_integer() else 2
    if unit == "%" and abs(like) < 1 and round(value, 1) != value:
        return SMALL_PERCENT_DECIMALS
    return DECIMALS.get(unit)


def _side(value: float, limit: float) -> int:
    """Return -1, 0 or 1: below, at or above the limit."""
    return (value > limit) - (value < limit)


def format_exact(value: float) -> str:
    """Return a number unrounded in its shortest form: a threshold, or a value of the clinical record."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def format_unit(unit: str) -> str:
    """Return the print sign of a UCUM unit, empty for a plain number."""
    return UNIT_SIGNS.get(unit, unit)


def with_unit(number: str, unit: str) -> str:
    """Return a printed number with its unit, held together by a no-break space; degrees follow at once."""
    sign = format_unit(unit)
    if sign == "°":
        return f"{number}°"
    return f"{number}\N{NO-BREAK SPACE}{sign}" if sign else number


def format_value(measurement: Measurement, limits: Limits) -> str:
    """Return the value with its unit, or why it is not known."""
    if measurement.value is None:
        return format_reason(measurement.reason)
    return with_unit(
        format_number(measurement.value, measurement.unit, limits.get(measurement.name, ())), measurement.unit
    )


def format_interval(measurement: Measurement, limits: Limits) -> str:
    """Return ``low to high`` without the unit, empty where none is defined or where it is the value itself."""
    if measurement.value is None or measurement.low is None or measurement.high is None:
        return ""
    if is_point(measurement.value, measurement.low, measurement.high):
        return ""
    known = limits.get(measurement.name, ())
    low, high = (
        format_number(end, measurement.unit, known, like=measurement.value)
        for end in (measurement.low, measurement.high)
    )
    return f"{low} to {high}"


def is_point(value: float | str | None, low: float | None, high: float | None) -> bool:
    """Tell whether an interval holds nothing but the value itself, as that of a count does."""
    return value is not None and value == low == high


def format_reason(reason: str | None) -> str:
    """Return ``not known: sentence (CODE)`` of a reason ``CODE: sentence``."""
    code, colon, sentence = (reason or "").partition(": ")
    if not colon:
        return f"not known: {reason or 'no reason is recorded'}"
    start = "" if sentence.startswith("not known") else "not known: "
    return f"{start}{sentence.rstrip('.')} ({code})"


def format_label(label: str) -> str:
    """Return a segment's name without a number said twice: ``label 2 (lesion) (2)`` as ``lesion (label 2)``."""
    found = BARE_LABEL.fullmatch(label)
    if found is None:
        return label
    return f"{found['role']} (label {found['number']})" if found["role"] else f"label {found['number']}"
