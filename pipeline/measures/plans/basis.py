"""What is the same for every plan of a study: its liver in cells, its lesions, and what is known beside masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.anatomy import Anatomy
from pipeline.geometry import Index3
from pipeline.ground import Ground
from pipeline.lesion import Lesion, LesionStatus, StudyMeasurements
from pipeline.measurement import Fact, Measurement
from pipeline.measures.distances.distance import Distance
from pipeline.measures.distances.surface import Surface
from pipeline.measures.grids import intersect, within_box
from pipeline.measures.liver_volumes import Part, measure_lesion_part, measure_liver_part
from pipeline.measures.plans.cells import Cells
from pipeline.measures.plans.census import Census, take_census
from pipeline.measures.shares import have_shares
from pipeline.measures.volumetry import NO_LIVER
from pipeline.plan import Plan
from pipeline.resection import Resections
from pipeline.study import Study
from pipeline.volume import Mask

Surroundings: TypeAlias = tuple[int, Index3, tuple[int, ...], tuple[int, ...]]
"""Number of a lesion, first voxel and shape of the box that is searched, numbers of the removed parts in it."""
BODY = ("body_surface_area_m2", "estimated_total_liver_volume_ml")
TISSUE = "functional_liver_volume_ml"


@dataclass(frozen=True, eq=False)
class Basis:
    """What every plan of a study is measured on.

    Parameters
    ----------
    lesions
        The intrahepatic ones, in the order of the ground.
    facts
        Of the clinical record: ``weight_kg``.
    body
        Body surface area and estimated total liver volume.
    census
        None where a mask states shares of voxels, or where hundreds of lesions make too many labels: then every plan
        is measured on its masks.
    flags
        Codes of what touches the liver tissue of the study: every number of a plan bears them.
    """

    study: Study
    anatomy: Anatomy
    total: Mask
    lesions: tuple[Lesion, ...]
    facts: Mapping[str, Fact]
    body: tuple[Measurement, Measurement]
    resections: Resections
    cells: Cells
    ground: Ground
    census: Census | None
    flags: tuple[str, ...] = ()

    def flag(self, number: Measurement) -> Measurement:
        """Return a number of a plan with the codes of what touches it."""
        return replace(number, flags=tuple(dict.fromkeys((*number.flags, *self.flags))))

    @cached_property
    def whole(self) -> tuple[Part, Part]:
        """The liver, and its lesions, with what each boundary does to them."""
        return measure_liver_part(self.total), measure_lesion_part(self.anatomy.lesions, self.total)

    @cached_property
    def parts_of_lesions(self) -> tuple[Mapping[int, int], ...]:
        """Voxels of each lesion in each part, by the part's number (``NO_PART`` included)."""
        return tuple(_count_parts(lesion.mask, self.cells) for lesion in self.lesions)

    @cached_property
    def surfaces(self) -> tuple[Surface, ...]:
        """The surface of each lesion."""
        return tuple(Surface(lesion.mask) for lesion in self.lesions)

    @cached_property
    def known_margins(self) -> dict[tuple[int, tuple[str, ...]], Measurement]:
        """Margins that were measured, by the number of the lesion and the parts that are removed."""
        return {}

    @cached_property
    def known_distances(self) -> dict[Surroundings, Distance | None]:
        """Distances of lesions to what plans leave in some surroundings, as they were found."""
        return {}

    @property
    def masks(self) -> tuple[str, ...]:
        """Names of the structures that divide the liver."""
        return tuple(role.value for role in self.anatomy.parts)


def find_basis(
    study: Study,
    measured: StudyMeasurements,
    facts: Mapping[str, Fact],
    cells: Cells,
    ground: Ground,
    resections: Resections,
    plans: Sequence[Plan],
) -> Basis:
    """Return what the plans of a study are measured on.

    Parameters
    ----------
    measured
        With its anatomy, on which the ground was found: liver and lesions are known.
    facts
        Of the clinical record.
    plans
        Every plan that is to be measured: others may need margins that are not told apart.

    Raises
    ------
    ValueError
        Without a liver.
    """
    anatomy = measured.anatomy
    if anatomy is None or anatomy.total is None:
        raise ValueError(NO_LIVER)
    surface, estimated = (measured.measurements[name] for name in BODY)
    inside = {each.id: each for each in measured.lesions if each.status is LesionStatus.INTRAHEPATIC}
    masks = [mask for mask in (anatomy.total, anatomy.lesions, *anatomy.parts.values()) if mask is not None]
    return Basis(
        study,
        anatomy,
        anatomy.total,
        tuple(inside[name] for name in ground.lesions),
        facts,
        (surface, estimated),
        resections,
        cells,
        ground,
        None if have_shares(*masks) else take_census(cells, ground, plans),
        measured.measurements[TISSUE].flags,
    )


def _count_parts(mask: Mask, cells: Cells) -> dict[int, int]:
    """Return how many voxels of a mask lie in each part."""
    box = intersect(mask.box, cells.total.box)
    if box is None:
        return {}
    own: NDArray[np.int8] = cells.part[within_box(box, cells.total.box)][mask.within(box)]
    numbers, counts = np.unique(own, return_counts=True)
    return {int(number): int(count) for number, count in zip(numbers, counts, strict=True)}
