"""Boxes of labels, held against SciPy's find_objects."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from pipeline.readers.label_boxes import find_boxes


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@given(seed=st.integers(0, 2**32 - 1), shape=st.tuples(*[st.integers(1, 7)] * 3), most=st.integers(1, 255))
@settings(max_examples=80, deadline=None)
def test_boxes_are_those_of_scipy(kind: type, seed: int, shape: tuple[int, int, int], most: int) -> None:
    """Labels above the number of voxels, gaps among them, reversed and transposed blocks."""
    rng = np.random.default_rng(seed)
    values = (rng.integers(0, most + 1, shape) * (rng.random(shape) < 0.4)).astype(kind)
    for block in (values, values.T, values[::-1, :, ::-1]):
        boxes = enumerate(ndimage.find_objects(block), 1)
        assert dict(find_boxes(block)) == {label: box for label, box in boxes if box is not None}


def test_nothing_has_no_box() -> None:
    """An empty block, and one of zeros."""
    assert list(find_boxes(np.zeros((0, 0, 0), np.uint8))) == []
    assert list(find_boxes(np.zeros((2, 3, 4), np.uint8))) == []
