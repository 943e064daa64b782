"""Masks that fall apart: noise is refused before it is looked at piece by piece, many real lesions are not."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.lesion import StudyMeasurements
from pipeline.measures import candidates, components, key_images
from pipeline.measures.candidates import find_candidates
from pipeline.measures.study import measure_study
from pipeline.structures import Role
from pipeline.study import ClinicalRecord, LesionUnit
from pipeline.volume import Image, Mask
from tests.phantoms import make_grid, make_segments, make_study

GRID = make_grid((40, 64, 64))
LESS = (
    "lesion_count",
    "largest_diameter_mm",
    "total_lesion_volume_ml",
    "total_liver_volume_ml",
    "tumour_burden_percent",
)


def measured(*lesions: np.ndarray) -> StudyMeasurements:
    whole = np.zeros(GRID.shape, dtype=np.bool_)
    whole[1:-1, 1:-1, 1:-1] = True
    masks = {Role.LIVER: Mask.from_array(GRID, whole), Role.LESION: [Mask.from_array(GRID, each) for each in lesions]}
    return measure_study(
        make_study(masks),
        ClinicalRecord(),
        min_lesion_mm=3.0,
        connectivity=26,
        bsa_formula="mosteller",
        etlv_formula="urata",
    )


def cubes(step: int, size: int) -> tuple[np.ndarray, int]:
    """Return cubes of voxels that do not touch, and how many they are."""
    array = np.zeros(GRID.shape, dtype=np.bool_)
    places = [place for place in np.ndindex(*GRID.shape) if all(start % step == 2 for start in place)]
    held = [place for place in places if all(a + size < n for a, n in zip(place, GRID.shape, strict=True))]
    for a, b, c in held:
        array[a : a + size, b : b + size, c : c + size] = True
    return array, len(held)


@pytest.mark.hazard("M24")
@pytest.mark.parametrize("kind", ["noise", "chessboard", "cubes"])
def test_noise_is_no_lesions_and_no_liver_is_published_without_them(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Single voxels, a chessboard (one component of 26 neighbours), too many cubes: no piece is looked at."""
    noise = np.random.default_rng(0).random(GRID.shape) < 0.1
    array = {"noise": noise, "chessboard": np.indices(GRID.shape).sum(axis=0) % 2 == 0, "cubes": cubes(3, 2)[0]}[kind]
    monkeypatch.setattr(components, "_part", lambda *_: pytest.fail("a component was looked at"))
    monkeypatch.setattr(candidates, "MAX_COMPONENTS", 1000)
    found = measured(array)
    assert not found.lesions
    assert not found.lesions_known
    for name in LESS:
        assert found.measurements[name].value is None
        assert (found.measurements[name].reason or "").startswith("LESION_MANY: ")
    assert found.facts["lesion_state"].value == "too_many"
    assert [finding.code for finding in found.findings] == ["LESION_MANY"]
    assert found.structure_volumes[0].value is not None


@pytest.mark.hazard("M24")
def test_limits_are_those_that_are_stated() -> None:
    """As many as allowed are found one by one; one more and none is. Segments count together."""
    array, count = cubes(5, 3)
    array[5:], count = False, count // len(range(2, GRID.shape[0] - 3, 5))
    halves = [array.copy(), array.copy()]
    halves[0][:, 30:], halves[1][:, :30] = False, False
    segments = make_segments({Role.LESION: [Mask.from_array(GRID, each) for each in halves]})
    for name, limit, kept in (
        ("MAX_COMPONENTS", count, True),
        ("MAX_COMPONENTS", count - 1, False),
        ("MAX_LESIONS", count, True),
        ("MAX_LESIONS", count - 1, False),
        ("MAX_BOX_VOXELS", 27 * count, True),
        ("MAX_BOX_VOXELS", 27 * count - 1, False),
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(candidates, name, limit)
            found = find_candidates(segments, LesionUnit.COMPONENT, min_lesion_mm=1.0, connectivity=26)
        assert (len(found.lesions), found.reason is None) == ((count, True) if kept else (0, False))


def test_what_lies_outside_a_picture_costs_nothing_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 100 lesions in 100 places only those of the slice are drawn on its plane, and all of these are."""
    asked: list[Mask] = []
    look_up = key_images._look_up
    monkeypatch.setattr(key_images, "_look_up", lambda *given: asked.append(given[2]) or look_up(*given))
    balls = [np.zeros(GRID.shape, dtype=np.bool_) for _ in range(12)]
    for number, ball in enumerate(balls):
        ball[3 + 3 * (number // 2) : 5 + 3 * (number // 2), 20 + 20 * (number % 2) : 26 + 20 * (number % 2), 20:26] = (
            True
        )
    found = measured(*balls)
    study = make_study({Role.LESION: [lesion.mask for lesion in found.lesions]})
    drawn = key_images.draw_key_images(
        study,
        found,
        lambda box: Image(GRID.crop(box), box, np.zeros([p.stop - p.start for p in box], dtype=np.float32)),
    )
    assert len(drawn) == 12
    assert all(len(next(o for o in picture.outlines if o.role == "other_lesion").contours) == 1 for picture in drawn)
    assert len(asked) == 12 * 2
