"""The gates of every treatment, copied by hand from the clinical catalogue into ``gates/<treatment>.txt``.

One ``ID KIND`` a line; ``!`` marks a safety rule, ``[profile] ID KIND`` one that a profile has besides or otherwise.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.rules import Catalogue
from pipeline.verdict import Kind
from tests.rules.test_shipped_rules import CATALOGUE, PROFILES

FOLDER = Path(__file__).parent / "gates"
MARKS = {Kind.HARD: "H", Kind.SOFT: "S"}


def read_gates(treatment: str, profile: str) -> dict[str, str]:
    """Return the kind of each gate of a treatment under a profile, as copied by hand; ``-`` takes a gate away."""
    text = (FOLDER / f"{treatment}.txt").read_text(encoding="utf-8")
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    usual = dict(line.split() for line in lines if line and not line.startswith("["))
    own = dict(line.split()[1:] for line in lines if line.startswith(f"[{profile}]"))
    return {id_: kind for id_, kind in (usual | own).items() if kind != "-"}


@pytest.mark.parametrize("treatment", [treatment.id for treatment in CATALOGUE.treatments])
def test_every_treatment_has_its_gates_copied_by_hand(treatment: str) -> None:
    """No treatment is judged by rules that nobody held against the catalogue."""
    assert (FOLDER / f"{treatment}.txt").is_file()


def test_every_file_of_gates_belongs_to_a_treatment(catalogue: Catalogue) -> None:
    """A misspelled file name would leave its gates unchecked."""
    assert {path.stem for path in FOLDER.glob("*.txt")} <= {treatment.id for treatment in catalogue.treatments}


@pytest.mark.hazard("M23")
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("treatment", [treatment.id for treatment in CATALOGUE.treatments])
def test_each_treatment_is_judged_by_its_hard_and_soft_rules(treatment: str, profile: str) -> None:
    """Every gate of a treatment is there in its kind, and no other."""
    deciding = CATALOGUE.under(profile).deciding[treatment]
    held = {rule.id: f"{MARKS[kind]}{'!' if rule.safety else ''}" for rule, kind in deciding}
    assert held == read_gates(treatment, profile)
