"""From the images of one series to a grid: order, gaps, tilt, spacing (rows G01 to G18 of ``docs/hazards.md``)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.readers.dicom.groups import Source, choose_group, is_named
from pipeline.readers.dicom.slice_header import COSINE_TOLERANCE, Slice
from pipeline.study import Finding, Severity
from pipeline.volume import Geometry, canonical_geometry

EVEN_FRACTION, EVEN_MM = 0.01, 0.05
"""Gaps within 1 % or 0.05 mm of their median are one even spacing."""
UNEVEN_FRACTION = 0.10
"""Gaps within 10 % of their median are measured with each slice's own slab; beyond it nothing is measured."""
GAP_FACTOR = 1.5
"""A gap above 1.5 times the median means that slices are missing."""
MAX_MISSING_PLACES = 0.1
"""Missing slices at more than a tenth of the places are another spacing, not a gap."""
MAX_NAMED_GAPS = 3
MAX_VOXELS = 2**31
ODD_ANGLE_COSINE = np.cos(np.radians(30))
TILT_FRACTION = 0.01


@dataclass(frozen=True, eq=False)
class Stack:
    """Images of one contiguous part of a series, and their grid in canonical orientation.

    Parameters
    ----------
    slices
        In canonical order along ``geometry.slice_axis``.
    gap
        How many slices of the series are missing beside its parts and where, as a clause; empty when none is.
    """

    slices: tuple[Slice, ...]
    geometry: Geometry
    findings: tuple[Finding, ...]
    gap: str = ""


def build_stacks(slices: Sequence[Slice], sources: Collection[Source] = ()) -> tuple[Stack, ...]:
    """Return the grid of a series; several, the largest first, when slices are missing in between.

    Parameters
    ----------
    sources
        Images and frames that masks were drawn on: they decide between several volumes at the same places.

    Raises
    ------
    StudyRefused
        With the code of the row that forbids measuring: ``GEOM_ORIENT``, ``GEOM_MATRIX``, ``GEOM_DUP_POS``,
        ``GEOM_SPACING``, ``GEOM_TILT``, ``GEOM_SLICES``, ``PIXEL_SPACING``, ``FOR_MIXED``.
    """
    used, findings = _leave_out_localizers(slices, sources)
    used, notes = choose_group(used, sources)
    findings += notes
    _check_alike(used)
    ordered, heights = _sort_by_position(used)
    median = _check_gaps(heights)
    breaks = np.flatnonzero(np.diff(heights) > GAP_FACTOR * median) + 1
    parts = np.split(np.arange(len(ordered)), breaks)
    gap = _describe_gaps(ordered, heights, breaks, median)
    stacks = [_build_stack([ordered[i] for i in part], heights[part], findings, gap) for part in parts if len(part) > 1]
    if not stacks:
        raise StudyRefused("GEOM_GAP", "No two neighbouring slices of the series are there: too many are missing.")
    return tuple(sorted(stacks, key=lambda stack: -len(stack.slices)))


