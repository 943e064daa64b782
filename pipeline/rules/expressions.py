"""The language of criteria: what an expression in a rule file may say.

Which kind of expression a mapping is follows from the keys it has. How each is answered is in ``questions.py``; the
format is described with a worked example in ``docs/rules.md``.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias, Union

from pydantic import Discriminator, Field, Tag, model_validator

from pipeline.rules.comparison import Operator
from pipeline.rules.terms import ByParameter, Model, Operand, Threshold
from pipeline.verdict import Outcome

LESION = "lesion."
"""Prefix of the quantities of a lesion."""


class Compare(Model):
    """A number against a threshold; where it is missing, its bounds may decide."""

    input: Operand
    op: Operator
    threshold: Threshold
    unit: str
    bounded_above_by: str | None = None
    bounded_below_by: str | None = None


class Choice(Model):
    """A question for a word or a truth: ``is`` one, or ``any_of`` several."""

    is_: str | bool | None = Field(default=None, alias="is")
    any_of: tuple[str, ...] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _check_one(self) -> Choice:
        if (self.is_ is None) == (self.any_of is None):
            raise ValueError("give either `is` or `any_of`")
        return self

    @property
    def accepted(self) -> tuple[str | bool, ...]:
        """The words or the truth that are asked for."""
        if self.any_of is not None:
            return self.any_of
        return () if self.is_ is None else (self.is_,)


class Words(Choice):
    """A word, a truth or a list of words: one of those asked for. Words under ``unknown`` count as not known."""

    input: str
    unknown: tuple[str, ...] = ()


class ParameterWords(Choice):
    """A word or a truth that the profile sets."""

    parameter: str


class Known(Model):
    """Every input named is known; while one is missing the answer is open, never *not met*."""

    known: tuple[str, ...] = Field(min_length=1)


class AllOf(Model):
    """Every member is met."""

    all_: tuple[Expression, ...] = Field(alias="all", min_length=1)


class AnyOf(Model):
    """At least one member is met."""

    any_: tuple[Expression, ...] = Field(alias="any", min_length=1)


class Not(Model):
    """The member is not met."""

    not_: Expression = Field(alias="not")


class Case(Model):
    """The expression that belongs to the word which the profile sets for a parameter."""

    case: str
    of: dict[str, Expression] = Field(min_length=1)


class VerdictIs(Model):
    """The outcome of an earlier treatment in the catalogue's order."""

    verdict: str
    any_of: tuple[Outcome, ...] = Field(min_length=1)


class RuleMet(Model):
    """Another rule is met; inside a lesion rule, for the same lesion."""

    rule: str


class ClassIs(Model):
    """The class that a class or score rule gives."""

    class_: str = Field(alias="class")
    any_of: tuple[str, ...] = Field(min_length=1)


class ScoreIs(Model):
    """The points that a score rule gives, against a threshold."""

    score: str
    op: Operator
    threshold: float | ByParameter


KINDS: tuple[tuple[str, str], ...] = (
    ("all", "all"),
    ("any", "any"),
    ("not", "not"),
    ("case", "case"),
    ("verdict", "verdict"),
    ("rule", "rule"),
    ("class", "class"),
    ("score", "score"),
    ("parameter", "parameter"),
    ("op", "compare"),
    ("threshold", "compare"),
    ("known", "known"),
    ("input", "words"),
)
"""Key that tells the kind of an expression, and the kind; the first key found decides."""


def _kind(value: object) -> str | None:
    if isinstance(value, dict):
        return next((kind for key, kind in KINDS if key in value), None)
    return _TAGS.get(type(value))


Expression: TypeAlias = Annotated[
    Union[  # noqa: UP007 - the names are not defined yet where they are used
        Annotated[AllOf, Tag("all")],
        Annotated[AnyOf, Tag("any")],
        Annotated[Not, Tag("not")],
        Annotated[Case, Tag("case")],
        Annotated[VerdictIs, Tag("verdict")],
        Annotated[RuleMet, Tag("rule")],
        Annotated[ClassIs, Tag("class")],
        Annotated[ScoreIs, Tag("score")],
        Annotated[ParameterWords, Tag("parameter")],
        Annotated[Compare, Tag("compare")],
        Annotated[Words, Tag("words")],
        Annotated[Known, Tag("known")],
    ],
    Discriminator(
        _kind,
        custom_error_type="expression",
        custom_error_message="not an expression: it needs one of the keys "
        "all, any, not, case, verdict, rule, class, score, parameter, input, known",
    ),
]

_TAGS: dict[type, str] = {
    AllOf: "all",
    AnyOf: "any",
    Not: "not",
    Case: "case",
    VerdictIs: "verdict",
    RuleMet: "rule",
    ClassIs: "class",
    ScoreIs: "score",
    ParameterWords: "parameter",
    Compare: "compare",
    Words: "words",
    Known: "known",
}


def parts_of(node: Expression) -> tuple[Expression, ...]:
    """Return the expressions directly inside an expression."""
    match node:
        case AllOf():
            return node.all_
        case AnyOf():
            return node.any_
        case Not():
            return (node.not_,)
        case Case():
            return tuple(node.of.values())
        case _:
            return ()


def walk(node: Expression) -> list[Expression]:
    """Return an expression and everything inside it."""
    return [node, *(inner for part in parts_of(node) for inner in walk(part))]
