"""From what a user types (``--set name=value``, ``--unset name``) to the changes of a question, or all that is wrong.

A name is one of the clinical record, read by the record's own reader; an input that was measured, of the study or of a
lesion (``L1.longest_diameter_mm``); or a threshold of the profile. Nothing is guessed: what is not clear is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.errors import UsageError
from pipeline.measurement import Fact, Quantity
from pipeline.readers import ClinicalFields
from pipeline.readers.clinical.entries import read_entry
from pipeline.readers.clinical.entry_values import to_number
from pipeline.readers.clinical.rows import Row
from pipeline.reassessment.measured_values import SUPPOSED, TRUTHS, Wrong, read_measured
from pipeline.rules import Catalogue
from pipeline.rules.expressions import LESION
from pipeline.rules.files import suggest
from pipeline.rules.model import Word
from pipeline.rules.readings import Key
from pipeline.rules.thresholds import find_fault

OF_LESION = re.compile(r"(?:lesion[ .]\s*)?(?P<id>L[0-9]+)\.(?P<name>\w+)")
"""``L1.longest_diameter_mm``, also with the word *lesion* before it."""
VALUE, THRESHOLD = "value.", "threshold."
"""Begin a name that a value and a threshold share, to say which of them is meant."""
REMEASURED = frozenset(
    {"resection_plan", "resection_plans", "resection_procedure", "resection_segments", "resection_mask"}
    | {"lesion_search_confirmed"}
)
"""Fields of the record that decide what is measured in the images."""


@dataclass(frozen=True, eq=False)
class Changes:
    """What a question changes; an empty one changes nothing.

    Parameters
    ----------
    facts
        Values of the clinical record by the field's name; None where the question takes it as not known.
    measured
        Measured inputs by name (without the prefix of lesions) and lesion; None likewise.
    thresholds
        Parameters of the profile.
    notes
        What has to be known of values that are used, such as a doubtful unit.
    """

    facts: Mapping[str, Fact | None] = field(default_factory=dict)
    measured: Mapping[Key, Quantity | None] = field(default_factory=dict)
    thresholds: Mapping[str, Word] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def changes_values(self) -> bool:
        """Whether a value differs from the report's."""
        return bool(self.facts or self.measured)

    @property
    def any(self) -> bool:
        """Whether anything is changed."""
        return self.changes_values or bool(self.thresholds)


def read_changes(
    settings: Sequence[str], unset: Sequence[str], fields: ClinicalFields, catalogue: Catalogue
) -> Changes:
    """Return what is to be changed.

    Parameters
    ----------
    settings
        Each ``name=value``.
    unset
        Names of values to take as not known.

    Raises
    ------
    UsageError
        With everything that cannot be used, a line each.
    """
    reader = _Reader(fields, catalogue)
    for text in settings:
        reader.read_setting(text)
    for name in unset:
        reader.read_unset(name)
    if reader.problems:
        raise UsageError("\n".join(reader.problems))
    return Changes(reader.facts, reader.measured, reader.thresholds, tuple(reader.notes))


