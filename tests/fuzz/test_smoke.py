"""A few seconds of what ``make fuzz`` does for long, with fixed seeds, and every find of the past."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.hunting import hunt
from tests.fuzz.mutations import mutate
from tests.fuzz.seeds import WRITERS, write_seeds

FOUND = [
    (line.split("\t")[0], int(line.split("\t")[1]))
    for line in (Path(__file__).parent / "found.tsv").read_text().splitlines()
    if line and not line.startswith("#")
]
SEEDS = 6


@pytest.mark.hazard("S02")
@pytest.mark.hazard("S05")
@pytest.mark.hazard("S06")
def test_mutated_files_of_every_format_are_read_or_refused() -> None:
    """No error but a refusal, none longer than 5 s, none in more than 1 GB."""
    cases = [*FOUND, *((form, seed) for seed in range(SEEDS) for form in WRITERS)]
    finds = [find for find in hunt(write_seeds(list(WRITERS)), iter(cases)) if find]
    assert finds == []


def test_a_seed_makes_the_same_mutation() -> None:
    """A find can be made again."""
    import random

    content = bytes(range(256)) * 40
    assert mutate(content, random.Random(5)) == mutate(content, random.Random(5)) != content
