"""Smallest distances between structures, their intervals, and what is made of them.

Definitions: docs/measurements.md, *Distances* and *Uncertainty*. Nothing here resamples.
"""

from pipeline.measures.distances.nearest import Gap as Gap
from pipeline.measures.distances.nearest import nearest as nearest
from pipeline.measures.distances.nearest import nearest_points as nearest_points
from pipeline.measures.distances.surface import Surface as Surface
