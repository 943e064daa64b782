"""The liver in its Couinaud segments: every voxel in exactly one, whatever the drawn segments leave out or share."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.measures.couinaud import Division, divide_liver
from pipeline.measures.couinaud_findings import check_division
from pipeline.measures.volumes import mask_volume_ml
from pipeline.structures import COUINAUD, Role
from pipeline.volume import Mask, ShareKind
from tests.measures.test_study import GRID, codes, measure, reasons
from tests.phantoms import (
    GRIDS,
    Ellipsoid,
    empty,
    make_grid,
    make_segments,
    make_study,
    sample,
    sphere,
    subtract,
    unite,
)

WHOLE = tuple(role for role in COUINAUD if role not in (Role.SEGMENT_4A, Role.SEGMENT_4B))
VOLUMES = tuple(f"{role.value}_volume_ml" for role in WHOLE)


def octants(whole: Mask, center_mm: tuple[float, float, float] = (0, 0, 0)) -> dict[Role, Mask]:
    """Cut a body in eight by its middle planes: x, y, z of the patient, as numbers 1 to 8."""
    index = np.argwhere(whole.voxels)
    sides = whole.grid.to_world((index + np.array(whole.offset)).astype(float)) > np.array(center_mm)
    number = sides @ np.array([1, 2, 4])
    parts: dict[Role, Mask] = {}
    for place, role in enumerate(WHOLE):
        voxels = np.zeros_like(whole.voxels)
        voxels[tuple(index[number == place].T)] = True
        parts[role] = Mask.from_array(whole.grid, voxels, whole.offset)
    return parts


def divide(total: Mask, parts: Mapping[Role, Mask]) -> Division:
    return divide_liver(make_segments(parts), total)


def brute_force(total: Mask, parts: Mapping[Role, Mask]) -> NDArray[np.int64]:
    """Return for each voxel of the liver, in C order, the number of its segment, by all distances."""
    index = np.argwhere(total.voxels) + np.array(total.offset)
    owner = np.full(len(index), -1)
    for number, mask in reversed(list(enumerate(parts.values()))):
        owner[mask.are_set(index)] = number
    world = total.grid.to_world(index.astype(float))
    known = owner >= 0
    for place in np.flatnonzero(~known):
        squared = ((world[known] - world[place]) ** 2).sum(axis=1)
        owner[place] = owner[known][squared <= squared.min() * (1 + 1e-9)].min()
    return owner


SMALL = {
    "isotropic": make_grid((14, 14, 14), (3.0, 3.0, 3.0)),
    "anisotropic": make_grid((9, 22, 20), (5.0, 1.8, 2.0)),
    "sheared": make_grid((13, 20, 19), (3.0, 2.0, 2.1), tilt_degrees=15),
    "uneven": make_grid((14, 20, 20), (2.7, 2.0, 2.0), uneven=0.09),
}


@settings(max_examples=25, deadline=None)
@given(name=st.sampled_from(list(SMALL)), seed=st.integers(0, 2**32 - 1), lost=st.floats(0, 0.09), flip=st.booleans())
def test_parts_add_up_to_the_voxel(name: str, seed: int, lost: float, flip: bool) -> None:
    """Voxels taken out of segments at random, others drawn twice: disjoint, complete, as all distances say."""
    grid, chance = SMALL[name], np.random.default_rng(seed)
    total = sample(sphere(17.0), grid)
    drawn = octants(total)
    whole = {}
    gone = chance.random(total.voxels.shape) < lost
    for role, mask in drawn.items():
        extra = total.voxels & (chance.random(total.voxels.shape) < 0.005)
        whole[role] = Mask.from_array(grid, (mask.within(total.box) & ~gone) | extra, total.offset)
    given_parts = dict(reversed(whole.items())) if flip else whole
    found = divide(total, given_parts)
    if found.reason is not None:
        assert found.reason.startswith(("SEGMENT_GAP", "SEGMENT_OVERLAP"))
        return
    assert sum(part.count for part in found.parts.values()) == total.count
    assert unite(*found.parts.values()).count == total.count
    index = np.argwhere(total.voxels) + np.array(total.offset)
    expected = brute_force(total, whole)
    for number, role in enumerate(WHOLE):
        assert (found.parts[role].are_set(index) == (expected == number)).all()
    assert sum(map(mask_volume_ml, found.parts.values())) == pytest.approx(mask_volume_ml(total), rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), kind=st.sampled_from([ShareKind.POLYGONS, ShareKind.FRACTIONS]))
def test_parts_add_up_with_shares_of_voxels(seed: int, kind: ShareKind) -> None:
    """Contours and occupancies: each share of the liver lies in exactly one part."""
    grid, chance = SMALL["anisotropic"], np.random.default_rng(seed)
    body = sample(sphere(16.0), grid)
    shares = np.zeros(grid.shape)
    shares[body.box] = body.voxels
    near = np.zeros(grid.shape, dtype=bool)
    near[1:-1, 1:-1, 1:-1] = True
    shares = np.clip(shares + near * chance.normal(0, 0.2, grid.shape) * (np.abs(shares - 0.5) <= 0.5), 0, 1)
    shares[~near] = 0
    total = Mask.from_shares(grid, shares, kind=kind)
    found = divide(total, octants(Mask.from_array(grid, total.within(body.box) & body.voxels, body.offset)))
    if found.reason is None:
        parts = list(found.parts.values())
        assert sum(part.count for part in parts) == total.count
        assert sum(map(mask_volume_ml, parts)) == pytest.approx(mask_volume_ml(total), rel=1e-12)
    else:
        assert found.reason.startswith("SEGMENT_GAP")


@pytest.mark.parametrize("name", list(GRIDS))
def test_octants_of_an_ellipsoid_have_an_eighth_each(name: str) -> None:
    """By closed form, on every kind of grid, inside each interval; the sum is the total liver volume."""
    grid = GRIDS[name]
    body = Ellipsoid((24.0, 21.0, 18.0))
    whole = sample(body, grid)
    measured = measure(make_study({Role.LIVER: whole, Role.LESION: empty(grid), **octants(whole)})).measurements
    eighth = body.volume_mm3 / 8000
    for volume in VOLUMES:
        found = measured[volume]
        assert found.value is not None
        assert found.low is not None
        assert found.high is not None
        assert found.low < eighth < found.high
        assert found.value == pytest.approx(eighth, rel=0.08)
    total = measured["total_liver_volume_ml"].value
    assert sum(measured[name].value or 0 for name in VOLUMES) == pytest.approx(total, rel=1e-12)


def test_lesions_that_segments_leave_out_are_given_to_the_nearest_one_and_flagged() -> None:
    """Segments drawn without a tumour: its voxels count for the segment round it, and the finding says so."""
    whole = sample(Ellipsoid((45.0, 40.0, 32.0)), GRID)
    spot = sample(sphere(10.0, (-20.0, -18.0, -14.0)), GRID)
    parts = {role: subtract(mask, spot) for role, mask in octants(whole).items()}
    measured = measure(make_study({Role.LIVER: whole, Role.LESION: spot, **parts}))
    found = measured.measurements[VOLUMES[0]]
    assert found.value == pytest.approx(mask_volume_ml(parts[Role.SEGMENT_1]) + mask_volume_ml(spot), rel=1e-9)
    assert "SEGMENT_GAP" in found.flags


@pytest.mark.parametrize(
    ("radius", "code", "used"), [(17.0, "", True), (16.9, "SEGMENT_GAP", True), (15.5, "SEGMENT_GAP", False)]
)
def test_gaps_are_flagged_above_1_and_refused_above_10_percent(radius: float, code: str, used: bool) -> None:
    """A liver of 17 mm whose segments end earlier."""
    grid = make_grid((90, 90, 90), (0.45, 0.45, 0.45))
    total, drawn = sample(sphere(17.0), grid), octants(sample(sphere(radius), grid))
    found = divide(total, drawn)
    assert found.gaps == pytest.approx(1 - (radius / 17) ** 3, abs=0.006)
    assert (found.reason is None) == used
    assert {each.code for each in check_division(found, ())} == ({code} if code and used else set())
    if not used:
        assert (found.reason or "").startswith(code)


def test_segments_beyond_the_liver_are_cut_and_refused() -> None:
    """Up to 10 % of them."""
    grid = make_grid((70, 70, 70), (0.6, 0.6, 0.6))
    little, much = (octants(sample(sphere(radius), grid)) for radius in (17.3, 18.0))
    total = sample(sphere(17.0), grid)
    found = divide(total, little)
    assert sum(part.count for part in found.parts.values()) == total.count
    assert {each.code for each in check_division(found, ())} == {"SEGMENT_OUTSIDE"}
    assert (divide(total, much).reason or "").startswith("SEGMENT_OUTSIDE")


def halves_of(mask: Mask) -> dict[Role, Mask]:
    slices = mask.voxels.shape[0] // 2
    upper = mask.voxels.copy()
    upper[:slices] = False
    top = Mask.from_array(mask.grid, upper, mask.offset)
    return {Role.SEGMENT_4A: top, Role.SEGMENT_4B: subtract(mask, top)}


def test_segment_4_is_its_two_halves() -> None:
    """Given as 4a and 4b, with or without 4: the sum of 1 to 8 stays the liver, both halves are given beside it."""
    grid = GRIDS["anisotropic"]
    whole = sample(sphere(22.0), grid)
    parts = octants(whole)
    halves = halves_of(parts[Role.SEGMENT_4])
    fourth = mask_volume_ml(parts[Role.SEGMENT_4])
    rest: dict[Role, Mask] = {role: mask for role, mask in parts.items() if role is not Role.SEGMENT_4}
    for given_parts in ({**rest, **halves}, {**parts, **halves}):
        found = measure(make_study({Role.LIVER: whole, Role.LESION: empty(grid), **given_parts})).measurements
        assert found["segment_4_volume_ml"].value == pytest.approx(fourth)
        assert found["segment_4a_volume_ml"].value == pytest.approx(mask_volume_ml(halves[Role.SEGMENT_4A]))
        assert sum(found[name].value or 0 for name in VOLUMES) == pytest.approx(mask_volume_ml(whole))
    one: dict[Role, Mask] = {**rest, Role.SEGMENT_4A: halves[Role.SEGMENT_4A]}
    assert (divide(whole, one).reason or "").startswith("NO_SEGMENTS: of segment 4 only segment 4a")
    joined = divide(whole, {**one, Role.SEGMENT_4: parts[Role.SEGMENT_4]})
    assert joined.parts[Role.SEGMENT_4].count == parts[Role.SEGMENT_4].count
    assert Role.SEGMENT_4A not in joined.parts


@pytest.mark.parametrize("case", ["none", "no liver", "other grid", "one lacks"])
def test_what_is_not_given_has_a_reason(case: str) -> None:
    """Never 0 mL."""
    whole = sample(sphere(22.0), GRID)
    parts = octants(whole)
    masks: dict[Role, Mask] = {Role.LIVER: whole, Role.LESION: empty(GRID), **parts}
    if case == "none":
        masks = {Role.LIVER: whole, Role.LESION: empty(GRID)}
    elif case == "no liver":
        masks.pop(Role.LIVER)
    elif case == "other grid":
        masks |= octants(sample(sphere(22.0), make_grid((44, 140, 140), (2.0, 0.9, 0.9))))
    else:
        masks[Role.SEGMENT_1] = empty(GRID)
    measured = measure(make_study(masks, grid=GRID))
    expected = {"none": "NO_SEGMENTS", "no liver": "NO_LIVER", "other grid": "GRID_OTHER", "one lacks": "SEGMENT_GAP"}
    assert reasons(measured, *VOLUMES) == {expected[case]}


def test_in_a_liver_cut_by_the_scan_whole_segments_are_measured() -> None:
    """Those at the border have no volume."""
    grid = make_grid((16, 90, 90), (2.0, 0.8, 0.8))
    whole = sample(sphere(20.0, (0.0, 0.0, 8.0)), grid)
    center = (0.0, 0.0, 0.0)
    measured = measure(
        make_study({Role.LIVER: whole, Role.LESION: sample(sphere(6.0), grid), **octants(whole, center)})
    )
    found = {name: measured.measurements[name] for name in VOLUMES}
    assert all(found[name].value is not None for name in VOLUMES[:4])
    assert reasons(measured, *VOLUMES[4:], "total_liver_volume_ml") == {"FOV_CUT"}
    assert "FOV_CUT" in codes(measured)
