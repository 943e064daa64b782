"""The margins that a profile plans with."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.planned.planning_file import Margin, Planning
from pipeline.rules import Catalogue
from pipeline.rules.catalogue import ProfileRules

BOUND = "sparing_bound_margin_mm"


@dataclass(frozen=True)
class Margins:
    """Margins in mm under a profile.

    Parameters
    ----------
    wedge_mm
        At which lesions are taken as wedges, ascending; empty where the profile sets none.
    ablation_mm
        Planned round an ablated lesion; None where the profile sets none.
    bound_mm
        Of the parenchyma-sparing bound (VOL-10), under this and every other profile.
    """

    wedge_mm: tuple[float, ...]
    ablation_mm: float | None
    bound_mm: tuple[float, ...] = ()

    @property
    def all_mm(self) -> tuple[float, ...]:
        """Every margin, ascending, each once."""
        more = () if self.ablation_mm is None else (self.ablation_mm,)
        return tuple(sorted({*self.wedge_mm, *self.bound_mm, *more}))


def find_margins(planning: Planning, catalogue: Catalogue, profile: str) -> Margins:
    """Return the margins of a profile; a parameter without a number gives none."""
    rules = catalogue.under(profile)
    wedge = {found for each in planning.wedge.margins_mm if (found := _resolve(each, rules)) is not None}
    return Margins(tuple(sorted(wedge)), _resolve(planning.ablation.margin_mm, rules), find_bounds(catalogue))


def find_bounds(catalogue: Catalogue) -> tuple[float, ...]:
    """Return the margins of the parenchyma-sparing bound under every profile, ascending, each once."""
    numbers = (catalogue.under(name).parameters[BOUND].number for name in catalogue.profiles)
    return tuple(sorted({number for number in numbers if number is not None}))


def _resolve(margin: Margin, rules: ProfileRules) -> float | None:
    if margin.parameter is None:
        return margin.number
    parameter = rules.parameters.get(margin.parameter)
    if parameter is None or parameter.number is None:
        return None
    return max(parameter.number, margin.at_least or 0.0)
