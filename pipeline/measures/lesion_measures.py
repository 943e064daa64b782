"""What is measured of one lesion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from pipeline.geometry import Geometry
from pipeline.lesion import Lesion, LesionStatus
from pipeline.measurement import Fact, Location, Measurement
from pipeline.measures.border import reaches_border
from pipeline.measures.components import find_components
from pipeline.measures.contour import find_surface_points
from pipeline.measures.diameter_intervals import axial_intervals, extent_interval
from pipeline.measures.diameters import Chord, find_3d_diameter, find_axial_diameters
from pipeline.measures.gaps import join_across_gaps
from pipeline.measures.grids import same_grid
from pipeline.measures.hull_points import Doubled, find_plane_corners
from pipeline.measures.locations import locate, locate_largest_slice
from pipeline.measures.mesh import measure_mesh
from pipeline.measures.uncertainty import (
    Interval,
    diameter_interval,
    drawn_grid,
    mask_volume_interval,
    power_interval,
)
from pipeline.measures.volumes import describe_volume, equivalent_diameter_mm, mask_volume_ml
from pipeline.study import Study
from pipeline.volume import Mask

MEASURABLE_MM, THIN_SLICE_MM, MEASURABLE_SLICES = 10.0, 5.0, 2.0
"""RECIST 1.1 (Eisenhauer 2009): measurable from 10 mm on where slices are at most 5 mm, else from twice that."""
EXTENTS = {
    "extent_left_right_mm": (1.0, 0.0, 0.0),
    "extent_front_back_mm": (0.0, 1.0, 0.0),
    "extent_foot_head_mm": (0.0, 0.0, 1.0),
}
"""Extent along each patient axis, LPS."""


@dataclass(frozen=True)
class Source:
    """What every measurement of one lesion shares."""

    masks: tuple[str, ...]
    flags: tuple[str, ...]


def measure_lesion(study: Study, lesion: Lesion) -> Lesion:
    """Return a lesion with its measurements and facts; of a speck only its size.

    Flags: ``LESION_THIN`` (on one slice only), ``LESION_SPLIT`` (several components), ``MASK_GAP`` (slices are missing
    in it), ``RT_GAP`` (drawn on every second, third ... slice), ``FOV_CUT`` (touches the border of the scan),
    ``non_axial_plane`` on axial diameters.
    """
    source = Source((lesion.label,), _flags(study, lesion))
    found = _measure_size(study, lesion, source)
    if lesion.status is LesionStatus.SPECK:
        return replace(lesion, measurements=found)
    corners = find_plane_corners(lesion.mask)
    long, short = find_axial_diameters(lesion.mask, corners)
    found |= _measure_axial(study, lesion, long, short, source)
    found |= _measure_3d(study, lesion, corners, source)
    found |= _measure_mesh(lesion, source, found["volume_ml"].location)
    measurable = _is_measurable(study, lesion.mask.grid, long.length_mm)
    return replace(lesion, measurements=found, facts={"measurable": measurable})


def size_lesion(study: Study, lesion: Lesion) -> Lesion:
    """Return a lesion with its volume and equivalent diameter alone; see ``measure_lesion``."""
    return replace(lesion, measurements=_measure_size(study, lesion, Source((lesion.label,), _flags(study, lesion))))


def is_axial(grid: Geometry) -> bool:
    """Tell whether the planes of axis 0 are the acquired ones and within 20 degrees of axial."""
    return grid.slice_axis == 0 and float(grid.plane_normal[2]) >= float(np.cos(np.radians(20.0))) - 1e-9


def is_thin(mask: Mask) -> bool:
    """Tell whether a mask that is not empty was drawn on one acquired slice only."""
    axis = mask.grid.slice_axis
    return int(mask.voxels.shape[axis]) <= mask.steps[axis]


def recist_limit_mm(study: Study, grid: Geometry) -> float:
    """Return the longest diameter in mm from which on a lesion is measurable (RECIST 1.1)."""
    thickness = study.image.geometry.slice_thickness_mm if same_grid(grid, study.image.geometry) else None
    thickness = grid.slice_thickness_mm if thickness is None else thickness
    coarsest = max(slice_spacing_mm(grid), thickness or 0.0)
    return MEASURABLE_MM if coarsest <= THIN_SLICE_MM + 1e-6 else MEASURABLE_SLICES * coarsest


def _flags(study: Study, lesion: Lesion) -> tuple[str, ...]:
    """Return the codes of what touches every measurement of a lesion."""
    flags = {
        "LESION_THIN": lesion.status is not LesionStatus.SPECK and is_thin(lesion.mask),
        "LESION_SPLIT": lesion.components > 1,
        "MASK_GAP": lesion.components > 1 and _has_gap(lesion.mask),
        "RT_GAP": max(lesion.mask.steps) > 1,
        "FOV_CUT": reaches_border(lesion.mask, study.image.geometry),
    }
    return tuple(code for code, holds in flags.items() if holds)


def _has_gap(mask: Mask) -> bool:
    """Tell whether slices are missing between the components of a lesion."""
    return join_across_gaps(mask, find_components(mask, 26)).slices > 0


def _measure_size(study: Study, lesion: Lesion, source: Source) -> dict[str, Measurement]:
    """Return volume and equivalent diameter."""
    volume = mask_volume_ml(lesion.mask)
    interval = mask_volume_interval(lesion.mask, volume)
    where = locate_largest_slice(study, lesion.mask)
    sphere = power_interval(interval, equivalent_diameter_mm(1.0), 1 / 3)
    return _by_name(
        _make("volume_ml", volume, "mL", interval, describe_volume(lesion.mask), source, where),
        _make(
            "equivalent_diameter_mm",
            equivalent_diameter_mm(volume),
            "mm",
            sphere,
            "diameter of the sphere with the lesion's volume",
            source,
            where,
        ),
    )


def _measure_axial(study: Study, lesion: Lesion, long: Chord, short: Chord, source: Source) -> dict[str, Measurement]:
    """Return longest and short axial diameter and their product."""
    grid = lesion.mask.grid
    if not is_axial(grid):
        source = replace(source, flags=(*source.flags, "non_axial_plane"))
    wide, narrow = axial_intervals(lesion.mask, long, short)
    product = Interval(wide.low * narrow.low, wide.high * narrow.high)
    places = [locate(study, lesion.mask, chord.plane or 0, chord.ends_mm) for chord in (long, short)]
    both = replace(places[0], points_mm=places[0].points_mm + places[1].points_mm)
    longest, across = "longest chord of one plane's half-level contour", "longest chord at right angles to it"
    return _by_name(
        _make("longest_diameter_mm", long.length_mm, "mm", wide, f"{longest} (RECIST 1.1)", source, places[0]),
        _make("short_diameter_mm", short.length_mm, "mm", narrow, f"{across}, in its convex hull", source, places[1]),
        _make(
            "bidimensional_product_mm2",
            long.length_mm * short.length_mm,
            "mm2",
            product,
            "longest x short axial diameter (WHO)",
            source,
            both,
        ),
    )


def _measure_3d(study: Study, lesion: Lesion, corners: Doubled, source: Source) -> dict[str, Measurement]:
    """Return the largest diameter in space and the extents along the patient's axes."""
    mask = lesion.mask
    chord = find_3d_diameter(mask, corners)
    middle = chord.ends_mm.mean(axis=0)[None]
    plane = int(np.clip(np.rint(mask.grid.to_index(middle)[0, 0]), mask.box[0].start, mask.box[0].stop - 1))
    place = locate(study, mask, plane, chord.ends_mm)
    method = "largest distance between two vertices of the half-level surface (IBSI)"
    diameter = _make(
        "max_3d_diameter_mm", chord.length_mm, "mm", diameter_interval(drawn_grid(mask), chord), method, source, place
    )
    surface = find_surface_points(mask)
    return _by_name(diameter, *(_measure_extent(name, surface, mask, source) for name in EXTENTS))


