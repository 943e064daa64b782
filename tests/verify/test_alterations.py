"""Whatever is altered in a report is found: any number by half a percent, any number lost, made up or moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.verify.conftest import verify, wrong

STUDIES = ("lits_like", "real_ct_crlm", "real_ct_liver", "synthetic_ct", "synthetic_mr")
pytestmark = pytest.mark.usefixtures("remembered")
PARTS = ("image", "structures", "lesions", "measurements")
NOISE = 1e-6
"""A number below this is a zero with rounding (a cosine of 90 degrees)."""
Path_ = tuple[Any, ...]


def numbers_in(part: Any, path: Path_ = ()) -> Iterator[tuple[Path_, float]]:
    """Yield every number of a part of a record and the path to it; label numbers name and do not measure."""
    if isinstance(part, bool) or part is None or isinstance(part, str):
        return
    if isinstance(part, int | float):
        if path[-1] != "number" and not 0 < abs(part) < NOISE:
            yield path, part
        return
    items = part.items() if isinstance(part, dict) else enumerate(part)
    for key, each in items:
        yield from numbers_in(each, (*path, key))


def put(record: dict[str, Any], path: Path_, value: Any) -> dict[str, Any]:
    """Return a copy of a record with one value replaced; what lies beside the path is the same object."""
    copy = record.copy()
    place: Any = copy
    for key in path[:-1]:
        place[key] = place[key].copy()
        place = place[key]
    place[path[-1]] = value
    return copy


def all_numbers(record: dict[str, Any]) -> list[tuple[Path_, float]]:
    return [found for part in PARTS for found in numbers_in(record[part], (part,))]


@pytest.mark.parametrize("study", STUDIES)
def test_every_sample_report_agrees(records: dict[str, dict[str, Any]], study: str) -> None:
    """Both calculators say the same of every number of every sample study."""
    outcome = verify(records[study])
    assert wrong(outcome) == []
    assert wrong(verify(records[study])) == []
    assert sum(line.published is not None for line in outcome.lines) >= 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_number_altered_by_half_a_percent_is_found(records: dict[str, dict[str, Any]], data: st.DataObject) -> None:
    """Values, intervals, end points, slices, voxel counts, the image's grid: each of them alone."""
    record = records[data.draw(st.sampled_from(("synthetic_mr", "real_ct_crlm", "real_ct_liver")))]
    path, value = data.draw(st.sampled_from(all_numbers(record)))
    factor = data.draw(st.sampled_from((0.995, 1.005)))
    changed: float = value * factor if value else factor - 1
    if isinstance(value, int):
        changed = value + (1 if factor > 1 else -1)
    assert not verify(put(record, path, changed)).agrees, path


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_number_set_to_null_is_found(records: dict[str, dict[str, Any]], data: st.DataObject) -> None:
    """With a reason beside it, as one that is withheld has, and without."""
    record = records[data.draw(st.sampled_from(("synthetic_mr", "real_ct_crlm")))]
    values = [path for path, _ in all_numbers(record) if path[-1] in ("value", "low", "high")]
    path = data.draw(st.sampled_from(values))
    changed = put(record, path, None)
    if path[-1] == "value" and data.draw(st.booleans()):
        for name in ("low", "high", "location"):
            changed = put(changed, (*path[:-1], name), None)
        changed = put(changed, (*path[:-1], "reason"), data.draw(st.sampled_from(("FOV_CUT: cut", "MASK_GAP: gap"))))
    assert not verify(changed).agrees, path


def test_a_null_turned_into_a_number_is_found(records: dict[str, dict[str, Any]]) -> None:
    """A number where the study gives none: no remnant, a liver cut by the border of the scan, no clinical record."""
    for study in ("real_ct_crlm", "real_ct_liver"):
        record = records[study]
        for name, each in record["measurements"].items():
            if each["value"] is None:
                changed = put(record, ("measurements", name, "value"), 30.0)
                assert not verify(put(changed, ("measurements", name, "reason"), None)).agrees, name


