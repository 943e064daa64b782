"""Whether a clinical record can be of the study's patient: what both state must agree."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.measurement import Fact
from pipeline.study import Finding, Identity, Severity

SEXES = {"M": "male", "F": "female", "O": "other"}
"""DICOM's codes of Patient's Sex (0010,0040) in the words of the clinical record."""


def find_contradiction(facts: Mapping[str, Fact], identity: Identity) -> Finding | None:
    """Return the finding ``CLIN_PATIENT`` when a record states another sex or date of birth than the study."""
    pairs = {
        "sex": (_value(facts, "sex"), SEXES.get(identity.sex or "")),
        "date of birth": (_value(facts, "birth_date").replace("-", ""), (identity.birth_date or "").replace("-", "")),
    }
    other = [name for name, (ours, theirs) in pairs.items() if ours and theirs and ours != theirs]
    if not other:
        return None
    message = (
        f"The clinical record states another {' and '.join(other)} than the study; "
        "it was not used, because it may be another patient's."
    )
    return Finding("CLIN_PATIENT", Severity.REFUSED, message, ("verdicts",))


def _value(facts: Mapping[str, Fact], name: str) -> str:
    fact = facts.get(name)
    return str(fact.value) if fact is not None and fact.value is not None else ""
