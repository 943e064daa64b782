"""A mask that is not that of the liver in its image is found; one that is, is left in peace.

Randomised abdomens (``tests/forensic_phantoms.py``). The full run over 100 of them is ``make forensics``, its table
``docs/forensics.md``.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from pipeline.geometry import Geometry
from pipeline.measures.forensics import check_liver, check_masks
from pipeline.measures.forensics.outline import find_steps
from pipeline.settings import load_settings
from pipeline.structures import Role
from pipeline.study import Finding, Identity, Segment, Severity, Study
from pipeline.volume import Box, Image, Mask
from tests.forensic_faults import FAULTS, Fault, clean_masks
from tests.forensic_phantoms import Abdomen, draw_abdomen
from tests.forensic_rates import find_codes, load_real, try_abdomen

SEEDS = tuple(range(5))
LEAST_FOUND = 4
"""Of five: a fault found in 95 of 100 is found in four or five of five with a chance of 0.98; the seeds are fixed."""
LIMITS = load_settings().forensic_limits


@cache
def abdomen(seed: int) -> Abdomen:
    return draw_abdomen(seed, slices_mm=(5.0,))


@pytest.mark.hazard("M21")
@pytest.mark.hazard("G21")
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_a_fault_at_its_stated_magnitude_is_found(fault: Fault) -> None:
    """In randomised abdomens each fault gives its own code."""
    rng = np.random.default_rng(11)
    found = [
        bool(find_codes(*fault.spoil(abdomen(seed), abdomen(seed).liver, rng), "CT") & set(fault.codes))
        for seed in SEEDS
    ]
    assert sum(found) >= LEAST_FOUND, found


@pytest.mark.hazard("M21")
@pytest.mark.parametrize("seed", [50, 51])
def test_a_mask_that_lies_centimetres_inside_is_of_another_liver(seed: int) -> None:
    """A mask whose whole outline runs 8 mm inside the liver is taken for another patient's, not for a shifted one."""
    a = abdomen(seed)
    assert "MASK_OTHER_PATIENT" in find_codes(a, a.mask(a.distance > 8.0), "CT")


def test_correct_masks_are_not_doubted() -> None:
    """Exact masks, and masks of another observer who wanders by a voxel, give no warning of any code."""
    told = {
        (seed, name): codes
        for seed in SEEDS
        for name, liver in clean_masks(abdomen(seed))
        if (codes := find_codes(abdomen(seed), abdomen(seed).mask(liver), "CT"))
    }
    assert told == {}


def test_masks_of_mr_images_are_checked_without_hounsfield_units() -> None:
    """In MR a mirrored mask is found and a correct one is not doubted, whatever its units."""
    mr = draw_abdomen(3, "MR", slices_mm=(5.0,))
    assert find_codes(mr, mr.mask(mr.liver), "MR") == set()
    assert find_codes(mr, mr.mask(mr.liver), "unknown") == set()
    assert "MASK_MIRRORED" in find_codes(mr, mr.mask(mr.liver[:, :, ::-1]), "MR")


@pytest.mark.hazard("M21")
def test_faults_are_found_in_a_real_scan() -> None:
    """A real CT of 3 mm with its real mask: nothing is said of the mask as it is, and its faults are found.

    No lung is in this scan, and its liver lies against ribs behind muscle as bright as itself.
    """
    rows = try_abdomen(load_real(), 4, "CT", cleans=False)
    assert rows[0][2:] == (False, "")
    assert [name for _, name, found, _ in rows[1:] if not found] == []


@pytest.mark.parametrize("axis", [1, 2], ids=["front-or-back", "left-or-right"])
@pytest.mark.parametrize("voxels", [-0.5, 0.5])
def test_half_a_pixel_is_found_in_a_real_scan_in_either_direction(axis: int, voxels: float) -> None:
    """Ribs behind muscle that is as bright as the liver do not hide which way its mask lies off."""
    real = load_real()
    affine = real.grid.affine.copy()
    affine[:3, 3] += voxels * affine[:3, axis]
    drawn = real.mask(real.liver)
    moved = Mask(Geometry(real.grid.shape, affine), drawn.offset, drawn.voxels)
    assert find_codes(real, moved, "CT") == {"MASK_SHIFTED"}


