"""What is known about liver and lesions before any number is published, and why not where it is not.

A reason is ``CODE: sentence``. Absent, declared but empty, below one half everywhere, only specks and zero
confirmed are five different words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.lesion import LesionStatus
from pipeline.measurement import Fact
from pipeline.measures.border import reaches_border
from pipeline.measures.grids import count_shared, same_grid, share_grid
from pipeline.measures.hepatic import lies_in_liver
from pipeline.measures.lesions import LesionSet
from pipeline.measures.missing_slices import count_missing, state_missing
from pipeline.structures import Role
from pipeline.study import ClinicalRecord, Segment, Study, Unmapped
from pipeline.volume import Mask

CONFIRMED = "lesion_search_confirmed"
"""Field of the clinical record: the liver was searched for lesions."""


@dataclass(frozen=True)
class LesionKnowledge:
    """Whether it can be said which lesions there are.

    Parameters
    ----------
    state
        ``absent``, ``declared_empty``, ``below_half``, ``only_specks``, ``too_many``, ``zero_confirmed`` or ``found``.
    reason
        Why it cannot be said, ``CODE: sentence``; None when it can.
    """

    state: str
    reason: str | None = None

    @property
    def known(self) -> bool:
        """Tell whether the lesions found are all there are."""
        return self.reason is None


def find_liver(study: Study) -> Mask | None:
    """Return the liver mask; None when there is none or no voxel of it is set."""
    return next((segment.mask for segment in study.segments_of(Role.LIVER) if not segment.mask.is_empty), None)


def judge_lesions(study: Study, clinical: ClinicalRecord, liver: Mask | None, lesions: LesionSet) -> LesionKnowledge:
    """Tell whether the lesions found are all there are, and why not where it cannot be said."""
    state = _lesion_state(study, lesions)
    reason = (
        lesions.reason
        or _unmapped_reason(study, liver)
        or _below_half_reason(study)
        or find_lost_reason(study)
        or _state_reason(state)
    )
    if reason is None:
        reason = _grid_reason(study, liver) or _status_reason(liver, lesions)
    confirmed = _is_confirmed(clinical)
    if confirmed and liver is not None and state == "declared_empty" and reason == _state_reason(state):
        return LesionKnowledge("zero_confirmed")
    return LesionKnowledge(state, reason)


def judge_liver(study: Study, liver: Mask | None, lesions: LesionSet) -> str | None:
    """Return why the liver as a whole cannot be measured, ``CODE: sentence``; None when it can."""
    if liver is None:
        return "NO_LIVER: no liver mask holds a voxel"
    if lesions.reason is not None:
        return lesions.reason
    if not share_grid([liver, *(lesion.mask for lesion in lesions.drawn)]):
        return "GRID_OTHER: liver and lesions are drawn on different grids and are not joined"
    slices = _missing_in_liver(liver, lesions)
    if slices:
        return state_missing("liver", slices)
    if most_outside(lesions):
        return _outside_reason(lesions)
    whole = (liver, *(lesion.mask for lesion in lesions.intrahepatic))
    if any(reaches_border(mask, study.image.geometry) for mask in whole):
        return "FOV_CUT: the liver touches the border of the scan, so it is not complete"
    strange = unmapped_in_liver(study, liver)
    if any(not _mostly_covered(item.mask, liver) for item in strange):
        return f"LABEL_UNKNOWN: {_names(strange)} lies in the liver, is left out of its mask and maps to no role"
    return None


def _missing_in_liver(liver: Mask, lesions: LesionSet) -> int:
    """Return how many slices are missing inside the liver."""
    return count_missing(liver, [lesion.mask for lesion in lesions.drawn])


def unmapped_in_liver(study: Study, liver: Mask | None) -> tuple[Unmapped, ...]:
    """Return the unmapped structures that lie in the liver, or of which it cannot be told on another grid."""
    filled = [item for item in study.unmapped if not item.mask.is_empty]
    if liver is None:
        return ()
    return tuple(
        item for item in filled if not same_grid(item.mask.grid, liver.grid) or lies_in_liver(item.mask, [liver])
    )


def most_outside(lesions: LesionSet) -> bool:
    """Tell whether more lesions lie outside the liver than in it."""
    outside, inside = lesions.of(LesionStatus.EXTRAHEPATIC), lesions.intrahepatic
    return len(outside) > len(inside)


def lesion_state_fact(knowledge: LesionKnowledge) -> Fact:
    """Return the state of the lesion masks as a fact."""
    return Fact("lesion_state", knowledge.state, source="lesion masks")


def _lesion_state(study: Study, lesions: LesionSet) -> str:
    """Return what the lesion masks hold, in one word."""
    segments = [segment for segment in study.segments_of(Role.LESION) if not segment.mask.is_lost]
    if not segments:
        return "absent"
    if all(segment.mask.is_empty for segment in segments):
        return "below_half" if any(segment.mask.is_below_half for segment in segments) else "declared_empty"
    if lesions.reason is not None:
        return "too_many"
    return "found" if lesions.drawn else "only_specks"


def _below_half_reason(study: Study) -> str | None:
    """Return why a lesion segment that is stated in fractions, all below one half, leaves the lesions unknown."""
    lost = [segment.mask.below_half_ml for segment in study.segments_of(Role.LESION) if segment.mask.is_below_half]
    if not lost:
        return None
    return (
        f"SEG_FRACTIONAL: fractions of {sum(lost):.3f} mL are stated of {len(lost)} lesion segments and no voxel of "
        "them reaches one half; that is not the same as no lesion"
    )


def find_lost(study: Study) -> tuple[Segment, ...]:
    """Return the lesion segments of which something is drawn and nothing can be measured."""
    return tuple(segment for segment in study.segments_of(Role.LESION) if segment.mask.is_lost)


def find_lost_reason(study: Study) -> str | None:
    """Return why lesions that are drawn and cannot be measured leave the lesions unknown.

    One that reaches no farther than a pixel beside others that can be measured does not: the count's interval has it.
    """
    lost = find_lost(study)
    drawn = any(not segment.mask.is_empty for segment in study.segments_of(Role.LESION))
    if not lost or (drawn and not any(_exceeds_pixel(segment.mask) for segment in lost)):
        return None
    return (
        f"RT_POINT: what is drawn of {_count_lesions(len(lost))} bounds no area that can be measured; how many lesions "
        "there are and how large is not known"
    )


def _count_lesions(number: int) -> str:
    return "one lesion" if number == 1 else f"{number} lesions"


def _exceeds_pixel(mask: Mask) -> bool:
    """Tell whether what is drawn of a lost structure reaches farther than the diagonal of a pixel."""
    pixel = np.delete(mask.grid.spacing_mm, mask.grid.slice_axis)
    return (mask.lost_mm or 0.0) > float(np.linalg.norm(pixel))


def _state_reason(state: str) -> str | None:
    """Return why lesions are not known in a state of their masks."""
    reasons = {
        "absent": "LESION_ABSENT: no lesion mask is given; that is not the same as no lesion",
        "declared_empty": f"EMPTY_LESIONS: the lesion mask is empty; {CONFIRMED} is not true in the clinical record",
        "only_specks": "LESION_SPECK: the lesion masks hold nothing but specks below the smallest lesion size",
    }
    return reasons.get(state)


def _unmapped_reason(study: Study, liver: Mask | None) -> str | None:
    """Return why unmapped structures leave the lesions unknown."""
    strange: Sequence[Unmapped] = unmapped_in_liver(study, liver)
    if strange:
        return f"LABEL_UNKNOWN: {_names(strange)} lies in the liver and maps to no role; it may be a lesion"
    lost = [item for item in study.unmapped if item.mask.is_below_half]
    if lost:
        return f"LABEL_UNKNOWN: {_names(lost)}, stated in fractions below one half, maps to no role; it may be a lesion"
    if study.unmapped and not study.segments_of(Role.LESION):
        return f"LABEL_UNKNOWN: nothing maps to lesion while {_names(study.unmapped)} maps to no role"
    return None


def _grid_reason(study: Study, liver: Mask | None) -> str | None:
    """Return why masks on several grids leave the lesions unknown."""
    masks = [segment.mask for segment in study.segments_of(Role.LESION)]
    if share_grid([*masks, *([] if liver is None else [liver])]):
        return None
    return "GRID_OTHER: liver and lesions are drawn on different grids and are not joined"


def _status_reason(liver: Mask | None, lesions: LesionSet) -> str | None:
    """Return why the lesions found do not say how many there are in the liver."""
    if liver is None:
        return "NO_LIVER: without a liver mask it is not known which lesions lie in the liver"
    slices = _missing_in_liver(liver, lesions)
    if slices and lesions.of(LesionStatus.EXTRAHEPATIC):
        return f"{state_missing('liver', slices)}; without them it is not known which lesions lie in the liver"
    if most_outside(lesions):
        return _outside_reason(lesions)
    if not lesions.intrahepatic:
        return "LESION_TREATED: every lesion in the liver lies in an ablation zone; none is left to count"
    return None


def _outside_reason(lesions: LesionSet) -> str:
    """Return the reason for a study whose lesions lie mostly outside its liver."""
    outside, inside = len(lesions.of(LesionStatus.EXTRAHEPATIC)), len(lesions.intrahepatic)
    where = f"{outside} of {outside + inside} lesions lie outside the liver"
    return f"LESION_OUTSIDE: {where}; liver and lesions may not belong together"


def _is_confirmed(clinical: ClinicalRecord) -> bool:
    """Tell whether the clinical record states that the liver was searched for lesions."""
    fact = clinical.facts.get(CONFIRMED)
    return fact is not None and fact.value is True


def _mostly_covered(mask: Mask, liver: Mask) -> bool:
    """Tell whether at least half of a structure's voxels lie in the liver mask itself."""
    return same_grid(mask.grid, liver.grid) and 2 * count_shared(mask, liver) >= mask.count


def _names(items: Sequence[Unmapped]) -> str:
    """Return the names of unmapped structures, shortened."""
    shown = [item.name if item.number is None else f"{item.name} ({item.number})" for item in items[:5]]
    more = f" and {len(items) - 5} more" if len(items) > 5 else ""
    return ", ".join(f"'{name}'" for name in shown) + more
