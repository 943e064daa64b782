"""One report against its source files: every number computed again, inputs and versions compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.report import Report
from pipeline.verify.ablation_plan import ablation_formulas, add_planned
from pipeline.verify.comparing import Comparer, Line
from pipeline.verify.facts import check_facts
from pipeline.verify.followed import check_followed
from pipeline.verify.formulas import record_formulas
from pipeline.verify.image_facts import check_image_facts
from pipeline.verify.lesion_numbers import (
    LesionNumbers,
    Middle,
    lesion_numbers,
    lesion_places,
    plane_of_middle,
    slice_of_any_end,
    volume_number,
)
from pipeline.verify.lesions import find_lesions
from pipeline.verify.local_facts import check_local
from pipeline.verify.number import Number, absent
from pipeline.verify.places import largest_slice
from pipeline.verify.plan_facts import check_plan, plan_numbers
from pipeline.verify.plans import check_plans
from pipeline.verify.plans_adopted import check_adopted, find_planned
from pipeline.verify.plans_bounds import bound_numbers, share_numbers
from pipeline.verify.plans_kept import DISTANCE, check_kept, kept_numbers
from pipeline.verify.problems import NotSupported, Unreadable
from pipeline.verify.record_checks import (
    check_image,
    check_lesion_facts,
    check_lesions,
    check_structures,
    check_verdict_inputs,
)
from pipeline.verify.recorded import check_recorded
from pipeline.verify.response import check_visits, response_formulas
from pipeline.verify.sources import find_files
from pipeline.verify.study_files import SecondReading, Structure, read_again
from pipeline.verify.study_numbers import find_parts, study_numbers
from pipeline.verify.surroundings import Around, add_surroundings
from pipeline.verify.terms import Terms


@dataclass(frozen=True)
class Installed:
    """What is installed here, to be held against what made a report.

    Parameters
    ----------
    livermetry, libraries
        Versions.
    digests
        SHA-256 by name of provenance field (``settings_sha256``): of the settings and rules of this version.
    resections
        Couinaud segments that named resections remove, by name.
    """

    livermetry: str
    libraries: Mapping[str, str]
    digests: Mapping[str, str]
    resections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What verification of one report found.

    Parameters
    ----------
    lines
        One for each published number.
    problems
        What is wrong beside the numbers: inputs, versions, structures, lesions, verdicts.
    notes
        What a reader should know and no failure: settings or rules that are not those of this version.
    """

    key: str
    lines: tuple[Line, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """Tell whether every number came out again and nothing else is wrong."""
        return not self.problems and not any(line.problems for line in self.lines)


def verify_report(report: Report, studies: Path | None, installed: Installed) -> Outcome:
    """Return what verification of a report found.

    Parameters
    ----------
    studies
        The input of the run that made the report; None where it is not known.
    """
    problems, notes = _check_versions(report, installed)
    if report.status != "done":
        numbers = bool(report.measurements or report.lesions or report.structures)
        problems += ["it publishes numbers though it was not measured"] if numbers else []
        return Outcome(report.key, (), tuple(problems), (*notes, f"the study is {report.status}: no number to verify"))
    files = find_files(report, studies)
    problems += files.problems
    if files.folder is None or any("missing" in each for each in files.problems):
        return Outcome(report.key, (), (*problems, "no number was computed again"), tuple(notes))
    try:
        second = read_again(report, files.paths)
        lines, more = _compare(report, second, installed.resections)
    except NotSupported as reason:
        return Outcome(report.key, (), (*problems, f"not supported by verify: {reason}"), tuple(notes))
    except Unreadable as reason:
        return Outcome(report.key, (), (*problems, str(reason)), tuple(notes))
    return Outcome(report.key, tuple(lines), (*problems, *more), tuple(notes))


def _check_versions(report: Report, installed: Installed) -> tuple[list[str], list[str]]:
    """Return which versions are others than those that made a report, and which settings or rules are."""
    made = report.provenance
    problems = []
    if made.livermetry != installed.livermetry:
        problems.append(f"it was made by livermetry {made.livermetry}, this is {installed.livermetry}")
    for name in sorted({*made.libraries, *installed.libraries}):
        then, now = made.libraries.get(name, "none"), installed.libraries.get(name, "none")
        if then != now:
            problems.append(f"it was made with {name} {then}, here is {now}")
    notes = [
        f"{name.removesuffix('_sha256')}: not those that this version comes with"
        for name, digest in installed.digests.items()
        if getattr(made, name) != digest
    ]
    return problems, notes


def _compare(
    report: Report, second: SecondReading, resections: Mapping[str, tuple[str, ...]]
) -> tuple[list[Line], list[str]]:
    """Return a line for each number of a report, and what is wrong beside them."""
    lesions = _find_lesions(report, second)
    liver = find_parts(second, lesions, report, resections)
    hidden = tuple(code for code in liver.codes.total if code != "FOV_CUT")
    lesions = add_surroundings(second, lesions, Around(liver.total, hidden, liver.remnant.whole))
    lesions = add_planned(report, lesions)
    comparer = Comparer(report)
    lines = [
        comparer.compare(f"structure {each.label}/volume_ml", each.record.volume_ml, _volume(second, each))
        for each in second.structures
    ]
    lines += _compare_lesions(report, second, lesions, comparer)
    unknown = liver.codes.lesions or liver.codes.total
    solids = {each.lesion.id: each.lesion.solid for each in lesions if each.lesion.status == "intrahepatic"}
    numbers = study_numbers(second, lesions, liver, report) | bound_numbers(
        second, report, liver.total, solids, unknown
    )
    numbers = _with_formulas(report, numbers, lesions, unknown)
    lines += comparer.compare_all("", report.measurements, numbers, _middles(second, lesions))
    plan_lines, plan_problems = check_plans(comparer, second, lesions, liver)
    lines += plan_lines
    facts = check_facts(
        second, report, [each.lesion for each in lesions], liver.codes.lesions, numbers["remnant_lesion_volume_ml"]
    )
    problems = [
        *check_image(report, second),
        *check_structures(second),
        *check_lesions(report, lesions),
        *check_verdict_inputs(report),
        *facts,
        *check_plan(report, find_planned(report, resections), lesions),
        *check_adopted(report, second, resections),
        *check_kept(report, lesions, unknown),
        *check_visits(report),
        *check_image_facts(report, second.image.grid),
        *check_recorded(report),
        *check_local(second, report),
        *check_followed(report),
        *plan_problems,
    ]
    known = {each.lesion.id: each for each in lesions}
    for record in report.lesions:
        problems += check_lesion_facts(second, record, known.get(record.id))
    return lines, problems


def _with_formulas(
    report: Report, numbers: dict[str, Number], lesions: Sequence[LesionNumbers], known: tuple[str, ...]
) -> dict[str, Number]:
    """Return the numbers of a study with those that follow from them and the clinical record by a formula."""
    terms = Terms(report, numbers)
    inside = [each.numbers for each in lesions if each.lesion.status == "intrahepatic"]
    more = ablation_formulas(terms, inside, known) | response_formulas(terms, inside, known)
    more |= plan_numbers(report, Terms(report, numbers | more), lesions, known)
    return numbers | record_formulas(terms) | more | share_numbers(terms) | kept_numbers(report, lesions, known)


def _find_lesions(report: Report, second: SecondReading) -> list[LesionNumbers]:
    """Return the lesions found again, by the unit that gives those of the report; by the usual one if none does."""
    settings = report.provenance.settings
    smallest, neighbours = settings.get("min_lesion_mm"), settings.get("connectivity")
    if not isinstance(smallest, int | float) or neighbours not in (6, 18, 26):
        raise Unreadable("the settings in the report do not say how lesions are found")
    stated = [(each.id, each.label, each.components) for each in report.lesions]
    tried = [find_lesions(second, unit, float(smallest), int(neighbours)) for unit in ("auto", "segment", "component")]
    fitting = [each for each in tried if [(one.id, one.label, one.components) for one in each] == stated]
    modality = report.image.modality if report.image else ""
    return [lesion_numbers(second, lesion, modality) for lesion in (fitting or tried)[0]]


def _volume(second: SecondReading, each: Structure) -> Number:
    if not each.solid.count:
        return absent("EMPTY_MASK", "RT_POINT", "SEG_FRACTIONAL")
    own = each.solid.grid is second.image.grid and second.image.grid.slice_axis == 0
    return volume_number(each.solid, largest_slice(second.image, each.solid), own=own)


def _compare_lesions(
    report: Report, second: SecondReading, lesions: Sequence[LesionNumbers], comparer: Comparer
) -> list[Line]:
    numbers = {each.lesion.id: each for each in lesions}
    lines: list[Line] = []
    for record in report.lesions:
        found = numbers.get(record.id)
        expected = found.numbers if found else {}
        middles = lesion_places(second, found) if found else {}
        lines += comparer.compare_all(f"lesion {record.id}/", record.measurements, expected, middles)
    return lines


def _middles(second: SecondReading, lesions: Sequence[LesionNumbers]) -> dict[str, Middle]:
    """Return how the slice of lengths of the whole study follows from their end points."""
    inside = [each for each in lesions if each.lesion.status == "intrahepatic"]
    treated = [each for each in lesions if each.lesion.status == "treated"]
    found: dict[str, Middle] = {}
    if treated:
        found["smallest_ablation_margin_mm"] = slice_of_any_end(second, [each.lesion.solid for each in treated])
    if not inside:
        return found
    largest = max(inside, key=lambda each: each.numbers["max_3d_diameter_mm"].value or 0.0)
    found["largest_3d_diameter_mm"] = plane_of_middle(second, largest.lesion.solid)
    near = slice_of_any_end(second, [each.lesion.solid for each in inside])
    return found | dict.fromkeys(("planned_margin_mm", "main_vessel_distance_mm", DISTANCE), near)
