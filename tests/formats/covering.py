"""Tables in which every two levels of every two factors meet at least once (pairwise coverage), by a greedy search."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import combinations, product

Row = dict[str, str]
TRIES = 40


def cover_pairs(factors: Mapping[str, Sequence[str]], seed: int = 0) -> list[Row]:
    """Return rows of one level for each factor, so that every pair of levels of two factors stands in some row."""
    choose = random.Random(seed)
    open_pairs = {
        frozenset([(a, x), (b, y)]) for a, b in combinations(factors, 2) for x, y in product(factors[a], factors[b])
    }
    rows = []
    while open_pairs:
        start = min(open_pairs, key=lambda pair: sorted(pair))
        candidates = [_grow(dict(start), factors, open_pairs, choose) for _ in range(TRIES)]
        best = max(candidates, key=lambda row: len(_pairs(row) & open_pairs))
        rows.append(best)
        open_pairs -= _pairs(best)
    return rows


def _pairs(row: Row) -> set[frozenset[tuple[str, str]]]:
    return {frozenset(pair) for pair in combinations(row.items(), 2)}


def _grow(
    row: Row, factors: Mapping[str, Sequence[str]], open_pairs: set[frozenset[tuple[str, str]]], choose: random.Random
) -> Row:
    """Complete a row, factor by factor in random order, with the level that closes most pairs."""
    for factor in choose.sample([name for name in factors if name not in row], len(factors) - len(row)):
        levels = choose.sample(list(factors[factor]), len(factors[factor]))
        gains = [sum(frozenset([(factor, level), known]) in open_pairs for known in row.items()) for level in levels]
        row[factor] = levels[gains.index(max(gains))]
    return {factor: row[factor] for factor in factors}
