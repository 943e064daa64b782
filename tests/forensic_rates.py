"""How often each fault of a mask is found, and how often a good mask is doubted: ``make forensics``.

Prints the tables of ``docs/forensics.md``: random abdomens (``forensic_phantoms``) and a real CT
and a real MR with their real masks.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import nibabel
import numpy as np

from pipeline.geometry import Geometry, canonical_geometry
from pipeline.measures.forensics import check_liver
from pipeline.settings import load_settings
from pipeline.study import Severity
from pipeline.volume import Mask
from tests.forensic_faults import BY_MAGNITUDE, FAULTS, clean_masks
from tests.forensic_phantoms import Abdomen, draw_abdomen

REAL = Path(__file__).parent / "data" / "totalsegmentator"
LIVER_LABEL = 5
LIMITS = load_settings().forensic_limits


def find_codes(abdomen: Abdomen, mask: Mask, modality: str) -> set[str]:
    """Return the codes of the warnings on a mask."""
    findings = check_liver(mask, abdomen.image(modality), abdomen.read, LIMITS)
    return {finding.code for finding in findings if finding.severity is Severity.WARNING}


def load_real(modality: str = "CT") -> Abdomen:
    """Return a real scan of 3 mm with its real liver mask, each of a part of the liver."""
    names = {"CT": ("example_ct_sm", "example_seg"), "MR": ("example_mr_sm", "example_seg_mr")}[modality]
    image, drawn = (nibabel.load(REAL / f"{name}.nii.gz") for name in names)
    labels = np.asarray(drawn.dataobj) == LIVER_LABEL
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine
    geometry, turn = canonical_geometry(Geometry(labels.shape, affine, 2))
    pixels = np.ascontiguousarray(turn.apply(np.asarray(image.dataobj, dtype=np.float32)))
    a, b, c = (float(step) for step in geometry.spacing_mm)
    return Abdomen((a, b, c), pixels, np.ascontiguousarray(turn.apply(labels)), 0)


def try_abdomen(abdomen: Abdomen, seed: int, modality: str, cleans: bool = True) -> list[tuple[str, str, bool, str]]:
    """Return for each fault and each clean mask whether it was found, and all codes."""
    rng = np.random.default_rng((seed, 7))
    rows = []
    masks = clean_masks(abdomen) if cleans else (("exact", abdomen.liver),)
    for name, liver in masks:
        codes = find_codes(abdomen, abdomen.mask(liver), modality)
        rows.append(("clean", name, bool(codes), " ".join(sorted(codes))))
    for fault in (*FAULTS, *(BY_MAGNITUDE if cleans else ())):
        if fault.calibrated and modality != "CT":
            continue
        codes = find_codes(*fault.spoil(abdomen, masks[-1][1], rng), modality)
        rows.append(("fault", fault.name, bool(codes & set(fault.codes)), " ".join(sorted(codes))))
    return rows


def try_seed(seed: int, modality: str) -> list[tuple[str, str, bool, str]]:
    """Return what was found in one phantom."""
    return try_abdomen(draw_abdomen(seed, modality), seed, modality)


def main() -> None:
    """Print the table of one modality."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=3000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--modality", default="CT")
    given = parser.parse_args()
    seeds = range(given.first, given.first + given.seeds)
    with ProcessPoolExecutor(given.jobs) as pool:
        results = list(pool.map(partial(try_seed, modality=given.modality), seeds))
    _print_table(results, given.modality)
    _print_real(given.modality)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _print_table(results: list[list[tuple[str, str, bool, str]]], modality: str) -> None:
    _say(f"\n{modality}, {len(results)} phantoms\n\n| mask | warned of | codes, with how many phantoms |")
    _say("| --- | --- | --- |")
    names = list(dict.fromkeys((kind, name) for rows in results for kind, name, _, _ in rows))
    for kind, name in names:
        hits = [row for rows in results for row in rows if row[:2] == (kind, name)]
        codes = Counter(code for row in hits for code in row[3].split())
        told = ", ".join(f"{code} {count}" for code, count in codes.most_common())
        label = f"correct: {name}" if kind == "clean" else name
        _say(f"| {label} | {sum(row[2] for row in hits)} of {len(hits)} | {told} |")


def _print_real(modality: str) -> None:
    _say(f"\nReal {modality}\n\n| mask | found in | codes |\n| --- | --- | --- |")
    real = load_real(modality)
    tries = [try_abdomen(real, seed, modality, cleans=False) for seed in range(12)]
    for number, (kind, name, _, _) in enumerate(tries[0]):
        hits = [rows[number] for rows in tries]
        codes = Counter(code for row in hits for code in row[3].split())
        told = ", ".join(f"{code} {count}" for code, count in codes.most_common())
        label = f"correct: {name}" if kind == "clean" else name
        _say(f"| {label} | {sum(row[2] for row in hits)} of {len(hits)} | {told} |")


if __name__ == "__main__":
    main()
