"""The plans of a study that are asked about: named resections, the user's own, options of the search."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.measurement import Measurement
from pipeline.measures.distances.margins import MARGIN
from pipeline.plan import Plan, PlanKind
from pipeline.planned.answering import Item
from pipeline.planned.both_sides import list_both_sides
from pipeline.planned.catalogue_plans import ablate_rest, list_catalogue_plans
from pipeline.planned.own import Drawing, OwnPlan, find_own_plans
from pipeline.planned.question import Question
from pipeline.planned.useful_parts import Useful
from pipeline.planning.named import plan_of_parts
from pipeline.planning.search import Found, search
from pipeline.planning.space import needs_growth, score
from pipeline.planning.stages import StagePlan, split_stages
from pipeline.planning.words import kind_of, name_lesions, title_of

SEGMENT_WORDS = {"segment_wise": "every segment that a lesion touches with its margin"}


@dataclass(frozen=True, eq=False)
class Listed:
    """A plan of the list.

    Parameters
    ----------
    id
        ``N1`` named, ``P1`` option, ``U1`` the user's own.
    name
        What the record or the table of named resections calls it, in words; empty for options.
    item
        None for one that cannot be followed, which ``reason`` says.
    ways
        In which orders two stages may do it; none where they have no use.
    spoken_of
        What the clinical record states of a plan is stated of this one (``own.OwnPlan``).
    """

    id: str
    name: str
    item: Item | None = None
    reason: str | None = None
    mask: str = ""
    ways: tuple[tuple[StagePlan, StagePlan], ...] = ()
    spoken_of: bool = False


@dataclass(frozen=True, eq=False)
class Listing:
    """All plans of a study that are asked about.

    Parameters
    ----------
    catalogue
        Ids of the plans of section 7.0 of the catalogue, of which the best is taken where the user gives none.
    completed
        By such an id, the plan with ablation of every lesion that it leaves, where it competes and leaves any. All have
        the id that the one has which is taken: it is listed then, the others are not.
    """

    options: tuple[Listed, ...]
    own: tuple[Listed, ...]
    named: tuple[Listed, ...]
    catalogue: tuple[str, ...]
    found: Found
    completed: Mapping[str, Listed] = field(default_factory=dict)

    @property
    def all(self) -> tuple[Listed, ...]:
        """Every plan."""
        return (*self.options, *self.own, *self.named)

    @property
    def plans(self) -> tuple[Plan, ...]:
        """Every plan by parts and margins that can be followed, and what is done of it after each stage."""
        asked = (*self.all, *self.completed.values())
        items = (each.item for each in asked if each.item is not None and each.item.kept is None)
        stages = (stage.after for each in asked for way in each.ways for stage in way)
        return (*(item.plan for item in items), *stages)


def list_plans(question: Question) -> Listing:
    """Return the plans of a study.

    After the named resections come those of section 7.0 of the catalogue without a name of their own, then major
    resections that treat lesions on both sides.
    """
    ground, choices, planning = question.ground, question.open.choices, question.asked.planning
    found = search(ground, choices, question.requirement, _find_allowed(question), planning.options)
    options = (_list_option(question, place, plan) for place, plan in enumerate(found.plans, 1))
    own = tuple(_list_own(question, each, place) for place, each in enumerate(_find_own(question), 1))
    named = list(_list_named(question))
    catalogue = []
    for plan in list_catalogue_plans(ground, planning.catalogue_plans, question.asked.resections, choices):
        known = next((each for each in named if each.item is not None and each.item.plan.parts == plan.parts), None)
        if known is None:
            words = SEGMENT_WORDS.get(plan.name, _say(plan.name))
            known = Listed(f"N{len(named) + 1}", words, _make_item(question, plan))
            named.append(known)
        catalogue.append(known.id)
    named += _list_both_sides(question, found, len(named))
    completed = {} if own or question.anatomy.kept is not None else _complete(question, named, catalogue)
    return Listing(tuple(options), own, tuple(named), tuple(catalogue), found, completed)


def _complete(question: Question, named: Sequence[Listed], catalogue: Sequence[str]) -> dict[str, Listed]:
    """Return each plan of the catalogue that leaves lesions with ablation of these, as the next of the named ones."""
    ground, choices, found = question.ground, question.open.choices, {}
    for each in named:
        if each.id not in catalogue or each.item is None or not each.item.plan.untreated:
            continue
        plan = ablate_rest(ground, each.item.plan, choices)
        if plan is not None:
            known = next((one for one in named if one.item is not None and one.item.plan == plan), None)
            words = f"{each.name} with ablation of {name_lesions(plan.ablated)}"
            found[each.id] = known or _list_staged(question, f"N{len(named) + 1}", plan, words)
    return found


def _find_allowed(question: Question) -> Callable[[tuple[str, ...]], bool]:
    """Return which sets of parts the search may remove."""
    useful = Useful(question.ground, question.asked.resections, min(question.margins.wedge_mm, default=0.0))
    return lambda parts: useful(parts) and question.allowed(parts)


def _list_both_sides(question: Question, found: Found, before: int) -> Iterator[Listed]:
    """Yield the major resections that treat lesions on both sides and are no option, numbered after the named ones."""
    ground, choices, resections = question.ground, question.open.choices, question.asked.resections
    names = question.asked.planning.catalogue_plans
    plans = list_both_sides(ground, names, resections, choices, question.requirement)
    for place, plan in enumerate((each for each in plans if each not in found.plans), before + 1):
        yield _list_staged(question, f"N{place}", plan, title_of(ground, plan, resections))


def _list_option(question: Question, place: int, plan: Plan) -> Listed:
    return _list_staged(question, f"P{place}", plan)


def _list_staged(question: Question, id_: str, plan: Plan, name: str = "") -> Listed:
    """Return a plan with its two stages; with any, and where its remnant has to grow first, it is judged as staged."""
    item, ways = _make_item(question, plan), split_stages(question.ground, plan, question.asked.resections)
    grows = needs_growth(score(question.ground, plan, question.requirement).remnant_ml, question.requirement)
    return Listed(id_, name, replace(item, staged=bool(ways) and grows), ways=ways)


def _find_own(question: Question) -> tuple[OwnPlan, ...]:
    anatomy = question.anatomy
    assert anatomy.total is not None
    drawing = Drawing(question.study, anatomy.total, anatomy.lesions, question.lesions, anatomy.kept)
    return find_own_plans(drawing, question.clinical, question.ground, question.open.choices)


def _list_own(question: Question, own: OwnPlan, place: int) -> Listed:
    spoken_of = own.spoken_of and own.plan is not None
    listed = Listed(f"U{place}", own.given.name, reason=own.reason, mask=own.given.mask, spoken_of=spoken_of)
    if own.plan is None:
        return listed
    item = _make_item(question, own.plan, own.given.name)
    margins = _find_margins(question) if own.rests and own.kept is question.anatomy.kept else None
    drawn = replace(item, kept=own.kept, ratio_reason=own.ratio_reason, margins=margins, rests=own.rests)
    return replace(listed, item=drawn)


def _find_margins(question: Question) -> dict[str, Measurement]:
    """Return the margins of the lesions under the plan that the study's numbers rest on."""
    found = ((lesion.id, lesion.measurements.get(MARGIN)) for lesion in question.lesions)
    return {name: margin for name, margin in found if margin is not None}


