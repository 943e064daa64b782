"""The smallest margin of the lesions that a plan resects: to what its parts leave, or as planned for wedges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from pipeline.plan import Handling
from pipeline.plan_record import PlanRecord
from pipeline.verify.dicom_image import SourceImage
from pipeline.verify.distances import smallest
from pipeline.verify.gap import Body
from pipeline.verify.margins import resection_margin
from pipeline.verify.number import Number, absent
from pipeline.verify.places import unseen_mm
from pipeline.verify.plans_field import Field
from pipeline.verify.solid import Bools, Solid

Margins = dict[str, float | None]
CUT_SHARE, SLACK = 0.1, 6.0


@dataclass(frozen=True, eq=False)
class Left:
    """What removed parts, or a drawn specimen, leave of the liver, and how far the lesions lie from it.

    Parameters
    ----------
    shape
        None where nothing is left.
    margins_mm
        Of each lesion: distance of its surface from that of what is left; 0 where that holds a voxel of it.
    kept
        Share of each lesion that is left.
    """

    shape: Body | None
    margins_mm: Margins
    kept: Mapping[str, float]
    measured: dict[str, Number] = field(default_factory=dict)


def find_left(liver: Field, whole: Bools, bodies: Mapping[str, Body]) -> Left:
    """Return what is left when a set of voxels is removed.

    Parameters
    ----------
    bodies
        The lesions.
    """
    left = liver.liver & ~whole
    shape = Body(liver.bare(left)) if left.any() else None
    margins: Margins = {}
    kept = {}
    for name, body in bodies.items():
        voxels = liver.lesion(name)
        kept[name] = float((voxels & ~whole).sum() / voxels.sum())
        gap = None if shape is None or kept[name] else float(shape.tree.nearest(body.surface)[0].min())
        margins[name] = 0.0 if kept[name] else gap
    return Left(shape, margins, kept)


def planned_margin(
    liver: Field, image: SourceImage, plan: PlanRecord, left: Left, bodies: Mapping[str, Body]
) -> Number:
    """Return the smallest margin of the lesions that a plan resects; its interval from the smallest ends."""
    measured = [_measure(image, liver.total, name, left, bodies) for name in _near(liver, plan, left)]
    widest = float(np.linalg.svd(liver.total.grid.steps, compute_uv=False)[0])
    wedges = [each.margin_mm or 0.0 for each in plan.lesions if each.wedge]
    found = [*measured, *(Number(margin, max(margin - widest, 0.0), margin + widest) for margin in wedges)]
    if not found:
        return absent("NO_TARGET")
    least = min(found, key=lambda each: each.value or 0.0)
    best = smallest(measured) if least.ends is not None else least
    low, high = (min(getattr(each, end) for each in found) for end in ("low", "high"))
    return replace(best, low=low, high=high)


def _measure(image: SourceImage, total: Solid, name: str, left: Left, bodies: Mapping[str, Body]) -> Number:
    """Return the margin of one lesion with its interval, measured once."""
    assert left.shape is not None
    if name not in left.measured:
        own = bodies[name]
        uids = own.solid.grid is image.grid and image.grid.slice_axis == 0
        margin = resection_margin(own, left.shape, uids=uids)
        low = min(margin.low or 0.0, unseen_mm(image, own.solid, [total]))
        left.measured[name] = replace(margin, low=low)
    return left.measured[name]


def _near(liver: Field, plan: PlanRecord, left: Left) -> list[str]:
    """Return the lesions removed or cut that may have the smallest margin, or an end of it."""
    others = {each.id for each in plan.lesions if each.wedge or each.handling is Handling.ABLATED}
    signs = np.array([(1, 1, 1), (1, 1, -1), (1, -1, 1), (-1, 1, 1)])
    slack = SLACK * float(np.linalg.norm(signs @ liver.total.grid.steps, axis=1).max())
    known = {name: gap for name, gap in left.margins_mm.items() if gap is not None and name not in others}
    asked = {name: gap for name, gap in known.items() if left.kept[name] < 1 - CUT_SHARE}
    least = min(asked.values(), default=0.0)
    return [name for name, gap in asked.items() if gap <= least + slack]
