"""The study that is timed: what it says of itself is what is measured, and peers find the same numbers."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.agreement import Agreement, compare
from benchmarks.jobs import EXTRACTOR, FAST, GLUED, NAMED, OURS, SHAPES, STUDENT, Found, Job, do
from benchmarks.lits_anatomy import LIVER, REMNANT, SEGMENTS, place_lesions
from benchmarks.lits_shapes import Bumpy, Ellipsoid
from benchmarks.lits_study import Plan, draw, paint, write_once

SMALL = Plan(slices=80, pixels=128, lesions=6)
SPACING_MM = (5.0, 3.2, 3.2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_once(SMALL, tmp_path_factory.mktemp("benchmark"))


@pytest.fixture(scope="module")
def ours(folder: Path) -> Found:
    done = do(OURS, folder / "study")
    assert done is not None
    return done[1]


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict[str, dict[str, float | None]]:
    return json.loads((folder / "truth.json").read_text())


def test_measured_volumes_are_the_voxels_that_were_drawn(
    ours: Found, truth: dict[str, dict[str, float | None]]
) -> None:
    measured = {name: values["volume_ml"] for name, values in ours["structures"].items()}
    assert measured == pytest.approx({name: each["drawn_ml"] for name, each in truth.items()}, rel=1e-9)


def test_closed_forms_lie_in_the_intervals_of_the_lesions(
    ours: Found, truth: dict[str, dict[str, float | None]]
) -> None:
    lesions = [name for name in truth if name.startswith("lesion ")]
    assert len(lesions) == SMALL.lesions
    for name in lesions:
        values, exact = ours["lesions"][name], truth[name]["volume_ml"]
        assert exact is not None
        assert values["volume_ml:low"] <= exact <= values["volume_ml:high"], name


def test_large_solids_are_drawn_to_a_percent_of_their_closed_form(truth: dict[str, dict[str, float | None]]) -> None:
    for name in ("liver", "liver remnant", "stomach", "heart"):
        assert truth[name]["drawn_ml"] == pytest.approx(truth[name]["volume_ml"], rel=0.01), name
    for number in SEGMENTS:  # flat cuts lie up to half a voxel off on a grid of 3 mm
        each = truth[f"liver segment {number}"]
        assert each["drawn_ml"] == pytest.approx(each["volume_ml"], rel=0.06), number
    assert truth["portal vein left"]["volume_ml"] is None


def test_segments_tile_the_liver(truth: dict[str, dict[str, float | None]]) -> None:
    segments = [truth[f"liver segment {number}"] for number in SEGMENTS]
    assert sum(int(each["voxels"] or 0) for each in segments) == truth["liver"]["voxels"]
    assert sum(solid.volume_mm3 for solid in SEGMENTS.values()) == pytest.approx(LIVER.volume_mm3, rel=1e-9)
    assert REMNANT.volume_mm3 == pytest.approx(sum(SEGMENTS[n].volume_mm3 for n in (1, 2, 3, 4)), rel=1e-9)


def test_bumps_leave_the_volume_of_the_ellipsoid() -> None:
    """The closed form by another way: voxels of a fine grid, counted."""
    exact = 4 / 3 * np.pi * 92 * 65 * 60
    assert LIVER.volume_mm3 == pytest.approx(exact, rel=1e-9)
    fine = Plan(slices=200, pixels=256)
    assert draw(LIVER, fine.grid).count * 2.0 * 1.6 * 1.6 == pytest.approx(exact, rel=1e-3)
    part = Bumpy(LIVER.axes, LIVER.center, (310.0, 410.0), -1)
    assert draw(part, fine.grid).count * 2.0 * 1.6 * 1.6 == pytest.approx(part.volume_mm3, rel=1e-2)


def test_a_turned_ellipsoid_has_its_closed_form() -> None:
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    solid = Ellipsoid((21.0, 14.0, 30.0), (3.0, -8.0, 11.0), turn)
    drawn = draw(solid, Plan(slices=400, pixels=256).grid)
    assert drawn.count * 1.0 * 1.6 * 1.6 == pytest.approx(solid.volume_mm3, rel=5e-3)


def test_thick_slices_are_the_mean_of_the_thin_ones_in_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a scanner averages: without noise, a slice of 5 mm is the mean of five of 1 mm, to the whole HU."""
    monkeypatch.setattr("benchmarks.lits_study.NOISE_HU", 0.0)
    thin, thick = (_painted(Plan(slices=slices, pixels=48, lesions=4)) for slices in (400, 80))
    assert np.abs(thick - thin.reshape(80, 5, 48, 48).mean(axis=1)).max() < 0.501
    assert (Plan().samples, Plan(slices=800).samples, Plan(slices=100).samples) == (1, 1, 4)


def _painted(plan: Plan) -> NDArray[np.int16]:
    return np.stack(list(paint(plan, {name: draw(solid, plan.grid) for name, solid in plan.solids.items()})))


@pytest.mark.parametrize("count", [1, 25, 200])
def test_lesions_neither_touch_nor_leave_the_liver(count: int) -> None:
    lesions = place_lesions(count)
    centers = np.array([each.center for each in lesions])
    reach = np.array([max(each.axes) for each in lesions])
    gaps = np.linalg.norm(centers[:, None] - centers[None], axis=2) - reach[:, None] - reach[None]
    assert len(lesions) == count
    assert (gaps[~np.eye(count, dtype=bool)] > 1.99).all()
    tips = np.concatenate([np.array(each.center) + s * each.turn.T * each.axes for each in lesions for s in (-1, 1)])
    x, y, z = tips.T.astype(np.float32)
    assert (LIVER.depth(x, y, z) > 0).all()


_LIBRARIES = ("cc3d", "edt", "highdicom", "SimpleITK")
NEEDS = {FAST: ("cc3d", "edt"), NAMED: _LIBRARIES, GLUED: _LIBRARIES, STUDENT: ("skimage", "scipy")}


@pytest.mark.parametrize(
    "peer",
    [FAST, NAMED, GLUED, SHAPES, EXTRACTOR, STUDENT],
    ids=["pydicom", "libraries", "transforms", "pyradiomics", "extractor", "student"],
)
def test_peers_find_our_numbers_where_definitions_are_equal(peer: Job, folder: Path, ours: Found) -> None:
    for library in NEEDS.get(peer, ()):
        if importlib.util.find_spec(library) is None:
            _miss(f"{library} is not installed (make peers)")
    done = do(peer, folder / "study")
    if done is None:
        pytest.skip("pyradiomics is not installed (make peers); its build needs a compiler, so nothing depends on it")
    found = compare(ours, done[1], float(np.linalg.norm(SPACING_MM)))
    assert [each for each in found if not each.holds] == []
    assert [each.quantity for each in found if each.absent] == []
    assert _count(found, "volume_ml of all structures") == len(done[1]["structures"])
    assert _count(found, "surface_area_mm2") == SMALL.lesions


def test_a_number_that_differs_is_seen(folder: Path, ours: Found) -> None:
    theirs: Found = {"structures": {}, "study": {}, "lesions": {"lesion 1": dict(ours["lesions"]["lesion 1"])}}
    theirs["lesions"]["lesion 1"] = {"volume_ml": ours["lesions"]["lesion 1"]["volume_ml"] * 1.00001}
    (found,) = compare(ours, theirs, 1.0)
    assert not found.holds


def _count(found: list[Agreement], quantity: str) -> int:
    return next(each.numbers for each in found if each.quantity == quantity)


def _miss(reason: str) -> None:
    """Skip, but fail where the tool is one that continuous integration installs."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
