"""Tables and plot of the whole-job benchmark, from runs that are made up."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import page
from benchmarks.agreement import Agreement, compare
from benchmarks.job_table import render_agreement, render_growth, render_jobs
from benchmarks.jobs import FAST, FLOOR, NAMED, OURS, Found
from benchmarks.plot import Panel, draw
from benchmarks.process import Ran, run
from benchmarks.session import Timed

TIMED = [
    Timed(OURS, [Ran(2.0, 1.0, 240.0, ""), Ran(1.0, 1.0, 250.0, ""), Ran(9.0, 8.0, 260.0, "")]),
    Timed(FAST, [Ran(4.0, 3.0, 500.0, "")]),
    Timed(FLOOR, [Ran(0.5, 0.1, 10.0, "")]),
]


def test_rows_are_medians_and_ratios_to_ours() -> None:
    rows = render_jobs(TIMED, ct_mb=200.0).splitlines()
    assert "| 3 | 2.00 | 1.00 | 1.00 | 1.00 | 250 MB | 1.25 |" in rows[2]
    assert "| 1 | 4.00 | 2.00 | 3.00 | 3.00 | 500 MB | 2.50 |" in rows[3]
    assert "Left out here: (b)" in rows[-1]


LARGE_THEN_SMALL = """
import sys
from benchmarks.process import run
for command in ("x = bytearray(300_000_000); print(len(x))", "print('small')"):
    ran = run([sys.executable, "-c", command])
    print(ran.output.strip(), ran.peak_mb, ran.wall_s)
"""


def test_a_process_is_measured_by_itself() -> None:
    """The memory of one process is not that of another before it. The caller is a small process, unlike the tests'."""
    answer = run([sys.executable, "-c", LARGE_THEN_SMALL]).output.split()
    assert (answer[0], answer[3]) == ("300000000", "small")
    assert float(answer[1]) > 280
    assert float(answer[4]) < float(answer[1]) - 100
    assert float(answer[2]) > 0


def test_a_process_that_fails_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="ended with 3"):
        run([sys.executable, "-c", "raise SystemExit(3)"])


OURS_FOUND: Found = {
    "structures": {"liver": {"volume_ml": 1500.0}},
    "study": {"study": {"lesion_count": 1.0}},
    "lesions": {"lesion 1": {"volume_ml": 2.0, "dist_ivc_mm": 3.0, "dist_ivc_mm:high": 4.0, "depth_mm": 9.0}},
}


def find(**lesion: float) -> list[Agreement]:
    theirs: Found = {"structures": {}, "study": {}, "lesions": {"lesion 1": lesion}}
    return compare(OURS_FOUND, theirs, diagonal_mm=1.5)


def test_definitions_decide_what_is_compared() -> None:
    """Distances between surfaces with the value, between centres with the high end, a depth within a diagonal."""
    found = find(dist_ivc_mm=3.0, dist_ivc_centres_mm=4.0, depth_centres_mm=10.0, feret_3d_mm=77.0)
    assert [each.quantity for each in found] == ["dist_*_mm", "dist_*_centres_mm", "depth_centres_mm"]
    assert all(each.holds and each.numbers == 1 for each in found)
    assert not any(each.holds for each in find(dist_ivc_mm=4.0, dist_ivc_centres_mm=3.0, depth_centres_mm=11.0))


def test_a_number_that_is_none_does_not_agree() -> None:
    assert not find(volume_ml=float("nan"))[0].holds
    assert find(surface_area_mm2=5.0)[0].absent == 1


def test_differences_and_absent_numbers_stand_in_the_table() -> None:
    table = render_agreement([(FAST, find(volume_ml=3.0, nearest_lesion_mm=1.0)), (NAMED, find(volume_ml=2.0))])
    assert "| volume_ml | the same | (a) | 2 | 5.0e-01 | 1e-06 | **differ** |" in table
    assert "nearest_lesion_mm | the same | (a) | 0 (1 not given by us) | | | not given by us |" in table


def test_growth_has_a_row_for_each_number() -> None:
    rows = render_growth("slices", [(100, TIMED[:2]), (200, TIMED[:2])]).splitlines()
    assert rows[2] == "| 100 | 2.00 | 1.00 | 250 | 4.00 | 3.00 | 500 |"
    assert all(row.count("|") == rows[0].count("|") for row in rows)


def test_the_plot_is_svg_with_a_line_for_each_job() -> None:
    panel = Panel("growth & time", "slices", {"ours": [(100, 1.0), (400, 2.0)], "peer <a>": [(100, 4.0), (400, 9.0)]})
    root = ElementTree.fromstring(draw([panel, panel], "note"))
    lines = [each.get("points") or "" for each in root.iter("{http://www.w3.org/2000/svg}polyline")]
    assert len(lines) == 4
    (x0, y0), (x1, y1) = (map(float, point.split(",")) for point in lines[0].split())
    assert x0 < x1
    assert y0 > y1


def test_text_is_put_between_its_own_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "page.md"
    path.write_text(
        "a\n<!-- job: begin -->\nold\n<!-- job: end -->\nb\n<!-- reading: begin -->\nx\n<!-- reading: end -->\n"
    )
    monkeypatch.setattr(page, "PAGE", path)
    page.write_between("job", "new")
    assert path.read_text().splitlines() == [
        "a", "<!-- job: begin -->", "new", "<!-- job: end -->", "b",
        "<!-- reading: begin -->", "x", "<!-- reading: end -->",
    ]  # fmt: skip


@pytest.mark.parametrize("name", [page.JOB, page.GROWTH, page.READING])
def test_the_page_has_each_pair_of_marks_once(name: str) -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert [text.count(f"<!-- {name}: {end} -->") for end in ("begin", "end")] == [1, 1]
