"""Names in a clinical file that are no field's: what each was likely meant to be, never a wrong field."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from functools import lru_cache

from pipeline.readers.clinical_fields import ClinicalFields, normal_name
from pipeline.readers.clinical_identity import IDENTITY_NAMES
from pipeline.readers.clinical_rows import Row
from pipeline.study import Finding, Severity

MOST_SLIPS = 20
CLOSE = 0.75
"""How alike (``difflib``) an unknown name must be to a known one to be taken for a slip of it, and be repeated."""


def say_unknown(unknown: Sequence[str], row: Row, fields: ClinicalFields) -> list[Finding]:
    """Return findings on values under no field's name; a name is repeated only where it is a slip of a known one."""
    if not unknown:
        return []
    place = {name: str(column) for column, name in enumerate(row.cells, 1)}
    known = (*fields.names, *IDENTITY_NAMES)
    near = {name: found for name in unknown[:MOST_SLIPS] if (found := _nearest(normal_name(name)[:80], known))}
    findings = [
        Finding(
            "CLIN_FIELD",
            Severity.WARNING,
            f"A value stands under {normal_name(name)!r}, which is no field and was not read; is it {right}?",
        )
        for name, right in near.items()
    ]
    others = [place[name] for name in unknown if name not in near]
    if others:
        message = f"Values under names that are no fields were not read: column {', '.join(others[:MOST_SLIPS])}."
        findings.append(Finding("CLIN_FIELD", Severity.INFO, message))
    return findings


@lru_cache(maxsize=1024)
def _nearest(name: str, known: tuple[str, ...]) -> str | None:
    """Return the known name that another is a slip of; None when it is like none."""
    return next(iter(difflib.get_close_matches(name, known, 1, CLOSE)), None)
