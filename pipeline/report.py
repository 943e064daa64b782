"""The record of one study: everything that any output shows, and nothing that changes between two equal runs.

``report.json`` is this model. It holds no clock and no machine path: the same input gives the same bytes.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator

from pipeline.assessment_record import AssessmentRecord, restore_assessment, store_assessment
from pipeline.lesion import LesionStatus
from pipeline.measurement import Fact, Measurement, Point
from pipeline.plan_record import PlansRecord
from pipeline.study import Finding, Identity, SourceFile, TrafficLight, light_of
from pipeline.verdict import Assessment

SCHEMA_VERSION = "1.4"
INTENDED_USE = (
    "Research use. Decision support only; not a medical device. Preliminary and unverified: "
    "nothing here replaces a multidisciplinary tumour board."
)

StoredAssessment: TypeAlias = Annotated[
    Assessment,
    PlainValidator(restore_assessment, json_schema_input_type=AssessmentRecord),
    PlainSerializer(store_assessment, return_type=AssessmentRecord),
]
"""An assessment that stands in report.json with each criterion's answer held once (``AssessmentRecord``)."""


class Record(BaseModel):
    """Base of the record's parts: frozen, and nothing unknown is accepted."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ImageRecord(Record):
    """The image that was measured on."""

    modality: str
    series_instance_uid: str | None
    frame_of_reference_uid: str | None
    description: str | None
    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    affine_lps: tuple[tuple[float, float, float, float], ...]
    slice_axis: int
    sop_instance_uids: tuple[str, ...]
    chosen_by: str = ""
    """Why this series and no other was measured on."""
    candidates: tuple[str, ...] = ()
    """The image series of the study, one short description each."""
    frame_numbers: tuple[int, ...] = ()
    """For an image of several frames, that of each slice beside its SOPInstanceUID, counted from 1; else empty."""


class StructureRecord(Record):
    """One structure of the masks and what became of it; ``role`` is None when its name maps to nothing."""

    name: str
    number: int | None
    role: str | None
    mask: str
    voxels: int
    tracking_uid: str | None
    volume_ml: Measurement
    complete: bool
    mapped_by: str = ""
    """What gave it its role: its code, name or label number, as the role file named in ``provenance`` has it."""


class LesionRecord(Record):
    """One lesion."""

    id: str
    status: LesionStatus
    label: str
    tracking_uid: str | None
    components: int
    measurements: dict[str, Measurement]
    facts: dict[str, Fact]
    centroid_mm: Point | None = None
    """Mean of the centres of its voxels, LPS mm."""


class Provenance(Record):
    """What made the report."""

    livermetry: str
    libraries: dict[str, str]
    profile: str
    settings: dict[str, str | float | int | bool | None]
    settings_sha256: str
    rules_sha256: str
    naming: str
    naming_sha256: str
    sources: tuple[SourceFile, ...]
    planning_sha256: str = ""
    """Digest of ``configs/planning.yaml``: how plans are made."""


class Report(Record):
    """The record of one study.

    ``status`` is ``done`` when at least one measurement is published, ``refused`` when a finding keeps the study from
    being measured, ``failed`` when an unexpected error stopped it. A refused or failed study has no measurements.
    """

    schema_version: str = SCHEMA_VERSION
    intended_use: str = INTENDED_USE
    key: str
    folder: str = ""
    """Where the study lay, relative to the input of the run; with the case where a folder holds several."""
    status: str
    identity: Identity
    image: ImageRecord | None
    structures: tuple[StructureRecord, ...]
    ignored_structures: tuple[str, ...] = ()
    """Names of the structures of the masks whose role is ``ignored``: nothing was measured of them."""
    findings: tuple[Finding, ...]
    traffic_light: TrafficLight = Field(default_factory=lambda known: light_of(known.get("findings", ())))
    """How far the numbers can be taken as they are, from the findings alone."""
    lesions: tuple[LesionRecord, ...]
    """Intrahepatic lesions first (L1, L2 …), then extrahepatic, treated and specks."""
    measurements: dict[str, Measurement]
    facts: dict[str, Fact]
    """Classes found in the images (``distribution``) and values of the clinical record."""
    assessment: StoredAssessment | None
    assessment_reason: str | None = None
    """Why no verdict is given though the study was measured, as ``CODE: sentence``; else None."""
    plans: PlansRecord | None = None
    """What each resection, and each combination of treatments, would leave; None for a study that was not measured."""
    not_assessed: tuple[str, ...]
    provenance: Provenance
