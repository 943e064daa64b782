"""Put the changes of a question into the inputs of a report, and compute anew what follows from them by a formula.

What follows from a changed value only by measuring again is not known afterwards: an old number beside a new one that
it depends on would be wrong and look right.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from pipeline.measurement import Fact, Inputs, Quantity
from pipeline.measures.clinical_facts import derive_facts
from pipeline.measures.contradictions import find_contradictions
from pipeline.measures.derived import FAMILIES, FormulaWords, derive
from pipeline.reassessment.asking import Changes
from pipeline.reassessment.following import forget_stale, renew_totals
from pipeline.reassessment.relations import follow_relations
from pipeline.rules.readings import Key
from pipeline.study import Identity

FOLLOWING_FACTS: Mapping[str, frozenset[str]] = {
    "highest_fibrosis_stage": frozenset({"cirrhosis"}),
    "ecog": frozenset({"karnofsky"}),
    "age_years": frozenset({"birth_date"}),
    "weeks_since_pve": frozenset({"pve_date"}),
    "sbrt_bed10_gy": frozenset({"sbrt_dose_gy", "sbrt_fractions"}),
    "prior_liver_radiation": frozenset({"prior_liver_treatments"}),
    "prior_hepatectomy": frozenset({"prior_liver_treatments"}),
    "chemo_weeks_total": frozenset({"chemo_lines"}),
    "chemo_cycles_preop": frozenset({"chemo_lines"}),
    "varices": frozenset({"portal_hypertension"}),
}
"""Facts that ``clinical_facts.derive_facts`` gives where the record states none, and what each follows from."""
STATED = frozenset({"clinical record", "supposed"})
"""Sources of facts that are never replaced by one that follows from others."""


@dataclass(frozen=True)
class Held:
    """What of a report a question is asked of: its inputs, and who the patient is."""

    inputs: Inputs
    identity: Identity


class CannotSuppose(Exception):
    """A change does not fit a report; the message reads ``CODE: sentence``."""


def suppose(
    held: Held, changes: Changes, formulas: FormulaWords, other_formulas: Collection[str] = frozenset()
) -> Inputs:
    """Return the inputs of a report with the changes made and everything that follows from them.

    Parameters
    ----------
    formulas
        Those of the profile that the verdicts are asked under.
    other_formulas
        Names of those of them that are not the ones the report was made with.

    Raises
    ------
    CannotSuppose
        When a change is of a lesion that the report does not have.
    """
    _check_lesions(held.inputs, changes)
    before, changes = held.inputs, _drop_idle(changes, held.inputs)
    study = _change_facts({**before.study, **_measured_at(changes, None)}, changes, held.identity)
    lesions = {id_: _without_unset({**own, **_measured_at(changes, id_)}) for id_, own in before.lesions.items()}
    inputs = replace(before, study=_without_unset(study), lesions=lesions)
    names = {*changes.facts, *(name for name, _ in changes.measured), *other_formulas}
    if names:
        inputs = renew_totals(inputs, changes.measured)
        totals = {name for name, each in inputs.study.items() if each is not before.study.get(name)}
        inputs = follow_relations(before.study, inputs, totals)
        inputs = forget_stale(before, inputs, names, _set_places(changes))
    for family in FAMILIES:
        inputs = _keep_set(derive(inputs, formulas, (family,)), changes)
    return inputs


def _check_lesions(inputs: Inputs, changes: Changes) -> None:
    for name, lesion in changes.measured:
        if lesion is not None and lesion not in inputs.lesions:
            raise CannotSuppose(f"SUPPOSED_LESION: the report has no lesion {lesion} in the liver, so no {name} of it")


def _drop_idle(changes: Changes, inputs: Inputs) -> Changes:
    """Return the changes without those that set what is there: such a value keeps its interval and its origin."""
    facts = {name: fact for name, fact in changes.facts.items() if not _is_there(fact, inputs.study.get(name))}
    held = {lesion: inputs.lesions[lesion] for _, lesion in changes.measured if lesion is not None}
    measured = {
        (name, lesion): quantity
        for (name, lesion), quantity in changes.measured.items()
        if not _is_there(quantity, (inputs.study if lesion is None else held[lesion]).get(name))
    }
    return replace(changes, facts=facts, measured=measured)


def _is_there(wanted: Quantity | None, held: Quantity | None) -> bool:
    """Tell whether a quantity is what a question wants it to be, value and unit."""
    if wanted is None or held is None:
        return wanted is None and held is None
    return wanted.value == held.value and type(wanted.value) is type(held.value) and wanted.unit == held.unit


def _measured_at(changes: Changes, lesion: str | None) -> dict[str, Quantity | None]:
    return {name: quantity for (name, place), quantity in changes.measured.items() if place == lesion}


def _without_unset(held: Mapping[str, Quantity | None]) -> dict[str, Quantity]:
    return {name: quantity for name, quantity in held.items() if quantity is not None}


def _change_facts(
    study: Mapping[str, Quantity | None], changes: Changes, identity: Identity
) -> dict[str, Quantity | None]:
    """Return the study's quantities with the facts of the record changed, and those facts that follow from them."""
    if not changes.facts:
        return dict(study)
    changed = set(changes.facts)
    following = {name for name, sources in FOLLOWING_FACTS.items() if sources & changed}
    dropped = {name for name in following if _is_following(study.get(name))} | changed
    rest = {name: quantity for name, quantity in study.items() if name not in dropped}
    kept = {name: fact for name, fact in rest.items() if isinstance(fact, Fact)}
    facts = {**kept, **{name: fact for name, fact in changes.facts.items() if fact is not None}}
    stated = {name: fact for name, fact in facts.items() if fact.source in STATED}
    wrong = find_contradictions(stated, identity.birth_date, identity.study_date)
    derived = derive_facts({**facts, **wrong}, identity.birth_date, identity.study_date)
    new = {name: fact for name, fact in derived.items() if name in facts or name in following - changed}
    return {**rest, **new}


def _is_following(quantity: Quantity | None) -> bool:
    return isinstance(quantity, Fact) and quantity.source not in STATED


def _keep_set(inputs: Inputs, changes: Changes) -> Inputs:
    """Return the inputs with every value that the question sets in its place, whatever a formula gives."""
    study: dict[str, Quantity | None] = {**inputs.study, **_measured_at(changes, None)}
    lesions = {id_: _without_unset({**own, **_measured_at(changes, id_)}) for id_, own in inputs.lesions.items()}
    return replace(inputs, study=_without_unset(study), lesions=lesions)


def _set_places(changes: Changes) -> frozenset[Key]:
    """Return every place whose value the question sets."""
    facts: Iterable[Key] = ((name, None) for name in changes.facts)
    return frozenset((*facts, *changes.measured))