class _Reader:
    """Collects changes and everything that is wrong with what was typed."""

    def __init__(self, fields: ClinicalFields, catalogue: Catalogue) -> None:
        self.fields = fields
        self.catalogue = catalogue
        self.facts: dict[str, Fact | None] = {}
        self.measured: dict[Key, Quantity | None] = {}
        self.thresholds: dict[str, Word] = {}
        self.notes: list[str] = []
        self.problems: list[str] = []
        self._seen: set[str] = set()

    def read_setting(self, text: str) -> None:
        """Take one ``name=value``."""
        name, sign, value = (part.strip() for part in text.partition("="))
        if not sign or not name or not value:
            self.problems.append(f"--set {text}: expected name=value, such as bilirubin_total_mg_dl=2.4")
            return
        try:
            self._set(name, value)
        except Wrong as wrong:
            self.problems.append(f"--set {text}: {wrong}")

    def read_unset(self, name: str) -> None:
        """Take one name of a value that shall not be known."""
        try:
            self._unset(name.strip())
        except Wrong as wrong:
            self.problems.append(f"--unset {name}: {wrong}")

    def _set(self, name: str, value: str) -> None:
        plain = name.removeprefix(VALUE)
        if (key := self._find_lesion(name)) is not None:
            self._note_once(f"{key[1]}.{key[0]}")
            self.measured[key] = read_measured(key[0], value, self.catalogue.inputs[LESION + key[0]])
        elif self._is_threshold(name):
            own = name.removeprefix(THRESHOLD)
            self._note_once(THRESHOLD + own)
            self.thresholds[own] = self._read_threshold(own, value)
        elif self.fields.column(plain) is not None:
            self._set_fact(plain, value)
        else:
            self._check_known(plain)
            self._note_once(plain)
            self.measured[plain, None] = read_measured(plain, value, self.catalogue.inputs[plain])

    def _unset(self, name: str) -> None:
        if (key := self._find_lesion(name)) is not None:
            self._note_once(f"{key[1]}.{key[0]}")
            self.measured[key] = None
            return
        if self._is_threshold(name):
            raise Wrong("it is a threshold of the profile; thresholds are set, not unset")
        name = name.removeprefix(VALUE)
        column = self.fields.column(name)
        if column is not None:
            self._check_field(column.field)
            self._note_once(column.field)
            self.facts[column.field] = None
            return
        self._check_known(name)
        self._note_once(name)
        self.measured[name, None] = None

    def _note_once(self, name: str) -> None:
        if name in self._seen:
            raise Wrong(f"{name} is given twice")
        self._seen.add(name)

    def _find_lesion(self, name: str) -> Key | None:
        """Return which quantity of which lesion a name means; None for a name of the study."""
        found = OF_LESION.fullmatch(name)
        if found is None:
            if name.startswith(LESION):
                raise Wrong(f"of which lesion? Write L1.{name.removeprefix(LESION)}")
            return None
        known = [each.removeprefix(LESION) for each in self.catalogue.inputs if each.startswith(LESION)]
        if found["name"] not in known:
            raise Wrong(f"rules read no {found['name']} of a lesion{suggest(found['name'], known)}")
        return found["name"], found["id"]

    def _is_threshold(self, name: str) -> bool:
        """Tell whether a name is a threshold; one that is also a value's is refused unless it says which is meant."""
        if name.startswith(THRESHOLD) and name.removeprefix(THRESHOLD) in self.catalogue.parameters:
            return True
        if name not in self.catalogue.parameters:
            return False
        if name in self.catalogue.inputs or self.fields.column(name) is not None:
            raise Wrong(f"it is both a value and a threshold; write {VALUE}{name} or {THRESHOLD}{name}")
        return True

    def _read_threshold(self, name: str, text: str) -> Word:
        spec, number = self.catalogue.parameters[name], to_number(text)
        value: Word = text
        if spec.type == "truth":
            value = TRUTHS.get(text.casefold(), text)
        elif spec.type == "number" and number is not None:
            value = number
        if (fault := find_fault(name, value, self.catalogue.parameters)) is not None:
            raise Wrong(fault)
        return value

    def _set_fact(self, name: str, text: str) -> None:
        """Take a value of the record as the record's own reader takes it."""
        entry = read_entry(Row(1, {name: text}), self.fields)
        column = self.fields.column(name)
        assert column is not None
        self._check_field(column.field)
        if column.field not in entry.facts:
            raise Wrong(f"it says that nothing is known; write --unset {column.field}")
        for given, fact in entry.facts.items():
            if fact.value is None:
                raise Wrong(fact.reason or "it cannot be used")
            self._note_once(given)
            self.facts[given] = Fact(given, fact.value, unit=fact.unit, source=SUPPOSED)
        self.notes += [f"{finding.code}: {finding.message}" for finding in entry.findings]

    def _check_field(self, name: str) -> None:
        if name in REMEASURED:
            raise Wrong("it decides what is measured in the images: put it into the clinical record and run again")

    def _check_known(self, name: str) -> None:
        if name not in self.catalogue.inputs:
            known = {*self.catalogue.inputs, *self.catalogue.parameters, *self.fields.names}
            raise Wrong(f"there is no value or threshold of that name{suggest(name, known)}")
