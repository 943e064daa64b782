"""The catalogue with thresholds that a question supposes, as if a site had set them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.rules import Catalogue
from pipeline.rules.files import Problems
from pipeline.rules.model import Override, Site, Word
from pipeline.rules.ranges import find_beyond
from pipeline.rules.references import has_circles
from pipeline.rules.thresholds import read_site
from pipeline.rules.views import Views

REASON = "supposed in this question"
WHAT_IF = "what-if"
"""Stands for a site where thresholds are supposed and no site file is given."""


def suppose_thresholds(
    catalogue: Catalogue, values: Mapping[str, Word], profiles: Iterable[str], site: Path | None = None
) -> Catalogue:
    """Return the catalogue with thresholds set in profiles; what a profile says of *or equal* stays.

    Parameters
    ----------
    values
        Already checked (``find_fault``).
    site
        The site file that the catalogue was loaded with.

    Raises
    ------
    UsageError
        When rules refer to themselves with these thresholds, or no value can reach one.
    """
    if not values:
        return catalogue
    own = None if site is None else read_site(site, catalogue.parameters, catalogue.profiles, Problems())
    overrides = tuple(
        Override(
            parameter=name,
            value=value,
            strict=catalogue.under(profile).parameters[name].strict,
            profiles=(profile,),
            reason=REASON,
        )
        for profile in profiles
        for name, value in values.items()
    )
    supposed = Site(site=own.site if own else WHAT_IF, overrides=(*(own.overrides if own else ()), *overrides))
    views = Views(catalogue.profiles, catalogue.rules, catalogue.treatments, catalogue.inputs, supposed)
    if has_circles(views):
        raise UsageError("--set: with these thresholds a rule refers to itself")
    if (beyond := next((one for view in views.values() for one in find_beyond(view)), None)) is not None:
        ends = catalogue.inputs[beyond.input].range
        raise UsageError(f"--set: {beyond._replace(origin='').say(*ends)}")
    return replace(catalogue, site=supposed.site, _views=views)
