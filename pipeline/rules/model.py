"""What a rule, an input, a parameter and a profile are, as they stand in the files of ``configs/rules``."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field, model_validator

from pipeline.outcome import Kind, Truth
from pipeline.rules.comparison import Operator
from pipeline.rules.expressions import Expression
from pipeline.rules.given import Example
from pipeline.rules.terms import Model, Threshold

STUDY = "study"
"""Stands in ``applies`` for rules that belong to no treatment."""
NO_LIMIT = "no_limit"
"""Value of a numeric parameter under which there is no limit: comparisons with it are not applicable."""
DEFAULT = "default"
"""Key in ``applies`` for the profiles that are not named there."""

Word: TypeAlias = bool | float | str


class InputSpec(Model):
    """One quantity that rules may read.

    Parameters
    ----------
    source
        Where it comes from: the images, the clinical record, or either.
    measured
        False when this version cannot measure it: it is then known only if the clinical record gives it.
    needs_lesions
        True when it cannot be trusted while it is not known which lesions there are.
    fixed
        True when nothing that happens changes it (primary, sex, mutation): no verdict is said to turn on another word.
    range
        What is physically possible, both ends included; None is open.
    """

    label: str
    type: Literal["number", "integer", "word", "truth", "words"]
    unit: str = "1"
    source: Literal["image", "record", "either"]
    measured: bool = True
    needs_lesions: bool = False
    fixed: bool = False
    range: tuple[float | None, float | None] = (None, None)
    words: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _check_values(self) -> InputSpec:
        low, high = self.range
        if low is not None and high is not None and low > high:
            raise ValueError("the range ends below its beginning")
        if len(set(self.words)) < len(self.words):
            raise ValueError("a word is given twice")
        return self

    @property
    def numeric(self) -> bool:
        """Whether it is a number."""
        return self.type in ("number", "integer")


class ParameterSpec(Model):
    """One threshold or choice that profiles set."""

    label: str
    unit: str | None = None
    words: tuple[str, ...] = ()
    type: Literal["number", "word", "truth"] = "number"


class ParameterValue(Model):
    """A value with what has to be said about it; ``strict`` takes the *or equal* out of the comparison."""

    value: Word
    strict: bool = False
    confidence: str | None = None
    note: str | None = None


class Treatment(Model):
    """A treatment that gets a verdict; ``family`` is the heading under which readers find it."""

    id: str
    title: str
    family: str = "Other treatments"


class CountLimit(Model):
    """How many lesions may meet the criterion, for ``aggregate: count``."""

    op: Operator
    threshold: Threshold


class ClassCase(Model):
    """One class of an ordered list; the first whose condition holds is the class. Without a condition: otherwise."""

    class_: str = Field(alias="class")
    when: Expression | None = None


class PointItem(Model):
    """Points that a score adds when the condition holds."""

    points: int = Field(ge=1)
    when: Expression


class Group(Model):
    """A group of a score: up to and including ``at_most`` points."""

    class_: str = Field(alias="class")
    at_most: int


class Rule(Model):
    """One rule of the catalogue.

    Parameters
    ----------
    applies
        Kind for each treatment; where it differs between profiles, a mapping with ``default``.
    decides
        ``applicability``: a hard rule whose *not met* makes the treatment not applicable instead of not eligible.
    when
        Precondition; definitely false makes the rule not applicable.
    ideal
        What the ideal grade asks for; ``when_met`` where the rule knows no merely acceptable grade.
    never
        Answers that this rule cannot give.
    disabled
        Why the rule is shipped and not asked: it is read, checked and its examples run; no study gets its answer.
    """

    id: str = Field(pattern=r"^[A-Z][A-Za-z0-9]*(-[A-Za-z0-9]+)*$")
    title: str
    statement: str
    note: str | None = None
    scope: Literal["study", "lesion", "patient", "plan"]
    aggregate: Literal["all", "any", "max", "sum", "count"] | None = None
    count: CountLimit | None = None
    applies: dict[str, Kind | dict[str, Kind]] = Field(min_length=1)
    decides: Literal["eligibility", "applicability"] = "eligibility"
    profiles: tuple[str, ...] | None = Field(default=None, min_length=1)
    when: Expression | None = None
    criterion: Expression | None = None
    ideal: Expression | Literal["when_met"] | None = None
    class_name: str | None = None
    classes: tuple[ClassCase, ...] = ()
    base_points: int = 0
    points: tuple[PointItem, ...] = ()
    groups: tuple[Group, ...] = ()
    safety: bool = False
    sources: tuple[str, ...]
    confidence: str = Field(pattern=r"^(V-|V|K|U|E)( / (V-|V|K|U|E))*$")
    never: tuple[Truth, ...] = ()
    disabled: str | None = Field(default=None, min_length=3)
    examples: tuple[Example, ...] = ()

    @model_validator(mode="after")
    def _check_shape(self) -> Rule:
        problems = list(self._shape_problems())
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _shape_problems(self) -> list[str]:
        bodies = [bool(self.criterion), bool(self.classes), bool(self.points)]
        kinds = {kind for treatment in self.applies for kind in self.kinds(treatment)}
        tests = (
            (sum(bodies) > 1, "give only one of criterion, classes, points"),
            (not any(bodies) and kinds != {Kind.NOTE}, "a rule without a criterion can only be a note (N)"),
            (
                (self.scope == "lesion") != (self.aggregate is not None),
                "scope lesion needs an aggregate, others have none",
            ),
            (
                (self.aggregate == "count") != (self.count is not None),
                "aggregate count needs `count`, others have none",
            ),
            (bool(self.classes) != bool(self.class_name) and not self.points, "classes need a class_name"),
            (any(bodies[1:]) and kinds != {Kind.INDEX}, "classes and points are of kind X"),
            (any(bodies[1:]) and self.scope == "lesion", "classes and points are not given lesion by lesion"),
            (any(case.when is None for case in self.classes[:-1]), "only the last class may stand without `when`"),
            (self.safety and Kind.SOFT not in kinds, "safety belongs to soft rules (S)"),
            (self.decides == "applicability" and kinds != {Kind.HARD}, "applicability is decided by hard rules (H)"),
        )
        return [text for wrong, text in tests if wrong]

    def kinds(self, treatment: str) -> tuple[Kind, ...]:
        """Return every kind that the rule has for a treatment under some profile."""
        kind = self.applies[treatment]
        return (kind,) if isinstance(kind, Kind) else tuple(kind.values())

    def kind(self, treatment: str, profile: str) -> Kind | None:
        """Return the rule's kind for a treatment under a profile; None when it does not apply there."""
        if treatment not in self.applies or (self.profiles is not None and profile not in self.profiles):
            return None
        kind = self.applies[treatment]
        return kind if isinstance(kind, Kind) else kind.get(profile, kind.get(DEFAULT))

    @property
    def conditions(self) -> tuple[Expression, ...]:
        """Every expression that can change the rule's answer (the grade's is not among them)."""
        cases = [case.when for case in self.classes if case.when is not None]
        given = [node for node in (self.when, self.criterion) if node is not None]
        return (*given, *cases, *(item.when for item in self.points))


class Profile(Model):
    """A set of thresholds under a name; what it does not name it takes from the profile ``from``.

    With ``documents``, rules that cite none of these sources are labelled as taken from there too.
    """

    name: str
    statement: str
    from_: str | None = Field(default=None, alias="from")
    documents: tuple[str, ...] = ()
    parameters: dict[str, Word | ParameterValue]


class Override(Model):
    """One threshold that a site sets in place of a profile's; without profiles, in all of them."""

    parameter: str
    value: Word
    strict: bool = False
    profiles: tuple[str, ...] | None = Field(default=None, min_length=1)
    reason: str

    @model_validator(mode="after")
    def _check_reason(self) -> Override:
        if len(self.reason.strip()) < 3:
            short = f"the reason for {self.parameter} is too short; say in words why"
            raise ValueError(short if self.reason.strip() else f"{self.parameter} needs a reason")
        return self


class Site(Model):
    """A site's own thresholds."""

    site: str = Field(min_length=1)
    overrides: tuple[Override, ...] = Field(min_length=1)
