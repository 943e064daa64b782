"""Surface area and mesh volume against published values, other libraries' meshes and closed forms."""

from __future__ import annotations

import csv
from itertools import permutations, product
from pathlib import Path

import nibabel
import nrrd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import marching_cubes

from pipeline.geometry import Geometry
from pipeline.measures.diameters import find_3d_diameter
from pipeline.measures.locations import find_centroid
from pipeline.measures.mesh import measure_mesh
from pipeline.measures.volumes import voxel_volume_ml
from pipeline.volume import Mask
from tests.phantoms import GRIDS, OBLIQUE, Cylinder, Ellipsoid, Shape, Shell, empty, make_grid, sample, sphere

DATA = Path(__file__).parent.parent / "data"
PYRADIOMICS = [
    ((1.25, 0.8, 0.8), 10.0, (341.58261339671776, 515.8333333333325, 10.976338187209796)),
    ((5.0, 0.8, 0.8), 10.0, (374.48573534547774, 495.46666666666624, 12.553883861180173)),
    ((5.0, 0.8, 0.8), 30.0, (3458.8852410395416, 14005.866666666603, 33.74492554444298)),
    ((2.0, 0.7, 0.7), 20.0, (1451.7277813382361, 4174.881666666644, 21.613190416965285)),
]
"""Spacing and diameter of balls, and the surface area, mesh volume and 3D diameter that pyradiomics 3.0.1 gives."""


def mask_of(array: np.ndarray, steps: np.ndarray | tuple[float, float, float]) -> Mask:
    """Return a mask on a grid with these steps along its axes (lengths or vectors)."""
    affine = np.eye(4)
    vectors = np.asarray(steps, dtype=float)
    affine[:3, :3] = np.diag(vectors) if vectors.ndim == 1 else vectors.T
    return Mask.from_array(Geometry(array.shape, affine), array.astype(bool))


@pytest.mark.parametrize("name", ["brain1", "breast1"])
def test_area_and_volume_are_those_that_pyradiomics_published(name: str) -> None:
    """Its baseline of two real lesions, one of two components with voxels that meet across diagonals alone."""
    with (DATA / "pyradiomics" / "baseline_shape_brain1_breast1.csv").open(encoding="utf-8") as file:
        published = {row["featureName"]: row[name] for row in csv.DictReader(file)}
    array, header = nrrd.read(str(DATA / "pyradiomics" / f"{name}_label.nrrd"))
    mesh = measure_mesh(mask_of(array > 0, header["space directions"]))
    assert mesh.area_mm2 == pytest.approx(float(published["original_shape_SurfaceArea"]), rel=1e-3)
    assert mesh.volume_mm3 == pytest.approx(float(published["original_shape_MeshVolume"]), rel=1e-3)


def test_area_and_volume_are_the_consensus_of_ibsi() -> None:
    """The digital phantom: morph_area_mesh 388 +- 3 mm2, morph_volume 556 +- 4 mm3."""
    folder = DATA / "ibsi-digital-phantom"
    with (folder / "reference_values_dig_phantom.csv").open(encoding="utf-8") as file:
        rows = {row["tag"]: row for row in csv.DictReader(file, delimiter=";")}
    image = nibabel.load(folder / "nifti" / "mask" / "mask.nii.gz")
    mask = mask_of(np.asarray(image.dataobj) > 0, image.affine[:3, :3].T)
    found = {
        "morph_area_mesh": measure_mesh(mask).area_mm2,
        "morph_volume": measure_mesh(mask).volume_mm3,
        "morph_vol_approx": 1000 * voxel_volume_ml(mask),
    }
    for tag, value in found.items():
        assert value == pytest.approx(float(rows[tag]["reference value"]), abs=float(rows[tag]["tolerance"]))


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (2.5, 0.8, 0.8), (0.7, 1.3, 0.9)], ids=str)
@pytest.mark.parametrize("size", [(1, 1, 1), (1, 1, 6), (1, 4, 5), (3, 4, 5)], ids=str)
def test_a_box_has_its_closed_form(size: tuple[int, int, int], spacing: tuple[float, float, float]) -> None:
    """Faces half a step outside the centres, edges and corners cut off; a voxel is an octahedron."""
    grid = make_grid((9, 9, 9), spacing, rotation=OBLIQUE)
    mesh = measure_mesh(Mask.from_array(grid, np.ones(size, dtype=bool), (2, 1, 3)))
    a, b, c = spacing
    n, m, k = (count - 1 for count in size)
    area = 2 * (n * m * a * b + m * k * b * c + n * k * a * c)
    area += 2 * (n * a * np.hypot(b, c) + m * b * np.hypot(a, c) + k * c * np.hypot(a, b))
    area += np.sqrt((a * b) ** 2 + (b * c) ** 2 + (a * c) ** 2)
    assert mesh.area_mm2 == pytest.approx(area)
    cells = n * m * k + (n * m + m * k + n * k) + (n + m + k) / 2 + 1 / 6
    assert mesh.volume_mm3 == pytest.approx(cells * a * b * c)


