"""The fields of the clinical record: names with units, types, words, what is plausible (``configs/clinical.yaml``)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import ConfigurationError
from pipeline.yaml_file import YamlFile, read_yaml

Kind = Literal["number", "integer", "truth", "word", "words", "date", "text", "structured"]
_Number = Annotated[float, Field(strict=False)]
_Range = Annotated[tuple[_Number, _Number], Field(strict=False)]
BRACKETED = re.compile(r"^(?P<name>[^(\[]+?)\s*[(\[]\s*(?P<unit>.+?)\s*[)\]]$")
"""A column's name with its unit in brackets: ``bilirubin_total (umol/L)``."""


class Alternative(BaseModel):
    """Another unit that a value may be given in, and what turns it into the field's own."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

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
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: Literal["number", "integer", "truth", "word", "words", "date", "text"]
    unit: str = "1"
    words: list[str] = []
    spellings: dict[str, list[str]] = {}
    plausible: _Range | None = None
    each: Literal["dose", "organ"] | None = None
    gives: str | None = None


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
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

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

    def factors(self) -> dict[str, float]:
        """Return every unit a value may be given in, and what turns it into the field's own."""
        return {self.unit: 1.0} | {each.unit: each.factor for each in self.alternatives}

    def name_in(self, name: str, unit: str) -> str:
        """Return the name of the field, itself called ``name``, for a value in one of its units."""
        return next((each.name for each in self.alternatives if each.unit == unit), name)


class _FieldsFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    lab_max_age_days: int = Field(gt=0)
    plausible_study_years: tuple[int, int] = Field(strict=False)
    unknown_words: list[str]
    truth_words: dict[Literal["true", "false"], list[str]]
    units: dict[str, list[str]]
    fields: dict[str, ClinicalField]


@dataclass(frozen=True)
class Column:
    """What a name in a file stands for: a field, and the unit that the name states.

    ``unit`` is None where the name states none although the field has one; ``problem`` says what is wrong with it.
    """

    field: str
    unit: str | None
    problem: str | None = None


@dataclass(frozen=True, eq=False)
class ClinicalFields:
    """Every field by its canonical name, and every other name a value may come under.

    Parameters
    ----------
    lab_max_age_days
        Age in days beyond which a dated value is stale, unless its field says otherwise.
    study_years
        First and last year that a study can be of.
    unknown_words
        Texts that mean that nothing is known.
    units
        Other spellings of each unit.
    """

    fields: Mapping[str, ClinicalField]
    names: Mapping[str, Column]
    lab_max_age_days: int
    study_years: tuple[int, int]
    unknown_words: frozenset[str]
    units: Mapping[str, tuple[str, ...]]
    _columns: dict[str, Column | None] = field(default_factory=dict, repr=False)

    def column(self, given: str) -> Column | None:
        """Return what a column's name stands for; None when no field has such a name."""
        if given not in self._columns:
            self._columns[given] = self._find_column(given)
        return self._columns[given]

    def _find_column(self, given: str) -> Column | None:
        plain = self.names.get(normal_name(given))
        bracketed = BRACKETED.match(given.strip())
        if plain is not None or bracketed is None:
            return plain
        found = self.names.get(normal_name(bracketed["name"]))
        if found is None:
            return None
        unit = self.unit_of(found.field, bracketed["unit"])
        if unit is None:
            return Column(found.field, None, f"the unit is not one of {', '.join(self.fields[found.field].factors())}")
        if found.unit not in (None, unit):
            return Column(found.field, None, f"its name says {found.unit}, the brackets say {unit}")
        return Column(found.field, unit)

    def unit_of(self, field: str, text: str) -> str | None:
        """Return which of a field's units a text means; None when it is none of them."""
        wanted = normal_unit(text)
        for unit in self.fields[field].factors():
            if wanted in (normal_unit(unit), *(normal_unit(other) for other in self.units.get(unit, ()))):
                return unit
        return None


@lru_cache(maxsize=16384)
def normal_name(text: str) -> str:
    """Return a column's name as names are compared: ``Bilirubin total µmol/l`` is ``bilirubin_total_umol_l``.

    The ending ``_pct`` of the catalogue is ``_percent``.
    """
    folded = unicodedata.normalize("NFKC", text).replace("μ", "u").strip().casefold()
    return re.sub(r"_pct(?=_|$)", "_percent", re.sub(r"[\s\-/.]+", "_", folded))


def normal_unit(text: str) -> str:
    """Return a unit as units are compared: without spaces, the micro sign as u; capitals matter (g/L, G/L)."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text).replace("μ", "u"))


def load_clinical_fields(path: Path) -> ClinicalFields:
    """Load the definition of the clinical record.

    Raises
    ------
    ConfigurationError
        With every problem of the file.
    """
    file = read_yaml(path)
    try:
        parsed = _FieldsFile.model_validate(file.value)
    except ValidationError as error:
        raise ConfigurationError(
            file.problem(f"{'.'.join(map(str, each['loc']))}: {each['msg']}", *each["loc"]) for each in error.errors()
        ) from None
    names: dict[str, Column] = {}
    problems = list(_check_fields(file, parsed))
    for name, column in _names_of(parsed):
        if name in names:
            problems.append(file.problem(f"{name} is used twice", "fields", column.field))
        names[name] = column
    if problems:
        raise ConfigurationError(problems)
    units = {unit: tuple(others) for unit, others in parsed.units.items()}
    unknown = frozenset(word.casefold() for word in parsed.unknown_words)
    fields = {name: _with_truths(each, parsed) for name, each in parsed.fields.items()}
    return ClinicalFields(fields, names, parsed.lab_max_age_days, parsed.plausible_study_years, unknown, units)


def _with_truths(one: ClinicalField, parsed: _FieldsFile) -> ClinicalField:
    """Return a field that is true or false, or has such keys, with the words for both."""
    words = {"spellings": {**parsed.truth_words}}
    keys = {name: key.model_copy(update=words if key.kind == "truth" else None) for name, key in one.keys.items()}
    return one.model_copy(update={"keys": keys, **(words if one.kind == "truth" else {})})


def _names_of(parsed: _FieldsFile) -> Iterator[tuple[str, Column]]:
    for name, definition in parsed.fields.items():
        yield name, Column(name, definition.unit)
        if definition.bare:
            yield definition.bare, Column(name, None)
        for each in definition.alternatives:
            yield each.name, Column(name, each.unit)


def _check_fields(file: YamlFile, parsed: _FieldsFile) -> Iterator[str]:
    for name, definition in parsed.fields.items():
        if (definition.bare or definition.alternatives) and definition.unit == "1":
            yield file.problem(f"{name}: a field with other units needs its own", "fields", name)
        if (definition.kind == "structured") != bool(definition.keys):
            yield file.problem(f"{name}: a structured field has keys, others have none", "fields", name)
        if definition.main is not None and definition.main not in definition.keys:
            yield file.problem(f"{name}: main is none of its keys", "fields", name)
        if {key.gives for key in definition.keys.values()} - {None, *parsed.fields}:
            yield file.problem(f"{name}: one of its keys gives no field", "fields", name)
        if normal_name(name) != name:
            yield file.problem(f"{name}: write it in small letters", "fields", name)
