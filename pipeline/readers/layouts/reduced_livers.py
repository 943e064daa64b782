"""A liver that is drawn without its tumours, as radiotherapy plans do (``Liver-GTV``, row M19)."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.readers.layouts.naming import Naming
from pipeline.readers.layouts.precedence import describe_names
from pipeline.structures import Role
from pipeline.study import Finding, Segment, Severity

TOUCHED = ("total_liver_volume_ml", "functional_liver_volume_ml", "tumour_burden_percent", "remnant_percent")


def settle_reduced_livers(segments: Sequence[Segment], naming: Naming) -> tuple[list[Segment], list[Finding]]:
    """Return the segments that count, and what was done with livers without tumours.

    Such a liver counts where no whole one is drawn; the intrahepatic lesions are added to the total in any case.
    """
    reduced = [each for each in segments if each.role is Role.LIVER and naming.is_reduced(each.name)]
    whole = [each for each in segments if each.role is Role.LIVER and not naming.is_reduced(each.name)]
    if not reduced:
        return list(segments), []
    names = describe_names([each.name for each in reduced])
    if any(not each.mask.is_empty for each in whole):
        message = f"The liver is drawn whole and without its tumours ({names}); the whole one was measured."
        lost = {id(each) for each in reduced}
        return [each for each in segments if id(each) not in lost], [Finding("LIVER_REDUCED", Severity.INFO, message)]
    message = (
        f"The liver is drawn without its tumours ({names}): lesions in it are added to its total, and what was taken "
        "off and is drawn as no lesion is missing there."
    )
    return list(segments), [Finding("LIVER_REDUCED", Severity.WARNING, message, TOUCHED)]
