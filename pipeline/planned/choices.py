"""What may be done with each lesion: from the rules on single lesions, and how deep a lesion lies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.outcome import Truth
from pipeline.plan import Choices, Handling
from pipeline.planned.margins import Margins
from pipeline.planned.planning_file import Planning
from pipeline.rules.compiled import Run
from pipeline.rules.evaluation import Evaluation
from pipeline.rules.wording import say_input

DEPTH = "dist_capsule_mm"
MOST_NAMED = 3
"""Inputs that a note names; the rest is counted."""


@dataclass(frozen=True)
class Open:
    """What may be done with each lesion, and what could not be asked of it.

    Parameters
    ----------
    notes
        By lesion and handling: what is not known, as a sentence; ``RESECTED`` stands for a wedge.
    """

    choices: Choices
    notes: Mapping[tuple[str, Handling], str] = field(default_factory=dict)

    def note(self, lesion: str, handling: Handling) -> str:
        """Return what could not be asked before a lesion is handled so; empty where nothing is open."""
        return self.notes.get((lesion, handling), "")


def find_choices(ev: Evaluation, run: Run, planning: Planning, margins: Margins) -> Open:
    """Return what is not excluded for each lesion, by the rules under the profile.

    A lesion may be ablated, or irradiated, unless the rule says that it is not met; where the rule cannot be answered,
    it may, and a note says what is not known. It may be a wedge unless it lies deeper than the limit.
    """
    notes: dict[tuple[str, Handling], str] = {}
    lesions = tuple(ev.inputs.lesions)
    ablate = _ask(ev, run, planning.ablation.rule, Handling.ABLATED, notes) if margins.ablation_mm else ()
    irradiate = _ask(ev, run, planning.irradiation.rule, Handling.IRRADIATED, notes)
    wedge = [each for each in lesions if _is_shallow(ev, each, planning.wedge.largest_depth_mm, notes)]
    choices = Choices(
        margins.wedge_mm,
        margins.ablation_mm or 0.0,
        frozenset(wedge if margins.wedge_mm else ()),
        frozenset(ablate),
        frozenset(irradiate),
    )
    return Open(choices, notes)


def _ask(
    ev: Evaluation, run: Run, rule: str, handling: Handling, notes: dict[tuple[str, Handling], str]
) -> Iterable[str]:
    """Return the lesions for which a rule does not exclude a treatment; note what it could not be asked of."""
    found = []
    for lesion in ev.inputs.lesions:
        truth = run.truth(rule, lesion)
        if truth is Truth.NOT_MET:
            continue
        found.append(lesion)
        if truth is None:
            notes[lesion, handling] = f"{rule} is not asked under this profile"
        elif truth is Truth.INDETERMINATE:
            notes[lesion, handling] = f"{rule} is open: {_say_missing(ev, rule, lesion)}"
    return found


def _say_missing(ev: Evaluation, rule: str, lesion: str) -> str:
    """Return what keeps a rule open for a lesion, each input once."""
    missing = (one.input for one in ev.find_open(rule, lesion) if one.value is None and one.input in ev.rules.inputs)
    names = list(dict.fromkeys(say_input(ev.rules, name) for name in missing))
    shown = ", ".join(names[:MOST_NAMED]) or "an input"
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{shown}{more} not known"


def _is_shallow(ev: Evaluation, lesion: str, largest_mm: float, notes: dict[tuple[str, Handling], str]) -> bool:
    depth = ev.read(f"lesion.{DEPTH}", lesion).number
    if depth is None:
        notes[lesion, Handling.RESECTED] = "how deep it lies under the capsule is not known"
    return depth is None or depth <= largest_mm
