"""IBSI's consensus values."""

from __future__ import annotations

import pytest

from tests.accuracy.ibsi import compare


def test_every_published_feature_has_ibsis_consensus_value() -> None:
    """Morphology and statistics of the digital phantom, within IBSI's tolerances."""
    found = compare()
    assert len(found) == 11
    for tag, _, value, consensus, tolerance in found:
        assert value == pytest.approx(consensus, abs=tolerance), tag
