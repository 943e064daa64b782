"""The architecture: a layer imports only from the layers above it, and siblings never import each other."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "pipeline"

LAYERS: tuple[tuple[str, ...], ...] = (
    ("__init__", "ahead", "aside", "errors", "kept", "plain_words", "structures", "yaml_file"),
    (
        *("geometry", "volume", "measurement", "study", "lesion", "outcome", "verdict", "picture", "preferences"),
        *("assessment_record", "evidence", "evidence_record", "forensic_limits", "withholding", "resection"),
        *("anatomy", "ground", "plan", "plan_comparison", "plan_record"),
    ),
    ("readers", "measures", "planning", "rules"),
    ("report",),
    ("writers",),
    ("verify",),
    (
        "settings",
        "report_building",
        "judging",
        "drawing",
        "planned",
        "reassessment",
        "beside",
        "study_run",
        "check",
        "batch",
        "cli",
    ),
)
"""Rows as in docs/architecture.md; within rows 0, 1 and 6 modules may import each other, within the others never."""

IMAGING_FILE_LIBRARIES = {"pydicom", "nibabel", "nrrd", "SimpleITK", "highdicom", "PIL", "imageio", "tifffile"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def layer_of(part: str) -> int:
    return next(row for row, parts in enumerate(LAYERS) if part in parts)


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def parts_imported(path: Path) -> set[str]:
    own = {name for name in imports_of(path) if name.split(".")[0] == "pipeline"}
    parts = {name.split(".")[1] for name in own if "." in name}
    known = {part for row in LAYERS for part in row}
    return {part if part in known else "__init__" for part in parts}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_imports_only_from_layers_above_its_own(path: Path) -> None:
    """A module of row n imports its own part, or parts of rows above; in rows 0, 1 and 6 also its neighbours."""
    part = part_of(path)
    row = layer_of(part)
    for imported in parts_imported(path) - {part}:
        neighbours_allowed = row in (0, 1, len(LAYERS) - 1)
        assert layer_of(imported) < row or (neighbours_allowed and layer_of(imported) == row), f"imports {imported}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_readers_writers_and_verify_touch_imaging_file_libraries(path: Path) -> None:
    """Measures, rules and the vocabulary see arrays and numbers, never a file format."""
    if part_of(path) in ("readers", "writers", "verify"):
        return
    libraries = {name.split(".")[0] for name in imports_of(path)}
    assert not libraries & IMAGING_FILE_LIBRARIES


@pytest.mark.parametrize("path", sorted((PACKAGE / "verify").rglob("*.py")), ids=lambda p: p.name)
def test_the_second_calculator_shares_no_method_with_the_first(path: Path) -> None:
    """A second method that used the first one's code could not contradict it: no reader, measure or geometry."""
    assert not parts_imported(path) & {"readers", "measures", "rules", "geometry", "volume", "writers"}


@pytest.mark.parametrize("path", sorted((PACKAGE / "rules").rglob("*.py")), ids=lambda p: p.name)
def test_rules_do_not_compute_with_arrays(path: Path) -> None:
    """Rules compare, measures compute: no numpy, scipy or scikit-image under rules."""
    assert not {name.split(".")[0] for name in imports_of(path)} & {"numpy", "scipy", "skimage"}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_modules_and_functions_stay_small(path: Path) -> None:
    """A file stays under 250 lines and a function within 50."""
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 250
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno < 50, node.name


def test_no_module_is_named_like_one_of_the_standard_library() -> None:
    """A module called like one of the standard library's would be confused with it."""
    import sys

    assert not {path.stem for path in MODULES} & (set(sys.stdlib_module_names) - {"__init__", "__main__"})
