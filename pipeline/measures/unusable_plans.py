"""Plans of the clinical record that cannot be followed in the masks: each is told, whether or not plans are made."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.measures.couinaud import Division
from pipeline.measures.plans.given import follow_given, given_plans
from pipeline.measures.remnant import Remnant
from pipeline.measures.remnant_ways import why_not_followed
from pipeline.measures.resection_plan import Plan
from pipeline.plan import GivenPlan
from pipeline.resection import role_of_segment
from pipeline.study import ClinicalRecord, Finding, Severity, Study
from pipeline.volume import Mask

BY_RECORD = "CLIN_"
"""What codes begin with that the reader of the clinical record has told already."""
LONGEST_NAME = 40


def say_unusable(
    study: Study,
    clinical: ClinicalRecord,
    total: Mask | None,
    lesions: Mask | None,
    division: Division,
    remnant: Remnant,
) -> Iterator[Finding]:
    """Yield a warning for each plan of the clinical record that cannot be followed, with the reason.

    The mask that it names is not there, its segments are not drawn or given as a whole, or it removes the whole liver.
    Of the plan that the study's numbers rest on it is told with the remnant.

    Parameters
    ----------
    total, lesions
        Liver with intrahepatic lesions, union of these; nothing is told without a liver.
    """
    if total is None:
        return
    told = bool(remnant.ways and remnant.ways[0].reason is not None and remnant.reason == remnant.ways[0].reason)
    for place, plan in enumerate(given_plans(study, clinical)):
        reason = None if place == 0 and told else _why_not(study, plan, total, lesions, division)
        if reason is not None and not reason.startswith(BY_RECORD):
            code, _, why = reason.partition(": ")
            name = re.sub(r"\d{4,}", "#", plan.name)[:LONGEST_NAME]
            yield Finding(code, Severity.WARNING, f"The plan {name} cannot be followed and is left out: {why}.")


def _why_not(study: Study, plan: GivenPlan, total: Mask, lesions: Mask | None, division: Division) -> str | None:
    """Return why a plan cannot be followed, ``CODE: sentence``."""
    if plan.reason is not None:
        return plan.reason
    if plan.mask:
        return follow_given(study, plan, total, lesions).reason
    return why_not_followed(Plan("it", "", tuple(map(role_of_segment, plan.segments))), total, division)
