"""The accuracy page: tables of what was found, the summary first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from tests.accuracy import texts
from tests.accuracy.counts import GAPS, Count
from tests.accuracy.coverage import Cell
from tests.accuracy.distances import WHAT, Gap
from tests.accuracy.errors import QUANTITIES, Reading, radiomics_version
from tests.accuracy.ibsi import compare
from tests.accuracy.limits import Limit, join, relative_error
from tests.accuracy.livers import LiverTrial
from tests.accuracy.plot import Panel, draw
from tests.accuracy.trials import ROUND, SIZES_MM, SPACINGS


def make_page(
    limits: Sequence[Limit],
    readings: Sequence[Reading],
    cells: Sequence[Cell],
    livers: Sequence[LiverTrial],
    gaps: Sequence[Gap],
    counts: Sequence[Count],
    count: int,
) -> str:
    """Return the page as Markdown; ``count`` placements of each group of intervals."""
    held = [(x.what, x.limit, x.found, "yes" if x.holds else "**no**") for x in limits]
    ibsi = [(tag, f"`{name}`", f"{ours:.4g}", f"{agreed:g}", f"{off:g}") for tag, name, ours, agreed, off in compare()]
    parts = [
        texts.INTRODUCTION,
        _table(("limit", "asked", "found", "held"), held),
        texts.WHY_NOT,
        texts.PLOT,
        texts.BY_SIZE,
        _errors_by_size(readings),
        texts.BIAS,
        _bias(readings),
        texts.PEERS.format(radiomics=radiomics_version()),
        _peers(readings),
        texts.INTERVALS.format(count=count),
        _coverage(cells),
        texts.DISTANCES.format(count=count),
        _gaps(gaps),
        texts.COUNTS.format(count=count),
        _counts(counts),
        texts.LIVER,
        _livers(livers),
        texts.IBSI,
        _table(("feature", "quantity", "ours", "consensus", "tolerance"), ibsi),
    ]
    return "\n".join(parts).rstrip() + "\n"


def make_plot(readings: Sequence[Reading]) -> str:
    """Return the plot: volume error by spacing, and the longest diameter's error by calculator."""
    ours = [reading for reading in readings if reading.calculator == "livermetry"]
    volume = {
        name: [(s, 100 * _mean(abs(relative_error(r)) for r in _of(ours, name, s))) for s in SIZES_MM]
        for name in SPACINGS
    }
    calculators = dict.fromkeys(reading.calculator for reading in readings)
    peers = [reading for reading in readings if reading.trial.size_mm in _peer_sizes(readings)]
    longest = {
        name: [
            (s, _mean(r.error("longest") for r in peers if r.calculator == name and r.trial.size_mm == s))
            for s in _peer_sizes(readings)
        ]
        for name in calculators
    }
    highest = max(error for line in volume.values() for _, error in line)
    return draw(
        (
            Panel("Volume, mean absolute error", "%", volume, 0, 20 * np.ceil(highest / 20)),
            Panel("Longest diameter, mean signed error", "mm, all grids", longest, -2, 2),
        )
    )


def _peer_sizes(readings: Sequence[Reading]) -> list[float]:
    return sorted({reading.trial.size_mm for reading in readings if reading.calculator != "livermetry"})


def _of(readings: Iterable[Reading], spacing: str, size: float) -> list[Reading]:
    return [r for r in readings if r.trial.spacing == spacing and r.trial.size_mm == size]


def _errors_by_size(readings: Sequence[Reading]) -> str:
    ours = [reading for reading in readings if reading.calculator == "livermetry"]
    rows = []
    for name in SPACINGS:
        errors = [[100 * relative_error(r) for r in _of(ours, name, size)] for size in SIZES_MM]
        rows.append((name, *(f"{np.mean(np.abs(e)):.2f} ({np.mean(e):+.2f})" for e in errors)))
    return _table(("grid, mm", *(f"{size:g} mm" for size in SIZES_MM)), rows)


def _bias(readings: Sequence[Reading]) -> str:
    balls = [r for r in readings if r.calculator == "livermetry" and r.trial.kind == "sphere" and r.trial.size_mm >= 10]
    rows = []
    for name in SPACINGS:
        own = [r for r in balls if r.trial.spacing == name]
        rows.append((name, *(f"{_mean(r.error(q) for r in own):+.2f}" for q in ("longest", "max_3d"))))
    return _table(("grid, mm", "longest diameter", "largest 3D diameter"), rows)


