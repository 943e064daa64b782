"""The volume of every drawn structure, mapped or not, as it lies in the scan."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.measurement import Measurement
from pipeline.measures.border import reaches_border
from pipeline.measures.locations import locate_largest_slice
from pipeline.measures.uncertainty import mask_volume_interval
from pipeline.measures.volumes import describe_volume, mask_volume_ml
from pipeline.study import Study
from pipeline.volume import Mask


def measure_structures(study: Study, missing: Sequence[int]) -> tuple[Measurement, ...]:
    """Return ``volume_ml`` of each segment of a study, then of each unmapped structure.

    Parameters
    ----------
    missing
        Number of slices that are missing inside each segment.
    """
    mapped = [_measure(study, one.name, one.mask, n) for one, n in zip(study.segments, missing, strict=True)]
    return (*mapped, *(_measure(study, one.name, one.mask, 0) for one in study.unmapped))


def _measure(study: Study, name: str, mask: Mask, missing: int) -> Measurement:
    """Return the volume of one drawn structure, as it lies in the scan.

    An empty one has no volume: declared and not drawn is not 0 mL.
    """
    if mask.is_empty:
        why = "EMPTY_MASK: the structure is declared and no voxel of it is set"
        if mask.is_lost:
            why = "RT_POINT: what is drawn of the structure bounds no area that can be measured"
        if mask.is_below_half:
            why = f"SEG_FRACTIONAL: fractions of {mask.below_half_ml:.3f} mL are stated, and no voxel reaches one half"
        return Measurement("volume_ml", None, "mL", reason=why, masks=(name,))
    volume = mask_volume_ml(mask)
    interval = mask_volume_interval(mask, volume)
    where = locate_largest_slice(study, mask)
    trouble = {"FOV_CUT": reaches_border(mask, study.image.geometry), "MASK_GAP": missing > 0}
    trouble["RT_GAP"] = max(mask.steps) > 1
    method = describe_volume(mask)
    return Measurement(
        "volume_ml",
        volume,
        "mL",
        interval.low,
        interval.high,
        None,
        method,
        (name,),
        where,
        tuple(c for c, is_so in trouble.items() if is_so),
    )
