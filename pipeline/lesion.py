"""A lesion as found in the masks, what was measured of it, and everything measured of a study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.anatomy import Anatomy
from pipeline.measurement import Fact, Measurement, Point
from pipeline.study import Finding
from pipeline.volume import Mask


class LesionStatus(StrEnum):
    """Where a lesion stands: only intrahepatic ones count. See *Lesions* in ``docs/measurements.md``."""

    INTRAHEPATIC = "intrahepatic"
    EXTRAHEPATIC = "extrahepatic"
    TREATED = "treated"
    SPECK = "speck"
    UNKNOWN = "unknown"
    """There is no liver mask: measured, in no liver volume."""


@dataclass(frozen=True)
class Neck:
    """A place at which a lesion hangs together by one voxel, or by an edge or corner of its voxels alone.

    Parameters
    ----------
    place_mm
        Its middle, LPS mm.
    plane
        Index along axis 0 of the mask's grid.
    thickness_mm
        Width of that voxel across the neck, the larger of two; 0 where voxels meet across an edge or corner.
    """

    place_mm: Point
    plane: int
    thickness_mm: float


@dataclass(frozen=True)
class Pieces:
    """What a lesion would fall into; parts below the smallest size of a lesion do not count.

    Parameters
    ----------
    bodies
        Its components of 26 neighbours.
    by_faces
        Those of 6 neighbours.
    cut
        Those of 6 neighbours with one-voxel necks cut; at least one for each body.
    necks
        Where it is cut, or would be by 6 neighbours.
    """

    bodies: int = 1
    by_faces: int = 1
    cut: int = 1
    necks: tuple[Neck, ...] = ()


@dataclass(frozen=True, eq=False)
class Lesion:
    """One lesion.

    Parameters
    ----------
    id
        ``L1``, ``L2`` … by decreasing volume, ties by position; specks ``S1``, treated ``T1``, extrahepatic ``E1``.
    label
        The source segment's own name and number, such as ``Tumor_3 (7)``.
    measurements
        By name: ``volume_ml``, ``longest_diameter_mm``, ``short_diameter_mm``, ``max_3d_diameter_mm`` and so on.
    facts
        By name: ``segments`` (Couinaud), ``lobe``.
    centroid_mm
        Mean of the centres of its voxels, LPS mm; it may lie outside a concave lesion.
    pieces
        What it would fall into with other neighbours or with its necks cut.
    """

    id: str
    status: LesionStatus
    mask: Mask
    label: str
    tracking_uid: str | None = None
    components: int = 1
    measurements: Mapping[str, Measurement] = field(default_factory=dict)
    facts: Mapping[str, Fact] = field(default_factory=dict)
    centroid_mm: Point | None = None
    pieces: Pieces = Pieces()


@dataclass(frozen=True, eq=False)
class StudyMeasurements:
    """Everything measured of one study.

    Parameters
    ----------
    lesions
        Intrahepatic first (by decreasing volume), then extrahepatic, treated, specks, unknown.
    structure_volumes
        ``volume_ml`` of each of ``Study.segments`` and then of each of ``Study.unmapped``, in that order.
    structure_complete
        In the same order: False when the structure touches the border of the scan.
    measurements, facts
        Study-wide quantities by name.
    lesions_known
        False when it cannot be said which lesions there are; ``lesions_reason`` says why.
    anatomy
        The masks that were measured, for planning.
    """

    lesions: tuple[Lesion, ...]
    structure_volumes: tuple[Measurement, ...]
    structure_complete: tuple[bool, ...]
    measurements: Mapping[str, Measurement]
    facts: Mapping[str, Fact]
    findings: tuple[Finding, ...]
    lesions_known: bool
    lesions_reason: str | None = None
    anatomy: Anatomy | None = None
