"""The rules under each profile, put together when a profile is first asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.rules.catalogue import ProfileRules
from pipeline.rules.model import InputSpec, Profile, Rule, Site, Treatment
from pipeline.rules.thresholds import settle_parameters


@dataclass(frozen=True, eq=False)
class Views(Mapping[str, ProfileRules]):
    """The rules under each profile by its name, with a site's own thresholds in their place."""

    profiles: Mapping[str, Profile]
    rules: Sequence[Rule]
    treatments: tuple[Treatment, ...]
    inputs: Mapping[str, InputSpec]
    site: Site | None
    _made: dict[str, ProfileRules] = field(default_factory=dict, init=False, repr=False)

    def __getitem__(self, name: str) -> ProfileRules:
        if name not in self._made:
            self._made[name] = self._make(self.profiles[name])
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self.profiles

    def __iter__(self) -> Iterator[str]:
        return iter(self.profiles)

    def __len__(self) -> int:
        return len(self.profiles)

    def _make(self, profile: Profile) -> ProfileRules:
        """Return the rules that apply somewhere under a profile."""
        here = {rule.id: rule for rule in self.rules if any(rule.kind(name, profile.name) for name in rule.applies)}
        by_class = {rule.class_name: rule.id for rule in here.values() if rule.class_name is not None}
        parameters = settle_parameters(profile, self.profiles, self.site)
        return ProfileRules(profile, here, self.treatments, self.inputs, parameters, by_class)
