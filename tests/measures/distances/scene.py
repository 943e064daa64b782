"""A study's lesions with their distances, measured without the rest of the study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.lesion import Lesion, LesionStatus
from pipeline.measures.distances import Surroundings, measure_distances
from pipeline.measures.missing_slices import find_missing
from pipeline.structures import Role
from pipeline.study import Study
from pipeline.volume import Geometry, Mask
from tests.phantoms import make_study, unite

Masks = Mapping[Role, Mask | Sequence[Mask]]


def measure(
    lesions: Sequence[Mask],
    masks: Masks,
    *,
    status: LesionStatus = LesionStatus.INTRAHEPATIC,
    kept: Mask | None = None,
    image: Geometry | None = None,
    joined: bool = True,
) -> tuple[Lesion, ...]:
    """Return lesions L1, L2 ... with every distance of theirs; ``joined`` adds them to the liver."""
    study: Study = make_study({Role.LESION: lesions, **masks}, grid=image)
    liver = masks.get(Role.LIVER)
    total = unite(liver, *lesions) if isinstance(liver, Mask) and joined else liver
    assert total is None or isinstance(total, Mask)
    around = Surroundings(total, None, None, kept, None)
    found = [Lesion(f"L{n}", status, mask, f"lesion {n}") for n, mask in enumerate(lesions, 1)]
    return measure_distances(study, found, find_missing(study), around)


def value(lesion: Lesion, name: str) -> float:
    """Return a value that has to be there, inside its interval."""
    found = lesion.measurements[name]
    assert found.value is not None, found.reason
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.value <= found.high
    return found.value


def half_diagonal(grid: Geometry) -> float:
    """Return half the diagonal of a voxel in mm."""
    return float(np.linalg.norm(grid.spacing_mm)) / 2
