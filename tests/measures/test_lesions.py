"""Units of lesions, their labels and tracking identifiers, and the number of their pieces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.lesion import LesionStatus
from pipeline.measures.candidates import find_candidates, min_volume_ml
from pipeline.measures.lesions import count_interval, find_lesions
from pipeline.structures import Role
from pipeline.study import LesionUnit, Segment
from pipeline.volume import Mask
from tests.phantoms import empty, make_grid, make_segments, make_study, sample, sphere, unite

GRID = make_grid((60, 70, 70))
BALLS = [sample(sphere(r, c), GRID) for r, c in ((8.0, (-15, 0, 0)), (5.0, (15, 0, 0)), (4.0, (0, 20, 10)))]


def segments(*masks: Mask) -> tuple[Segment, ...]:
    return make_segments({Role.LESION: masks})


def labels(*drawn: Segment, unit: LesionUnit = LesionUnit.AUTO) -> list[str]:
    return [found.label for found in find_candidates(drawn, unit, min_lesion_mm=3.0, connectivity=26).lesions]


def test_segments_of_one_object_are_lesions_when_most_are_single() -> None:
    """Two or more segments, most of one component: each is a lesion, though they touch."""
    assert labels(*segments(*BALLS)) == ["lesion_1 (1)", "lesion_2 (2)", "lesion_3 (3)"]
    assert labels(*segments(BALLS[0], BALLS[0])) == ["lesion_1 (1)", "lesion_2 (2)"]


def test_components_are_lesions_otherwise() -> None:
    """One segment, segments of several objects, or segments mostly of several components: components of the union."""
    assert labels(*segments(unite(*BALLS))) == ["lesion_1 (1)"] * 3
    apart = [replace(segment, source=n) for n, segment in enumerate(segments(BALLS[0], BALLS[0], BALLS[1]))]
    assert labels(*apart) == ["lesion_1 (1) + lesion_2 (2)", "lesion_3 (3)"]
    mixed = segments(unite(*BALLS[:2]), unite(*BALLS[1:]))
    assert len(labels(*mixed)) == 3


def test_the_naming_may_state_the_unit() -> None:
    """A stated unit wins over what the masks suggest."""
    assert len(labels(*segments(unite(*BALLS)), unit=LesionUnit.SEGMENT)) == 1
    assert len(labels(*segments(BALLS[0], BALLS[0]), unit=LesionUnit.COMPONENT)) == 1


def test_empty_segments_are_no_lesions() -> None:
    """A declared segment without a voxel gives neither lesion nor speck, nor does it change the unit."""
    assert labels(*segments(unite(*BALLS), empty(GRID))) == ["lesion_1 (1)"] * 3


@pytest.mark.hazard("M24")
def test_a_stray_voxel_is_no_part_of_its_segment() -> None:
    """A speck far from its segment is listed apart: the lesion's diameter does not reach out to it."""
    array = BALLS[0].within((slice(0, 60), slice(0, 70), slice(0, 70)))
    array[50, 60, 60] = True
    found = find_candidates(
        segments(Mask.from_array(GRID, array), BALLS[1]), LesionUnit.AUTO, min_lesion_mm=3.0, connectivity=26
    )
    assert [lesion.mask.count for lesion in found.lesions] == [BALLS[0].count, BALLS[1].count]
    assert [speck.mask.count for speck in found.specks] == [1]


@pytest.mark.hazard("M24")
def test_the_smallest_lesion_is_a_sphere_of_the_stated_diameter() -> None:
    """A component is a speck below the volume of that sphere, and a lesion from it on."""
    assert min_volume_ml(3.0) == pytest.approx(sample_free_sphere_ml(1.5))
    block = Mask.from_array(GRID, np.ones((3, 3, 3), dtype=bool), (5, 5, 5))
    size = (6 * 27 / np.pi) ** (1 / 3)
    for limit, lesions in ((size * 0.999, 1), (size * 1.001, 0)):
        found = find_candidates(segments(block), LesionUnit.AUTO, min_lesion_mm=limit, connectivity=26)
        assert (len(found.lesions), len(found.specks)) == (lesions, 1 - lesions)


def sample_free_sphere_ml(radius_mm: float) -> float:
    return sphere(radius_mm).volume_mm3 / 1000


def test_a_tracking_uid_stays_with_the_one_lesion_it_names() -> None:
    """It is kept for a segment of one component, and dropped where it would name two lesions."""
    one, two = (replace(s, tracking_uid=f"2.25.{s.number}") for s in segments(BALLS[0], BALLS[1]))
    found = find_candidates([one, two], LesionUnit.COMPONENT, min_lesion_mm=3.0, connectivity=26)
    assert [lesion.tracking_uid for lesion in found.lesions] == ["2.25.1", "2.25.2"]
    (pair,) = (replace(s, tracking_uid="2.25.9") for s in segments(unite(*BALLS[:2])))
    split = find_candidates([pair], LesionUnit.COMPONENT, min_lesion_mm=3.0, connectivity=26)
    assert [lesion.tracking_uid for lesion in split.lesions] == [None, None]


def test_the_count_may_rise_by_every_neck_that_can_be_cut() -> None:
    """Two balls on a bridge one voxel wide count as one, and as two at the high end."""
    array = unite(*BALLS[:2]).within((slice(0, 60), slice(0, 70), slice(0, 70)))
    array[30, 35, 20:52] = True
    study = make_study({Role.LESION: Mask.from_array(GRID, array)})
    found = find_lesions(study, None, min_lesion_mm=3.0, connectivity=26)
    assert [lesion.status for lesion in found.all] == [LesionStatus.UNKNOWN]
    interval = count_interval(found.all)
    assert (interval.low, interval.high) == (1, 2)
