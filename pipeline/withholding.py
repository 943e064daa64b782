"""Which findings withhold what: the verdicts of a study, and its quantities.

A number measured on a mask that may not be the patient's stands, flagged, so that its reader can look; a verdict would
carry it further without the flag. A join that cannot be proved is therefore refused there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from pipeline.measurement import Measurement
from pipeline.study import Finding, Severity

VERDICTS = "verdicts"
"""What such a finding touches besides quantities."""
MISPLACED = "MASK_OUTSIDE_BODY"
UNPROVED_MASKS = frozenset({"MASK_MIRRORED", "MASK_OTHER_PATIENT", MISPLACED})
"""The masks may not be those of the liver in the image; ``MISPLACED`` from a share of the liver on."""
UNPROVED = frozenset({"CLIN_PATIENT", *UNPROVED_MASKS})
"""What belongs to the patient may be another's: no verdict is given."""
WITHHELD = "No verdict is given; the measurements stand, flagged."
HOW_ON = "If image and mask are right (situs inversus), set trust_masks: true in a file given with --config."
TRUSTED = "Verdicts are given all the same: trust_masks is set."
CORE = (
    "lesion_count",
    "largest_diameter_mm",
    "total_lesion_volume_ml",
    "total_liver_volume_ml",
    "remnant_volume_ml",
)
"""What a study is measured for: with none of them, nothing but bare structures is left."""


def refuse_unproved(
    findings: Iterable[Finding], liver_ml: float | None, outside_percent: float, *, trusted: bool
) -> tuple[Finding, ...]:
    """Return findings of which those that put the masks themselves in doubt refuse the verdicts.

    Parameters
    ----------
    liver_ml
        Volume of the liver mask, which ``MASK_OUTSIDE_BODY`` is a share of; None without one.
    outside_percent
        Share of the liver outside the body from which on the mask cannot be that of the liver.
    trusted
        The site says that its masks are right: they stay warnings, which say so.
    """
    return tuple(
        _settle(each, trusted=trusted) if _puts_masks_in_doubt(each, liver_ml, outside_percent) else each
        for each in findings
    )


def _puts_masks_in_doubt(finding: Finding, liver_ml: float | None, outside_percent: float) -> bool:
    if finding.code not in UNPROVED_MASKS or finding.severity is Severity.INFO:
        return False
    if finding.code != MISPLACED:
        return True
    return not liver_ml or finding.at_stake_ml is None or 100 * finding.at_stake_ml >= outside_percent * liver_ml


def _settle(finding: Finding, *, trusted: bool) -> Finding:
    if trusted:
        return replace(finding, message=f"{finding.message} {TRUSTED}")
    touches = tuple(dict.fromkeys((VERDICTS, *finding.touches)))
    message = f"{finding.message} {WITHHELD} {HOW_ON}"
    return replace(finding, severity=Severity.REFUSED, message=message, touches=touches)


def why_no_verdicts(findings: Iterable[Finding]) -> str | None:
    """Return ``CODE: sentence`` of the first finding that withholds the verdicts; None where they may be given."""
    refused = (each for each in findings if each.code in UNPROVED and each.severity is Severity.REFUSED)
    first = next(refused, None)
    return None if first is None else f"{first.code}: {first.message}"


def withheld_quantities(findings: Iterable[Finding], measurements: Mapping[str, Measurement]) -> tuple[str, ...]:
    """Return the study's quantities without a value for the reason of a finding; ``verdicts`` last, if withheld."""
    findings = tuple(findings)
    grave = {each.code for each in findings if each.severity is not Severity.INFO}
    names = [name for name, each in measurements.items() if (each.reason or "").partition(":")[0] in grave]
    return (*names, VERDICTS) if why_no_verdicts(findings) else tuple(names)


def is_bare(measurements: Mapping[str, Measurement]) -> bool:
    """Tell whether nothing that a study is measured for has a value, so that only volumes of structures are left."""
    return all(name not in measurements or measurements[name].value is None for name in CORE)


def say_withheld(status: str, findings: Iterable[Finding], measurements: Mapping[str, Measurement]) -> str:
    """Return a status with how many quantities are withheld, whether the verdicts are, and whether anything is left."""
    names = withheld_quantities(findings, measurements)
    count = sum(name != VERDICTS for name in names)
    parts = [f"{count} quantit{'y' if count == 1 else 'ies'}"] if count else []
    parts += ["the verdicts"] if VERDICTS in names else []
    left = ", nothing but volumes of structures is left" if is_bare(measurements) else ""
    return f"{status}{', ' + ' and '.join(parts) + ' withheld' if parts else ''}{left}"
