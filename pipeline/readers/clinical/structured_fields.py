"""Structured fields of the clinical record: every key known, every value of its kind, or all of it refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.readers.clinical.entry_values import Refused, Value, read_plain, to_number
from pipeline.readers.clinical.fields import ClinicalField, Key, normal_name
from pipeline.yaml_file import Plain

MOST_ITEMS = 200


@dataclass(frozen=True, eq=False)
class Structure:
    """A structured value: in words, and what it states of other fields."""

    words: tuple[str, ...]
    gives: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Item:
    """One item as read: each key's value in words, and what its keys state of other fields."""

    values: Mapping[str, Value]
    gives: Mapping[str, Value]


class Wrong(Exception):
    """A structured value that is not used, and why."""

    def __init__(self, code: str, why: str) -> None:
        self.refused = Refused(code, why)
        super().__init__(why)


def read_structure(definition: ClinicalField, value: Plain) -> Structure | Refused:
    """Return a structured value, or why it is not used. In a table it is JSON, or the bare words of its main key."""
    try:
        items = unpack_items(definition, value)
        return _describe(definition, [read_item(definition, item) for item in items])
    except Wrong as wrong:
        return wrong.refused


def unpack_items(definition: ClinicalField, value: Plain) -> list[Plain]:
    """Return the items of a structured value, as they are written; Wrong where it has not the shape of the field."""
    given = _unpack(definition, value)
    if definition.many != isinstance(given, list):
        raise Wrong("CLIN_VALUE", f"expected {_say_shape(definition)}")
    items: list[Plain] = given if isinstance(given, list) else [given]
    if len(items) > MOST_ITEMS:
        raise Wrong("CLIN_VALUE", f"more than {MOST_ITEMS} items")
    return items


def _unpack(definition: ClinicalField, value: Plain) -> Plain:
    if not isinstance(value, str):
        return value
    text = value.strip()
    if definition.many and text.casefold() == "none":
        return []
    if text[:1] in ("[", "{"):
        try:
            loaded: Plain = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
        except (ValueError, RecursionError):
            raise Wrong("CLIN_VALUE", "not JSON") from None
        return loaded
    return [part.strip() for part in text.replace("|", ";").split(";")] if definition.many else value


def _say_shape(definition: ClinicalField) -> str:
    keys = ", ".join(definition.keys)
    return f"a list of {{{keys}}}" if definition.many else f"{{{keys}}}"


def read_item(definition: ClinicalField, item: Plain) -> Item:
    """Return one item with every key checked; Wrong where a key or value is none of the field's."""
    if isinstance(item, str) and definition.main:
        item = {definition.main: item}
    if not isinstance(item, dict) or set(item) - set(definition.keys):
        raise Wrong("CLIN_VALUE", f"expected {_say_shape(definition)}")
    if definition.one_of and sum(item.get(name) not in (None, "") for name in definition.one_of) != 1:
        raise Wrong("CLIN_VALUE", f"an item needs one of {', '.join(definition.one_of)}, and no more than one")
    if definition.main and not definition.one_of and item.get(definition.main) in (None, ""):
        raise Wrong("CLIN_VALUE", f"an item without {definition.main}")
    values: dict[str, Value] = {}
    gives: dict[str, Value] = {}
    for name, value in item.items():
        if value in (None, ""):
            continue
        key = definition.keys[name]
        if key.each is not None:
            own = _read_each(name, key, value)
            values[name] = f"{len(own)} values"
            gives |= _give_each(name, key, own)
            continue
        values[name] = _taken(name, read_plain(key, _bool_as_text(value)))
        if key.gives is not None:
            gives[key.gives] = values[name]
    return Item(values, gives)


def _read_each(name: str, key: Key, value: Plain) -> dict[str, Value]:
    """Return the values of a key that holds any number of them, each by its own key."""
    if not isinstance(value, dict):
        raise Wrong("CLIN_VALUE", f"{name} is not a value for each {key.each}")
    for each in value:
        if key.each == "dose" and to_number(each) is None:
            raise Wrong("CLIN_VALUE", f"{name}: each of its keys is a dose in Gy")
    return {each: _taken(name, read_plain(key, number)) for each, number in value.items()}


def _give_each(name: str, key: Key, own: Mapping[str, Value]) -> dict[str, Value]:
    """Return what single values state of other fields: a dose is compared as a number, an organ as names are."""
    same = to_number if key.each == "dose" else normal_name
    fields = {same(each): field for each, field in key.gives_each.items()}
    given: dict[str, Value] = {}
    for each, value in own.items():
        field = fields.get(same(each))
        if field is not None and given.setdefault(field, value) != value:
            raise Wrong("CLIN_VALUE", f"{name} holds two values for one {key.each}")
    return given


def _bool_as_text(value: Plain) -> Plain:
    return str(value).lower() if isinstance(value, bool) else value


def _taken(name: str, value: Value | Refused) -> Value:
    if isinstance(value, Refused):
        raise Wrong(value.code, f"{name} is {value.why}")
    return value


def _describe(definition: ClinicalField, items: list[Item]) -> Structure:
    if definition.main is not None:
        words = tuple(_say_item(definition, definition.main, item) for item in items)
        return Structure(words, _find_latest(definition, items))
    words = tuple(f"{name}: {_say(value)}" for item in items for name, value in item.values.items())
    return Structure(words, {field: value for item in items for field, value in item.gives.items()})


def _find_latest(definition: ClinicalField, items: list[Item]) -> dict[str, Value]:
    """Return the latest day of each kind of item; none while one of that kind has no day of its own."""
    found: dict[str, Value] = {}
    for name, key in definition.keys.items():
        for own, words in key.latest.items():
            days = [item.values.get(name) for item in items if str(item.values[str(definition.main)]) in words]
            if days and None not in days:
                found[own] = max(str(day) for day in days)
    return found


def _say_item(definition: ClinicalField, main: str, item: Item) -> str:
    """Return an entry of a list in words: ``lung``, or with every key ``lung (count 2, max_mm 9, controlled yes)``."""
    more = ", ".join(f"{name} {_say(value)}" for name, value in item.values.items() if name != main)
    return f"{item.values[main]} ({more})" if definition.whole and more else str(item.values[main])


def _say(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
