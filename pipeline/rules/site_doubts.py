"""What a user must know of a site's own thresholds: which look like a slip, and whether a profile asks any of them."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.rules.catalogue import Catalogue, Parameter
from pipeline.rules.thresholds import settle_parameters

OUTSIDE_FACTOR = 2.0
"""How many times beyond what the shipped profiles use a site's number is doubted; a lost digit is ten times."""


def list_site_notes(catalogue: Catalogue, profile: str) -> tuple[str, ...]:
    """Return what must be known of a site's own thresholds under a profile, a sentence each."""
    idle = find_idle_site(catalogue, profile)
    return (*(() if idle is None else (idle,)), *find_site_doubts(catalogue, profile))


def find_site_doubts(catalogue: Catalogue, profile: str) -> tuple[str, ...]:
    """Return a sentence for each of a site's numbers under a profile that is far from what shipped profiles use."""
    own = {name: each for name, each in catalogue.under(profile).parameters.items() if is_of_site(each)}
    if not own:
        return ()
    shipped = [settle_parameters(each, catalogue.profiles, None) for each in catalogue.profiles.values()]
    sentences = []
    for name, parameter in own.items():
        used = [number for one in shipped if name in one and (number := one[name].number) is not None]
        if parameter.number is not None and used and _is_far(parameter.number, min(used), max(used)):
            unit = catalogue.parameters[name].unit or "1"
            sentences.append(_say_far(name, parameter, min(used), max(used), "" if unit == "1" else f" {unit}"))
    return tuple(sentences)


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


def _is_far(value: float, low: float, high: float) -> bool:
    """Tell whether a number is far from a span; of a span that holds zero or less, only what is far above it."""
    below = low > 0 and value < low / OUTSIDE_FACTOR
    return below or (high > 0 and value > high * OUTSIDE_FACTOR)


def _say_far(name: str, parameter: Parameter, low: float, high: float, unit: str) -> str:
    span = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    every = "every shipped profile uses" if low == high else "shipped profiles use"
    return f"{name} is {parameter.number:g}{unit} ({parameter.origin}), but {every} {span}{unit}: check it for a slip."
