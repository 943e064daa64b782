"""The margins that a profile plans with."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.planned.planning_file import Margin, Planning
from pipeline.rules.catalogue import ProfileRules


@dataclass(frozen=True)
class Margins:
    """Margins in mm under a profile.

    Parameters
    ----------
    wedge_mm
        At which lesions are taken as wedges, ascending; empty where the profile sets none.
    ablation_mm
        Planned round an ablated lesion; None where the profile sets none.
    """

    wedge_mm: tuple[float, ...]
    ablation_mm: float | None

    @property
    def all_mm(self) -> tuple[float, ...]:
        """Every margin, ascending, each once."""
        more = () if self.ablation_mm is None else (self.ablation_mm,)
        return tuple(sorted({*self.wedge_mm, *more}))


def find_margins(planning: Planning, rules: ProfileRules) -> Margins:
    """Return the margins of a profile; a parameter without a number gives none."""
    wedge = {found for each in planning.wedge.margins_mm if (found := _resolve(each, rules)) is not None}
    return Margins(tuple(sorted(wedge)), _resolve(planning.ablation.margin_mm, rules))


def _resolve(margin: Margin, rules: ProfileRules) -> float | None:
    if margin.parameter is None:
        return margin.number
    parameter = rules.parameters.get(margin.parameter)
    if parameter is None or parameter.number is None:
        return None
    return max(parameter.number, margin.at_least or 0.0)
