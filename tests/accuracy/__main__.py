"""Write docs/accuracy.md and its plot.

``python -m tests.accuracy [--count N] [--radiomics PYTHON]``: placements of each group (100), and a Python that has
pyradiomics, with which its stored values are measured anew.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from tests.accuracy.counts import run_counts
from tests.accuracy.coverage import run
from tests.accuracy.distances import run_gaps
from tests.accuracy.errors import RADIOMICS, name_of, peer_trials, read_all
from tests.accuracy.limits import check_cells, check_counts, check_errors, check_gaps, check_livers
from tests.accuracy.livers import run_livers
from tests.accuracy.page import make_page, make_plot

DOCS = Path(__file__).parents[2] / "docs"


def main() -> None:
    """Measure everything and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--radiomics", type=Path)
    parser.add_argument("--out", type=Path, default=DOCS)
    options = parser.parse_args()
    if options.radiomics is not None:
        measure_radiomics(options.radiomics)
    readings = list(read_all(max(options.count // 10, 2)))
    livers = list(run_livers(max(options.count // 10, 2)))
    gaps = list(run_gaps(options.count))
    counts = list(run_counts(max(options.count // 4, 2)))
    cells = list(run(options.count))
    limits = [
        *check_errors(readings),
        *check_livers(livers),
        *check_gaps(gaps),
        *check_counts(counts),
        *check_cells(cells),
    ]
    (options.out / "accuracy.md").write_text(
        make_page(limits, readings, cells, livers, gaps, counts, options.count), encoding="utf-8"
    )
    (options.out / "accuracy.svg").write_text(make_plot(readings), encoding="utf-8")


def measure_radiomics(python: Path) -> None:
    """Measure the peers' trials with pyradiomics and store its values."""
    script = Path(__file__).with_name("radiomics_shapes.py")
    with tempfile.TemporaryDirectory() as folder:
        for number, trial in enumerate(peer_trials()):
            mask = trial.mask()
            place = Path(folder) / f"{number:05d}.npz"
            np.savez(place, voxels=mask.voxels, steps=mask.grid.spacing_mm, name=np.array(name_of(trial)))
        done = subprocess.run([str(python), str(script), folder], check=True, capture_output=True, text=True)
    RADIOMICS.write_text(done.stdout, encoding="utf-8")


if __name__ == "__main__":
    main()
