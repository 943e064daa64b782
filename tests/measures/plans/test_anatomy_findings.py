"""Odd anatomy is said or refused, and an ordinary liver is left in peace.

The ordinary one is the benchmark's: a bumpy liver in segments by the clock of its axis, with vessel trees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from benchmarks.lits_anatomy import LIVER, SEGMENTS, VESSELS
from benchmarks.lits_shapes import Solid
from pipeline.anatomy import Anatomy
from pipeline.lesion import Lesion, LesionStatus
from pipeline.measurement import Fact
from pipeline.measures.couinaud import divide_liver
from pipeline.measures.plans.anatomy_findings import OddAnatomy, check_anatomy
from pipeline.measures.plans.segment_order import _measure_borders
from pipeline.readers.clinical.fields import load_clinical_fields
from pipeline.resection import role_of_segment
from pipeline.settings import configs_folder, load_settings
from pipeline.structures import Role
from pipeline.volume import Geometry, Mask
from tests.phantoms import Box, make_grid, make_segments, make_study, subtract, unite
from tests.phantoms import sample as phantom

LIMITS = load_settings().anatomy_limits
RESECTIONS = load_clinical_fields(configs_folder() / "clinical.yaml").resections
GRID = make_grid((56, 66, 80), (3.0, 2.8, 2.6), center_mm=(-45.0, 5.0, 20.0))
VEINS = {
    Role.HEPATIC_VEIN_RIGHT: "hepatic vein right",
    Role.HEPATIC_VEIN_MIDDLE: "hepatic vein middle",
    Role.HEPATIC_VEIN_LEFT: "hepatic vein left",
    Role.IVC: "ivc",
}


def sample(solid: Solid) -> Mask:
    """Return the voxels of the grid whose centres lie in a solid of the benchmark."""
    at = [GRID.to_world(np.eye(3)[axis] * np.arange(n)[:, None])[:, 2 - axis] for axis, n in enumerate(GRID.shape)]
    z, y, x = (values.astype(np.float32) for values in at)
    return Mask.from_array(GRID, solid.contains(x[None, None], y[None, :, None], z[:, None, None]), (0, 0, 0))


@cache
def benchmark() -> tuple[Mask, Mapping[Role, Mask], Mapping[Role, Mask]]:
    """Return the liver, its segments and its veins."""
    segments = {role_of_segment(str(n)): sample(solid) for n, solid in SEGMENTS.items()}
    return sample(LIVER), segments, {role: sample(VESSELS[name]) for role, name in VEINS.items()}


def look(
    parts: Mapping[Role, Mask] | None = None,
    *,
    total: Mask | None = None,
    lesions: tuple[Lesion, ...] = (),
    facts: Mapping[str, object] | None = None,
    veins: Mapping[Role, Mask] | None = None,
    trusted: bool = False,
) -> OddAnatomy:
    whole, segments, usual = benchmark()
    whole = whole if total is None else total
    division = divide_liver(make_segments(segments if parts is None else parts), whole)
    study = make_study({Role.LIVER: whole, **(usual if veins is None else veins)})
    anatomy = Anatomy(whole, None, division.parts, parts_reason=division.reason)
    given = {name: Fact(name, value) for name, value in (facts or {}).items()}  # type: ignore[arg-type]
    return check_anatomy(study, anatomy, lesions, given, RESECTIONS, replace(LIMITS, trusted=trusted))


def codes(found: OddAnatomy) -> list[str]:
    return [finding.code for finding in found.findings]


def exchanged(first: str, second: str) -> dict[Role, Mask]:
    """Return the segments with two labels exchanged."""
    a, b = role_of_segment(first), role_of_segment(second)
    segments = dict(benchmark()[1])
    return {**segments, a: segments[b], b: segments[a]}


def flipped(mask: Mask) -> Mask:
    """Return a mask with right and left exchanged, on the same grid."""
    whole = np.zeros(GRID.shape, dtype=bool)
    whole[mask.box] = mask.voxels
    return Mask.from_array(GRID, whole[:, :, ::-1], (0, 0, 0))


def test_an_ordinary_liver_is_left_in_peace() -> None:
    assert look() == OddAnatomy()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("5", "8"),
        ("6", "7"),
        ("2", "3"),
        ("5", "6"),
        ("7", "8"),
        ("4", "5"),
        ("4", "8"),
        ("2", "7"),
        ("3", "6"),
        ("4", "7"),
    ],
)
def test_exchanged_labels_refuse_plans_by_segments(first: str, second: str) -> None:
    """Each pair that could be mistaken for one another; the message names at least one of the two."""
    found = look(exchanged(first, second))
    assert codes(found) == ["SEGMENT_ORDER"]
    assert (found.parts_reason or "").startswith("SEGMENT_ORDER: ")
    assert f"segment {first}" in found.findings[0].message or f"segment {second}" in found.findings[0].message


def test_a_mirrored_liver_is_refused_unless_its_masks_are_trusted() -> None:
    """Situs inversus: the finding stays, the plans are made."""
    whole, segments, _ = benchmark()
    mirrored = {role: flipped(mask) for role, mask in segments.items()}
    found = look(mirrored, total=flipped(whole), veins={})
    assert "segments 2, 3, 4 lie to the right of segments 5, 6, 7, 8" in (found.parts_reason or "")
    trusted = look(mirrored, total=flipped(whole), veins={}, trusted=True)
    assert (codes(trusted), trusted.parts_reason) == (["SEGMENT_ORDER"], None)
    assert "trust_masks is set" in trusted.findings[0].message


def test_exchanged_hemilivers_are_seen_and_right_ones_are_not() -> None:
    _, segments, _ = benchmark()
    right = unite(*(segments[role_of_segment(n)] for n in "5678"))
    left = unite(*(segments[role_of_segment(n)] for n in "1234"))
    assert look({Role.HEMILIVER_RIGHT: right, Role.HEMILIVER_LEFT: left}) == OddAnatomy()
    found = look({Role.HEMILIVER_RIGHT: left, Role.HEMILIVER_LEFT: right})
    assert "the left hemiliver lies to the right" in (found.parts_reason or "")


def test_a_missing_segment_names_what_it_blocks_and_that_the_liver_may_have_been_resected() -> None:
    """Without the posterior section, as after its resection: the rest fills the liver that is left."""
    _, segments, _ = benchmark()
    left = {role: mask for role, mask in segments.items() if role not in (Role.SEGMENT_6, Role.SEGMENT_7)}
    found = look(left, total=unite(*left.values()), veins={})
    assert codes(found) == ["SEGMENT_MISSING", "LIVER_RESECTED"]
    removing = [each for each in RESECTIONS.named.values() if {Role.SEGMENT_6, Role.SEGMENT_7} & set(each.removed)]
    assert f"{len(removing)} of the {len(RESECTIONS.named)} named resections" in found.findings[0].message
    assert found.parts_reason is None
    denied = look(left, total=unite(*left.values()), veins={}, facts={"prior_hepatectomy": False})
    assert codes(denied) == ["SEGMENT_MISSING"]


def test_an_earlier_resection_in_the_record_is_said() -> None:
    found = look(facts={"prior_hepatectomy": True})
    assert codes(found) == ["LIVER_RESECTED"]
    assert "as it is now" in found.findings[0].message


def test_segments_that_should_touch_and_do_not_are_said_and_refuse_nothing() -> None:
    """A slab of the liver drawn as segment 1 along the plane of the right hepatic vein."""
    whole, segments, _ = benchmark()
    index = np.argwhere(whole.voxels) + np.array(whole.offset)
    x, y, _ = whole.grid.to_world(index.astype(float)).T
    near = (np.abs(y + 5) < 6) & (x < -40)
    voxels = np.zeros(GRID.shape, dtype=bool)
    voxels[tuple(index[near].T)] = True
    wall = Mask.from_array(GRID, voxels, (0, 0, 0))
    walled = {role: subtract(mask, wall) for role, mask in segments.items()}
    found = look({**walled, Role.SEGMENT_1: unite(segments[Role.SEGMENT_1], wall)}, veins={})
    assert codes(found) == ["SEGMENT_ORDER"]
    assert "segments 5, 6 lie side by side and do not touch; segments 7, 8 lie" in found.findings[0].message
    assert found.parts_reason is None


def test_a_lesion_across_four_segments_is_named() -> None:
    _, segments, _ = benchmark()
    four = [segments[role_of_segment(n)] for n in ("4", "5", "6", "8")]
    drops = unite(*(Mask.from_array(GRID, _corner(mask), (0, 0, 0)) for mask in four))
    wide = Lesion("L1", LesionStatus.INTRAHEPATIC, drops, "lesion")
    found = look(lesions=(wide, replace(wide, id="L2", mask=four[0])))
    assert codes(found) == ["LESION_WIDE"]
    assert "Lesion L1 lies across segments 4, 5, 6, 8" in found.findings[0].message


def _corner(mask: Mask) -> np.ndarray:
    """Return the first hundred voxels of a mask."""
    found = np.zeros(GRID.shape, dtype=bool)
    found[tuple((np.argwhere(mask.voxels)[:100] + np.array(mask.offset)).T)] = True
    return found


def test_a_vein_in_pieces_leaves_the_outflow_unknown() -> None:
    _, _, usual = benchmark()
    vein = usual[Role.HEPATIC_VEIN_RIGHT]
    far = Box((9.0, 9.0, 24.0), (-95.0, 20.0, 0.0))
    apart = unite(vein, phantom(far, GRID))
    found = look(veins={**usual, Role.HEPATIC_VEIN_RIGHT: apart})
    assert codes(found) == ["VEIN_ACCESSORY"]
    assert "the right hepatic vein is drawn in 2 pieces" in (found.outflow_reason or "")


@pytest.mark.parametrize(("mouths", "said"), [(3, []), (4, ["VEIN_ACCESSORY"])])
def test_more_than_three_mouths_into_the_vena_cava_are_said(mouths: int, said: list[str]) -> None:
    """Square ducts of 14 mm that end at a square cava, 30 mm above each other."""
    cava = phantom(Box((20.0, 20.0, 160.0), (-45.0, 70.0, 20.0)), GRID)
    ducts = [phantom(Box((14.0, 40.0, 14.0), (-45.0, 40.0, -30.0 + 30 * n)), GRID) for n in range(mouths)]
    found = look(veins={Role.HEPATIC_VEIN: unite(*ducts), Role.IVC: cava})
    assert codes(found) == said


def test_borders_are_measured_as_the_faces_between_masks() -> None:
    """Two boxes side by side along each axis: the area of the cut, and none with what only meets in a line."""
    grid: Geometry = make_grid((12, 14, 16), (3.0, 2.0, 1.5))
    labels = np.zeros(grid.shape, dtype=int)
    labels[:6, :7], labels[6:, :7], labels[:6, 7:], labels[6:, 7:] = 1, 2, 3, 4
    masks = [Mask.from_array(grid, labels == n, (0, 0, 0)) for n in (1, 2, 3, 4)]
    areas = _measure_borders(masks, unite(*masks))
    assert areas[0, 1] == pytest.approx(7 * 2.0 * 16 * 1.5)
    assert areas[0, 2] == pytest.approx(6 * 3.0 * 16 * 1.5)
    assert areas[0, 3] == areas[1, 2] == 0
