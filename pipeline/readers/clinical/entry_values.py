"""Single values of the clinical record: from the text of a cell to a number, a truth, a word or a date, or refused.

Every value arrives as the text that was written, so that no file format turns ``017``, ``1:30`` or ``no`` into
something else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Protocol, TypeAlias

from pipeline.readers.clinical.field_models import ClinicalField
from pipeline.readers.clinical.spelling import fold_word
from pipeline.yaml_file import Plain

MOST_WORDS = 12
"""Words that a message lists together."""
MOST_LETTERS = 80

Value: TypeAlias = str | bool | float | tuple[str, ...]
NUMBER = re.compile(r"[+-]?(?:0|[1-9][0-9]*)?(?:\.[0-9]+|(?<=[0-9])\.?)(?:[eE][+-]?[0-9]{1,3})?")
ISO_DATE = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:[ T]00:00(?::00(?:\.0+)?)?)?")
"""A day, also as spreadsheets write it, with a midnight behind it."""
DOTTED_DATE = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})(?: 00:00(?::00)?)?")
"""Day, month, year: the order that DIN 5008 gives to dots. Slashes stand for either order and are not read."""
DAY_FORM = "2024-01-31"
MOST_LETTERS = 400


@dataclass(frozen=True)
class Refused:
    """Why a value is not used: a stable code and a sentence without the value of any text."""

    code: str
    why: str


class Described(Protocol):
    """What a value must be: a field, or a key of a structured one."""

    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def unit(self) -> str: ...  # noqa: D102
    @property
    def words(self) -> list[str]: ...  # noqa: D102
    @property
    def spellings(self) -> dict[str, list[str]]: ...  # noqa: D102
    @property
    def unclear(self) -> dict[str, str]: ...  # noqa: D102
    @property
    def plausible(self) -> tuple[float, float] | None: ...  # noqa: D102


def read_number(definition: Described, value: Plain) -> float | Refused:
    """Return a number as it is written; its range is not looked at."""
    known = _spelled(definition.spellings, value)
    number = to_number(known if known is not None else value)
    if number is None:
        return Refused("CLIN_VALUE", _say_number(definition.unit, value))
    if definition.kind == "integer" and number != int(number):
        return Refused("CLIN_VALUE", "not a whole number")
    return number


def convert(name: str, field: ClinicalField, number: float, unit: str) -> float | Refused:
    """Return a number in the field's own unit, or refuse what is implausible, naming the unit in which it is not."""
    factors = field.factors()
    if _lies_in(field.plausible, number * factors[unit]):
        return number * factors[unit]
    assert field.plausible is not None
    low, high = (limit / factors[unit] for limit in field.plausible)
    text = f"{number:.6g}{_behind(unit)} is not plausible (expected {low:.4g} to {high:.4g})"
    other = next((each for each in factors if each != unit and _lies_in(field.plausible, number * factors[each])), None)
    return Refused(
        "CLIN_RANGE", f"{text}; it would be in {other}: write it as {field.name_in(name, other)}" if other else text
    )


def doubt_unit(field: ClinicalField, number: float, unit: str) -> str | None:
    """Return another unit in which a number would be usual, where it is not in the unit that it is given in."""
    factors = field.factors()
    if field.usual is None or _lies_in(field.usual, number * factors[unit]):
        return None
    return next((each for each in factors if each != unit and _lies_in(field.usual, number * factors[each])), None)


def read_plain(definition: Described, value: Plain) -> Value | Refused:
    """Return a value that has no unit to convert."""
    if isinstance(value, str) and len(value) > MOST_LETTERS:
        return Refused("CLIN_VALUE", f"longer than {MOST_LETTERS} letters")
    if definition.kind in ("number", "integer"):
        number = read_number(definition, value)
        if isinstance(number, Refused) or _lies_in(definition.plausible, number):
            return number
        assert definition.plausible is not None
        low, high = definition.plausible
        return Refused("CLIN_RANGE", f"{number:.6g} is not plausible (expected {low:g} to {high:g})")
    if definition.kind == "truth":
        return _read_truth(definition, value)
    if definition.kind == "date":
        day = to_date(value)
        return Refused("CLIN_VALUE", say_no_date(value)) if day is None else day.isoformat()
    return _read_words(definition, value) if definition.kind == "words" else _read_word(definition, value)


