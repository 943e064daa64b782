"""The same study in every format, orientation and transfer syntax gives the same numbers (rows G15, G23, M06, M09)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest

from pipeline.readers import find_studies, load_namings, read_image, read_study
from pipeline.settings import configs_folder
from tests.corruption.outcome import Outcome, run_product
from tests.formats.covering import Row, cover_pairs
from tests.formats.images_written import SYNTAXES, VOLUME_WRITERS, write_classic, write_multi_frame
from tests.formats.masks_written import MASK_WRITERS
from tests.formats.turned_study import AXIAL_KEPT, BALLS, GRID, ROTATIONS, Turn, values_hu, volume_ml

ORDERS = {"".join("SRC"[axis] for axis in order): order for order in permutations(range(3))}
SIGNS = {"".join("+-"[sign < 0] for sign in signs): signs for signs in product((1, -1), repeat=3)}
TURNS = {"order": tuple(ORDERS), "signs": tuple(SIGNS), "rotation": tuple(ROTATIONS)}
OBJECTS = ("SEG BINARY", "SEG FRACTIONAL", "SEG LABELMAP", "RTSTRUCT", "seg.nrrd")
BESIDE_SERIES = (*OBJECTS, "folder of NIfTI-1 gzipped", "folder of NRRD", "folder of MetaImage")
DICOM = cover_pairs({"image": ("classic", "enhanced"), "masks": BESIDE_SERIES, "syntax": SYNTAXES, **TURNS})
FILES = cover_pairs(
    {
        "image": tuple(VOLUME_WRITERS),
        "masks": ("seg.nrrd", *(name for name in MASK_WRITERS if "folder" in name)),
        **TURNS,
    }
)


def name_of(row: Row) -> str:
    return ", ".join(row.values())


VOLUME, LENGTH, CONTOURS = 1e-6, 1e-3, 0.03
"""Relative tolerances of volumes, of lengths, and of an RTSTRUCT's volumes."""
AXIAL = ("longest_diameter_mm", "short_diameter_mm", "bidimensional_product_mm2")
FREE = ("sum_of_target", "largest_diameter", "tumour_burden_score")
"""Numbers made of axial diameters."""


def turn_of(row: Row) -> Turn:
    return Turn(ORDERS[row["order"]], SIGNS[row["signs"]], row["rotation"])


def write_dicom(folder: Path, row: Row) -> None:
    """Write image and masks as a row of the table says."""
    turn = turn_of(row)
    write = write_classic if row["image"] == "classic" else write_multi_frame
    twins = write(folder, turn.store(values_hu()) + np.int16(1000), turn.grid, row["syntax"])
    MASK_WRITERS[row["masks"]](folder, turn, twins)


def write_files(folder: Path, row: Row) -> None:
    turn = turn_of(row)
    suffix, writer = VOLUME_WRITERS[row["image"]]
    folder.mkdir(parents=True)
    writer(folder / f"ct{suffix}", turn.store(values_hu()), turn.grid)
    MASK_WRITERS[row["masks"]](folder, turn, [])


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Return the study as one SEG on a straight, uncompressed series."""
    folder = tmp_path_factory.mktemp("reference") / "in" / "study"
    row = {"image": "classic", "masks": "SEG BINARY", "syntax": SYNTAXES[0]}
    row |= {"order": "SRC", "signs": "+++", "rotation": "straight"}
    write_dicom(folder, row)
    (outcome,) = run_product(folder, folder.parent.parent / "out", page=False)
    return outcome


def test_the_reference_is_the_count_of_voxels(reference: Outcome) -> None:
    """Its volumes are voxels times |det|, and within 5 % of the balls' closed forms."""
    numbers = reference.numbers()
    assert numbers["total_liver_volume_ml"] == pytest.approx(volume_ml("liver"), rel=VOLUME)
    assert numbers["L1.volume_ml"] == pytest.approx(volume_ml("lesion_1"), rel=VOLUME)
    assert numbers["L2.volume_ml"] == pytest.approx(volume_ml("lesion_2"), rel=VOLUME)
    for name, ball in BALLS.items():
        assert volume_ml(name) == pytest.approx(ball.volume_mm3 / 1000, rel=0.05), name


def test_all_48_orientations_and_every_pair_are_covered() -> None:
    """The tables hold every two levels of two factors, so every order of axes under every choice of signs."""
    for table in (DICOM, FILES):
        assert {(row["order"], row["signs"]) for row in table} == set(product(ORDERS, SIGNS))
    pairs = {(row["masks"], row["syntax"]) for row in DICOM}
    assert pairs == set(product(BESIDE_SERIES, SYNTAXES))


@pytest.mark.hazard("G15")
@pytest.mark.hazard("G23")
@pytest.mark.hazard("M06")
@pytest.mark.parametrize("row", DICOM, ids=name_of)
def test_dicom_images(row: Row, reference: Outcome, tmp_path: Path) -> None:
    """Series and multi-frame images, with masks of every format."""
    check(row, write_dicom, reference, tmp_path)


@pytest.mark.hazard("G15")
@pytest.mark.hazard("M09")
@pytest.mark.parametrize("row", FILES, ids=name_of)
def test_files_without_identity(row: Row, reference: Outcome, tmp_path: Path) -> None:
    """NIfTI, NRRD and MetaImage in all combinations of image and masks."""
    check(row, write_files, reference, tmp_path)


def check(row: Row, write: Callable[[Path, Row], None], reference: Outcome, tmp_path: Path) -> None:
    """Write, run and compare: numbers with the reference's, voxels with what was written."""
    folder = tmp_path / "in" / "study"
    write(folder, row)
    (outcome,) = run_product(folder, tmp_path / "out", page=False)
    assert outcome.status == "done", outcome.record["findings"]
    if row["masks"] == "RTSTRUCT":
        check_contours(outcome)
    else:
        check_numbers(outcome, reference, row["rotation"])
    check_image(folder)


def check_contours(outcome: Outcome) -> None:
    """Contours give the balls' own volumes, which no grid of voxels does."""
    numbers = outcome.numbers()
    assert numbers["lesion_count"] == 2
    for number, name in ((1, "lesion_1"), (2, "lesion_2")):
        truth = BALLS[name].volume_mm3 / 1000
        assert numbers[f"L{number}.volume_ml"] == pytest.approx(truth, rel=CONTOURS)
    assert numbers["total_liver_volume_ml"] == pytest.approx(BALLS["liver"].volume_mm3 / 1000, rel=CONTOURS)


def check_numbers(outcome: Outcome, reference: Outcome, rotation: str) -> None:
    """Compare everything that MEASUREMENTS.md says may not change under this rotation."""
    found, axial_kept, straight = outcome.numbers(), rotation in AXIAL_KEPT, rotation == "straight"
    for name, expected in reference.numbers().items():
        plain = name.rsplit(".", 1)[-1]
        if name == "liver.volume_ml" or (not axial_kept and (plain in AXIAL or plain.startswith(FREE))):
            continue
        if plain.startswith("extent_") and not straight:
            continue
        rel = LENGTH if "_mm" in plain else VOLUME
        assert found[name] == pytest.approx(expected, rel=LENGTH if "score" in plain else rel), name


def check_image(folder: Path) -> None:
    """The pixels that are read are those that were written, wherever they were stored."""
    (files,) = find_studies(folder, load_namings(configs_folder() / "roles"))
    image = read_study(files).image
    box = tuple(slice(0, size) for size in image.geometry.shape)
    assert np.array_equal(read_image(image, box).voxels, values_hu().astype(np.float32))  # type: ignore[arg-type]
    assert image.geometry.shape == GRID.shape
