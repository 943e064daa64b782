"""Loading of ``configs/planning.yaml``: how plans are made and searched for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from pipeline.errors import ConfigurationError
from pipeline.plan import PlanKind
from pipeline.resection import Resections
from pipeline.rules import Catalogue
from pipeline.yaml_file import Place, YamlFile, read_yaml

TWO_STAGES: Final = "two_stages"
"""Stands in ``treatments`` beside the kinds of plans."""
Treated = Literal[
    "anatomical",
    "parenchyma_sparing",
    "resection",
    "resection_and_ablation",
    "ablation",
    "radiation",
    "mask",
    "two_stages",
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class Margin(_Part):
    """A margin in mm: a number, or a parameter of the profile, which may be held up by ``at_least``."""

    number: float | None = Field(default=None, gt=0)
    parameter: str | None = None
    at_least: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.number is None) == (self.parameter is None):
            raise ValueError("a margin is either a number or a parameter")
        if self.number is not None and self.at_least is not None:
            raise ValueError("at_least belongs to a parameter")
        return self


class WedgeRules(_Part):
    """Margins at which lesions are taken as wedges, and how far under the capsule one may lie."""

    margins_mm: Annotated[list[Margin], Field(min_length=1)]
    largest_depth_mm: float = Field(gt=0)


class AblationRules(_Part):
    """Margin of ablation, and the rule whose *not met* excludes a lesion."""

    margin_mm: Margin
    rule: str


class IrradiationRules(_Part):
    """The rule whose *not met* excludes a lesion."""

    rule: str


class RemnantRules(_Part):
    """The rules on the remnant, the growth rate, and the treatments that make it grow."""

    rule: str
    floor_rule: str
    growth_per_week: str
    growth_treatments: Annotated[list[str], Field(min_length=1)]


class Planning(_Part):
    """How plans are made and searched for; what each line means is written beside it in ``configs/planning.yaml``.

    ``sha256`` is the digest of the file.
    """

    wedge: WedgeRules
    ablation: AblationRules
    irradiation: IrradiationRules
    remnant: RemnantRules
    treatments: dict[Treated, str]
    catalogue_plans: Annotated[list[str], Field(min_length=1)]
    options: int = Field(ge=1)
    sha256: str = ""

    def treatment_of(self, kind: PlanKind) -> str:
        """Return the treatment whose rules judge a plan of a kind."""
        return next(name for key, name in self.treatments.items() if key == kind)

    @property
    def staged(self) -> str:
        """The treatment whose rules judge a plan in two stages."""
        return self.treatments[TWO_STAGES]


def load_planning(path: Path, catalogue: Catalogue, resections: Resections) -> Planning:
    """Load how plans are made.

    Raises
    ------
    ConfigurationError
        With every problem of the file: unknown or missing keys, wrong values, and each rule, treatment, parameter or
        named resection that there is none of.
    """
    file = read_yaml(path)
    try:
        planning = Planning.model_validate(file.value)
    except ValidationError as error:
        found = sorted(error.errors(), key=lambda each: file.line(*each["loc"]))
        raise ConfigurationError(file.problem(_describe(each), *each["loc"]) for each in found) from None
    problems = [*_check_names(file, planning, catalogue, resections)]
    if problems:
        raise ConfigurationError(problems)
    return planning.model_copy(update={"sha256": hashlib.sha256(path.read_bytes()).hexdigest()})


def _describe(error: ErrorDetails) -> str:
    place = ".".join(str(part) for part in error["loc"]) or "the file"
    if error["type"] == "extra_forbidden":
        return f"{place} is nothing that plans are made by"
    if error["type"] == "missing":
        return f"{place} is missing"
    return f"{place}: {error['msg'].replace('Input should', 'should').removeprefix('Value error, ')}"


def _check_names(file: YamlFile, planning: Planning, catalogue: Catalogue, resections: Resections) -> Iterator[str]:
    """Yield a problem for each name that stands for nothing."""
    rules = {rule.id: rule.scope for rule in catalogue.rules}
    treatments = {each.id for each in catalogue.treatments}
    numbers = {name for name, each in catalogue.parameters.items() if each.type == "number"}
    remnant = planning.remnant
    of_lesions: list[tuple[Place, str]] = [
        (("ablation", "rule"), planning.ablation.rule),
        (("irradiation", "rule"), planning.irradiation.rule),
    ]
    of_plans: list[tuple[Place, str]] = [
        (("remnant", "rule"), remnant.rule),
        (("remnant", "floor_rule"), remnant.floor_rule),
    ]
    for place, name in (*of_lesions, *of_plans):
        if name not in rules:
            yield file.problem(f"there is no rule {name}", *place)
        elif (rules[name] == "lesion") != ((place, name) in of_lesions):
            wanted = "single lesions" if (place, name) in of_lesions else "the plan"
            yield file.problem(f"{name} is no rule on {wanted}", *place)
    yield from _check_known(file, _list_parameters(planning), numbers, "parameter that is a number")
    yield from _check_known(file, _list_treatments(planning), treatments, "treatment")
    yield from _check_known(
        file,
        ((("catalogue_plans", place), name) for place, name in enumerate(planning.catalogue_plans)),
        resections.named,
        "resection",
    )
    for kind in (*PlanKind, TWO_STAGES):
        if kind not in planning.treatments:
            yield file.problem(f"no treatment is given for {kind}", "treatments")


def _check_known(file: YamlFile, named: Iterable[tuple[Place, str]], known: Iterable[str], what: str) -> Iterator[str]:
    held = frozenset(known)
    for place, name in named:
        if name not in held:
            yield file.problem(f"there is no {what} called {name}", *place)


def _list_parameters(planning: Planning) -> Iterator[tuple[Place, str]]:
    for place, margin in enumerate(planning.wedge.margins_mm):
        if margin.parameter is not None:
            yield ("wedge", "margins_mm", place), margin.parameter
    if planning.ablation.margin_mm.parameter is not None:
        yield ("ablation", "margin_mm"), planning.ablation.margin_mm.parameter
    yield ("remnant", "growth_per_week"), planning.remnant.growth_per_week


def _list_treatments(planning: Planning) -> Iterator[tuple[Place, str]]:
    for kind, name in planning.treatments.items():
        yield ("treatments", kind), name
    for place, name in enumerate(planning.remnant.growth_treatments):
        yield ("remnant", "growth_treatments", place), name
