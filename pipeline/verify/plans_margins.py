"""The smallest margin of the lesions that a plan resects: to what its parts leave, or as planned for wedges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

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
from pipeline.verify.plans_taking import Taken
from pipeline.verify.solid import Solid

CUT_SHARE, SLACK = 0.1, 6.0


def planned_margin(
    field: Field, image: SourceImage, plan: PlanRecord, taken: Taken, left: Body | None, bodies: dict[str, Body]
) -> Number:
    """Return the smallest margin; its interval from the smallest ends.

    Parameters
    ----------
    left
        What the plan's parts, or its drawn specimen, leave of the liver; None where that is nothing.
    bodies
        The lesions.
    """
    near = list(_near(field, plan, taken, left, bodies))
    measured = [_measure(image, field.total, bodies[name], left) for name in near if left is not None]
    widest = float(np.linalg.svd(field.total.grid.steps, compute_uv=False)[0])
    wedges = [each.margin_mm or 0.0 for each in plan.lesions if each.wedge]
    found = [*measured, *(Number(margin, max(margin - widest, 0.0), margin + widest) for margin in wedges)]
    if not found:
        return absent("NO_TARGET")
    least = min(found, key=lambda each: each.value or 0.0)
    best = smallest(measured) if least.ends is not None else least
    low, high = (min(getattr(each, end) for each in found) for end in ("low", "high"))
    return replace(best, low=low, high=high)


def _measure(image: SourceImage, total: Solid, own: Body, left: Body) -> Number:
    margin = resection_margin(own, left, uids=own.solid.grid is image.grid and image.grid.slice_axis == 0)
    unseen = unseen_mm(image, own.solid, [total])
    low = min(margin.low or 0.0, unseen)
    return replace(margin, low=low)


def _near(field: Field, plan: PlanRecord, taken: Taken, left: Body | None, bodies: dict[str, Body]) -> Iterator[str]:
    """Yield the lesions removed or cut that may have the smallest margin, or an end of it."""
    others = {each.id for each in plan.lesions if each.wedge or each.handling is Handling.ABLATED}
    signs = np.array([(1, 1, 1), (1, 1, -1), (1, -1, 1), (-1, 1, 1)])
    slack = SLACK * float(np.linalg.norm(signs @ field.total.grid.steps, axis=1).max())
    apart = {}
    for name in field.lesions:
        voxels = field.lesion(name)
        count, kept = int(voxels.sum()), int((voxels & ~taken.whole).sum())
        if left is not None and name not in others and kept < (1 - CUT_SHARE) * count:
            apart[name] = 0.0 if kept else float(left.tree.nearest(bodies[name].surface)[0].min())
    least = min(apart.values(), default=0.0)
    yield from (name for name, gap in apart.items() if gap <= least + slack)
