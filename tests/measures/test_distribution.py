"""Couinaud segments, sides, unilobar and bilobar."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.lesion import StudyMeasurements
from pipeline.structures import Role
from pipeline.volume import Mask
from tests.measures.test_study import GRID, liver, measure, spots
from tests.phantoms import make_grid, make_study, sample, sphere


def quarters() -> dict[Role, Mask]:
    """Cut the liver in segment 7 and 5 on the patient's right, 2 and 3 on the left, head-ward ones first."""
    whole = liver()
    centres = GRID.to_world((np.argwhere(whole.voxels) + np.array(whole.offset)).astype(float))
    parts = {}
    for role, left, head in (
        (Role.SEGMENT_7, False, True),
        (Role.SEGMENT_5, False, False),
        (Role.SEGMENT_2, True, True),
        (Role.SEGMENT_3, True, False),
    ):
        keep = ((centres[:, 0] > 0) == left) & ((centres[:, 2] > 0) == head)
        voxels = np.zeros_like(whole.voxels)
        voxels[tuple(np.argwhere(whole.voxels)[keep].T)] = True
        parts[role] = Mask.from_array(GRID, voxels, whole.offset)
    return parts


def place(*lesions: Mask, segments: dict[Role, Mask] | None = None) -> StudyMeasurements:
    return measure(make_study({Role.LIVER: liver(), Role.LESION: lesions, **(segments or {})}))


def test_lesions_on_both_sides_are_bilobar() -> None:
    """Each lesion names its segments, largest share first, and its side; no voxel of the second lies in segment 3."""
    measured = place(*spots()[:2], segments=quarters())
    first, second = measured.lesions
    assert (first.facts["segments"].value, first.facts["lobe"].value) == (("segment_7", "segment_5"), "right")
    assert (second.facts["segments"].value, second.facts["lobe"].value) == (("segment_2",), "left")
    assert measured.facts["distribution"].value == "bilobar"
    shares = first.facts["segment_shares"].value
    assert isinstance(shares, tuple)
    assert sum(float(share.split()[1]) for share in shares) == pytest.approx(100, abs=0.2)


def test_lesions_on_one_side_are_unilobar_and_one_that_crosses_is_bilobar() -> None:
    """Cantlie's line decides."""
    assert place(spots()[0], segments=quarters()).facts["distribution"].value == "unilobar"
    crossing = place(sample(sphere(6, (1.0, 0, 0)), GRID), segments=quarters())
    assert crossing.lesions[0].facts["lobe"].value == "both"
    assert crossing.facts["distribution"].value == "bilobar"


def test_the_caudate_lobe_belongs_to_neither_side() -> None:
    """A lesion in segment 1 alone makes nothing bilobar."""
    parts = quarters()
    caudate = {Role.SEGMENT_1: parts[Role.SEGMENT_2], Role.SEGMENT_6: parts[Role.SEGMENT_7]}
    lesions = [sample(sphere(5, (x, 0.0, 15.0)), GRID) for x in (-20.0, 20.0)]
    measured = place(*lesions, segments=caudate)
    assert {lesion.facts["lobe"].value for lesion in measured.lesions} == {"right", "caudate"}
    assert measured.facts["distribution"].value == "unilobar"


@pytest.mark.parametrize("case", ["none", "elsewhere", "other grid"])
def test_without_segments_under_a_lesion_its_place_is_unknown(case: str) -> None:
    """No segments, segments that do not hold it, or on another grid: unknown with its reason."""
    elsewhere = {Role.SEGMENT_2: quarters()[Role.SEGMENT_2]}
    other = {Role.SEGMENT_7: sample(sphere(30), make_grid((60, 110, 120), (1.5, 1.1, 1.1)))}
    measured = place(spots()[0], segments={"none": {}, "elsewhere": elsewhere, "other grid": other}[case])
    for name in ("segments", "lobe"):
        fact = measured.lesions[0].facts[name]
        assert fact.value is None
        assert fact.reason is not None
        assert fact.reason.startswith("GRID_OTHER" if case == "other grid" else "NO_SEGMENTS")
    assert measured.facts["distribution"].value is None
