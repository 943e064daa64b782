"""Time `livermetry assess` on a folder of stored reports: whole processes, medians, reports a second, peak memory.

Usage: ``python -m benchmarks.assessing [REPORTS] [ROUNDS] [JOBS]``; 10,000 reports, 3 rounds and 2 jobs unless said
otherwise. The reports are those of the sample studies with other bilirubin, ECOG, remnants and diameters; every
``DISTINCT`` th is written, the others are hard links to it, so that the folder stays within the memory of the machine.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.process import run

PROGRAM = str(Path(sys.executable).parent / "livermetry")
SAMPLES = Path(__file__).parents[1] / "sample_data" / "studies"
DISTINCT = 10
"""Links to each report that is written."""
QUESTION = ("--set", "ablation_max_mm=40")
BEGIN, END = b'\n "assessment": ', b'\n "assessment_reason": '


def main(reports: int, rounds: int, jobs: int) -> None:
    """Write the reports, ask the question of them round after round, and print the medians."""
    folder = Path(tempfile.mkdtemp(prefix="livermetry-assessing-"))
    try:
        size = write_reports(folder / "reports", reports)
        table = folder / "answers.csv"
        for what, more in (("outcomes in a table", ("--out", str(table))), ("only changes", ("--changed",))):
            command = [PROGRAM, "assess", str(folder / "reports"), *QUESTION, *more]
            ran = [run([*command, "-j", str(jobs)]) for _ in range(rounds)]
            names = ("wall_s", "cpu_s", "peak_mb")
            wall, cpu, peak = (statistics.median(getattr(one, name) for one in ran) for name in names)
            print(
                f"{reports} reports of {size:.1f} MB, {jobs} jobs, {what}: {wall:.1f} s, processor {cpu:.1f} s, ",
                end="",
            )
            print(f"{reports / wall:.0f} reports/s, peak of one process {peak:.0f} MB, load {os.getloadavg()[0]:.1f}")
        rows = table.read_text("utf-8").count("\n") - 1
        print(f"{rows} rows")
    finally:
        shutil.rmtree(folder)


def write_reports(folder: Path, count: int) -> float:
    """Write reports into folders of their own; return the mean size of one in MB."""
    sources = list(_sources(folder.parent))
    draw, sizes, first = random.Random(5), [], folder
    for number in range(count):
        place = folder / f"{number // 1000:02}" / f"{number:06}" / "report.json"
        place.parent.mkdir(parents=True)
        if number % DISTINCT:
            place.hardlink_to(first)
            continue
        first = place
        sizes.append(place.write_bytes(_vary(sources[number // DISTINCT % len(sources)], number, draw)))
    return statistics.mean(sizes) / 1e6


def _sources(folder: Path) -> Iterator[bytes]:
    """Yield the records of a run on the sample studies."""
    run([PROGRAM, "run", str(SAMPLES), str(folder / "run"), "--only", "json"])
    for path in sorted((folder / "run").glob("*/report.json")):
        yield path.read_bytes()


def _vary(report: bytes, number: int, draw: random.Random) -> bytes:
    """Return a report of another patient: numbers drawn anew, the stored verdicts left as they are."""
    begin, end = report.index(BEGIN), report.index(END)
    tree = json.loads(report[:begin] + report[end:])
    tree["key"] = f"{number:016x}"
    for name, low, high in (("bilirubin_total_mg_dl", 0.3, 4.0), ("remnant_percent", 15.0, 60.0)):
        for held in (tree["facts"].get(name), tree["measurements"].get(name)):
            if held and held["value"] is not None:
                held["value"] = round(draw.uniform(low, high), 2)
    for lesion in tree["lesions"]:
        held = lesion["measurements"]["longest_diameter_mm"]
        if held["value"] is not None:
            factor = draw.uniform(0.5, 1.5)
            held.update({end: held[end] * factor for end in ("value", "low", "high") if held[end] is not None})
    text = (json.dumps(tree, indent=1, ensure_ascii=False) + "\n").encode()
    place = text.index(END)
    return text[:place] + report[begin:end] + text[place:]


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(*[*given, *(10_000, 3, 2)[len(given) :]])