def other_mesh(mask: Mask) -> tuple[float, float]:
    """Return area and volume of scikit-image's mesh, its vertices put in mm by the grid."""
    corners, faces, _, _ = marching_cubes(np.pad(mask.voxels, 1).astype(float), 0.5)
    points = mask.grid.to_world(corners - 1 + np.array(mask.offset))[faces]
    cross = np.cross(points[:, 1] - points[:, 0], points[:, 2] - points[:, 0])
    return float(np.linalg.norm(cross, axis=1).sum() / 2), abs(float(np.einsum("ij,ij", points[:, 0], cross) / 6))


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS.keys())
@pytest.mark.parametrize(
    "shape",
    [sphere(5.0, (0.3, 0.1, -0.2)), sphere(15.0), Ellipsoid((20.0, 9.0, 12.0)), Shell(15, 9), Cylinder(14, 12, 6, 60)],
    ids=["10 mm ball", "30 mm ball", "ellipsoid", "shell", "C-shape"],
)
def test_area_and_volume_are_those_of_scikit_images_mesh(shape: Shape, grid: Geometry) -> None:
    """Within 1 % on even, oblique, sheared and uneven grids; hollows have an inner surface."""
    mask = sample(shape, grid)
    mesh = measure_mesh(mask)
    assert (mesh.area_mm2, mesh.volume_mm3) == pytest.approx(other_mesh(mask), rel=0.01)


@pytest.mark.parametrize(("spacing", "diameter", "published"), PYRADIOMICS, ids=str)
def test_balls_have_the_values_that_pyradiomics_gives(
    spacing: tuple[float, float, float], diameter: float, published: tuple[float, float, float]
) -> None:
    """Equal to 1e-6: no face of a ball has two diagonal corners."""
    steps = np.array(spacing)
    shape = (diameter / steps).astype(int) + 5
    away = np.indices(shape).reshape(3, -1).T * steps - (shape / 2 + (0.3, 0.1, 0.2)) * steps
    mask = mask_of((np.linalg.norm(away, axis=1) <= diameter / 2).reshape(shape), spacing)
    mesh, chord = measure_mesh(mask), find_3d_diameter(mask)
    assert (mesh.area_mm2, mesh.volume_mm3, chord.length_mm) == pytest.approx(published, rel=1e-6)


STEPS = np.array([[0.2, 0.5, 2.2], [0.1, 0.8, -0.2], [0.9, 0.05, 0.1]])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 0.9))
def test_the_order_and_sense_of_the_axes_change_nothing(seed: int, share: float) -> None:
    """Random voxels, full of diagonals: all 48 orders and flips of a sheared grid give one area and one volume."""
    array = np.random.default_rng(seed).random((4, 3, 5)) < share
    whole = measure_mesh(mask_of(array, STEPS))
    for order, flips in product(permutations(range(3)), product((False, True), repeat=3)):
        backwards = tuple(slice(None, None, -1) if flip else slice(None) for flip in flips)
        turned = measure_mesh(
            mask_of(array.transpose(order)[backwards], STEPS[list(order)] * np.where(flips, -1, 1)[:, None])
        )
        assert (turned.area_mm2, turned.volume_mm3) == pytest.approx((whole.area_mm2, whole.volume_mm3))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95))
def test_the_mesh_is_closed(seed: int, share: float) -> None:
    """Moving voxels apart by an empty slice, and a second body far away, add up; unset outside, never negative."""
    rng = np.random.default_rng(seed)
    first, second = rng.random((3, 4, 4)) < share, rng.random((3, 4, 4)) < share
    both = np.concatenate([first, np.zeros((2, 4, 4), dtype=bool), second])
    parts = [measure_mesh(mask_of(part, STEPS)) for part in (first, second)]
    whole = measure_mesh(mask_of(both, STEPS))
    assert whole.area_mm2 == pytest.approx(sum(part.area_mm2 for part in parts))
    assert whole.volume_mm3 == pytest.approx(sum(part.volume_mm3 for part in parts))
    assert all(part.volume_mm3 >= 0 for part in parts)


def test_voxels_that_meet_across_a_diagonal() -> None:
    """Across a face's diagonal they are joined, across a cell's they are two octahedra; nothing has no mesh."""
    single = measure_mesh(mask_of(np.ones((1, 1, 1)), (1.0, 1.0, 1.0)))
    across_face, across_cell = np.eye(2)[None], np.zeros((2, 2, 2))
    across_cell[0, 0, 0] = across_cell[1, 1, 1] = 1
    assert measure_mesh(mask_of(across_face, (1.0, 1.0, 1.0))).volume_mm3 > 2 * single.volume_mm3 + 0.1
    apart = measure_mesh(mask_of(across_cell, (1.0, 1.0, 1.0)))
    assert (apart.area_mm2, apart.volume_mm3) == pytest.approx((2 * single.area_mm2, 2 * single.volume_mm3))
    nothing = measure_mesh(empty(make_grid()))
    assert (nothing.area_mm2, nothing.volume_mm3) == (0.0, 0.0)


def test_a_large_mask_is_counted_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few cells are looked at together, the result is the same."""
    mask = sample(sphere(15.0), GRIDS["sheared"])
    whole = measure_mesh(mask)
    monkeypatch.setattr("pipeline.measures.mesh.MOST_CELLS", 1)
    assert measure_mesh(mask).area_mm2 == pytest.approx(whole.area_mm2)
    assert measure_mesh(mask).volume_mm3 == pytest.approx(whole.volume_mm3)


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS.keys())
def test_the_centroid_is_the_mean_of_the_voxels_centres(grid: Geometry) -> None:
    """On every grid, uneven slices where they lie."""
    mask = sample(Ellipsoid((20.0, 9.0, 12.0), (1.6, -2.2, 3.1)), grid)
    centres = mask.grid.to_world(np.argwhere(mask.voxels) + np.array(mask.offset))
    assert find_centroid(mask) == pytest.approx(tuple(centres.mean(axis=0)))
    with pytest.raises(ValueError, match="empty"):
        find_centroid(empty(grid))
