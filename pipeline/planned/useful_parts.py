"""Which sets of parts have a reason to be removed: healthy segments go only with a named resection that needs them."""

from __future__ import annotations

from pipeline.ground import Ground
from pipeline.planned.catalogue_plans import find_touched
from pipeline.planning.named import halve, segments_of
from pipeline.planning.zones import groups_of
from pipeline.resection import Resections

FIRST = "1"


class Useful:
    """Answers whether each specimen is of parts that lesions touch, or is a named resection that joins such parts.

    Without this, healthy segments would be removed for nothing but to join two specimens into one. Segment 1 may go
    with a named resection where a lesion touches it.

    Parameters
    ----------
    margin_mm
        Lesions grown by it touch parts; in ``Ground.margins_mm``. A part that none touches is healthy.
    """

    def __init__(self, ground: Ground, resections: Resections, margin_mm: float) -> None:
        touched = set(find_touched(ground, margin_mm))
        self._ground = ground
        self._names = [part.name for part in ground.parts]
        self._touched = {number for number, name in enumerate(self._names) if name in touched}
        self._known = {halve(segments_of(named)) for named in resections.named.values()}

    def __call__(self, parts: tuple[str, ...]) -> bool:
        """Tell whether each specimen has a reason; wedges alone take no part."""
        removed = [number for number, name in enumerate(self._names) if name in parts]
        return all(self._has_reason(specimen) for specimen in groups_of(self._ground.touching, removed))

    def _has_reason(self, specimen: list[int]) -> bool:
        if self._touched.issuperset(specimen):
            return True
        segments = halve(segment for number in specimen for segment in self._ground.parts[number].segments)
        goes_along = {FIRST} if self._touched & {spot for spot in specimen if self._names[spot] == FIRST} else set()
        named = segments in self._known or segments - goes_along in self._known
        return named and len(groups_of(self._ground.touching, sorted(self._touched.intersection(specimen)))) > 1
