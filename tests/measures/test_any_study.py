"""Any masks whatever: nothing fails, every value lies in its interval, what is unknown has a reason."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.lesion import LesionStatus
from pipeline.structures import Role
from pipeline.volume import Mask
from tests.measures.test_study import measure
from tests.phantoms import GRIDS, Ellipsoid, make_grid, make_record, make_study, rotation_about, sample, sphere

SHAPE = (7, 12, 13)
OTHER = make_grid(SHAPE, (2.0, 3.0, 3.0))
GRID = make_grid(SHAPE, (4.0, 2.0, 2.5), tilt_degrees=5)
ROLES = (Role.LIVER, Role.LESION, Role.REMNANT, Role.RESECTION, Role.ABLATION_ZONE, Role.SEGMENT_2, Role.SEGMENT_7)
SIGNED = ("ablation_margin_mm", "smallest_ablation_margin_mm")
"""Negative where part of a lesion lies outside the zone."""
BOXES = st.tuples(*[st.tuples(st.integers(0, size), st.integers(0, size)) for size in SHAPE])


@st.composite
def masks(draw: st.DrawFn) -> Mask:
    spans = [sorted(pair) for pair in draw(BOXES)]
    array = np.zeros(SHAPE, dtype=bool)
    array[tuple(slice(low, high) for low, high in spans)] = True
    if draw(st.booleans()):
        array &= np.random.default_rng(draw(st.integers(0, 99))).random(SHAPE) < 0.7
    return Mask.from_array(draw(st.sampled_from([GRID, GRID, GRID, OTHER])), array)


@settings(deadline=None, max_examples=150)
@given(
    st.dictionaries(st.sampled_from(ROLES), st.lists(masks(), min_size=1, max_size=3), min_size=1),
    st.lists(masks(), max_size=1),
    st.booleans(),
    st.sampled_from([6, 18, 26]),
)
def test_any_study_is_measured_or_says_why_not(
    drawn: dict[Role, list[Mask]], unmapped: list[Mask], confirmed: bool, connectivity: int
) -> None:
    """No mask makes the measures fail; values are finite, lie in their intervals, and are not there where unknown."""
    single = {role: ms if role in (Role.LESION, Role.ABLATION_ZONE) else ms[:1] for role, ms in drawn.items()}
    record = make_record(height_cm=170.0, weight_kg=70.0, lesion_search_confirmed=confirmed)
    measured = measure(make_study(single, unmapped=unmapped, grid=GRID), record, connectivity)
    of_lesions = [m for lesion in measured.lesions for m in lesion.measurements.values()]
    for found in (*measured.measurements.values(), *measured.structure_volumes, *of_lesions):
        if found.value is None:
            assert found.low is found.high is None
            assert ": " in (found.reason or "")
        else:
            assert math.isfinite(found.value)
            if found.low is not None and found.high is not None:
                assert found.low <= found.value <= found.high, found.name
                assert found.low >= 0 or found.name in SIGNED, found.name
    counted = [lesion for lesion in measured.lesions if lesion.status is LesionStatus.INTRAHEPATIC]
    if measured.lesions_known:
        assert measured.measurements["lesion_count"].value == len(counted)
        assert counted or confirmed
    else:
        assert measured.lesions_reason
        assert measured.measurements["lesion_count"].value is None


@settings(deadline=None, max_examples=40)
@given(st.tuples(*[st.floats(-2, 2)] * 3), st.floats(0, 180), st.sampled_from(list(GRIDS)), st.floats(-6, 10))
def test_ratios_of_known_volumes_lie_in_their_intervals(
    place: tuple[float, float, float], angle: float, grid_name: str, cut_mm: float
) -> None:
    """Burden and remnant share of a ball of liver cut by a plane, anywhere, turned anyhow."""
    grid = GRIDS[grid_name]
    liver, lesion = sample(sphere(21.0, place), grid), sample(sphere(5.0, (place[0] - 9, place[1], place[2])), grid)
    normal = rotation_about((0.2, 1, 0.4), angle) @ np.array([1.0, 0, 0])
    centres = np.argwhere(liver.voxels) + np.array(liver.offset)
    side = (grid.to_world(centres.astype(float)) - np.array(place)) @ normal > cut_mm
    array = np.zeros(grid.shape, dtype=bool)
    array[tuple(centres[side].T)] = True
    remnant = Mask.from_array(grid, array & ~lesion.within(tuple(slice(0, n) for n in grid.shape)))  # type: ignore[arg-type]
    study = make_study({Role.LIVER: liver, Role.LESION: lesion, Role.REMNANT: remnant})
    found = measure(study).measurements
    burden = found["tumour_burden_percent"]
    truth = 100 * (5.0 / 21.0) ** 3
    assert (burden.low or 0) <= truth <= (burden.high or 0)
    depth = float(np.dot((-9.0, 0, 0), normal))
    if depth + 5.0 < cut_mm - 3.0:
        share = cut_mm / 21.0
        cap = sphere(21.0).volume_mm3 * (2 - 3 * share + share**3) / 4
        percent = 100 * cap / (sphere(21.0).volume_mm3 - Ellipsoid((5.0, 5.0, 5.0)).volume_mm3)
        assert (found["remnant_percent"].low or 0) <= percent <= (found["remnant_percent"].high or 0)
