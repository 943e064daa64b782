"""The fields of the clinical record: names with units, types, words, what is plausible (``configs/clinical.yaml``)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from pipeline.errors import ConfigurationError
from pipeline.readers.clinical.field_models import ClinicalField as ClinicalField
from pipeline.readers.clinical.field_models import FieldsFile
from pipeline.readers.clinical.field_models import Key as Key
from pipeline.readers.clinical.resections import load_resections
from pipeline.resection import Resections
from pipeline.yaml_file import YamlFile, read_yaml

BRACKETED = re.compile(r"^(?P<name>[^(\[]+?)\s*[(\[]\s*(?P<unit>.+?)\s*[)\]]$")
"""A column's name with its unit in brackets: ``bilirubin_total (umol/L)``."""


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
    resections
        The named liver resections that a plan may speak of.
    """

    fields: Mapping[str, ClinicalField]
    names: Mapping[str, Column]
    lab_max_age_days: int
    study_years: tuple[int, int]
    unknown_words: frozenset[str]
    units: Mapping[str, tuple[str, ...]]
    resections: Resections = field(default_factory=Resections)
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
        parsed = FieldsFile.model_validate(file.value)
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
    table = load_resections(path.with_name("resections.yaml"))
    fields = {name: _with_words(each, parsed, table) for name, each in parsed.fields.items()}
    return ClinicalFields(fields, names, parsed.lab_max_age_days, parsed.plausible_study_years, unknown, units, table)


def _with_words(one: ClinicalField, parsed: FieldsFile, table: Resections) -> ClinicalField:
    """Return a field, and its keys, with the words for true and false, or those of the table that it names."""
    keys = {name: key.model_copy(update=_words_of(key, parsed, table)) for name, key in one.keys.items()}
    return one.model_copy(update={"keys": keys, **_words_of(one, parsed, table)})


def _words_of(one: ClinicalField | Key, parsed: FieldsFile, table: Resections) -> dict[str, object]:
    """Return the words of a field or key that do not stand with it."""
    if one.kind == "truth":
        return {"spellings": {**parsed.truth_words}}
    if one.table is None:
        return {}
    return {"words": list(table.named), "spellings": table.spellings, "unclear": table.unclear}


def _names_of(parsed: FieldsFile) -> Iterator[tuple[str, Column]]:
    for name, definition in parsed.fields.items():
        yield name, Column(name, definition.unit)
        if definition.bare:
            yield definition.bare, Column(name, None)
        for each in definition.alternatives:
            yield each.name, Column(name, each.unit)


def _check_fields(file: YamlFile, parsed: FieldsFile) -> Iterator[str]:
    for name, definition in parsed.fields.items():
        if (definition.bare or definition.alternatives) and definition.unit == "1":
            yield file.problem(f"{name}: a field with other units needs its own", "fields", name)
        if (definition.kind == "structured") != bool(definition.keys):
            yield file.problem(f"{name}: a structured field has keys, others have none", "fields", name)
        if definition.main is not None and definition.main not in definition.keys:
            yield file.problem(f"{name}: main is none of its keys", "fields", name)
        if {name for key in definition.keys.values() for name in (key.gives, *key.gives_each.values(), *key.latest)} - {
            None,
            *parsed.fields,
        }:
            yield file.problem(f"{name}: one of its keys gives no field", "fields", name)
        if normal_name(name) != name:
            yield file.problem(f"{name}: write it in small letters", "fields", name)
