"""Livers in segments with lesions, and any plan of them, for the tests of a plan's numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from pipeline.ground import Ground
from pipeline.lesion import StudyMeasurements
from pipeline.measurement import Measurement
from pipeline.measures.plans.basis import Basis, find_basis
from pipeline.measures.plans.ground import find_ground
from pipeline.measures.study import measure_study
from pipeline.plan import Plan
from pipeline.readers.clinical.fields import load_clinical_fields
from pipeline.settings import configs_folder
from pipeline.structures import Role
from pipeline.study import ClinicalRecord, Study
from pipeline.volume import Geometry, Mask
from tests.measures.test_couinaud import halves_of, octants
from tests.phantoms import make_grid, make_record, sphere
from tests.phantoms import sample as sample_shape

RESECTIONS = load_clinical_fields(configs_folder() / "clinical.yaml").resections
SIZES = {"height_cm": 180.0, "weight_kg": 80.0}
MARGINS = (1.0, 5.0, 10.0)
GRIDS = {
    "straight": make_grid((28, 58, 62), (3.5, 2.0, 2.0)),
    "sheared": make_grid((32, 66, 62), (3.0, 2.0, 2.0), tilt_degrees=12.0),
    "uneven": make_grid((30, 58, 62), (3.2, 2.0, 2.0), uneven=0.08),
}
VOLUMES = ("specimen_volume_ml", "ablated_volume_ml", "remnant_volume_ml", "remnant_lesion_volume_ml")
SPOTS = ((8.0, (-25.0, 10.0, 15.0)), (6.0, (-4.0, -20.0, 8.0)), (5.0, (22.0, -12.0, -14.0)), (4.0, (12.0, 14.0, 20.0)))


def draw(grid: Geometry, *, halves: bool = True) -> dict[Role, Mask | Sequence[Mask]]:
    """Return a ball of a liver in its segments, with four lesions of which one lies across two segments."""
    liver = sample_shape(sphere(40.0), grid)
    parts = octants(liver)
    if halves:
        parts |= halves_of(parts.pop(Role.SEGMENT_4))
    return {Role.LIVER: liver, Role.LESION: [sample_shape(sphere(r, c), grid) for r, c in SPOTS], **parts}


def measure(study: Study, plan: ClinicalRecord) -> StudyMeasurements:
    """Measure a study as a run does."""
    settings = {"min_lesion_mm": 3.0, "connectivity": 26}
    formulas = {"bsa_formula": "mosteller", "etlv_formula": "vauthey_bsa"}
    return measure_study(study, plan, **settings, **formulas, resections=RESECTIONS)  # type: ignore[arg-type]


def lay(study: Study, plans: Sequence[Plan], **values: object) -> Basis:
    """Return what plans of a study are measured on."""
    record = make_record(**SIZES, **values)  # type: ignore[arg-type]
    measured = measure(study, record)
    anatomy = measured.anatomy
    assert anatomy is not None
    lesions = [lesion for lesion in measured.lesions if lesion.id.startswith("L")]
    ground, cells = find_ground(anatomy, lesions, MARGINS, 20.0)
    return find_basis(study, measured, record.facts, cells, ground, RESECTIONS, plans)


def name_plan(name: str, ground: Ground) -> Plan:
    """Return the plan of a named resection; which lesions it leaves makes no difference to its numbers."""
    numbers = {role.value.removeprefix("segment_") for role in RESECTIONS.named[name].removed}
    numbers = {half for each in numbers for half in (("4a", "4b") if each == "4" else (each,))}
    return Plan(tuple(part.name for part in ground.parts if part.name in numbers), name=name)


def random_plan(seed: int, ground: Ground) -> Plan:
    """Return a plan of any parts, wedges and ablations; it need not make sense."""
    rng = np.random.default_rng(seed)
    parts = tuple(part.name for part in ground.parts if rng.random() < 0.3)
    fates = dict(zip(ground.lesions, rng.integers(0, 3, len(ground.lesions)), strict=True))
    wedges, ablated, untreated = (tuple(name for name, fate in fates.items() if fate == n) for n in range(3))
    return Plan(parts, wedges, float(rng.choice(MARGINS)), ablated, float(rng.choice(MARGINS)), untreated=untreated)


def measure_far(mask: Mask, centres: NDArray[np.float64], index: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the distance of voxels from the mid-points of crossed edges of a mask, 0 inside it, by brute force."""
    own = np.argwhere(mask.voxels) + np.array(mask.offset)
    points = []
    for axis in range(3):
        for sense in (1, -1):
            step = np.zeros(3, dtype=np.int64)
            step[axis] = sense
            points.append((own + step / 2)[~mask.are_set(own + step)])
    far = cKDTree(mask.grid.to_world(np.concatenate(points))).query(centres)[0]
    return np.where(mask.are_set(index), 0.0, far)


def say(measurement: Measurement) -> tuple[object, ...]:
    return measurement.value, measurement.low, measurement.high, measurement.location
