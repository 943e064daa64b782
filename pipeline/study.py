"""A study as the readers hand it over: identity, image grid, segments, clinical record, findings.

Owns no file access and no measurement; the readers fill it, everything later reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path

from pipeline.measurement import Fact
from pipeline.plan import GivenPlan
from pipeline.structures import Role
from pipeline.volume import Geometry, Mask


class Severity(StrEnum):
    """How much a finding matters: ``refused`` keeps a quantity or the study from being published."""

    REFUSED = "refused"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class Finding:
    """Something seen in a study that a reader of its numbers has to know.

    Parameters
    ----------
    code
        Stable code of the hazard, such as ``FOV_CUT``.
    message
        What was seen and what was done about it, in one or two sentences. No patient identity.
    touches
        Names of the quantities it concerns; empty for the whole study.
    at_stake_ml
        Volume in mL that would be wrong if what was seen is a fault of the mask; None where that has no meaning.
    """

    code: str
    severity: Severity
    message: str
    touches: tuple[str, ...] = ()
    at_stake_ml: float | None = None


class TrafficLight(StrEnum):
    """How far the numbers of a study can be taken as they are, from its findings alone."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


def light_of(findings: Iterable[Finding]) -> TrafficLight:
    """Return red when a finding refuses a quantity or the study, amber when one warns, else green."""
    severities = {finding.severity for finding in findings}
    if Severity.REFUSED in severities:
        return TrafficLight.RED
    return TrafficLight.AMBER if Severity.WARNING in severities else TrafficLight.GREEN


@dataclass(frozen=True)
class Identity:
    """Who and which examination; every field as the source states it, None where it does not."""

    patient_id: str | None = None
    issuer: str | None = None
    patient_name: str | None = None
    birth_date: str | None = None
    sex: str | None = None
    study_instance_uid: str | None = None
    study_date: date | None = None
    accession_number: str | None = None
    study_description: str | None = None


@dataclass(frozen=True)
class SourceFile:
    """One file that was read: its path relative to the study's folder, and the SHA-256 of its bytes."""

    path: str
    sha256: str


@dataclass(frozen=True, eq=False)
class ImageSeries:
    """The image that was measured on: headers and grid, no pixels.

    Parameters
    ----------
    modality
        ``CT`` or ``MR`` (NIfTI and NRRD: as the naming declares, else ``unknown``).
    geometry
        Grid in canonical orientation.
    sop_instance_uids
        One for each slice along ``geometry.slice_axis``, in canonical order; empty for NIfTI and NRRD.
    files
        The files, in the same order (one file for NIfTI and NRRD; the one file of a multi-frame image, repeated).
    frames
        For multi-frame images: the frame of each slice, counted from 0, in the same order; else empty.
    chosen_by
        Why this image and no other of the study was measured on, as a clause.
    candidates
        The image series of the study, one short description each; empty where there is nothing to choose from.
    """

    modality: str
    geometry: Geometry
    files: tuple[Path, ...]
    series_instance_uid: str | None = None
    frame_of_reference_uid: str | None = None
    description: str | None = None
    sop_instance_uids: tuple[str, ...] = ()
    frames: tuple[int, ...] = ()
    chosen_by: str = ""
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Segment:
    """One segmented structure and what it is to the measurements.

    Parameters
    ----------
    role
        What it is; the mapping that decided is named in the study's ``naming``.
    name
        Its own name in the source (control characters removed).
    number
        Its label or segment number in the source, if it has one.
    source
        Which mask object it comes from: position in ``Study.mask_names``. Segments of one object share it.
    mask
        Its voxels; empty when it was declared and nothing is set.
    mapped_by
        What gave it its role, such as ``code SCT:10200004`` or ``label 2``; the role file is the study's ``naming``.
    """

    role: Role
    name: str
    mask: Mask
    source: int = 0
    number: int | None = None
    tracking_id: str | None = None
    tracking_uid: str | None = None
    mapped_by: str = ""


@dataclass(frozen=True, eq=False)
class Unmapped:
    """A structure whose name, number or code maps to no role: left out and listed."""

    name: str
    number: int | None
    mask: Mask


@dataclass(frozen=True, eq=False)
class ClinicalRecord:
    """Facts of one patient from the clinical file, by canonical field name (``bilirubin_total_mg_dl``).

    A field that is not given is absent from ``facts``; a refused one is there without a value and with its reason.
    ``study_date`` is the day of the study as the ages of values were counted, from the images or the record; None where
    neither states a possible one. ``place`` is where it stands in its file: the line of a table (``in_table``), else
    counted from 1; None when no record is there or it is not certain whose it is. ``plans`` are all plans of
    a resection that it gives, the one that counts first.
    """

    facts: Mapping[str, Fact] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    study_date: date | None = None
    place: int | None = None
    in_table: bool = False
    plans: tuple[GivenPlan, ...] = ()


class LesionUnit(StrEnum):
    """What counts as one lesion: a segment, a connected component, or whichever the masks suggest."""

    AUTO = "auto"
    SEGMENT = "segment"
    COMPONENT = "component"


@dataclass(frozen=True, eq=False)
class Study:
    """One examination, ready to be measured.

    Parameters
    ----------
    key
        Opaque identifier of the study, made from its UID or its content; names its output folder.
    folder
        Folder relative to the input, for the tables of a run; never logged.
    naming
        Name of the role mapping that was used.
    mask_names
        A short name of each mask object (file name or series description) in the order of ``Segment.source``.
    segments
        Every mapped segment, empty ones included: an empty one was declared.
    ignored
        Names of structures whose role is ``ignored``: known, and nothing is measured of them.
    """

    key: str
    folder: str
    identity: Identity
    image: ImageSeries
    naming: str
    mask_names: tuple[str, ...]
    segments: tuple[Segment, ...]
    unmapped: tuple[Unmapped, ...] = ()
    lesion_unit: LesionUnit = LesionUnit.AUTO
    sources: tuple[SourceFile, ...] = ()
    findings: tuple[Finding, ...] = ()
    ignored: tuple[str, ...] = ()

    def segments_of(self, *roles: Role) -> tuple[Segment, ...]:
        """Return the segments with one of these roles, empty ones included."""
        return tuple(segment for segment in self.segments if segment.role in roles)
