"""Diameters against closed forms, published values and other libraries, through every kind of grid."""

from __future__ import annotations

import csv
from itertools import permutations, product
from pathlib import Path

import nibabel
import nrrd
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import regionprops

from pipeline.measures.diameters import Chord, find_3d_diameter, find_axial_diameters
from pipeline.measures.uncertainty import diameter_interval
from pipeline.measures.volumes import mask_volume_ml
from pipeline.volume import Geometry, Mask
from tests.phantoms import (
    CANONICAL_AXES,
    GRIDS,
    OBLIQUE,
    Box,
    Cylinder,
    Ellipsoid,
    Shell,
    make_grid,
    rotation_about,
    sample,
    sphere,
    touching_spheres,
)

DATA = Path(__file__).parent.parent / "data"
TURNED = rotation_about((0.3, 1, 0.2), 35)
SHAPES = {
    "sphere": sphere(15.0, (1.3, -0.4, 0.7)),
    "long ellipsoid": Ellipsoid((20.0, 9.0, 12.0), (0.6, 0.2, -1.1)),
    "turned ellipsoid": Ellipsoid((20.0, 9.0, 12.0), (0.6, 0.2, -1.1), TURNED),
    "flat ellipsoid": Ellipsoid((18.0, 17.0, 7.0), (-0.2, 0.9, 0.3)),
}


def holds(grid: Geometry, chord: Chord, truth: float) -> bool:
    interval = diameter_interval(grid, chord)
    return interval.low <= truth <= interval.high


@pytest.mark.hazard("M26")
@pytest.mark.hazard("G10")
@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS.keys())
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_diameters_of_an_ellipsoid_lie_within_a_voxel_of_the_formula(shape: Ellipsoid, grid: Geometry) -> None:
    """Longest, short and 3D diameter agree with the ellipsoid's formulas, and their intervals hold them."""
    mask = sample(shape, grid)
    long, short = find_axial_diameters(mask)
    in_space = find_3d_diameter(mask)
    truth = (*shape.plane_diameters_mm(grid.plane_normal), shape.max_3d_mm)
    voxel = float(grid.spacing_mm.max())
    assert [long.length_mm, in_space.length_mm] == pytest.approx([truth[0], truth[2]], abs=voxel)
    assert short.length_mm == pytest.approx(truth[1], abs=1.5 * voxel)
    assert holds(grid, long, truth[0])
    assert holds(grid, in_space, truth[2])
    assert long.direction @ short.direction == pytest.approx(0, abs=1e-9)


@pytest.mark.hazard("M26")
@pytest.mark.parametrize(
    ("shape", "longest", "short", "in_space"),
    [
        (Shell(15, 9), 30.0, 30.0, 30.0),
        (Cylinder(15, 12, inner_mm=8), 30.0, 30.0, np.hypot(30, 12)),
        (Cylinder(15, 12, inner_mm=8, open_degrees=90), 30.0, None, np.hypot(30, 12)),
        (touching_spheres(8), 32.0, 16.0, 32.0),
        (touching_spheres(8, (0, 0, 1)), 16.0, 16.0, 32.0),
    ],
    ids=["shell", "ring", "C-shape", "touching spheres", "touching spheres above each other"],
)
def test_holes_and_hollows_do_not_shorten_a_diameter(
    shape: Shell | Cylinder, longest: float, short: float | None, in_space: float
) -> None:
    """A chord may cross a hole or leave a concave lesion: the outer contour counts."""
    mask = sample(shape, make_grid((64, 64, 64), center_mm=(0.3, 0.2, 0.1)))
    found = find_axial_diameters(mask)
    assert found[0].length_mm == pytest.approx(longest, abs=1.2)
    assert find_3d_diameter(mask).length_mm == pytest.approx(in_space, abs=1.2)
    if short is not None:
        assert found[1].length_mm == pytest.approx(short, abs=1.2)


@pytest.mark.hazard("M26")
def test_the_box_that_has_three_maximum_diameters() -> None:
    """30 x 20 x 10 mm: scikit-image's half-level surface is ours, SimpleITK joins centres; corners lie wider."""
    mask = sample(Box((30, 20, 10)), make_grid())
    image = mask.voxels.astype(np.uint8)
    between_centres = sitk.LabelShapeStatisticsImageFilter()
    between_centres.ComputeFeretDiameterOn()
    between_centres.Execute(sitk.GetImageFromArray(image))
    ours = find_3d_diameter(mask).length_mm
    assert ours == pytest.approx(regionprops(image)[0].feret_diameter_max)
    assert between_centres.GetFeretDiameter(1) == pytest.approx(np.sqrt(29**2 + 19**2 + 9**2))
    assert between_centres.GetFeretDiameter(1) < ours < np.sqrt(30**2 + 20**2 + 10**2)
    assert find_axial_diameters(mask)[0].length_mm == pytest.approx(regionprops(image[0])[0].feret_diameter_max)