def to_number(value: Plain) -> float | None:
    """Return a number written with digits and a point, such as ``0.8`` or ``1.2e3``; None for anything else."""
    text = value.strip() if isinstance(value, str) else ""
    if not NUMBER.fullmatch(text) or len(text) > MOST_LETTERS:
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def to_date(value: Plain) -> date | None:
    """Return a day written ``2024-01-31``, ``20240131`` or ``31.01.2024``; None for anything else."""
    text = value.strip() if isinstance(value, str) else ""
    whole, dotted = ISO_DATE.fullmatch(text), DOTTED_DATE.fullmatch(text)
    parts = whole.groups() if whole else dotted.groups()[::-1] if dotted else None
    try:
        return date(*(int(part) for part in parts)) if parts else None
    except ValueError:
        return None


def say_no_date(value: Plain) -> str:
    """Return why ``to_date`` does not read a value, and what to write."""
    text = value.strip() if isinstance(value, str) else ""
    if re.match(r"[0-9]{1,2}[/\-][0-9]{1,2}[/\-][0-9]{2,4}(?![0-9])", text):
        return f"its day and month cannot be told apart; write it like {DAY_FORM}"
    return f"it is no day of the calendar; write it like {DAY_FORM}"


def _lies_in(limits: tuple[float, float] | None, number: float) -> bool:
    """Tell whether a number lies in a range, its ends included whatever the rounding of a conversion."""
    return limits is None or limits[0] * (1 - 1e-9) <= number <= limits[1] * (1 + 1e-9) or number in limits


def _behind(unit: str) -> str:
    return "" if unit == "1" else f" {unit}"


def _say_number(unit: str, value: Plain) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if re.fullmatch(r"[+-]?0[0-9]+(\.[0-9]*)?", text):
        return "not a number: it begins with a zero, which some programs read in base 8; write it without"
    if re.fullmatch(r"[+-]?[0-9.,]*,[0-9.,]*", text):
        return "not a number: a comma may divide decimals or thousands; write it with a point"
    if text.startswith(("=", "@")):
        return "not a number but a formula; save the table with values"
    return "not a number" if unit == "1" else f"not a number in {unit}"


def _spelled(spellings: Mapping[str, Sequence[str]], value: Plain) -> str | None:
    """Return the word that a text is another spelling of; None when it is none."""
    wanted = fold_word(str(value))
    return next((word for word, others in spellings.items() if wanted in map(fold_word, others)), None)


def _read_truth(definition: Described, value: Plain) -> bool | Refused:
    """Return a truth; numbers and other words are refused rather than guessed."""
    found = _spelled(definition.spellings, value) if isinstance(value, str) else None
    return Refused("CLIN_VALUE", "not true or false (yes or no)") if found is None else found == "true"


def _read_word(definition: Described, value: Plain) -> str | Refused:
    if not isinstance(value, str) or not value.isprintable():
        return Refused("CLIN_VALUE", "not one word that can be printed")
    if not definition.words:
        return value.strip()
    found = next((word for word in definition.words if fold_word(word) == fold_word(value)), None)
    known = found if found is not None else _spelled(definition.spellings, value)
    if known is not None:
        return known
    why = next((why for name, why in definition.unclear.items() if fold_word(name) == fold_word(value)), None)
    return Refused("CLIN_VALUE", _say_words(definition, value) if why is None else f"not clear: {why}")


def _say_words(definition: Described, value: str) -> str:
    """Return which words are known: all of them, or of a long list those that a text is likest to."""
    if len(definition.words) <= MOST_WORDS:
        return f"not one of {', '.join(definition.words)}"
    folded = {fold_word(word): word for word in definition.words}
    near = [folded[each] for each in get_close_matches(fold_word(value)[:MOST_LETTERS], folded, n=3)]
    likest = f", the nearest {'are' if len(near) > 1 else 'is'} {', '.join(near)}" if near else ""
    return f"not a known name{likest}; all names: docs/clinical.md"


def _read_words(definition: Described, value: Plain) -> tuple[str, ...] | Refused:
    """Return a list of words; the single word ``none`` is an empty list."""
    if isinstance(value, dict):
        return Refused("CLIN_VALUE", "not a list of words")
    parts = value if isinstance(value, list) else re.split(r"[;|]", str(value))
    items = [part.strip() if isinstance(part, str) else part for part in parts if part not in (None, "", " ")]
    if [str(item).casefold() for item in items] == ["none"]:
        return ()
    found = [_read_word(definition, item) for item in items]
    refused = next((each for each in found if isinstance(each, Refused)), None)
    if refused is not None:
        words = f"not among {', '.join(definition.words)}" if definition.words else "not a list of words"
        return Refused("CLIN_VALUE", words)
    return tuple(each for each in found if isinstance(each, str))
