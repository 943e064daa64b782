"""Where each label of a label map lies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.volume import Box


def find_boxes(values: NDArray[np.unsignedinteger[Any]]) -> Iterator[tuple[int, Box]]:
    """Yield every label that occurs and the smallest box that holds it, by increasing label; 0 is none.

    Parameters
    ----------
    values
        A block of labels, three axes.
    """
    if not values.size:
        return
    import cc3d

    # cc3d's table of labels may not be longer than the block
    short = max(0, int(values.max()) + 1 - values.size)
    block = np.pad(values, ((0, 0), (0, 0), (0, short))) if short else values
    if not (block.flags.c_contiguous or block.flags.f_contiguous):
        block = np.ascontiguousarray(block)
    boxes = cc3d.statistics(block, no_slice_conversion=True)["bounding_boxes"].astype(np.int64)
    for label in range(1, len(boxes)):
        a, a_last, b, b_last, c, c_last = (int(end) for end in boxes[label])
        if a <= a_last:
            yield label, (slice(a, a_last + 1), slice(b, b_last + 1), slice(c, c_last + 1))
