"""What a report says beside its measurements: its image, its structures, its lesions, the inputs of its verdicts."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from pipeline.measurement import Fact, Measurement
from pipeline.report import LesionRecord, Report
from pipeline.structures import COUINAUD
from pipeline.verdict import Evidence, SideBySide
from pipeline.verify.lesion_numbers import LesionNumbers
from pipeline.verify.number import agree
from pipeline.verify.places import at_border
from pipeline.verify.solid import Solid, shared_count
from pipeline.verify.study_files import SecondReading


def check_image(report: Report, second: SecondReading) -> Iterator[str]:
    """Yield what of the image's grid is not as its files state it."""
    stated, grid = report.image, second.image.grid
    if stated is None:
        yield "image: the report has none"
        return
    affine = np.array(stated.affine_lps)
    found = np.eye(4)
    found[:3, :3], found[:3, 3] = grid.steps.T, grid.origin
    if tuple(stated.shape) != grid.shape or stated.slice_axis != grid.slice_axis:
        yield "image: number or direction of slices, rows or columns differs"
    if not _all_agree(affine, found):
        yield "image: affine_lps differs"
    if not _all_agree(np.array(stated.spacing_mm), grid.spacing):
        yield "image: spacing_mm differs"
    if list(stated.sop_instance_uids) != [plane.uid for plane in second.image.planes]:
        yield "image: the SOPInstanceUIDs of its slices differ"
    frames = [plane.frame + 1 for plane in second.image.planes if plane.frame is not None]
    if list(stated.frame_numbers) != frames:
        yield "image: the frame numbers of its slices differ"


def _all_agree(first: np.ndarray, second: np.ndarray) -> bool:
    return first.shape == second.shape and bool((np.abs(first - second) <= 1e-6 + 1e-6 * np.abs(second)).all())


def check_structures(second: SecondReading) -> Iterator[str]:
    """Yield what of the listed structures is not as drawn: voxels, completeness, the name beside their volume."""
    for each in second.structures:
        record = each.record
        if record.voxels != each.solid.count:
            yield f"structure '{record.name}': {record.voxels} voxels are stated, {each.solid.count} are set"
        if record.complete == at_border(second.image, each.solid):
            yield f"structure '{record.name}': whether it is complete differs"
        if record.volume_ml.masks != (record.name,):
            yield f"structure '{record.name}': its volume names another mask"


def check_lesions(report: Report, found: Sequence[LesionNumbers]) -> Iterator[str]:
    """Yield which lesions of the report are not those found again."""
    stated = [(each.id, each.status.value, each.label, each.components) for each in report.lesions]
    again = [(n.lesion.id, n.lesion.status, n.lesion.label, n.lesion.components) for n in found]
    for each in sorted(set(again) - set(stated)):
        yield f"lesion {each[0]} ({each[1]}, {each[2]}, {each[3]} component(s)) is drawn and not in the report"
    for each in sorted(set(stated) - set(again)):
        yield f"lesion {each[0]} ({each[1]}, {each[2]}, {each[3]} component(s)) is in the report and not drawn so"
    if len(stated) != len(set(stated)):
        yield "a lesion is listed twice"


def check_lesion_facts(second: SecondReading, record: LesionRecord, found: LesionNumbers | None) -> Iterator[str]:
    """Yield what of a lesion's own facts, place and masks differs."""
    if found is None:
        return
    fact = record.facts.get("measurable")
    if (fact.value if fact else None) is not found.measurable:
        yield f"lesion {record.id}: whether it is measurable differs"
    solid = found.lesion.solid
    middle = solid.grid.world(solid.indices).mean(axis=0)
    stated = record.centroid_mm
    if stated is None or not all(agree(a, float(b)) for a, b in zip(stated, middle, strict=True)):
        yield f"lesion {record.id}: centroid_mm differs"
    shares = record.facts.get("segment_shares")
    if shares is not None and shares.value is not None and shares.value != _segment_shares(second, solid):
        yield f"lesion {record.id}: its shares of Couinaud segments differ"
    for name, each in record.measurements.items():
        if each.name != name or (each.value is not None and record.label not in each.masks):
            yield f"lesion {record.id}: {name} names another quantity or mask"


def _segment_shares(second: SecondReading, solid: Solid) -> tuple[str, ...]:
    """Return the part of a lesion's voxels in each Couinaud segment, the largest first."""
    names = [role.value for role in COUINAUD]
    drawn = {name: part for name in names if (part := second.first(name)) is not None}
    counts = {name: shared_count(solid, part) for name, part in drawn.items() if part.grid is solid.grid}
    ordered = sorted((name for name in counts if counts[name]), key=lambda name: (-counts[name], names.index(name)))
    return tuple(f"{name} {100 * counts[name] / solid.count:.1f} %" for name in ordered)


