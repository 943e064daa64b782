"""What a reader must see first: refusals and warnings, those of one code together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.report import Report
from pipeline.study import Finding, Severity
from pipeline.writers.quantities import label_of

ORDER = (Severity.REFUSED, Severity.WARNING, Severity.INFO)
CUT = "FOV_CUT"


@dataclass(frozen=True)
class Alarm:
    """Findings of one code: their places in the report's list, what they say and the quantities they touch."""

    code: str
    severity: Severity
    places: tuple[int, ...]
    messages: tuple[str, ...]
    touches: tuple[str, ...]


def list_alarms(report: Report) -> list[Alarm]:
    """Return refusals, then warnings, one entry a code."""
    return _merge(
        (place, finding) for place, finding in enumerate(report.findings) if finding.severity is not Severity.INFO
    )


def list_others(report: Report, refusal: Finding | None) -> list[Alarm]:
    """Return every finding but the one that a study was refused for, one entry a code, the worst first."""
    return _merge((place, finding) for place, finding in enumerate(report.findings) if finding is not refusal)


def is_cut(report: Report) -> bool:
    """Tell whether the liver reaches beyond the scan, so that lesions may lie where nothing was seen."""
    return any(finding.code == CUT for finding in report.findings)


def _merge(found: Iterable[tuple[int, Finding]]) -> list[Alarm]:
    """Return findings of the same code as one entry, in the order of the worst severity, then of the report."""
    groups: dict[str, list[tuple[int, Finding]]] = {}
    for place, finding in found:
        groups.setdefault(finding.code, []).append((place, finding))
    alarms = [_join(code, group) for code, group in groups.items()]
    return sorted(alarms, key=lambda alarm: ORDER.index(alarm.severity))


def _join(code: str, group: list[tuple[int, Finding]]) -> Alarm:
    """Return the findings of one code as one entry; every message and every quantity once."""
    return Alarm(
        code=code,
        severity=min((finding.severity for _, finding in group), key=ORDER.index),
        places=tuple(place for place, _ in group),
        messages=tuple(dict.fromkeys(finding.message for _, finding in group)),
        touches=tuple(dict.fromkeys(label_of(name) for _, finding in group for name in finding.touches)),
    )
