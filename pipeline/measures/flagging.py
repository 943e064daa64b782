"""Findings put beside the numbers that they touch: those of the study, of its structures and of its lesions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.lesion import StudyMeasurements
from pipeline.measurement import Measurement
from pipeline.study import Finding, Severity

EVERY_SIZE = (
    "volume_ml",
    "equivalent_diameter_mm",
    "longest_diameter_mm",
    "short_diameter_mm",
    "bidimensional_product_mm2",
    "max_3d_diameter_mm",
    "extent_left_right_mm",
    "extent_front_back_mm",
    "extent_foot_head_mm",
    "surface_area_mm2",
    "mesh_volume_ml",
)
"""What a finding touches that puts the size of every structure and lesion in doubt."""
PIXEL_ENDINGS = ("_hu", "_intensity")
"""Ends of the names of statistics of the image's pixels."""


def flag_measured(measured: StudyMeasurements, findings: Sequence[Finding]) -> StudyMeasurements:
    """Return measurements with the codes of all warnings beside what they touch.

    Parameters
    ----------
    findings
        Of the study; those of the measurements themselves are used too.
    """
    warnings = [each for each in (*findings, *measured.findings) if each.severity is not Severity.INFO]
    return replace(
        measured,
        measurements=_flag_all(measured.measurements, warnings),
        structure_volumes=tuple(_flag(each, warnings) for each in measured.structure_volumes),
        lesions=tuple(replace(each, measurements=_flag_all(each.measurements, warnings)) for each in measured.lesions),
    )


def _flag_all(measurements: Mapping[str, Measurement], findings: Sequence[Finding]) -> dict[str, Measurement]:
    return {name: _flag(each, findings) for name, each in measurements.items()}


def _flag(measurement: Measurement, findings: Sequence[Finding]) -> Measurement:
    codes = [finding.code for finding in findings if _touches(finding, measurement.name)]
    flags = tuple(dict.fromkeys((*measurement.flags, *codes)))
    return measurement if flags == measurement.flags else replace(measurement, flags=flags)


def _touches(finding: Finding, name: str) -> bool:
    """Tell whether a finding touches a quantity; one that touches every size touches the pixels in it as well."""
    return name in finding.touches or (name.endswith(PIXEL_ENDINGS) and set(EVERY_SIZE) <= set(finding.touches))
