"""Patients near the edge of what treatments allow: values of the rules' own examples, joined and then disturbed."""

from __future__ import annotations

import random

from pipeline.measurement import Fact, Inputs, Measurement, Quantity
from pipeline.rules.catalogue import operand_names
from pipeline.rules.expressions import LESION, Compare
from pipeline.rules.given import Given, GivenNumber
from pipeline.verdict import Truth
from tests.rules.test_shipped_rules import CATALOGUE

VIEW = CATALOGUE.under("conservative")
MET = {
    rule.id: [example for example in rule.examples if example.expect is Truth.MET and not example.verdicts]
    for rule in CATALOGUE.rules
}
NEEDED = {
    treatment.id: sorted(
        {rule.id for rule, _ in VIEW.deciding[treatment.id]}.union(
            *(VIEW.closure[rule.id] for rule, _ in VIEW.deciding[treatment.id])
        )
    )
    for treatment in CATALOGUE.treatments
}
BOUNDS = {
    (name, bound)
    for nodes in VIEW.conditions.values()
    for node in nodes
    if isinstance(node, Compare)
    for name in operand_names(node)
    for bound in (node.bounded_above_by, node.bounded_below_by)
    if bound is not None and bound != name
}
"""Inputs, and those that bound them while they are missing: a patient has one or the other, never at odds."""
VALUES: dict[str, list[Given]] = {}
for _rule in CATALOGUE.rules:
    for _example in _rule.examples:
        for _name, _value in _example.given.items():
            VALUES.setdefault(_name, []).append(_value)
        for _lesion in _example.lesions or ():
            for _name, _value in _lesion.items():
                VALUES.setdefault(LESION + _name, []).append(_value)


CASES: tuple[dict[str, Given | None], ...] = (
    {},
    {
        "portal_inflow_blocked": True,
        "surgeon_r0_expected": False,
        "extrahepatic_disease": "none",
        "extrahepatic_site_count": 0.0,
        "chemo_lines": 2.0,
        "chemo_weeks_total": 20.0,
    },
    {"portal_inflow_blocked": True, "lesion.dist_central_bile_duct_mm": 4.0, "lesion.longest_diameter_mm": 25.0},
    {
        **dict.fromkeys(("surgeon_r0_expected", "remnant_inflow_ok", "remnant_outflow_ok", "remnant_biliary_ok"), True),
        **dict.fromkeys(("portal_inflow_blocked", "hepatic_veins_blocked"), False),
        "planned_margin_mm": 12.0,
        "remnant_segments_preserved": 4.0,
        "augmentation_done": "none",
        "standardized_remnant_percent": 15.0,
        "remnant_percent": 18.0,
        "functional_to_estimated_liver_percent": None,
    },
)
"""What is joined at last: nothing, no way to resect, a lesion at the hilum, a remnant that is too small."""


def patient_for(draw: random.Random, treatment: str) -> Inputs:
    """Return a patient who meets most of what a treatment asks: some values are then taken from other examples."""
    given: dict[str, Given] = {"lesion_state": "found", "primary_type": "colorectal"}
    lesion: dict[str, Given] = {}
    own = [rule.id for rule, _ in VIEW.deciding[treatment]]
    for id_ in [*draw.sample(NEEDED[treatment], len(NEEDED[treatment])), *draw.sample(own, len(own))]:
        if MET[id_]:
            example = draw.choice(MET[id_])
            given |= example.given
            lesion |= example.lesions[0] if example.lesions else {}
    if treatment != "transplantation_net":
        given["primary_type"] = "colorectal"
    for _ in range(draw.choice([0, 0, 1, 2, 4])):
        name = draw.choice(sorted(VALUES))
        (lesion if name.startswith(LESION) else given)[name.removeprefix(LESION)] = draw.choice(VALUES[name])
    for name, value in draw.choice(CASES).items():
        held = lesion if name.startswith(LESION) else given
        held.pop(name.removeprefix(LESION), None)
        if value is not None:
            held[name.removeprefix(LESION)] = value
    for name, bound in sorted(BOUNDS):
        if name in given:
            given.pop(bound, None)
    given["lesion_state"], given["lesion_count"] = "found", 1.0
    return Inputs(
        {name: _quantity(name, name, value) for name, value in given.items()},
        {"L1": {name: _quantity(name, LESION + name, value) for name, value in lesion.items()}},
    )


def _quantity(name: str, key: str, value: Given) -> Quantity:
    unit = CATALOGUE.inputs[key].unit
    if isinstance(value, GivenNumber):
        return Measurement(name, value.value, unit, value.low, value.high)
    if isinstance(value, bool | str | tuple):
        return Fact(name, value)
    return Measurement(name, float(value), unit)
