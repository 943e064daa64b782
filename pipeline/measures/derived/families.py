"""Every family of derived quantities, in the order in which they run."""

from __future__ import annotations

from pipeline.measures.derived.after_ablation import derive_after_ablation
from pipeline.measures.derived.arterial import derive_arterial
from pipeline.measures.derived.body import derive_body
from pipeline.measures.derived.course import derive_course
from pipeline.measures.derived.deriving import Family
from pipeline.measures.derived.extrahepatic import derive_extrahepatic
from pipeline.measures.derived.follow_up import derive_follow_up
from pipeline.measures.derived.growth import derive_growth
from pipeline.measures.derived.kept_vessels import derive_kept_vessels
from pipeline.measures.derived.lesion_sizes import derive_lesion_sizes
from pipeline.measures.derived.liver_function import derive_liver_function
from pipeline.measures.derived.liver_quality import derive_liver_quality
from pipeline.measures.derived.local_treatments import derive_local_treatments
from pipeline.measures.derived.plans import derive_plans
from pipeline.measures.derived.pregnancy import derive_pregnancy
from pipeline.measures.derived.radiation import derive_radiation
from pipeline.measures.derived.response import derive_response
from pipeline.measures.derived.sparing_bound import derive_sparing_bound

FAMILIES: tuple[Family, ...] = (
    derive_body,
    derive_liver_function,
    derive_radiation,
    derive_extrahepatic,
    derive_arterial,
    derive_liver_quality,
    derive_course,
    derive_growth,
    derive_lesion_sizes,
    derive_after_ablation,
    derive_local_treatments,
    derive_plans,
    derive_kept_vessels,
    derive_sparing_bound,
    derive_response,
    derive_follow_up,
    derive_pregnancy,
)
"""A family may read what an earlier one gave."""
