"""Read profiles and a site's own thresholds; settle which value holds under each profile and where it is from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pipeline.rules.catalogue import Parameter
from pipeline.rules.files import Problems, find_mention, read_file, read_model, suggest
from pipeline.rules.model import NO_LIMIT, Override, ParameterSpec, ParameterValue, Profile, Site, Word
from pipeline.yaml_file import YamlFile

DOUBTFUL = "doubtful"
"""Stands in the origin of a site's number that is far from what shipped profiles use."""
OUTSIDE_FACTOR = 2.0
"""How many times beyond what shipped profiles use a site's number is doubted; a lost digit is ten times."""


def profile_paths(folder: Path) -> tuple[Path, ...]:
    """Return the files of a folder that hold a profile each."""
    return tuple(sorted(folder.glob("*.yaml")))


def read_profiles(folder: Path, specs: Mapping[str, ParameterSpec], problems: Problems) -> dict[str, Profile]:
    """Return every profile of a folder by its name."""
    found: dict[str, Profile] = {}
    files: dict[str, YamlFile] = {}
    for path in profile_paths(folder):
        file = read_file(path, problems)
        if file is None:
            continue
        profile = read_model(Profile, file, file.value, (), Profile.model_fields, problems)
        if profile is not None:
            found[profile.name], files[profile.name] = profile, file
            _check_profile(profile, file, specs, problems)
    for name, profile in found.items():
        _check_complete(profile, files[name], found, specs, problems)
    if not found:
        problems.lines.append(f"{folder.name}:1: no profile found")
    return found


def _check_profile(profile: Profile, file: YamlFile, specs: Mapping[str, ParameterSpec], problems: Problems) -> None:
    if profile.name != file.path.stem:
        problems.add(file, f"profile {profile.name} stands in {file.path.name}; the two names must be equal", "name")
    for name, value in profile.parameters.items():
        fault = find_fault(name, _unwrap(value).value, specs)
        if fault:
            problems.add(file, fault, "parameters", name)


def _check_complete(
    profile: Profile,
    file: YamlFile,
    profiles: Mapping[str, Profile],
    specs: Mapping[str, ParameterSpec],
    problems: Problems,
) -> None:
    if profile.from_ is None:
        for name in sorted(set(specs) - set(profile.parameters)):
            problems.add(file, f"{name} is missing; a profile without `from` sets every parameter", "parameters")
    elif profile.from_ not in profiles:
        problems.add(file, f"there is no profile {profile.from_}{suggest(profile.from_, profiles)}", "from")
    elif profiles[profile.from_].from_ is not None:
        problems.add(file, f"{profile.from_} itself takes values from another profile", "from")


def find_fault(name: str, value: Word, specs: Mapping[str, ParameterSpec]) -> str | None:
    """Return what is wrong with a parameter's value, or None."""
    if name not in specs:
        return f"there is no parameter {name}{suggest(name, specs)}"
    spec = specs[name]
    if spec.type == "truth":
        return None if isinstance(value, bool) else f"{name} must be true or false"
    if spec.type == "word":
        words = ", ".join(spec.words)
        return None if value in spec.words else f"{name} must be one of {words}"
    if value == NO_LIMIT or (isinstance(value, int | float) and not isinstance(value, bool)):
        return None
    return f"{name} must be a number in {spec.unit}, or {NO_LIMIT}"


def read_site(
    path: Path, specs: Mapping[str, ParameterSpec], profiles: Mapping[str, Profile], problems: Problems
) -> Site | None:
    """Return a site's own thresholds, or None with the problems added."""
    file = read_file(path, problems)
    if file is None:
        return None
    site = read_model(Site, file, file.value, (), {*Site.model_fields, *Override.model_fields}, problems)
    for place, override in enumerate(site.overrides if site else ()):
        fault = find_fault(override.parameter, override.value, specs)
        if fault:
            problems.add(file, fault, "overrides", place, "parameter")
        if site is not None and _is_repeated(site.overrides[:place], override, profiles):
            problems.add(file, f"{override.parameter} is overridden twice", "overrides", place, "parameter")
        for name in override.profiles or ():
            if name not in profiles:
                where = find_mention(file.value, name)
                problems.add(file, f"there is no profile {name}{suggest(name, profiles)}", *where)
    return site


def _is_repeated(before: Iterable[Override], override: Override, profiles: Iterable[str]) -> bool:
    """Tell whether an override sets what an earlier one sets too, in some profile."""
    own = set(override.profiles or profiles)
    return any(one.parameter == override.parameter and own & set(one.profiles or profiles) for one in before)


def settle_parameters(profile: Profile, profiles: Mapping[str, Profile], site: Site | None) -> dict[str, Parameter]:
    """Return the value of every parameter under a profile, and where it is from."""
    settled: dict[str, Parameter] = {}
    if profile.from_ is not None:
        for name, value in profiles[profile.from_].parameters.items():
            settled[name] = _settle(value, f"from: {profile.from_}")
    for name, value in profile.parameters.items():
        settled[name] = _settle(value, profile.name)
    for override in site.overrides if site is not None else ():
        if override.profiles is None or profile.name in override.profiles:
            doubt = _doubt(override, profiles)
            origin = f"site: {site.site if site else ''} ({override.reason}{doubt and f', {DOUBTFUL}: {doubt}'})"
            settled[override.parameter] = Parameter(override.value, override.strict, origin)
    return settled


def _doubt(override: Override, profiles: Mapping[str, Profile]) -> str:
    """Return what shipped profiles use where a site's number is far from it; nothing where it is not."""
    number = _settle(override.value, "").number
    given = (each.parameters.get(override.parameter) for each in profiles.values())
    used = [own for value in given if value is not None and (own := _settle(value, "").number) is not None]
    if number is None or not used or not _is_far(number, min(used), max(used)):
        return ""
    low, high = min(used), max(used)
    return f"every shipped profile uses {low:g}" if low == high else f"shipped profiles use {low:g} to {high:g}"


def _is_far(value: float, low: float, high: float) -> bool:
    """Tell whether a number is far from a span; from one that holds zero or less only what is far above it."""
    below = low > 0 and value < low / OUTSIDE_FACTOR
    return below or (high > 0 and value > high * OUTSIDE_FACTOR)


def _settle(value: Word | ParameterValue, origin: str) -> Parameter:
    held = _unwrap(value)
    return Parameter(held.value, held.strict, origin, held.confidence)


def _unwrap(value: Word | ParameterValue) -> ParameterValue:
    return value if isinstance(value, ParameterValue) else ParameterValue(value=value)
