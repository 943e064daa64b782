"""Ways of a case as plans, and as rows of scores."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from pipeline.ground import Ground
from pipeline.plan import Choices, Plan, Requirement, Score
from pipeline.planning.cases import Case
from pipeline.planning.setting import Setting, Way, bits_in
from pipeline.planning.space import count_segments, needs_growth
from pipeline.planning.zones import UNITS_PER_ML, groups_of, part_names, tissue_units


@dataclass(frozen=True, eq=False)
class Scorer:
    """Scores ways as ``space.score`` scores their plans, without going back to the atoms."""

    ground: Ground
    choices: Choices
    requirement: Requirement
    known: dict[int, tuple[float, int, int]] = field(default_factory=dict)

    @cached_property
    def _part_units(self) -> list[float]:
        units, part = tissue_units(self.ground), self.ground.atoms.part
        return [float(units[part == number].sum()) for number in range(len(self.ground.parts))]

    @cached_property
    def _total(self) -> float:
        return float(tissue_units(self.ground).sum())

    def score(self, setting: Setting, case: Case, way: Way) -> tuple[float, ...]:
        """Return the fields of ``Score`` in their order."""
        left, specimens, segments = self._describe(case.removed)
        taken, wedges, procedures, untreated, chosen = way
        remnant_ml = (left - taken) / UNITS_PER_ML
        ablated = (case.whole.wedges | case.whole.open | case.whole.rest) & ~chosen & setting.may_ablate
        margins = [case.cleared_mm] if case.cleared else []
        margins += [setting.margin_mm] * bool(wedges) + [self.choices.ablation_mm] * bool(ablated)
        return (
            untreated,
            remnant_ml,
            case.cleared.bit_count() + wedges,
            specimens + procedures + needs_growth(remnant_ml, self.requirement),
            min([*margins, self.ground.margins_mm[-1]]) if margins else 0.0,
            segments,
        )

    def _describe(self, removed: int) -> tuple[float, int, int]:
        """Return what removed parts leave in 1e-9 mL, how many specimens they are and how many segments."""
        if removed not in self.known:
            parts = bits_in(removed)
            left = self._total - sum(self._part_units[part] for part in parts)
            names = part_names(self.ground)
            segments = count_segments(self.ground, [names[part] for part in parts])
            self.known[removed] = (left, len(groups_of(self.ground.touching, parts)), segments)
        return self.known[removed]


def plan_of_way(setting: Setting, case: Case, way: Way) -> Plan:
    """Return the plan that a way is: every lesion that the parts do not clear is in one of its lists."""
    chosen, names = way[4], part_names(setting.ground)
    others = (case.whole.wedges | case.whole.open | case.whole.rest) & ~chosen
    ablated = others & setting.may_ablate
    irradiated = others & ~ablated & setting.may_irradiate

    def say(bits: int) -> tuple[str, ...]:
        return tuple(setting.ground.lesions[number] for number in bits_in(bits))

    return Plan(
        parts=tuple(names[part] for part in bits_in(case.removed)),
        wedges=say(chosen),
        wedge_mm=setting.margin_mm if chosen else 0.0,
        ablated=say(ablated),
        ablation_mm=setting.choices.ablation_mm if ablated else 0.0,
        irradiated=say(irradiated),
        untreated=say(others & ~ablated & ~irradiated),
    )


def sort_key(plan: Plan, score: Score, requirement: Requirement) -> tuple[object, ...]:
    """Return what plans are put in order by for reading.

    Fewest untreated lesions, no growth needed, fewest procedures, largest remnant; then all else of the score, and at
    last the parts and the lists.
    """
    names: Iterable[tuple[str, ...]] = (plan.parts, plan.wedges, plan.ablated, plan.irradiated, plan.untreated)
    return (
        score.untreated,
        needs_growth(score.remnant_ml, requirement),
        score.procedures,
        -score.remnant_ml,
        -score.resected,
        -score.margin_mm,
        score.segments,
        len(plan.parts),
        *names,
    )