@pytest.mark.parametrize("size", [(30, 20, 10), (16, 16, 8), (40, 6, 12)], ids=str)
def test_short_diameter_of_a_box_is_the_chord_across_its_diagonal(size: tuple[float, float, float]) -> None:
    """The longest chord perpendicular to the diagonal of a rectangle has a closed form."""
    box = Box(size)
    long, short = find_axial_diameters(sample(box, make_grid((48, 160, 160), (1.0, 0.4, 0.4))))
    assert (long.length_mm, short.length_mm) == pytest.approx(box.axial_diameters_mm, abs=0.4)


@pytest.mark.hazard("G15")
@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
@pytest.mark.parametrize("signs", list(product((1, -1), repeat=3)), ids=str)
def test_stored_order_and_direction_of_the_axes_change_nothing(
    order: tuple[int, int, int], signs: tuple[int, int, int]
) -> None:
    """All 48 signed permutations of image and mask give the same diameters, end points and volume."""
    shape = Ellipsoid((14.0, 8.0, 10.0), (2.3, 1.1, -0.9), rotation_about((0, 0, 1), 25))
    spacing, counts = np.array([2.0, 0.8, 1.1]), np.array([24, 56, 44])
    axes = CANONICAL_AXES[list(order)] * np.array(signs)[:, None]
    size, steps = counts[list(order)], spacing[list(order)]
    stored = make_grid(tuple(size), tuple(steps), axes=axes, slice_axis=order.index(0))
    plain = sample(shape, make_grid(tuple(counts), tuple(spacing)))
    mask = sample(shape, stored)
    assert mask_volume_ml(mask) == pytest.approx(mask_volume_ml(plain), rel=1e-9)
    for one, other in zip(find_axial_diameters(mask), find_axial_diameters(plain), strict=True):
        assert one.ends_mm == pytest.approx(other.ends_mm, abs=1e-6)
    assert find_3d_diameter(mask).ends_mm == pytest.approx(find_3d_diameter(plain).ends_mm, abs=1e-6)


@pytest.mark.hazard("G15")
def test_turning_patient_and_grid_together_changes_no_diameter() -> None:
    """Rotated by up to 20 degrees together, mask and grid give the same axial and 3D diameters."""
    flat = sample(Ellipsoid((14.0, 8.0, 10.0), (2.0, 1.0, 0.5)), make_grid((24, 64, 64), (1.9, 0.7, 0.7)))
    turned = Mask(make_grid((24, 64, 64), (1.9, 0.7, 0.7), rotation=OBLIQUE), flat.offset, flat.voxels)
    lengths = [[chord.length_mm for chord in (*find_axial_diameters(m), find_3d_diameter(m))] for m in (flat, turned)]
    assert lengths[0] == pytest.approx(lengths[1], rel=1e-9)


def test_equally_long_chords_prefer_the_larger_short_diameter_then_the_head() -> None:
    """Of two equal planes the head-ward one is taken; of two equal chords the one with the longer short diameter."""
    grid = make_grid((5, 20, 20))
    array = np.zeros(grid.shape, dtype=bool)
    array[1:4, 5:15, 6:12] = True
    array[1, 9, 6:12] = False
    long, _ = find_axial_diameters(Mask.from_array(grid, array))
    assert long.plane == 3
    cross = np.zeros(grid.shape, dtype=bool)
    cross[2, 9, 2:17] = True
    cross[2, 2:17, 9] = True
    cross[2, 8:11, 4] = True
    long, short = find_axial_diameters(Mask.from_array(grid, cross))
    assert short.length_mm == pytest.approx(15.0)


