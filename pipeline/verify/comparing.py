"""Published numbers beside the second calculator's, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.measurement import Location, Measurement, Point
from pipeline.report import Report
from pipeline.study import Severity
from pipeline.verify.number import Number, agree
from pipeline.verify.places import Slices

NO_METHOD = "not verified: no second method"

VERDICTS = "verdicts"
UNITS = {
    "degree_of_hypertrophy_percent": "%{points}",
    "_percent_per_week": "%/wk",
    "_percent_per_day": "%/d",
    "_months": "mo",
    "_gy": "Gy",
    "_ml_m2": "mL/m2",
    "_mm2": "mm2",
    "_m2": "m2",
    "_mm": "mm",
    "_ml": "mL",
    "_percent": "%",
    "_hu": "[hnsf'U]",
    "_deg": "deg",
}
"""UCUM units by the last part of a quantity's name, the longer ones first; of every other name 1."""

JUDGED_AGAIN = frozenset(
    {
        *("CLIN_MISSING", "EMPTY_MASK", "EMPTY_REMNANT", "FLR_OUTSIDE", "FOV_CUT", "LESION_ABSENT", "LESION_OUTSIDE"),
        *("LESION_SPECK", "LESION_TREATED", "NO_LESION", "NO_LIVER", "NO_MASK", "NO_OTHER_LESION", "NO_PIXEL"),
        *("NO_REMNANT", "NO_SEGMENTS", "NO_TARGET", "NO_VESSEL", "SEGMENT_GAP", "SEGMENT_OUTSIDE", "SEGMENT_OVERLAP"),
        "VESSEL_GONE",
    }
)
"""Reasons that the second calculator judges by itself: the report's own findings do not count for them."""


@dataclass(frozen=True)
class Line:
    """One published number: where it stands, what was published, what came out again, and what is wrong."""

    name: str
    published: float | None
    recomputed: float | None
    unit: str
    problems: tuple[str, ...] = ()
    note: str = ""

    @property
    def difference(self) -> float | None:
        """Recomputed less published."""
        if self.published is None or self.recomputed is None:
            return None
        return self.recomputed - self.published


