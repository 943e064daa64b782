"""What a field of the clinical record is, as it stands in ``configs/clinical.yaml``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["number", "integer", "truth", "word", "words", "date", "text", "structured"]
_Number = Annotated[float, Field(strict=False)]
_Range = Annotated[tuple[_Number, _Number], Field(strict=False)]


class Alternative(BaseModel):
    """Another unit that a value may be given in, and what turns it into the field's own."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    name: str
    unit: str
    factor: _Number = Field(gt=0)


class Key(BaseModel):
    """One key of a structured field.

    Parameters
    ----------
    each
        What its own keys are, where it holds any number of values.
    gives
        The field that it states.
    gives_each
        The field that a single one of its own keys states, by that key.
    latest
        Of a date in a list: the field that holds the latest day among items whose main key is one of these words.
    table, unclear
        Of a word: the table that its words and their spellings stand in, and why some names of that table are refused.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    kind: Literal["number", "integer", "truth", "word", "words", "date", "text"]
    unit: str = "1"
    words: list[str] = []
    spellings: dict[str, list[str]] = {}
    plausible: _Range | None = None
    each: Literal["dose", "organ"] | None = None
    gives: str | None = None
    gives_each: dict[str, str] = {}
    latest: dict[str, list[str]] = {}
    table: Literal["resections"] | None = None
    unclear: dict[str, str] = {}


class ClinicalField(BaseModel):
    """One field of the clinical record.

    Parameters
    ----------
    about
        What it is, in a few words.
    code
        Its code in LOINC or SNOMED CT; with a question mark where it was not checked against a release.
    bare
        Its name without the unit; a number under that name is refused because nobody can tell its unit.
    usual
        A value outside, which would lie inside if its unit were another, is used and flagged.
    spellings
        Other ways to write a word, a number or a truth.
    keys, many, main
        Of a structured field: its keys, whether it is a list, and the key that a bare word stands for.
    one_of
        Of a list of plans: the keys of which an entry holds exactly one. Each entry is read alone: one that cannot
        be used leaves the others.
    whole
        Of a list: whether its words hold the other keys of an entry too, behind that of ``main``.
    table, unclear
        As those of a key.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    kind: Kind
    about: str
    code: str | None = None
    unit: str = "1"
    bare: str | None = None
    words: list[str] = []
    spellings: dict[str, list[str]] = {}
    plausible: _Range | None = None
    usual: _Range | None = None
    alternatives: list[Alternative] = []
    max_age_days: int | None = Field(default=None, gt=0)
    keys: dict[str, Key] = {}
    many: bool = False
    main: str | None = None
    one_of: list[str] = []
    whole: bool = False
    table: Literal["resections"] | None = None
    unclear: dict[str, str] = {}

    def factors(self) -> dict[str, float]:
        """Return every unit a value may be given in, and what turns it into the field's own."""
        return {self.unit: 1.0} | {each.unit: each.factor for each in self.alternatives}

    def name_in(self, name: str, unit: str) -> str:
        """Return the name of the field, itself called ``name``, for a value in one of its units."""
        return next((each.name for each in self.alternatives if each.unit == unit), name)


class FieldsFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    lab_max_age_days: int = Field(gt=0)
    plausible_study_years: tuple[int, int] = Field(strict=False)
    unknown_words: list[str]
    truth_words: dict[Literal["true", "false"], list[str]]
    units: dict[str, list[str]]
    fields: dict[str, ClinicalField]
