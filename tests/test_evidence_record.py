"""Comparisons in report.json: shorter, and the same when read back."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from pipeline.evidence import Evidence
from pipeline.evidence_record import EvidenceRecord, restore_evidence, store_evidence
from pipeline.outcome import Truth

READER = TypeAdapter(tuple[EvidenceRecord, ...])
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
EVIDENCE = st.builds(
    Evidence,
    input=st.sampled_from(["lesion.longest_diameter_mm", "remnant_percent", "ABL-01"]),
    op=st.sampled_from(["<=", "is"]),
    threshold=st.sampled_from([None, 30.0, "met"]),
    unit=st.just("mm"),
    value=NUMBERS | st.sampled_from(["met", "yes"]),
    low=NUMBERS,
    high=NUMBERS,
    truth=st.sampled_from(Truth),
    borderline=st.booleans(),
    flip_at=st.sampled_from([None, 30.0]),
    lesion=st.sampled_from([None, "L1", "L2", "L3"]),
    reason=st.sampled_from([None, "NO_VESSELS: no vessel mask"]),
    label=st.sampled_from(["longest diameter", "another name"]),
    beside=st.booleans(),
)


@given(st.lists(EVIDENCE, max_size=12))
def test_comparisons_read_back_are_the_same_in_the_same_order(evidence: list[Evidence]) -> None:
    """Whatever is compared, in whatever order: the JSON gives back every field of every comparison."""
    labels: dict[str, str] = {}
    text = READER.dump_json(store_evidence(evidence, labels))
    assert list(restore_evidence(READER.validate_json(text), labels)) == evidence


def test_what_is_missing_for_every_lesion_is_there_once() -> None:
    """Two hundred lesions without a distance are one comparison with their names; diameters are one with numbers."""
    gaps = [
        Evidence("lesion.gap_mm", ">=", 5.0, "mm", None, None, None, Truth.INDETERMINATE, lesion=f"L{n}", reason="X: y")
        for n in range(1, 201)
    ]
    sizes = [
        Evidence("lesion.size_mm", "<=", 30.0, "mm", float(n), n - 0.5, n + 0.5, Truth.MET, lesion=f"L{n}")
        for n in range(1, 4)
    ]
    first, second = json.loads(READER.dump_json(store_evidence([*gaps, *sizes], {})))
    assert first["lesions"] == [f"L{n}" for n in range(1, 201)]
    assert not {"seen", "by_lesion", "beside", "flip_at"} & set(first)
    assert second["by_lesion"] == {"L1": [1.0, 0.5, 1.5], "L2": [2.0, 1.5, 2.5], "L3": [3.0, 2.5, 3.5]}
