"""Plans in words: their kind, their title, and what removing parts does to each lesion."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.ground import Ground
from pipeline.plan import Plan, PlanKind
from pipeline.planning.named import halve, segments_of
from pipeline.planning.space import clears
from pipeline.resection import Resections

NAMED_LESIONS = 4
"""Lesions that a title names one by one; more are counted."""


def kind_of(plan: Plan) -> PlanKind:
    """Return what a plan is made of; ValueError for one that does nothing."""
    if plan.mask:
        return PlanKind.MASK
    elsewhere = bool(plan.ablated or plan.irradiated)
    if plan.parts or plan.wedges:
        if elsewhere:
            return PlanKind.COMBINED
        if plan.parts and plan.wedges:
            return PlanKind.RESECTION
        return PlanKind.ANATOMICAL if plan.parts else PlanKind.SPARING
    if not elsewhere:
        raise ValueError("the plan treats nothing")
    return PlanKind.ABLATION if plan.ablated else PlanKind.RADIATION


def title_of(ground: Ground, plan: Plan, resections: Resections) -> str:
    """Return ``right hepatectomy with wedge of L3 (10 mm) and ablation of L2``; what stays untreated is said."""
    done = []
    if plan.wedges:
        done.append(
            f"{'wedge' if len(plan.wedges) == 1 else 'wedges'} of {name_lesions(plan.wedges)} ({plan.wedge_mm:g} mm)"
        )
    if plan.ablated:
        done.append(f"ablation of {name_lesions(plan.ablated)}")
    if plan.irradiated:
        done.append(f"irradiation of {name_lesions(plan.irradiated)}")
    head = f"plan drawn as {plan.mask}" if plan.mask else name_parts(ground, plan.parts, resections)
    title = " with ".join(each for each in (head, list_words(done)) if each)
    if plan.untreated:
        title = ", ".join(each for each in (title, f"{name_lesions(plan.untreated)} left untreated") if each)
    return title


def name_parts(ground: Ground, parts: Iterable[str], resections: Resections) -> str:
    """Return the resection that removed parts are, by its name or else by its segments; empty for none."""
    wanted = set(parts)
    removed = [part for part in ground.parts if part.name in wanted]
    segments = halve(number for part in removed for number in part.segments)
    known = {halve(segments_of(named)): name for name, named in resections.named.items()}
    if segments in known:
        return _spell(known[segments])
    if segments - {"1"} in known and not any(part.segments != ("1",) and "1" in part.segments for part in removed):
        return f"{_spell(known[segments - {'1'}])} with segment 1"
    numbers = [number for part in removed for number in part.segments]
    if not numbers:
        return ""
    return f"removal of {'segment' if len(numbers) == 1 else 'segments'} {list_words(numbers)}"


def _spell(name: str) -> str:
    """Return a resection's name in words: ``bisegmentectomy 5 and 6``."""
    words = name.split("_")
    numbers = [word for word in words[1:] if word[0].isdigit()]
    if words[0] in ("segmentectomy", "bisegmentectomy"):
        return f"{words[0]} {list_words(numbers)}"
    return " ".join(words)


def name_lesions(lesions: Sequence[str]) -> str:
    """Return lesions one by one, or how many they are where they are more than ``NAMED_LESIONS``."""
    return list_words(lesions) if len(lesions) <= NAMED_LESIONS else f"{len(lesions)} lesions"


def capitalise(words: str) -> str:
    """Return words with a capital first letter, all else as it is."""
    return words[:1].upper() + words[1:]


def list_words(words: Sequence[str]) -> str:
    """Return ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    comma = "," if any(" and " in word for word in words) else ""
    return f"{', '.join(words[:-1])}{comma} and {words[-1]}"


def say_named(ground: Ground, plan: Plan, margin_mm: float) -> str:
    """Return in one sentence what removing a plan's parts does to each lesion, at a margin for clearing it.

    Lesions that the plan takes as wedges, ablates or irradiates are said to be, whatever the parts do to them.
    """
    clearing = clears(ground, plan.parts, margin_mm)
    names = ground.lesions
    wedge = "takes a wedge round" if len(plan.wedges) == 1 else "takes wedges round"
    apart = ((wedge, plan.wedges), ("ablates", plan.ablated), ("irradiates", plan.irradiated))
    elsewhere = {name for _, some in apart for name in some}
    clear = [name for name, yes in zip(names, clearing.cleared, strict=True) if yes and name not in elsewhere]
    cut = [name for name, yes in zip(names, clearing.cut, strict=True) if yes and name not in elsewhere]
    rest = [name for name in names if name not in (*clear, *cut, *elsewhere)]
    said = [f"clears {name_lesions(clear)}" if clear else "clears no lesion"]
    said += [f"{verb} {name_lesions(some)}" for verb, some in apart if some]
    if cut:
        said.append(
            f"does not clear {name_lesions(cut)} (cut through, or nearer than {margin_mm:g} mm to what is kept)"
        )
    if rest:
        said.append(f"leaves {name_lesions(rest)} where {'it is' if len(rest) == 1 else 'they are'}")
    return f"{capitalise(list_words(said))}."
