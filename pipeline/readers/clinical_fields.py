"""The fields of the clinical record: names with units, types, words, what is plausible (``configs/clinical.yaml``)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import ConfigurationError
from pipeline.measurement import Fact
from pipeline.yaml_file import Plain, read_yaml

Kind = Literal["number", "integer", "truth", "word", "words", "date", "text", "structured"]
_Number = Annotated[float, Field(strict=False)]


class Alternative(BaseModel):
    """Another unit that a value may be given in, and what turns it into the field's own."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str
    unit: str
    factor: _Number = Field(gt=0)


class ClinicalField(BaseModel):
    """One field of the clinical record.

    ``bare`` is its name without the unit; a number under that name is refused because nobody can tell its unit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: Kind
    unit: str = "1"
    bare: str | None = None
    words: list[str] = []
    plausible: tuple[_Number, _Number] | None = Field(default=None, strict=False)
    alternatives: list[Alternative] = []
    max_age_days: int | None = Field(default=None, gt=0)

    def read(self, name: str, value: Plain) -> Fact:
        """Return a value as a fact, or the fact that it is refused and why."""
        if value is None or value == "" or self.kind == "structured":
            why = "this version reads no use of it" if value not in (None, "") else "not given"
            return Fact(name, None, f"CLIN_UNKNOWN: {why}", self.unit, "clinical record")
        reader = {
            "number": self._read_number,
            "integer": self._read_number,
            "truth": _read_truth,
            "words": self._read_words,
            "date": _read_date,
        }
        found = reader.get(self.kind, self._read_word)(value)
        if isinstance(found, _Refused):
            return Fact(name, None, f"{found.code}: {found.why}", self.unit, "clinical record")
        return Fact(name, found, unit=self.unit, source="clinical record")

    def _read_number(self, value: Plain) -> float | _Refused:
        number = _to_number(value)
        if number is None:
            return _Refused("CLIN_VALUE", "not a number" if self.unit == "1" else f"not a number in {self.unit}")
        if self.kind == "integer" and number != int(number):
            return _Refused("CLIN_VALUE", "not a whole number")
        if not self._is_plausible(number):
            return _Refused("CLIN_RANGE", self._explain(number))
        return number

    def _is_plausible(self, number: float) -> bool:
        return self.plausible is None or self.plausible[0] <= number <= self.plausible[1]

    def _explain(self, number: float) -> str:
        """Say why a number is not plausible, and in which unit it would be."""
        assert self.plausible is not None
        low, high = self.plausible
        text = f"{number:g} {self.unit} is not plausible (expected {low:g} to {high:g})"
        other = next((each for each in self.alternatives if self._is_plausible(number * each.factor)), None)
        return f"{text}; it would be in {other.unit}: write it as {other.name}" if other else text

    def _read_word(self, value: Plain) -> str | _Refused:
        if isinstance(value, bool | list | dict) or (self.words and str(value) not in self.words):
            expected = f"one of {', '.join(self.words)}" if self.words else "one word"
            return _Refused("CLIN_VALUE", f"not {expected}")
        return str(value)

    def _read_words(self, value: Plain) -> tuple[str, ...] | _Refused:
        items = value if isinstance(value, list) else [part.strip() for part in str(value).split(";")]
        found = tuple(str(item.get("type", "")) if isinstance(item, dict) else str(item) for item in items)
        if self.words and set(found) - set(self.words):
            return _Refused("CLIN_VALUE", f"not among {', '.join(self.words)}")
        return found


@dataclass(frozen=True)
class _Refused:
    code: str
    why: str


def _read_truth(value: Plain) -> bool | _Refused:
    """Return a truth; words such as ``no`` or numbers are refused rather than guessed."""
    if isinstance(value, bool):
        return value
    found = {"true": True, "false": False}.get(str(value).strip().lower())
    return _Refused("CLIN_VALUE", "not true or false") if found is None else found


def _read_date(value: Plain) -> str | _Refused:
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        return _Refused("CLIN_VALUE", "not a date such as 2024-01-31")


def _to_number(value: Plain) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


class _FieldsFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    lab_max_age_days: int = Field(gt=0)
    fields: dict[str, ClinicalField]


@dataclass(frozen=True, eq=False)
class ClinicalFields:
    """Every field by its canonical name, and every other name a value may come under.

    Parameters
    ----------
    alternatives
        Field and factor of names in another unit: ``bilirubin_total_umol_l``.
    bare
        Field of names without unit: ``bilirubin_total``.
    lab_max_age_days
        Age in days beyond which a dated value is stale, unless its field says otherwise.
    """

    fields: Mapping[str, ClinicalField]
    alternatives: Mapping[str, tuple[str, float]]
    bare: Mapping[str, str]
    lab_max_age_days: int


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
    alternatives, bare, problems = {}, {}, []
    for name, field in parsed.fields.items():
        if field.bare:
            bare[field.bare] = name
        for each in field.alternatives:
            alternatives[each.name] = (name, each.factor)
        if (field.bare or field.alternatives) and field.unit == "1":
            problems.append(file.problem(f"{name}: a field with other units needs its own", "fields", name))
    problems += [
        file.problem(f"{name} is used twice", "fields") for name in (set(alternatives) | set(bare)) & set(parsed.fields)
    ]
    if problems:
        raise ConfigurationError(problems)
    return ClinicalFields(parsed.fields, alternatives, bare, parsed.lab_max_age_days)