def test_a_real_mr_is_not_doubted_and_its_mirrored_mask_is() -> None:
    """A real MR with few edges: a mirrored mask lies on the wrong side of the body."""
    real = load_real("MR")
    assert find_codes(real, real.mask(real.liver), "MR") == set()
    assert "MASK_MIRRORED" in find_codes(real, real.mask(real.liver[:, :, ::-1]), "MR")


def test_a_finding_says_what_was_seen_where_and_how_much_is_at_stake() -> None:
    """A shift names its size and direction, carries its volume, and touches the numbers it endangers."""
    a = abdomen(0)
    moved = np.roll(a.liver, 2, axis=0)
    findings = check_liver(a.mask(moved), a.image(), a.read, LIMITS)
    shift = next(finding for finding in findings if finding.code == "MASK_SHIFTED")
    assert "too far to the head" in shift.message
    assert shift.severity is Severity.WARNING
    assert "total_liver_volume_ml" in shift.touches
    area = float(np.count_nonzero(a.liver.any(axis=0))) * a.spacing[1] * a.spacing[2]
    assert shift.at_stake_ml == pytest.approx(2 * a.spacing[0] * area / 1000, rel=0.35)


def test_nothing_is_read_but_slices_near_the_mask() -> None:
    """A mask that fits costs the slices it lies on and a margin of 16 mm."""
    a = abdomen(1)
    asked: list[Box] = []

    def read(box: Box) -> Image:
        asked.append(box)
        return a.read(box)

    check_liver(a.mask(a.liver), a.image(), read, LIMITS)
    used = np.flatnonzero(a.liver.any(axis=(1, 2)))
    margin = int(16 / a.spacing[0]) + 2
    assert len(asked) == 1
    assert asked[0][0].start >= used[0] - margin
    assert asked[0][0].stop <= used[-1] + 1 + margin


def test_what_cannot_be_checked_is_said() -> None:
    """Without a liver mask, and with too thin a one, a note says so; no warning is given."""
    a = abdomen(1)
    liver = Segment(Role.LIVER, "liver", a.mask(a.liver))
    thin = a.liver.copy()
    thin[: int(np.argmax(a.liver.sum(axis=(1, 2))))] = False
    thin[int(np.argmax(a.liver.sum(axis=(1, 2)))) + 2 :] = False
    for segments in ((), (Segment(Role.LIVER, "liver", a.mask(thin)),)):
        assert [(f.code, f.severity) for f in _check(a, segments)] == [("MASK_UNCHECKED", Severity.INFO)]
    assert _check(a, (liver,)) == ()


def test_a_liver_mask_without_its_tumours_is_taken_with_them() -> None:
    """Holes where tumours are drawn apart are not specks, nor edges that are missed."""
    a = abdomen(2)
    places = np.argwhere(a.distance > 8)[::4000][:12]
    lesions = np.zeros_like(a.liver)
    for z, y, x in places:
        lesions[z, y : y + 4, x : x + 4] = True
    segments = (
        Segment(Role.LIVER, "liver", a.mask(a.liver & ~lesions)),
        Segment(Role.LESION, "tumour", a.mask(lesions & a.liver)),
    )
    assert _check(a, segments) == ()


def _check(a: Abdomen, segments: tuple[Segment, ...]) -> tuple[Finding, ...]:
    study = Study("k", "", Identity(), a.image(), "", ("m",), segments)
    return check_masks(study, a.read, LIMITS)


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_steps_name_the_size_of_the_blocks(factor: int) -> None:
    """A ball enlarged by whole numbers along one axis shows steps of that many voxels there, and nowhere else."""
    z, y, x = np.mgrid[-30:30, -30:30, -30:30]
    ball = (z**2 + y**2 + x**2 < 27**2).repeat(factor, axis=1)
    grid = Geometry((60, 60 * factor, 60), np.array([[0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1.0]]))
    steps = find_steps(Mask.from_array(grid, ball))
    assert [each.axis for each in steps] == [1]
    assert steps[0].factor == pytest.approx(factor, rel=0.1)
