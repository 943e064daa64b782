"""Whether what came of a spoiled study is what its class demands."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatch

from tests.corruption.outcome import REFUSED, WARNING, Outcome
from tests.corruption.way import Expected, Way

VOLUME, LENGTH = 1e-6, 1e-3
"""Relative tolerances of the hazard list: volumes, percentages and counts; everything in mm."""


def fits(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def judge(way: Way, outcomes: Sequence[Outcome], clean: Outcome) -> list[str]:
    """Return everything that is not as the way's class demands; empty when all is well.

    Files that the spoiling made a study of its own must be refused, without a number.
    """
    if way.expected is Expected.REFUSED:
        reasons = {outcome.record["findings"][0]["code"] for outcome in outcomes if outcome.status == "refused"}
        right = any(fits(reason, way.codes) for reason in reasons)
        found = [] if right else [f"it was refused for {sorted(reasons)}"]
        return found + [complaint for outcome in outcomes for complaint in refusal_complaints(outcome)]
    measured = [outcome for outcome in outcomes if outcome.status == "done"] or outcomes[:1]
    others = [outcome for outcome in outcomes if outcome not in measured[:1]]
    found = [complaint for outcome in others for complaint in refusal_complaints(outcome)]
    return complaints(way, measured[0], clean) + found


def judge_pair(way: Way, outcomes: Sequence[Outcome], clean: Outcome) -> list[str]:
    """Do so for two ways at once: any reason refuses, and what neither refuses alone may be refused together."""
    if way.expected is Expected.REFUSED or all(outcome.status == "refused" for outcome in outcomes):
        return [complaint for outcome in outcomes for complaint in refusal_complaints(outcome)]
    return judge(way, outcomes, clean)


def complaints(way: Way, outcome: Outcome, clean: Outcome) -> list[str]:
    """Return what is wrong with the outcome of a study that can be measured."""
    if outcome.status == "failed":
        return [f"it failed: {outcome.record['findings']}"]
    if outcome.status != "done":
        return [f"it was refused: {[(f['code'], f['message']) for f in outcome.record['findings']]}"]
    found = missing_codes(way, outcome) if way.expected is Expected.FLAGGED else extra_codes(way, outcome, clean)
    found += number_complaints(way, outcome, clean)
    if not way.verdicts and set(outcome.verdicts().values()) - {"indeterminate", "not_applicable"}:
        found.append(f"treatments were judged: {outcome.verdicts()}")
    if (
        way.expected is Expected.CORRECT
        and not (way.changed or way.drawn)
        and outcome.verdicts().keys() != clean.verdicts().keys()
    ):
        found.append("other treatments were judged")
    return found


def refusal_complaints(outcome: Outcome) -> list[str]:
    """Return what a study that must be refused gives away all the same."""
    if outcome.status != "refused":
        return [f"a study was {outcome.status}, with {sorted(outcome.codes(WARNING, REFUSED))}"]
    return [f"it leaked {leak}" for leak in outcome.leaks()]


def missing_codes(way: Way, outcome: Outcome) -> list[str]:
    """Return the codes that nothing warns of; ``A|B`` is satisfied by either."""
    seen = outcome.codes(WARNING, REFUSED)
    absent = [code for code in way.codes if not any(fits(each, tuple(code.split("|"))) for each in seen)]
    return [f"no warning {code}; there are {sorted(seen)}" for code in absent]


def extra_codes(way: Way, outcome: Outcome, clean: Outcome) -> list[str]:
    extra = outcome.codes(WARNING, REFUSED) - clean.codes(WARNING, REFUSED)
    return [f"a needless {code}" for code in sorted(extra) if not fits(code, way.codes)]


def number_complaints(way: Way, outcome: Outcome, clean: Outcome) -> list[str]:
    before, after, flags = clean.numbers(), outcome.numbers(), outcome.flags()
    found = []
    for name, value in after.items():
        if fits(name, way.withheld):
            found.append(f"{name} = {value:g} was published")
        elif fits(name, way.drawn):
            continue
        elif fits(name, way.changed):
            found += changed_complaints(way, name, value, before.get(name), flags[name])
        elif name not in before:
            found.append(f"{name} = {value:g} is new")
        elif not is_near(name, value, before[name], way.tolerance):
            found.append(f"{name} = {value:g}, was {before[name]:g}")
    lost = [n for n in before if n not in after and not fits(n, (*way.withheld, *way.changed, *way.drawn))]
    for name, value in way.known(before).items():
        if name not in after or not is_near(name, after[name], value, way.tolerance):
            found.append(f"{name} = {after.get(name)}, must be {value:g}")
    return found + [f"{name} is not published" for name in lost]


def changed_complaints(way: Way, name: str, value: float, before: float | None, flags: set[str]) -> list[str]:
    if way.expected is Expected.CORRECT or (before is not None and is_near(name, value, before, way.tolerance)):
        return []
    drawn_in_masks = name.endswith("_ml") and "ablation" not in name
    if way.within is not None and before and drawn_in_masks and abs(value - before) > way.within * abs(before):
        return [f"{name} = {value:g} is further than {way.within:.0%} from {before:g}"]
    known = tuple(part for code in way.codes for part in code.split("|"))
    return [] if any(fits(flag, known) for flag in flags) else [f"{name} = {value:g} bears no flag, was {before}"]


def is_near(name: str, value: float, before: float, tolerance: float | None) -> bool:
    relative = tolerance or (LENGTH if "_mm" in name else VOLUME)
    return abs(value - before) <= relative * abs(before) + 1e-12
