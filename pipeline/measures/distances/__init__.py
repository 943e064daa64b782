"""Smallest distances between structures, their intervals, and what is made of them.

Definitions: docs/measurements.md, *Distances* and *Uncertainty*. Nothing here resamples.
"""

from pipeline.measures.distances.measure import Surroundings as Surroundings
from pipeline.measures.distances.measure import measure_distances as measure_distances
from pipeline.measures.distances.measure import summarise_distances as summarise_distances
from pipeline.measures.distances.nearest import Gap as Gap
from pipeline.measures.distances.nearest import nearest as nearest
from pipeline.measures.distances.nearest import nearest_points as nearest_points
from pipeline.measures.distances.search import Distance as Distance
from pipeline.measures.distances.search import find_distances as find_distances
from pipeline.measures.distances.surface import Surface as Surface
from pipeline.measures.distances.treated import summarise_treated as summarise_treated
