"""What a user must know of a site's own thresholds: which look like a slip, and whether a profile asks any of them."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.rules.catalogue import Catalogue, Parameter
from pipeline.rules.thresholds import DOUBTFUL


def list_site_notes(catalogue: Catalogue, profile: str) -> tuple[str, ...]:
    """Return what must be known of a site's own thresholds under a profile, a sentence each."""
    idle = find_idle_site(catalogue, profile)
    return (*(() if idle is None else (idle,)), *find_site_doubts(catalogue, profile))


def find_site_doubts(catalogue: Catalogue, profile: str) -> tuple[str, ...]:
    """Return a sentence for each of a site's numbers under a profile that is far from what shipped profiles use."""
    return tuple(
        f"{name} is {each.number:g}{_unit_of(catalogue, name)} ({each.origin}): check it for a slip."
        for name, each in catalogue.under(profile).parameters.items()
        if is_of_site(each) and f", {DOUBTFUL}: " in each.origin
    )


def _unit_of(catalogue: Catalogue, name: str) -> str:
    unit = catalogue.parameters[name].unit or "1"
    return "" if unit == "1" else f" {unit}"


def is_of_site(parameter: Parameter) -> bool:
    """Tell whether a threshold is a site's own."""
    return parameter.origin.startswith("site:")


def find_idle_site(catalogue: Catalogue, profile: str) -> str | None:
    """Return that none of a site's thresholds is for a profile, and for which they are; None where one is."""
    if catalogue.site is None or any(map(is_of_site, catalogue.under(profile).parameters.values())):
        return None
    meant = ", ".join(_profiles_with_own(catalogue))
    return (
        f"The site's own thresholds ({catalogue.site}) are for the profile{'s' if ', ' in meant else ''} {meant}: "
        f"under {profile} they change no verdict."
    )


def _profiles_with_own(catalogue: Catalogue) -> Iterator[str]:
    for name in catalogue.profiles:
        if any(map(is_of_site, catalogue.under(name).parameters.values())):
            yield name
