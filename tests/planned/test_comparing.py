"""A drawn plan beside the options: what it does not say is not compared, and no option beats it for want of knowing."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.structures import Role
from pipeline.volume import Mask
from tests.measures.plans.test_anatomy_findings import GRID, benchmark
from tests.phantoms import make_study, sample, sphere
from tests.planned.studies import HEALTHY, run, state

WIDE = 14.0


def test_no_option_beats_a_drawn_plan_that_is_wider_or_takes_fewer_procedures() -> None:
    """Two balls, one specimen round each or one round both with 14 mm: by the margin, 1 mm wedges are worse."""
    liver, parts, _ = benchmark()
    places = ((8.0, (-95.0, 10.0, 30.0)), (7.0, (-95.0, 10.0, 55.0)))
    lesions = [sample(sphere(radius, place), GRID) for radius, place in places]
    specimen = np.zeros(GRID.shape, dtype=np.bool_)
    for radius, place in places:
        specimen |= _spread(sample(sphere(radius + WIDE, place), GRID)) & _spread(liver)
    masks: dict[Role, Mask | list[Mask]] = {
        Role.LIVER: liver,
        Role.LESION: lesions,
        Role.RESECTION: Mask.from_array(GRID, specimen),
        **parts,
    }
    record = run(make_study(masks), state(**HEALTHY)).planned.record
    (own,) = record.own
    assert [each.option for each in own.compared] == [each.id for each in record.options]
    margins = [each.margin_mm for each in own.lesions if each.margin_mm is not None]
    seen = 0
    for each, option in zip(own.compared, record.options, strict=True):
        assert (each.procedures, each.segments) == (None, None)
        its = [lesion.margin_mm for lesion in option.lesions if lesion.margin_mm is not None]
        smallest = min([*its, 10.0]) - min([*margins, 10.0])
        assert each.margin_mm == pytest.approx(smallest, abs=1e-6)
        within = "the same within the intervals" in each.statement
        assert ("narrower" in each.statement) is (smallest < 0 and not within)
        is_one = option.procedures == 1 and not option.segments_removed
        assert "not known" not in each.statement
        if smallest < 0 or not is_one:
            assert not each.beats
            seen += 1
    assert seen


def _spread(mask: Mask) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    whole = np.zeros(GRID.shape, dtype=np.bool_)
    whole[mask.box] = mask.voxels
    return whole