def _peers(readings: Sequence[Reading]) -> str:
    shared = {r.trial for r in readings if r.calculator == "SimpleITK" and r.trial.size_mm >= 10}
    rows = []
    for spacing in SPACINGS:
        for name in dict.fromkeys(r.calculator for r in readings):
            own = [r for r in readings if r.calculator == name and r.trial in shared and r.trial.spacing == spacing]
            rows.append((spacing, name, *(_two(own, quantity) for quantity in QUANTITIES)))
    return _table(("grid, mm", "calculator", "volume, %", "longest diameter, mm", "3D diameter, mm"), rows)


def _two(readings: Sequence[Reading], quantity: str) -> str:
    scale = [100 / r.truth[quantity] if quantity == "volume" else 1.0 for r in readings]
    errors = np.array([r.error(quantity) * s for r, s in zip(readings, scale, strict=True)])
    errors = errors[np.isfinite(errors)]
    return f"{errors.mean():+.2f} / {np.abs(errors).mean():.2f}" if errors.size else "-"


def _coverage(cells: Sequence[Cell]) -> str:
    names = list(dict.fromkeys(name for cell in cells for name in cell.tallies))
    rows = []
    for what, kinds in (("round", ROUND), ("edges", ("box", "c-shape"))):
        for voxels in sorted({cell.voxels for cell in cells}):
            for name in names:
                row = []
                for spacing in SPACINGS:
                    own = [c for c in cells if c.kind in kinds and c.voxels == voxels and c.spacing == spacing]
                    tally = join(c.tallies[name] for c in own if name in c.tallies)
                    width = f" ({tally.relative_width:.2f})" if tally.defined else ""
                    row.append(f"{tally.percent:.1f}{width}" if tally.trials else "-")
                rows.append((what, f"{voxels:g}", f"`{name}`", *row))
    return _table(("shapes", "voxels across", "quantity", *SPACINGS), rows)


def _gaps(gaps: Sequence[Gap]) -> str:
    rows = []
    for name, what in WHAT.items():
        row = []
        for spacing in SPACINGS:
            own = [gap for gap in gaps if gap.name == name and gap.spacing == spacing]
            errors = np.array([gap.error for gap in own])
            held = 100 * np.mean([gap.is_held for gap in own])
            row.append(f"{errors.mean():+.2f} / {np.abs(errors).mean():.2f} / {np.abs(errors).max():.2f}, {held:.0f} %")
        rows.append((f"`{name}` ({what})", *row))
    return _table(("distance", *SPACINGS), rows)


def _counts(counts: Sequence[Count]) -> str:
    rows = []
    for case in GAPS:
        row = []
        for spacing in SPACINGS:
            own = [count for count in counts if count.case == case and count.spacing == spacing]
            row.append(
                f"{100 * np.mean([c.is_held for c in own]):.0f} ({100 * np.mean([c.low < c.high for c in own]):.0f})"
            )
        rows.append((case, *row))
    return _table(("two balls", *SPACINGS), rows)


def _livers(livers: Sequence[LiverTrial]) -> str:
    names = [name for name in livers[0].truth if name in livers[0].found]
    return _table(
        ("quantity", *SPACINGS), [(f"`{name}`", *(_liver_cell(livers, name, s) for s in SPACINGS)) for name in names]
    )


def _liver_cell(livers: Sequence[LiverTrial], name: str, spacing: str) -> str:
    own = [trial for trial in livers if trial.spacing == spacing]
    readings = [(t.found[name], t.truth[name]) for t in own]
    errors, inside, widths = [], [], []
    for found, truth in readings:
        if found.value is None or found.low is None or found.high is None:
            return found.reason or "-"
        errors.append(abs(found.value - truth))
        inside.append(found.low - 1e-9 <= truth <= found.high + 1e-9)
        widths.append(found.high - found.low)
    defined = [t.defined[name] for t in own if name in t.defined]
    ratio = f" ({sum(widths) / sum(defined):.2f})" if defined else ""
    return f"{np.mean(errors):.3g}, {100 * np.mean(inside):.0f} %{ratio}"


def _mean(values: Iterable[float]) -> float:
    kept = [value for value in values if np.isfinite(value)]
    return float(np.mean(kept)) if kept else float("nan")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