def _measure_mesh(lesion: Lesion, source: Source, where: Location | None) -> dict[str, Measurement]:
    """Return area and volume of the half-level surface; they carry no interval."""
    mesh = measure_mesh(lesion.mask)
    area, volume = "area of the half-level mesh (IBSI)", "volume within the half-level mesh (IBSI)"
    found = (("surface_area_mm2", mesh.area_mm2, "mm2", area), ("mesh_volume_ml", mesh.volume_ml, "mL", volume))
    return _by_name(
        *(
            Measurement(name, value, unit, None, None, None, method, source.masks, where, source.flags)
            for name, value, unit, method in found
        )
    )


def _measure_extent(name: str, surface: np.ndarray, mask: Mask, source: Source) -> Measurement:
    """Return the extent of a surface along one patient axis."""
    axis = np.array(EXTENTS[name])
    extent = float(np.ptp(surface @ axis))
    interval = extent_interval(mask, extent, axis)
    return _make(name, extent, "mm", interval, "extent of the half-level surface along a patient axis", source, None)


def _is_measurable(study: Study, grid: Geometry, longest_mm: float) -> Fact:
    """Return whether a lesion is measurable by RECIST 1.1."""
    limit = recist_limit_mm(study, grid)
    return Fact("measurable", longest_mm >= limit, source=f"RECIST 1.1: longest diameter at least {limit:g} mm")


def slice_spacing_mm(grid: Geometry) -> float:
    """Return the largest distance between neighbouring acquired slices, at right angles to them, in mm."""
    area = float(np.linalg.norm(np.cross(*np.delete(grid.axes, grid.slice_axis, axis=0))))
    return float(grid.slab_volumes_mm3.max()) / area


def _make(
    name: str, value: float, unit: str, interval: Interval, method: str, source: Source, where: Location | None
) -> Measurement:
    """Return a measurement of a lesion."""
    return Measurement(
        name,
        value,
        unit,
        low=min(interval.low, value),
        high=max(interval.high, value),
        method=method,
        masks=source.masks,
        location=where,
        flags=source.flags,
    )


def _by_name(*measurements: Measurement) -> dict[str, Measurement]:
    """Return measurements by their names."""
    return {measurement.name: measurement for measurement in measurements}


def lesion_value(measurements: Mapping[str, Measurement], name: str) -> tuple[float, Interval]:
    """Return value and interval of a quantity that every lesion has."""
    measurement = measurements[name]
    assert measurement.value is not None
    assert measurement.low is not None
    assert measurement.high is not None
    return measurement.value, Interval(measurement.low, measurement.high)
