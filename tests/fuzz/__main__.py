"""Mutate for some time and say what broke. Usage: ``python -m tests.fuzz [SECONDS] [FIRST_SEED]``.

Each find is printed as ``form<TAB>seed``: add the line to ``found.tsv`` with its fix, and it is tried in every run.
``python -m tests.fuzz write FORM SEED FOLDER`` writes one case to look at.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.fuzz.hunting import hunt, write_case
from tests.fuzz.seeds import WRITERS, write_seeds


def until(end: float, first: int) -> Iterator[tuple[str, int]]:
    """Yield forms and seeds in turn until a time."""
    for seed in itertools.count(first):
        for form in WRITERS:
            if time.monotonic() > end:
                return
            yield form, seed


def main(seconds: float, first: int) -> int:
    """Return 1 when something broke."""
    studies = write_seeds(list(WRITERS))
    kinds: Counter[str] = Counter()
    count = 0
    for find in hunt(studies, until(time.monotonic() + seconds, first)):
        count += 1
        if find is None:
            continue
        kind = find.what.strip().splitlines()[-1]
        kinds[kind] += 1
        print(f"{find.form}\t{find.seed}\n{find.what if kinds[kind] == 1 else kind}", flush=True)
    print(f"{count} mutated studies, {sum(kinds.values())} finds of {len(kinds)} kinds")
    return int(bool(kinds))


if __name__ == "__main__":
    if sys.argv[1:2] == ["write"]:
        write_case(write_seeds([sys.argv[2]]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
        sys.exit(0)
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 300, int(sys.argv[2]) if len(sys.argv) > 2 else 0))