def _leave_out_localizers(slices: Sequence[Slice], sources: Collection[Source]) -> tuple[list[Slice], list[Finding]]:
    """Leave out scouts: images declared as such, and a few that stand at a large angle to all others.

    One that masks were drawn on is kept, unless they name every image of the series.
    """
    named = [each for each in slices if is_named([each], sources)]
    kept = {id(each) for each in named} if len(named) < len(slices) else set()
    used = [each for each in slices if not each.is_localizer] or list(slices)
    if used:
        axis = Counter(tuple(np.round(each.normal, 2)) for each in used).most_common(1)[0][0]
        upright = [each for each in used if abs(each.normal @ np.array(axis)) > ODD_ANGLE_COSINE]
        if len(used) - len(upright) <= max(1, len(used) // 10) and len(upright) > 1:
            used = upright
    chosen = {id(each) for each in used} | kept
    used = [each for each in slices if id(each) in chosen]
    left = len(slices) - len(used)
    note = Finding("LOCALIZER", Severity.INFO, f"{left} localizer images in the series were left out.")
    return used, [note] if left else []


def _check_alike(slices: Sequence[Slice]) -> None:
    """Check that all images can be measured, with one orientation, matrix, pixel spacing and frame of reference."""
    if len(slices) < 2:
        raise StudyRefused("GEOM_SLICES", f"The image series has {len(slices)} slices; a volume needs two or more.")
    first = slices[0]
    count = len(slices)
    if count * first.shape[0] * first.shape[1] > MAX_VOXELS:
        raise StudyRefused("LIMIT_PIXELS", f"The {count} images of the series claim more voxels than can be held.")
    for each in slices:
        if each.refusal is not None:
            raise each.refusal
        turn = np.abs([each.row_direction - first.row_direction, each.column_direction - first.column_direction])
        if turn.max() > COSINE_TOLERANCE:
            raise StudyRefused("GEOM_ORIENT", f"The {count} images of the series do not all have one orientation.")
        if each.shape != first.shape:
            raise StudyRefused("GEOM_MATRIX", f"The {count} images of the series do not all have one matrix size.")
        if not np.allclose(each.spacing, first.spacing, rtol=1e-4, atol=0):
            raise StudyRefused("PIXEL_SPACING", f"The {count} images of the series do not all have one pixel spacing.")
        if each.frame_of_reference_uid != first.frame_of_reference_uid:
            raise StudyRefused("FOR_MIXED", f"The {count} images of the series lie in different frames of reference.")


def _sort_by_position(slices: Sequence[Slice]) -> tuple[list[Slice], NDArray[np.float64]]:
    """Return the images by position along the normal, and these positions in mm."""
    normal = slices[0].normal
    ordered = sorted(slices, key=lambda each: (float(each.position @ normal), each.sop_instance_uid))
    return ordered, np.array([float(each.position @ normal) for each in ordered])


def _check_gaps(heights: NDArray[np.float64]) -> float:
    """Return the median gap in mm, after refusing images at one place and stacks of several spacings."""
    gaps = np.diff(heights)
    median = float(np.median(gaps))
    limit = max(0.01, 0.01 * median)
    if gaps.min() < limit:
        doubled = int((gaps < limit).sum())
        raise StudyRefused(
            "GEOM_DUP_POS",
            f"{doubled} positions of the series hold more than one image (phases, echoes or two reconstructions); "
            "export the series that was segmented by itself.",
        )
    near = gaps[gaps <= GAP_FACTOR * median]
    worst = float(np.abs(near - median).max() / median)
    if worst > UNEVEN_FRACTION or (len(gaps) - len(near)) > max(1, MAX_MISSING_PLACES * len(gaps)):
        raise StudyRefused(
            "GEOM_SPACING",
            f"The slices are {gaps.min():.2f} to {gaps.max():.2f} mm apart (median {median:.2f}); "
            f"at most {UNEVEN_FRACTION:.0%} variation can be measured.",
        )
    return median


def _describe_gaps(ordered: list[Slice], heights: NDArray[np.float64], breaks: NDArray[np.intp], median: float) -> str:
    """Return how many slices are missing and between which positions (patient axis nearest to the normal, mm)."""
    if not breaks.size:
        return ""
    count = sum(max(1, round(float(heights[i] - heights[i - 1]) / median) - 1) for i in breaks)
    axis = int(np.abs(ordered[0].normal).argmax())
    places = [sorted((float(ordered[i - 1].position[axis]), float(ordered[i].position[axis]))) for i in breaks]
    named = [f"between {'xyz'[axis]} = {low:.1f} and {high:.1f} mm" for low, high in places[:MAX_NAMED_GAPS]]
    named += [f"at {len(places) - len(named)} more places"] if len(places) > len(named) else []
    return f"{count} slice{' is' if count == 1 else 's are'} missing {', '.join(named)}"


def _build_stack(part: list[Slice], heights: NDArray[np.float64], findings: list[Finding], gap: str) -> Stack:
    first = part[0]
    positions = np.array([each.position for each in part])
    gaps = np.diff(heights)
    spacing = float(np.median(gaps))
    even = bool(np.abs(gaps - spacing).max() <= max(EVEN_MM, EVEN_FRACTION * spacing))
    step = (positions[-1] - positions[0]) / (len(part) - 1)
    found = [*findings, *_check_tilt(first, positions, heights, step)]
    found += _describe_spacing(first, spacing, gaps, even) + _describe_pixels(part)
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 3] = step, positions[0]
    affine[:3, 1] = first.column_direction * first.spacing[0]
    affine[:3, 2] = first.row_direction * first.spacing[1]
    shape = (len(part), *first.shape)
    native = Geometry(shape, affine, 0, None if even else positions, first.thickness_mm)
    geometry, turn = canonical_geometry(native)
    backwards = turn.flipped[turn.order.index(0)]
    return Stack(tuple(part[::-1] if backwards else part), geometry, tuple(found), gap)


def _check_tilt(
    first: Slice, positions: NDArray[np.float64], heights: NDArray[np.float64], step: NDArray[np.float64]
) -> list[Finding]:
    """Flag a sheared stack; refuse one whose slices are shifted in their plane in no regular way."""
    along = float(step @ first.normal)
    share = (heights - heights[0]) / along
    off = positions - positions[0] - share[:, None] * step
    if float(np.linalg.norm(off, axis=1).max()) > max(0.05, 0.1 * min(first.spacing)):
        raise StudyRefused("GEOM_TILT", "The slices are shifted against each other in their plane in no regular way.")
    shear = float(np.linalg.norm(step - along * first.normal))
    if shear <= max(0.01, TILT_FRACTION * along):
        return []
    angle = np.degrees(np.arctan2(shear, along))
    message = f"The slices are tilted by {angle:.1f} degrees (gantry tilt); the sheared grid itself was measured."
    return [Finding("GEOM_TILT", Severity.WARNING, message)]


def _describe_spacing(first: Slice, spacing: float, gaps: NDArray[np.float64], even: bool) -> list[Finding]:
    findings = []
    if not even:
        message = (
            f"The slices are unevenly spaced ({gaps.min():.2f} to {gaps.max():.2f} mm); "
            "volumes use half the gap to each neighbour."
        )
        findings.append(Finding("GEOM_SPACING", Severity.WARNING, message))
    thickness = first.thickness_mm
    if thickness and thickness < 0.9 * spacing:
        message = f"Slices are {thickness:g} mm thick and {spacing:.2f} mm apart: tissue in between was not scanned."
        findings.append(Finding("THICKNESS_NE_SPACING", Severity.WARNING, message))
    elif thickness and thickness > 1.1 * spacing:
        message = f"Slices are {thickness:g} mm thick and {spacing:.2f} mm apart: they overlap; positions were used."
        findings.append(Finding("THICKNESS_NE_SPACING", Severity.INFO, message))
    return findings


def _describe_pixels(part: list[Slice]) -> list[Finding]:
    lossy = next((each.lossy for each in part if each.lossy), None)
    if lossy is None:
        return []
    return [Finding("LOSSY", Severity.WARNING, f"The images were compressed with loss ({lossy}).")]
