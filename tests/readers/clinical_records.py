"""What the tests of the clinical record share: a study, and a record read for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from pipeline.readers import ClinicalFields, Naming, StudyFiles, load_clinical_fields, match_record, read_clinical
from pipeline.study import ClinicalRecord, Identity, Severity
from tests.readers.conftest import ROOT

STUDY = Identity(patient_id="P-1", study_instance_uid="1.2.3", study_date=date(2024, 1, 31))
FIELDS: ClinicalFields = load_clinical_fields(ROOT / "configs" / "clinical.yaml")
ONE = "study_instance_uid: 1.2.3\npatient_id: P-1\n"


def a_study(identity: Identity = STUDY, folder: str = "a/patient7", clinical: Path | None = None) -> StudyFiles:
    root = Path("/data") / folder
    study = StudyFiles("key", Path("/data"), root, folder, identity, Naming("generic"))
    return replace(study, clinical_path=clinical)


def written(tmp_path: Path, text: str | bytes, name: str = "c.yaml") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def record(tmp_path: Path, text: str | bytes, name: str = "c.yaml", study: StudyFiles | None = None) -> ClinicalRecord:
    return match_record(read_clinical(written(tmp_path, text, name), FIELDS), study or a_study())


def codes(found: ClinicalRecord, *severities: Severity) -> list[str]:
    """Return the codes of a record's findings; without those of severity info unless asked for."""
    wanted = severities or (Severity.WARNING, Severity.REFUSED)
    return [finding.code for finding in found.findings if finding.severity in wanted]


def values(found: ClinicalRecord) -> dict[str, object]:
    return {name: fact.value for name, fact in found.facts.items() if fact.value is not None}