@pytest.mark.hazard("M26")
@pytest.mark.parametrize(
    ("voxels", "expected"),
    [
        ((1, 1, 1), (1.0, 1.0)),
        ((1, 1, 7), (7.0, 1.0)),
        ((6, 1, 1), (1.0, 6.0)),
        ((1, 2, 2), (np.hypot(2, 1), np.hypot(2, 1))),
    ],
    ids=["one voxel", "a line in a plane", "a line across planes", "a square on one slice"],
)
def test_degenerate_lesions_have_the_diameters_of_their_contour(
    voxels: tuple[int, int, int], expected: tuple[float, float]
) -> None:
    """One voxel, a line and a square have the diameters of the mid-points around them."""
    grid = make_grid((8, 9, 9))
    mask = Mask.from_array(grid, np.ones(voxels, dtype=bool), (1, 1, 1))
    long, short = find_axial_diameters(mask)
    in_space = find_3d_diameter(mask)
    assert (long.length_mm, in_space.length_mm) == pytest.approx((expected[0], max(expected)), abs=1e-9)
    assert 0 < short.length_mm <= long.length_mm + 1e-9


def test_an_empty_mask_has_no_diameter() -> None:
    """Asking for the diameter of nothing is a mistake of the caller, never 0 mm."""
    nothing = Mask.from_array(make_grid(), np.zeros(make_grid().shape, dtype=bool))
    with pytest.raises(ValueError, match="empty"):
        find_axial_diameters(nothing)
    with pytest.raises(ValueError, match="empty"):
        find_3d_diameter(nothing)


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 2**32 - 1), st.tuples(st.integers(1, 6), st.integers(1, 9), st.integers(1, 9)), st.floats(0.1, 0.9)
)
def test_short_is_at_most_longest_and_longest_at_most_3d(seed: int, size: tuple[int, int, int], fill: float) -> None:
    """Any mask whatever: short <= longest <= 3D, longest is the true maximum over all contour points of a plane."""
    from scipy.spatial.distance import pdist

    from pipeline.measures.contour import find_plane_points, find_surface_points

    array = np.random.default_rng(seed).random(size) < fill
    array[0, 0, 0] = True
    mask = Mask.from_array(make_grid((8, 12, 12), (2.0, 0.7, 0.9), tilt_degrees=10), array, (1, 2, 1))
    long, short = find_axial_diameters(mask)
    in_space = find_3d_diameter(mask)
    assert short.length_mm <= long.length_mm + 1e-6
    assert long.length_mm <= in_space.length_mm + 1e-6
    points, planes = find_plane_points(mask)
    brute = max(pdist(points[planes == plane]).max() for plane in set(planes.tolist()))
    assert long.length_mm == pytest.approx(brute, abs=1e-6)
    assert in_space.length_mm == pytest.approx(pdist(find_surface_points(mask)).max(), abs=1e-6)


def test_ibsi_digital_phantom_has_its_published_diameter_and_volume() -> None:
    """IBSI consensus values: volume by voxel counting 592 mm3, maximum 3D diameter 13.1 mm."""
    folder = DATA / "ibsi-digital-phantom"
    with (folder / "reference_values_dig_phantom.csv").open() as table:
        rows = {row["tag"]: row for row in csv.DictReader(table, delimiter=";")}
    array = np.asarray(nibabel.load(folder / "nifti" / "mask" / "mask.nii.gz").dataobj).transpose() > 0
    mask = Mask.from_array(make_grid(array.shape, (2.0, 2.0, 2.0)), array)
    for tag, value in (
        ("morph_vol_approx", 1000 * mask_volume_ml(mask)),
        ("morph_diam", find_3d_diameter(mask).length_mm),
    ):
        assert value == pytest.approx(float(rows[tag]["reference value"]), abs=float(rows[tag]["tolerance"]))


@pytest.mark.parametrize("name", ["brain1", "breast1"])
def test_pyradiomics_lesions_have_their_published_volume_and_3d_diameter(name: str) -> None:
    """pyradiomics' own VoxelVolume and Maximum3DDiameter of two real MR lesions."""
    with (DATA / "pyradiomics" / "baseline_shape_brain1_breast1.csv").open() as table:
        published = {row["featureName"]: row[name] for row in csv.DictReader(table)}
    label, header = nrrd.read(str(DATA / "pyradiomics" / f"{name}_label.nrrd"))
    affine = np.eye(4)
    affine[:3, :3] = np.asarray(header["space directions"], dtype=float)[::-1].T
    array = label.transpose() > 0
    mask = Mask.from_array(Geometry(array.shape, affine), array)
    assert 1000 * mask_volume_ml(mask) == pytest.approx(float(published["original_shape_VoxelVolume"]), rel=1e-6)
    truth = float(published["original_shape_Maximum3DDiameter"])
    assert find_3d_diameter(mask).length_mm == pytest.approx(truth, rel=1e-6)
