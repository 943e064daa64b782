"""The fast sampling of the accuracy page draws what tests.phantoms draws."""

from __future__ import annotations

import numpy as np
import pytest

from tests.accuracy.sampling import draw
from tests.accuracy.trials import KINDS, Trial, grid_around
from tests.phantoms import sample


@pytest.mark.parametrize("kind", KINDS)
def test_fast_sampling_draws_the_same_voxels(kind: str) -> None:
    """On a grid of thick slices, turned and moved anyhow."""
    trial = Trial(kind, 12.0, "0.8 x 0.8 x 2.5", 3, turned=True)
    solid = trial.solid()
    grid = grid_around(solid, trial.steps)
    slow, fast = sample(solid, grid), draw(solid, grid)
    assert fast.offset == slow.offset
    assert np.array_equal(fast.voxels, slow.voxels)
    assert not fast.is_empty
