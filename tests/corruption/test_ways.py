"""Every way to spoil a study leads to its class: the same numbers, a flag, or a refusal without any number.

Rows held here are named by each way; the classes come from ``docs/hazards.md``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.corruption.all_ways import WAYS
from tests.corruption.judging import judge
from tests.corruption.outcome import Outcome, run_product
from tests.corruption.way import Expected, Way
from tests.liver_phantom import TRUE_VOLUMES_ML


@pytest.mark.parametrize("form", ["dicom", "nifti", "nrrd", "lits", "mha"])
def test_the_good_study_is_right(clean: Callable[[str], Outcome], form: str) -> None:
    """Its volumes are the closed forms' within what the grid can hold; three lesions; nothing is refused."""
    outcome = clean(form)
    numbers = outcome.numbers()
    assert outcome.status == "done"
    assert outcome.codes("warning", "refused") <= (set() if form == "dicom" else {"PAIR_BY_NAME"})
    assert numbers["lesion_count"] == 3
    assert numbers["total_liver_volume_ml"] == pytest.approx(TRUE_VOLUMES_ML["liver"], rel=0.005)
    lesions = sum(volume for name, volume in TRUE_VOLUMES_ML.items() if "lesion" in name)
    assert numbers["total_lesion_volume_ml"] == pytest.approx(lesions, rel=0.03)
    if form != "lits":
        assert numbers["remnant_volume_ml"] == pytest.approx(TRUE_VOLUMES_ML["remnant"], rel=0.01)


def test_there_are_at_least_sixty_ways_of_every_class() -> None:
    """Names are unique within a form, and no class or part is forgotten."""
    assert len({str(way) for way in WAYS}) == len(WAYS) >= 60
    counts = Counter(way.expected for way in WAYS)
    assert min(counts[expected] for expected in Expected) >= 20
    assert all(way.codes for way in WAYS if way.expected is not Expected.CORRECT)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_spoiled_study(
    way: Way, clean: Callable[[str], Outcome], copy: Callable[[str], Path], tmp_path: Path
) -> None:
    """What comes of it is its class's: right, flagged with every number accounted for, or refused without a number."""
    folder = copy(way.form)
    way.spoil(folder)
    outcomes = run_product(folder.parent, tmp_path / "out")
    assert judge(way, outcomes, clean(way.form)) == []