def check_verdict_inputs(report: Report) -> Iterator[str]:
    """Yield every comparison behind a verdict whose input is not the number or fact of the report that it cites."""
    assessment = report.assessment
    if assessment is None:
        return
    results = [*assessment.indices, *(each for verdict in assessment.verdicts for each in verdict.criteria)]
    for result in {result.id: result for result in results}.values():
        for evidence in result.evidence:
            yield from _check_comparison(report, result.id, evidence)
            cited = _cited(report, evidence)
            if cited is not None and not _is_cited(report, evidence, cited):
                where = f"{evidence.lesion} " if evidence.lesion else ""
                yield f"criterion {result.id}: {where}{evidence.input} is not the value that the report measured"
    for verdict in assessment.verdicts:
        for flip in verdict.flips:
            quantity = _quantity(report, flip.input, flip.lesion)
            if quantity is not None and not _same(flip.value, quantity.value):
                yield f"treatment {verdict.treatment}: the flip of {flip.input} starts from another value"
    yield from _check_partings(report, assessment.side_by_side)


def _check_partings(report: Report, compared: Iterable[SideBySide]) -> Iterator[str]:
    """Yield every number on which profiles are said to part that is not the report's."""
    partings = [(side.treatment, side.parting) for side in compared if side.parting is not None]
    for treatment, parting in partings:
        quantity = _quantity(report, parting.input, parting.lesion)
        if parting.value is not None and quantity is not None and not _same(parting.value, quantity.value):
            yield f"treatment {treatment}: profiles are said to part on another {parting.input} than was measured"


HOLDS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


def _check_comparison(report: Report, criterion: str, evidence: Evidence) -> Iterator[str]:
    """Yield what of one comparison cannot be: a lesion that is not there, an answer other than its numbers give."""
    if evidence.lesion is not None and all(each.id != evidence.lesion for each in report.lesions):
        yield f"criterion {criterion}: {evidence.lesion} is no lesion of the report"
    value, threshold, holds = evidence.value, evidence.threshold, HOLDS.get(evidence.op)
    if holds is None or not isinstance(value, int | float) or not isinstance(threshold, int | float):
        return
    said = evidence.truth
    if said in ("met", "not_met") and said != ("met" if holds(value, threshold) else "not_met"):
        yield f"criterion {criterion}: {evidence.input} {value:g} {evidence.op} {threshold:g} is said to be {said}"


def _cited(report: Report, evidence: Evidence) -> Measurement | Fact | None:
    return _quantity(report, evidence.input, evidence.lesion)


def _quantity(report: Report, name: str, lesion: str | None) -> Measurement | Fact | None:
    """Return the number or fact that an input names; None for one that is made of several (counts over lesions)."""
    if lesion is None:
        return report.measurements.get(name) or report.facts.get(name)
    record = next((each for each in report.lesions if each.id == lesion), None)
    if record is None:
        return None
    short = name.removeprefix("lesion.")
    return record.measurements.get(short) or record.facts.get(short)


def _is_cited(report: Report, evidence: Evidence, cited: Measurement | Fact) -> bool:
    """Tell whether a comparison cites a quantity as it is.

    Where a rule takes the lowest or highest of several quantities, the one with that value is named; an end of the
    interval may be that of another one, of the same unit.
    """
    low, high = (cited.low, cited.high) if isinstance(cited, Measurement) else (None, None)
    value = cited.value
    others = [each for each in report.measurements.values() if evidence.lesion is None and each.unit == evidence.unit]
    lows, highs = [each.low for each in others], [each.high for each in others]
    if evidence.value is None and evidence.reason is not None:
        return value is None or not evidence.reason.startswith("NO_")
    return (
        _same(evidence.value, value)
        and (evidence.low is None or any(_same(evidence.low, each) for each in (low, value, *lows)))
        and (evidence.high is None or any(_same(evidence.high, each) for each in (high, value, *highs)))
    )


def _same(first: object, second: object) -> bool:
    if isinstance(first, int | float) and isinstance(second, int | float) and not isinstance(second, bool):
        return agree(float(first), float(second))
    if first is None or second is None:
        return first is second
    words = ", ".join(second) if isinstance(second, tuple) else str(second)
    first = ", ".join(first) if isinstance(first, tuple) else first
    return str(first).casefold() in (words.casefold(), {True: "yes", False: "no"}.get(second is True, ""))
