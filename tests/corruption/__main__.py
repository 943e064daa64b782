"""Spoil the good study in many pairs of ways. Usage: ``python -m tests.corruption [COUNT] [SEED]``."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from tests.corruption.all_ways import combine, some_pairs
from tests.corruption.clean import FORMS, STUDY_NAME
from tests.corruption.judging import judge_pair
from tests.corruption.outcome import run_product


def main(count: int, seed: int) -> int:
    """Return 1 when two faults together published what they should not."""
    wrong = 0
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        clean = {}
        for form, write in FORMS.items():
            (root / form / STUDY_NAME).mkdir(parents=True)
            write(root / form / STUDY_NAME)
            (clean[form],) = run_product(root / form, root / "out")
        for number, pair in enumerate(some_pairs(count, seed)):
            both = combine(*pair)
            work = root / f"pair{number}"
            folder = Path(shutil.copytree(root / both.form / STUDY_NAME, work / STUDY_NAME, symlinks=True))
            both.spoil(folder)
            found = judge_pair(both, run_product(work, root / "out"), clean[both.form])
            wrong += bool(found)
            if found:
                print(f"{both}\n    " + "\n    ".join(found), flush=True)
            shutil.rmtree(work)
    print(f"{number + 1} pairs, {wrong} not as their class demands")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 500, int(sys.argv[2]) if len(sys.argv) > 2 else 0))