@dataclass(frozen=True)
class Comparer:
    """Holds published measurements of one report against numbers computed again."""

    report: Report

    def compare_all(
        self,
        where: str,
        published: Mapping[str, Measurement],
        numbers: Mapping[str, Number],
        middles: Mapping[str, Callable[[tuple[Point, ...]], Slices]] | None = None,
    ) -> list[Line]:
        """Return a line for every name that is published or should be."""
        lines = []
        for name in sorted({*published, *numbers}):
            label = f"{where}{name}"
            if name not in numbers:
                lines.append(_unknown(label, published[name]))
            elif name not in published:
                lines.append(Line(label, None, numbers[name].value, "", ("it is not in the report",)))
            else:
                lines.append(self.compare(label, published[name], numbers[name], (middles or {}).get(name)))
        return lines

    def compare(
        self,
        label: str,
        published: Measurement,
        number: Number,
        middle: Callable[[tuple[Point, ...]], Slices] | None = None,
    ) -> Line:
        """Return the line of one measurement."""
        line = self._compare(label, published, number, middle)
        unit = unit_of(published.name)
        wrong = () if published.unit == unit else (f"its unit is not {unit}",)
        return replace(line, problems=(*line.problems, *wrong))

    def _compare(
        self,
        label: str,
        published: Measurement,
        number: Number,
        middle: Callable[[tuple[Point, ...]], Slices] | None = None,
    ) -> Line:
        if published.value is None:
            wrong, note = self._withheld(published, number)
            return Line(label, None, number.value if wrong else None, published.unit, wrong, note)
        problems = [f"{name} differs" for name in ("value", "low", "high") if not _same(published, number, name)]
        if self._is_refused(published.name) and "/" not in label:
            problems.append("a finding of the report refuses it, and it is published")
        problems += self._place(published, number, middle)
        return Line(label, published.value, number.value, published.unit, tuple(problems))

    def _withheld(self, published: Measurement, number: Number) -> tuple[tuple[str, ...], str]:
        """Return what is wrong with a number that is not published, and a note on why it is not."""
        code = (published.reason or "").split(":")[0]
        if published.low is not None or published.high is not None or published.location is not None:
            return ("it has no value, and yet an interval or a place",), ""
        if number.value is None and (code in number.codes or not number.codes):
            return _misquoted(published.reason or "", number.notes), f"withheld: {code}"
        if code not in JUDGED_AGAIN and self._is_found(code, published.name):
            return (), f"withheld: {code}, by a finding of the report"
        return (f"it is withheld ({code or 'no reason'}), and nothing in the report's findings says so",), ""

    def _is_found(self, code: str, name: str) -> bool:
        """Tell whether a finding that is more than a note gives a code, for a number or for the whole study."""
        found = [each for each in self.report.findings if each.code == code and each.severity is not Severity.INFO]
        return any(not each.touches or name in each.touches for each in found)

    def _is_refused(self, name: str) -> bool:
        """Tell whether a finding withholds a number.

        What the second calculator judges by itself may touch more than it withholds (the scan's border, treated lesions
        beside the volume of the liver); one that withholds the verdicts leaves the numbers.
        """
        refusing = [each for each in self.report.findings if each.severity is Severity.REFUSED]
        refusing = [each for each in refusing if VERDICTS not in each.touches]
        judged = (*JUDGED_AGAIN, "LABEL_UNKNOWN")
        return any(name in each.touches and each.code not in judged for each in refusing)

    def _place(
        self, published: Measurement, number: Number, middle: Callable[[tuple[Point, ...]], Slices] | None
    ) -> list[str]:
        """Return what is wrong with where a number is said to be seen."""
        place = published.location
        if place is None:
            return ["it does not say where it is seen"] if number.slices is not None or number.ends else []
        points = place.points_mm
        slices = number.slices if middle is None or not points else middle(points)
        if slices is None and number.ends is None:
            return ["it says where it is seen, and nothing of it has a place"]
        problems = [] if slices is not None and place.slice_index in slices else ["slice differs"]
        problems += self._instance(place, own=number.uids)
        if number.ends is None:
            return problems + (["it has end points"] if points else [])
        trouble = number.ends(points, published.value or 0.0)
        return problems + ([trouble] if trouble else [])

    def _instance(self, place: Location, *, own: bool) -> list[str]:
        """Return what is wrong with the image that a location names: that of its slice, and that frame of it."""
        image = self.report.image
        if image is None:
            return ["the report has no image"]
        index = place.slice_index if own else None
        uids, frames = image.sop_instance_uids, image.frame_numbers
        uid = uids[index] if index is not None and 0 <= index < len(uids) else None
        frame = frames[index] if index is not None and 0 <= index < len(frames) else None
        wrong = place.sop_instance_uid != uid or place.frame_number != frame
        return ["it names another image than that of its slice"] if wrong else []


def unit_of(name: str) -> str:
    """Return the UCUM unit that a quantity's name states."""
    return next((unit for ending, unit in UNITS.items() if name.endswith(ending)), "1")


def _same(published: Measurement, number: Number, name: str) -> bool:
    return agree(getattr(published, name), getattr(number, name))


def _misquoted(reason: str, notes: Sequence[str]) -> tuple[str, ...]:
    """Return what is wrong with the distances that a reason quotes."""
    quoted = re.findall(r"-?[\d.]+ mm away", reason)
    return () if quoted == list(notes) else ("the distance in its reason differs",)


def _unknown(label: str, published: Measurement) -> Line:
    if published.value is None:
        return Line(label, None, None, published.unit, (), f"withheld: {(published.reason or '').split(':')[0]}")
    return Line(label, published.value, None, published.unit, (NO_METHOD,))
