"""Read of a stored report what rules need: measurements, facts, lesions, findings, verdicts; the rest is skipped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.lesion import LesionStatus
from pipeline.measurement import Fact, Measurement
from pipeline.report import SCHEMA_VERSION
from pipeline.study import Finding, Identity, Severity
from pipeline.verdict import Grade, Outcome
from pipeline.withholding import why_no_verdicts
from pipeline.yaml_file import say_cause

MOST_BYTES = 256 * 1024 * 1024
"""No report is larger: a file that is one is not read."""


@dataclass(frozen=True)
class Unusable(Exception):
    """A report whose verdicts cannot be asked anew; the reason reads ``CODE: sentence``."""

    reason: str


class _Part(BaseModel):
    """Base of the parts that are read: everything else in the file is skipped."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class StoredVerdict(_Part):
    """A verdict without its trace."""

    treatment: str
    outcome: Outcome
    grade: Grade | None = None
    stable: bool = True
    decided_by: tuple[str, ...] = ()


class StoredAssessment(_Part):
    """The verdicts of a report."""

    profile: str
    catalogue_version: str
    verdicts: tuple[StoredVerdict, ...]


class StoredLesion(_Part):
    """One lesion."""

    id: str
    status: LesionStatus
    measurements: dict[str, Measurement]
    facts: dict[str, Fact]


class StoredAdopted(_Part):
    """The plan that the verdicts rest on."""

    id: str
    statement: str


class StoredPlans(_Part):
    """The plans of a report, of which only that one is read."""

    adopted: StoredAdopted | None = None


class StoredOrigin(_Part):
    """What made the report."""

    profile: str
    rules_sha256: str


class StoredReport(_Part):
    """What of a report is needed to ask its verdicts anew."""

    schema_version: str
    key: str
    folder: str = ""
    status: str
    identity: Identity
    findings: tuple[Finding, ...]
    lesions: tuple[StoredLesion, ...]
    measurements: dict[str, Measurement]
    facts: dict[str, Fact]
    assessment: StoredAssessment | None
    assessment_reason: str | None = None
    provenance: StoredOrigin
    plans: StoredPlans | None = None

    @property
    def profile(self) -> str:
        """The profile that its verdicts were given under."""
        return self.assessment.profile if self.assessment is not None else self.provenance.profile

    def why_none(self) -> str | None:
        """Return why the report has no verdicts, ``CODE: sentence``; None where it has."""
        if self.status != "done":
            return _say_refusal(self)
        withheld = why_no_verdicts(self.findings) or self.assessment_reason
        if withheld is None and self.assessment is None:
            return "NO_VERDICTS: the report holds no verdicts"
        return withheld


class _Head(_Part):
    """The first thing to know of a file."""

    schema_version: str


def read_stored(path: Path) -> StoredReport:
    """Return what is needed of a report.json.

    Raises
    ------
    Unusable
        With ``REPORT_DAMAGED`` for a file that is no whole report, and ``REPORT_SCHEMA`` for one of another schema.
    """
    content = _read(path)
    try:
        report = StoredReport.model_validate_json(content)
    except ValidationError as error:
        raise Unusable(_say_fault(content, error)) from None
    if report.schema_version.partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
        raise Unusable(_say_schema(report.schema_version))
    return report


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise Unusable("REPORT_DAMAGED: it is no file")
        if path.stat().st_size > MOST_BYTES:
            raise Unusable(f"REPORT_DAMAGED: larger than {MOST_BYTES // 1024 // 1024} MB, which no report is")
        return path.read_bytes()
    except OSError as error:
        raise Unusable(f"REPORT_DAMAGED: it cannot be read: {say_cause(error)}") from None


def _say_fault(content: bytes, error: ValidationError) -> str:
    """Return what is wrong with a file; of a report of another schema, that it is one."""
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return "REPORT_DAMAGED: it is no whole JSON file; write it again"
    try:
        version = _Head.model_validate_json(content).schema_version
    except ValidationError:
        return "REPORT_DAMAGED: it is JSON, but no report of livermetry"
    if version != SCHEMA_VERSION:
        return _say_schema(version)
    where = ".".join(str(part) for part in first["loc"])
    return f"REPORT_DAMAGED: {where} is missing or wrong; write it again"


def _say_schema(version: str) -> str:
    return f"REPORT_SCHEMA: it has schema {version[:20]}, this version reads {SCHEMA_VERSION}; measure the study again"


def _say_refusal(report: StoredReport) -> str:
    """Return why a study was not measured: the first finding that refuses it as a whole."""
    refused = [each for each in report.findings if each.severity is Severity.REFUSED]
    cause = next(iter([each for each in refused if not each.touches] or refused), None)
    return f"{cause.code}: {cause.message}" if cause else "NO_VERDICTS: the study was not measured"