def test_a_lesion_taken_out_is_found(altered: Callable[..., dict[str, Any]]) -> None:
    """Also where the count is made to fit."""
    record = altered("synthetic_ct")
    del record["lesions"][2]
    record["measurements"]["lesion_count"] |= {"value": 5.0, "low": 5.0, "high": 5.0}
    assert any("L6" in each or "L3" in each for each in wrong(verify(record)))


def test_a_measurement_taken_out_is_found(records: dict[str, dict[str, Any]], altered: Callable[..., Any]) -> None:
    """Each number that the second calculator has, and the report has not."""
    for name in records["synthetic_mr"]["measurements"]:
        record = altered("synthetic_mr")
        del record["measurements"][name]
        assert any(name in each for each in wrong(verify(record))), name


@pytest.mark.parametrize(("name", "role"), [("Tumor_3", "benign_lesion"), ("Liver_Remnant", "resection")])
def test_a_renamed_role_is_found(altered: Callable[..., dict[str, Any]], name: str, role: str) -> None:
    """A structure that counts as something else gives other numbers."""
    record = altered("synthetic_ct")
    for each in record["structures"]:
        each["role"] = role if each["name"] == name else each["role"]
    assert not verify(record).agrees


def test_a_quantity_without_a_second_method_is_not_passed_over(altered: Callable[..., dict[str, Any]]) -> None:
    """Never in silence: it says so, and fails."""
    record = altered("synthetic_mr")
    strange = {**record["lesions"][0]["measurements"]["volume_ml"], "name": "softness"}
    record["lesions"][0]["measurements"]["softness"] = strange
    assert wrong(verify(record)) == ["lesion L1/softness: not verified: no second method"]


def test_another_unit_is_found(altered: Callable[..., dict[str, Any]]) -> None:
    """The same number in another unit is another length or volume."""
    for name, unit in (("volume_ml", "mm3"), ("longest_diameter_mm", "cm")):
        record = altered("synthetic_mr")
        record["lesions"][0]["measurements"][name]["unit"] = unit
        assert any(f"L1/{name}: its unit is not" in each for each in wrong(verify(record)))


def test_a_comparison_that_cannot_be_is_found(altered: Callable[..., dict[str, Any]]) -> None:
    """Of a lesion that is not in the report, of a number said to be unknown, with an answer its numbers do not give."""

    def cited(record: dict[str, Any]) -> dict[str, Any]:
        every = (e for c in record["assessment"]["criteria"].values() for e in c["evidence"])
        return next(e for e in every if "by_lesion" in e and e["op"] in ("<", "<=", ">="))

    def rename(found: dict[str, Any]) -> None:
        found["by_lesion"]["L99"] = found["by_lesion"].popitem()[1]

    def forget(found: dict[str, Any]) -> None:
        found["by_lesion"][next(iter(found["by_lesion"]))] = []
        found["reason"] = "NO_MASK: not drawn"

    def turn(found: dict[str, Any]) -> None:
        found["truth"] = "met" if found["truth"] == "not_met" else "not_met"

    for change in (rename, forget, turn):
        record = altered("synthetic_mr")
        change(cited(record))
        assert any("criterion" in each for each in wrong(verify(record))), change.__name__


def test_the_inputs_of_verdicts_are_the_numbers_they_cite(altered: Callable[..., Any]) -> None:
    """A comparison behind a verdict that used another value than the one measured."""
    found = 0
    for id_ in list(altered("synthetic_mr")["assessment"]["criteria"])[::5]:
        record = altered("synthetic_mr")
        cited = [
            evidence
            for evidence in record["assessment"]["criteria"][id_]["evidence"]
            if isinstance(evidence.get("seen", [None])[0], float) and evidence["input"] in record["measurements"]
        ]
        for evidence in cited[:1]:
            evidence["seen"][0] *= 1.005
            assert any("criterion" in each for each in wrong(verify(record)))
            found += 1
    assert found > 5
