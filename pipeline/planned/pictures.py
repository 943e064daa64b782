"""Pictures of the plans that a page shows: options, the user's own, and the one that the verdicts rest on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipeline.measures.key_images import Window
from pipeline.measures.plans.plan_pictures import draw_plan_pictures
from pipeline.measures.plans.taking import Taken, take
from pipeline.measures.shares import take_off
from pipeline.picture import PlanPicture
from pipeline.planned.planning import Planned
from pipeline.study import Study
from pipeline.volume import Box, Image


def draw_plans(study: Study, planned: Planned, read: Callable[[Box], Image], window: Window) -> tuple[PlanPicture, ...]:
    """Return a picture of each plan that the page shows in full, in the order of the record; none without plans.

    Parameters
    ----------
    read
        Returns the image's values in a box of its grid.
    """
    basis, record = planned.basis, planned.record
    if basis is None:
        return ()
    adopted = {record.adopted.id} if record.adopted is not None else set[str]()
    shown = [each.id for each in (*record.options, *record.own)]
    shown += [each.id for each in record.named if each.id in adopted]

    def list_taken() -> Iterator[tuple[str, Taken]]:
        for id_ in shown:
            item = planned.items.get(id_)
            if item is not None:
                specimen = None if item.kept is None else take_off(basis.total, item.kept)
                yield id_, take(basis.cells, basis.ground, item.plan, specimen)

    return draw_plan_pictures(study, basis.cells, list_taken, read, window=window)
