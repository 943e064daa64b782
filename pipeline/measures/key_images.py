"""Key images: for each lesion the slice of its longest diameter, with contours and both diameters.

Owns what is shown and where it lies in the picture. Knows no image file and no output format; masks that were drawn on
another grid are looked up at the nearest voxel, for the picture alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.lesion import Lesion, LesionStatus, StudyMeasurements
from pipeline.measures.grids import same_grid
from pipeline.measures.key_views import DEFAULT_MARGINS, Margins, find_views, masks_of
from pipeline.picture import Caliper, KeyImage, Outline
from pipeline.structures import Role
from pipeline.study import Study
from pipeline.volume import Box, Geometry, Image, Mask, Points

IN_LIVER = (LesionStatus.INTRAHEPATIC, LesionStatus.TREATED, LesionStatus.SPECK)
"""Lesions that the liver's contour runs around, whether the liver mask holds them or leaves them out."""
CALIPERS = ("longest_diameter_mm", "short_diameter_mm")
GREY_PERCENTILES = (1.0, 99.0)
"""Range of the grey scale of images without Hounsfield units."""
LETTER_LIMIT = math.sin(math.radians(20))
"""A direction gets a second letter when it is more than 20 degrees off its main one (DICOM PS3.3 C.7.6.1.1.1)."""


@dataclass(frozen=True)
class Window:
    """Grey scale of a CT picture: black at ``level - width / 2``, white at ``level + width / 2``, Hounsfield units."""

    width_hu: float
    level_hu: float


LIVER_WINDOW = Window(150.0, 90.0)
"""Portal-venous liver at about 110 HU reads light grey, metastases at 40 to 80 HU dark grey."""

Outlined: TypeAlias = Mapping[str, Sequence[Sequence[Mask]]]  # groups of masks by role, each united into one shape


def draw_key_images(
    study: Study,
    measurements: StudyMeasurements,
    read: Callable[[Box], Image],
    *,
    window: Window = LIVER_WINDOW,
    margins: Margins = DEFAULT_MARGINS,
) -> tuple[KeyImage, ...]:
    """Return a picture of every intrahepatic, extrahepatic and unplaced lesion, in the order of the lesions.

    The slice is the one of the longest axial diameter; of a lesion without that diameter, the one with most voxels.
    A lesion that was drawn outside the image has no picture.

    Parameters
    ----------
    read
        Returns the image's values in a box of its grid; called once a picture, for one slice.
    window
        Grey scale of CT. Other images are shown between two percentiles of the picture.
    """
    livers, remnants = masks_of(study, Role.LIVER), masks_of(study, Role.REMNANT)
    pictures = []
    for lesion, box in find_views(study, measurements.lesions, margins):
        outlined = _gather_outlines(measurements.lesions, lesion, livers, remnants)
        pictures.append(_draw(study, lesion, outlined, read(box), window))
    return tuple(pictures)


def _gather_outlines(lesions: Sequence[Lesion], lesion: Lesion, livers: list[Mask], remnants: list[Mask]) -> Outlined:
    """Return what is outlined around a lesion; later ones are drawn above earlier ones.

    The liver is drawn united with its lesions, so that no lesion which the liver mask leaves out is drawn as liver.
    """
    held = [other for other in lesions if not other.mask.is_empty]
    return {
        "liver": [[*livers, *(other.mask for other in held if other.status in IN_LIVER)]] if livers else [],
        "remnant": [[mask] for mask in remnants],
        "other_lesion": [[other.mask] for other in held if other is not lesion],
        "lesion": [[lesion.mask]],
    }


def find_edge_letters(geometry: Geometry) -> tuple[str, str, str, str]:
    """Return what the left, right, top and bottom edge of a slice point to, in letters of R, L, A, P, H, F."""
    rows, columns = geometry.axes[1], geometry.axes[2]
    return name_direction(-columns), name_direction(columns), name_direction(-rows), name_direction(rows)


def name_direction(direction: NDArray[np.float64]) -> str:
    """Return the letters of an LPS direction, the largest part first (DICOM Patient Orientation)."""
    unit = direction / np.linalg.norm(direction)
    parts = sorted(zip(unit, ("LR", "PA", "HF"), strict=True), key=lambda part: -abs(part[0]))
    letters = [names[0 if size > 0 else 1] for size, names in parts if abs(size) > LETTER_LIMIT]
    return "".join(letters[:2])


def _draw(study: Study, lesion: Lesion, outlined: Outlined, image: Image, window: Window) -> KeyImage:
    """Return the picture of one slice."""
    geometry, box = study.image.geometry, image.box
    pixels, window_text = apply_window(image.voxels[0], study.image.modality, window)
    index = box[0].start
    origin = geometry.to_world(np.array([[index, box[1].start, box[2].start]], dtype=np.float64))[0]
    outlines = (Outline(role, trace_masks(geometry, box, groups)) for role, groups in outlined.items())
    return KeyImage(
        lesion_id=lesion.id,
        pixels=pixels,
        pixel_spacing_mm=(float(geometry.spacing_mm[1]), float(geometry.spacing_mm[2])),
        outlines=tuple(outline for outline in outlines if outline.contours),
        calipers=_place_calipers(geometry, box, lesion),
        edge_letters=find_edge_letters(geometry),
        slice_index=index,
        slice_count=geometry.shape[0],
        slice_position_mm=float(origin @ geometry.plane_normal),
        window=window_text,
    )


