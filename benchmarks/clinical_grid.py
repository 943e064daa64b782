"""The grid of the study of clinical size, apart from what writes it: a reader needs no more."""

from __future__ import annotations

import numpy as np

from pipeline.geometry import CANONICAL_AXES, Geometry

SHAPE, SPACING_MM = (400, 512, 512), (1.0, 0.8, 0.8)
_STEPS = CANONICAL_AXES * np.array(SPACING_MM)[:, None]
_AFFINE = np.eye(4)
_AFFINE[:3, :3] = _STEPS.T
_AFFINE[:3, 3] = -(np.array(SHAPE) - 1) / 2 @ _STEPS
GRID = Geometry(SHAPE, _AFFINE, 0)
"""Centred on the frame's origin."""