def _list_named(question: Question) -> Iterator[Listed]:
    """Yield every named resection; of one that the liver's parts cannot express, why."""
    for place, resection in enumerate(question.asked.resections.named.values(), 1):
        listed = Listed(f"N{place}", _say(resection.name))
        plan = plan_of_parts(question.ground, resection, question.open.choices)
        if isinstance(plan, str):
            yield replace(listed, reason=plan)
        else:
            yield replace(listed, item=_make_item(question, plan, listed.name))


def _make_item(question: Question, plan: Plan, name: str = "") -> Item:
    """Return a plan to be asked about; one that takes no part and treats nothing is anatomical all the same."""
    title = name or title_of(question.ground, plan, question.asked.resections)
    return Item(plan, kind_of(plan) if _does_something(plan) else PlanKind.ANATOMICAL, title)


def _does_something(plan: Plan) -> bool:
    return bool(plan.mask or plan.parts or plan.wedges or plan.ablated or plan.irradiated)


def _say(name: str) -> str:
    return name.replace("_", " ")


def kind_of_listed(listed: Listed) -> PlanKind:
    """Return what a plan is made of, also of one that cannot be followed."""
    if listed.item is not None:
        return listed.item.kind
    return PlanKind.MASK if listed.mask else PlanKind.ANATOMICAL