def apply_window(values: NDArray[np.float32], modality: str, window: Window) -> tuple[NDArray[np.uint8], str]:
    """Return grey values 0-255 and what they mean."""
    if modality == "CT":
        low, high = window.level_hu - window.width_hu / 2, window.level_hu + window.width_hu / 2
        text = f"W {window.width_hu:g} L {window.level_hu:g} HU"
    else:
        low, high = (float(part) for part in np.percentile(values, GREY_PERCENTILES))
        text = f"from {low:.4g} to {high:.4g}, {GREY_PERCENTILES[0]:g}st to {GREY_PERCENTILES[1]:g}th percentile"
    if high <= low:
        return np.zeros(values.shape, dtype=np.uint8), text
    grey = np.clip((values.astype(np.float64) - low) / (high - low), 0.0, 1.0)
    return np.rint(grey * 255).astype(np.uint8), text


def trace_masks(geometry: Geometry, box: Box, groups: Sequence[Sequence[Mask]]) -> tuple[NDArray[np.float64], ...]:
    """Return the half-level contours of united masks in picture coordinates, cut at the picture's edge."""
    from skimage.measure import find_contours

    contours: list[NDArray[np.float64]] = []
    for group in groups:
        near = [mask for mask in group if _reaches(geometry, box, mask)]
        if not near:
            continue
        part = _narrow(geometry, box, near)
        corner = (part[1].start - box[1].start - 1.0, part[2].start - box[2].start - 1.0)
        plane = np.pad(np.any([_look_up(geometry, part, mask) for mask in near], axis=0), 1).astype(np.float64)
        found = find_contours(plane, 0.5) if plane.any() else []  # type: ignore[no-untyped-call]
        contours += [np.asarray(contour + corner, dtype=np.float64) for contour in found]
    return tuple(contours)


def _narrow(geometry: Geometry, box: Box, masks: Sequence[Mask]) -> Box:
    """Return the part of a picture's box that masks which reach it can have voxels in."""
    if not all(same_grid(mask.grid, geometry) for mask in masks):
        return box
    rows, columns = (
        slice(
            max(box[axis].start, min(mask.box[axis].start for mask in masks)),
            min(box[axis].stop, max(mask.box[axis].stop for mask in masks)),
        )
        for axis in (1, 2)
    )
    return box[0], rows, columns


def _reaches(geometry: Geometry, box: Box, mask: Mask) -> bool:
    """Tell whether a mask can have voxels in a picture; on another grid than the image's always."""
    if not same_grid(mask.grid, geometry):
        return True
    return all(own.start < part.stop and part.start < own.stop for own, part in zip(mask.box, box, strict=True))


def _look_up(geometry: Geometry, box: Box, mask: Mask) -> NDArray[np.bool_]:
    """Return a mask on the pixels of one slice, by nearest voxel where the mask has another grid."""
    if same_grid(mask.grid, geometry):
        return np.asarray(mask.within(box)[0], dtype=np.bool_)
    rows, columns = np.mgrid[box[1], box[2]]
    indices = np.stack([np.full(rows.shape, box[0].start), rows, columns], axis=-1).reshape(-1, 3)
    voxels = np.rint(mask.grid.to_index(geometry.to_world(indices))).astype(int) - mask.offset
    inside = np.all((voxels >= 0) & (voxels < mask.voxels.shape), axis=1)
    found = np.zeros(len(voxels), dtype=np.bool_)
    found[inside] = mask.voxels[tuple(voxels[inside].T)]
    return np.asarray(found.reshape(rows.shape), dtype=np.bool_)


def _place_calipers(geometry: Geometry, box: Box, lesion: Lesion) -> tuple[Caliper, ...]:
    """Return the measured axial diameters with end points in picture coordinates."""
    calipers = []
    for name in CALIPERS:
        measurement = lesion.measurements.get(name)
        if measurement is None or measurement.value is None or measurement.location is None:
            continue
        points = measurement.location.points_mm
        if len(points) == 2:
            ends = _to_picture(geometry, box, np.asarray(points, dtype=np.float64))
            start, end = ((float(row), float(column)) for row, column in ends)
            calipers.append(Caliper(name, measurement.value, start, end))
    return tuple(calipers)


def _to_picture(geometry: Geometry, box: Box, points: Points) -> NDArray[np.float64]:
    """Return (row, column) in the picture of LPS mm, shape (n, 2); uneven slices by the slice's own position."""
    shift = np.zeros(3)
    if geometry.slice_axis == 0:
        first = np.array([[box[0].start, 0, 0]], dtype=np.float64)
        shift = geometry.to_world(first)[0] - (first @ geometry.axes + geometry.affine[:3, 3])[0]
    corner = np.array([box[1].start, box[2].start], dtype=np.float64)
    return np.asarray(geometry.to_index(points - shift)[:, 1:] - corner, dtype=np.float64)
