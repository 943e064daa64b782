"""A planned resection of a liver in eight slabs: both calculators place its lesions, and say how large it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.report import Report
from pipeline.volume import Mask
from tests.phantoms import Box, Shape, make_grid, sample, sphere, unite
from tests.verify.scenes import run_scene

GRID = make_grid((44, 80, 80), (2.0, 1.5, 1.5))


def drawn(*shapes: Shape) -> Mask:
    return unite(*(sample(shape, GRID) for shape in shapes))


FROM_THE_LEFT = "12345876"
"""As segments lie: 6 and 7 to the right of 5 and 8."""
SLABS = {
    f"liver_segment_{n}": drawn(Box((9.9, 70.0, 60.0), (35.0 - 10.0 * place, 0.0, 0.0)))
    for place, n in enumerate(FROM_THE_LEFT)
}
LIVER = drawn(Box((80.0, 70.0, 60.0)))
IN_2, AT_THE_CUT, IN_7 = sphere(4.0, (25.0, 0.0, 0.0)), sphere(4.0, (0.0, 20.0, 0.0)), sphere(4.0, (-25.0, 0.0, 0.0))

RIGHT = 'resection_plan: {segments_removed: ["5", "6", "7", "8"]}\n'


def run(folder: Path, clinical: str, **more: Mask) -> Report:
    masks = {"liver": LIVER, "lesion": drawn(IN_2, AT_THE_CUT, IN_7), **SLABS, **more}
    return run_scene(folder, masks, f"study: study\n{clinical}")


def places(report: Report) -> set[object]:
    return {lesion.facts["plan_relation"].value for lesion in report.lesions}


def test_the_right_half(tmp_path: Path) -> None:
    """Segments 5 to 8 are four side by side: major; one lesion is removed, one cut, one stays."""
    report = run(tmp_path, RIGHT)
    assert places(report) == {"removed", "cut", "remnant"}
    assert report.facts["resection_extent"].value == "major"
    assert report.facts["remnant_segments_preserved"].value == 4
    assert report.measurements["remnant_lesion_count"].value == 2
    assert report.measurements["largest_remnant_lesion_mm"].value == pytest.approx(8.0, abs=1.6)
    assert report.measurements["removed_after_ablation_percent"].value is not None


def test_segments_apart(tmp_path: Path) -> None:
    """2, 5 and 7 do not lie side by side: extent not defined; all but the lesion at the cut of 4 and 5 are removed."""
    report = run(tmp_path, 'resection_plan: {segments_removed: ["2", "5", "7"]}\n')
    assert (report.facts["resection_is_major"].reason or "").startswith("EXTENT_UNDEFINED")
    assert places(report) == {"removed", "cut"}
    assert report.measurements["remnant_lesion_count"].value == 1


def test_no_plan(tmp_path: Path) -> None:
    """Nothing is said of it."""
    report = run(tmp_path, "ecog: 1\n")
    assert places(report) == {None}
    assert "resection_extent" not in report.facts
    assert report.measurements["remnant_lesion_count"].value is None


def test_a_stated_fact_stays_and_differs(tmp_path: Path) -> None:
    """The record says that taking segments 5 to 8 is no major resection."""
    report = run(tmp_path, RIGHT + "resection_is_major: false\n")
    assert report.facts["resection_is_major"].value is False
    assert "CLIN_CONTRADICT" in {finding.code for finding in report.findings}


def test_words_of_the_record(tmp_path: Path) -> None:
    """The surgeon's no, and portal vein embolization among the earlier treatments."""
    report = run(tmp_path, "surgeon_r0_expected: false\nprior_liver_treatments: [pve]\n")
    assert report.facts["surgeon_r0_stated"].value == "not_expected"
    assert report.facts["augmentation_done"].value == "PVE"


def test_segments_in_another_order(tmp_path: Path) -> None:
    """A mirrored liver: no plan by its segments is followed, and it is said why."""
    mirrored = {f"liver_segment_{n}": SLABS[f"liver_segment_{m}"] for n, m in zip("12345876", "67854321", strict=True)}
    report = run(tmp_path, RIGHT, **mirrored)
    assert (report.measurements["remnant_volume_ml"].reason or "").startswith("SEGMENT_ORDER")
    assert report.measurements["segment_5_volume_ml"].value is not None
    assert "SEGMENT_ORDER" in {finding.code for finding in report.findings}
