"""Small catalogues written to a folder for one test: two treatments, a few inputs, one profile or two."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.measurement import Fact, Inputs, Measurement, Quantity
from pipeline.rules import Catalogue, load_catalogue

INPUTS: dict[str, Any] = {
    "a": {"label": "a", "type": "number", "unit": "mm", "source": "image", "range": [0, None]},
    "b": {"label": "b", "type": "number", "unit": "mm", "source": "image", "range": [0, None]},
    "c": {"label": "c", "type": "number", "unit": "mm", "source": "image", "range": [0, None]},
    "n": {"label": "number", "type": "integer", "source": "image", "range": [0, None]},
    "word": {"label": "word", "type": "word", "source": "record", "words": ["red", "green", "blue"]},
    "words": {"label": "words", "type": "words", "source": "record"},
    "truth": {"label": "truth", "type": "truth", "source": "record"},
    "lesion.d": {"label": "diameter", "type": "number", "unit": "mm", "source": "image", "range": [0, None]},
}
PARAMETERS: dict[str, Any] = {
    "limit": {"label": "limit", "unit": "mm"},
    "most": {"label": "most", "unit": "1"},
    "mode": {"label": "mode", "type": "word", "words": ["strict", "loose"]},
}
VALUES: dict[str, Any] = {"limit": 30, "most": 5, "mode": "strict"}


def rule(id_: str = "R-1", **more: Any) -> dict[str, Any]:
    """Return a rule as it stands in a file; a hard one of treatment ``t1`` unless said otherwise."""
    return {
        "id": id_,
        "title": id_,
        "statement": id_,
        "scope": "study",
        "applies": {"t1": "H"},
        "sources": ["SRC"],
        "confidence": "V",
    } | more


def at_most(name: str, threshold: Any, unit: str = "mm") -> dict[str, Any]:
    return {"input": name, "op": "<=", "threshold": threshold, "unit": unit}


def write_files(
    folder: Path,
    rules: list[dict[str, Any]],
    profiles: dict[str, dict[str, Any]] | None = None,
    inputs: dict[str, Any] | None = None,
) -> tuple[Path, Path]:
    """Write the files of a catalogue (JSON is YAML) and return its two folders.

    A treatment that no rule applies to gets one on ``c``.
    """
    applied = {treatment for one in rules for treatment in one.get("applies", {})}
    stubs = [
        rule(f"STUB-{name}", applies={name: "H"}, criterion=at_most("c", 30))
        for name in ("t1", "t2")
        if name not in applied
    ]
    rule_folder, profile_folder = folder / "rules", folder / "profiles"
    rule_folder.mkdir(parents=True)
    profile_folder.mkdir()
    contents: dict[str, Any] = {
        "catalogue": {"version": "1.0", "treatments": [{"id": "t1", "title": "One"}, {"id": "t2", "title": "Two"}]},
        "inputs": {"inputs": inputs or INPUTS},
        "parameters": {"parameters": PARAMETERS},
        "sources": {"sources": {"SRC": "Source"}},
        "own": {"rules": rules},
        "stubs": {"rules": stubs},
    }
    for name, content in contents.items():
        (rule_folder / f"{name}.yaml").write_text(json.dumps(content, indent=1))
    for name, content in (profiles or {"base": {"parameters": VALUES}}).items():
        (profile_folder / f"{name}.yaml").write_text(json.dumps({"name": name, "statement": name} | content, indent=1))
    return rule_folder, profile_folder


def make_catalogue(folder: Path, rules: list[dict[str, Any]], **more: Any) -> Catalogue:
    return load_catalogue(*write_files(folder, rules, **more))


def number(value: float | None, low: float | None = None, high: float | None = None, unit: str = "mm") -> Measurement:
    if value is None:
        return Measurement("x", None, unit, reason="GONE: not there")
    return Measurement("x", value, unit, low, high)


def inputs_of(lesions: list[Measurement] | None = None, known: bool = True, **study: Quantity | str | bool) -> Inputs:
    """Return inputs; words and truths become facts, lesions get the quantity ``d``."""
    held = {
        name: Fact(name, value) if isinstance(value, str | bool | tuple) else value for name, value in study.items()
    }
    return Inputs(held, {f"L{n}": {"d": one} for n, one in enumerate(lesions or [], 1)}, known, None)
