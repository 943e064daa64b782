"""Disease outside the liver: what follows from the list of the record, counted by hand and by the second method."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.measurement import Fact, Inputs, Measurement, Quantity
from pipeline.measures.derived.arterial import derive_arterial
from pipeline.measures.derived.deriving import FormulaWords, derive
from pipeline.measures.derived.extrahepatic import derive_extrahepatic
from pipeline.report import Report
from pipeline.verify.recorded import check_recorded
from tests.readers import clinical_records

FAMILIES = (derive_extrahepatic, derive_arterial)


def record(**values: object) -> dict[str, Quantity]:
    return {name: cast("Quantity", Fact(name, value)) for name, value in values.items()}  # type: ignore[arg-type]


def derived(study: dict[str, Quantity]) -> dict[str, object]:
    return {name: each.value for name, each in derive(Inputs(study), FormulaWords(), FAMILIES).study.items()}


def reasons(study: dict[str, Quantity]) -> dict[str, str | None]:
    return {name: each.reason for name, each in derive(Inputs(study), FormulaWords(), FAMILIES).study.items()}


LUNGS_AND_NODE = (
    "lung (count 2, max_mm 8, controlled no, resectable yes)",
    "lung (count 1, max_mm 5, controlled yes, resectable yes)",
    "lymph_node_hilar (count 1, max_mm 12, resectable yes)",
)


def test_two_lung_entries_and_a_hilar_node() -> None:
    """Three nodules up to 8 mm, one area of nodes of 12 mm, two sites, four metastases outside and five inside."""
    study = record(extrahepatic_sites=LUNGS_AND_NODE) | {"lesion_count": Measurement("lesion_count", 5, "1")}
    found = derived(study)
    expected = {
        "lung_nodule_count": 3,
        "largest_lung_nodule_mm": 8,
        "node_area_count": 1,
        "largest_node_mm": 12,
        "extrahepatic_site_count": 2,
        "extrahepatic_only_lung_and_nodes": True,
        "extrahepatic_only_nodes": False,
        "extrahepatic_only_bone_nodes_lung_skin": True,
        "extrahepatic_all_resectable": True,
        "extrahepatic_all_controlled": False,
        "extrahepatic_all_treatable": True,
        "metastasis_count": 9,
    }
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    "study",
    [record(extrahepatic_disease="none"), record(extrahepatic_sites=()), record(
        extrahepatic_disease="none", extrahepatic_sites=(), pet_extrahepatic=False, hilar_nodes=False)],
)  # fmt: skip
def test_none_and_an_empty_list_mean_none(study: dict[str, Quantity]) -> None:
    """No site, no nodule, no node; the size of a largest one is no number then."""
    found = derived(study)
    assert (found["extrahepatic_site_count"], found["lung_nodule_count"], found["node_area_count"]) == (0, 0, 0)
    assert found["extrahepatic_only_lung_and_nodes"] is True
    assert found["extrahepatic_all_treatable"] is True
    assert found["largest_lung_nodule_mm"] is None
    assert (reasons(study)["largest_node_mm"] or "").startswith("NO_SITE")


@pytest.mark.parametrize(
    "study",
    [{}, record(extrahepatic_disease="unknown"), record(extrahepatic_disease="resectable"),
     record(extrahepatic_disease="unresectable")],
)  # fmt: skip
def test_a_word_alone_says_nothing_of_sites(study: dict[str, Quantity]) -> None:
    """Which sites there are is then missing, and the reason names the field that would say it."""
    why = reasons(study)
    for name in ("extrahepatic_site_count", "lung_nodule_count", "extrahepatic_only_nodes", "metastasis_count"):
        assert derived(study)[name] is None
        assert why[name] == "CLIN_MISSING: extrahepatic_sites is not in the clinical record"


@pytest.mark.parametrize(
    "study",
    [
        record(extrahepatic_disease="none", extrahepatic_sites=("lung",)),
        record(extrahepatic_disease="unresectable", extrahepatic_sites=()),
        record(extrahepatic_disease="resectable", extrahepatic_sites=()),
        record(extrahepatic_disease="resectable", extrahepatic_sites=("lung (count 1, resectable no)",)),
        record(extrahepatic_sites=(), pet_extrahepatic=True),
        record(extrahepatic_disease="none", hilar_nodes=True),
        record(extrahepatic_sites=("lymph_node_hilar",), hilar_nodes=False),
        record(extrahepatic_sites=("lung",), celiac_paraaortic_nodes=True),
    ],
)
def test_word_and_list_at_odds_give_nothing(study: dict[str, Quantity]) -> None:
    """Nobody can tell which of them holds."""
    for name, why in reasons(study).items():
        if name not in study and name.startswith(("extrahepatic", "lung_nodule", "largest", "node_area")):
            assert (why or "").startswith("CLIN_CONTRADICT"), name


def test_what_the_list_leaves_out_stays_open_and_is_bounded() -> None:
    """An entry without number counts at least one; one without size leaves the largest open above the known one."""
    found = derived(record(extrahepatic_sites=("lung (count 4, max_mm 9)", "lung")))
    assert (found["lung_nodule_count"], found["lung_nodule_count_at_least"]) == (None, 5)
    assert (found["largest_lung_nodule_mm"], found["largest_lung_nodule_at_least_mm"]) == (None, 9)
    assert found["extrahepatic_all_treatable"] is None
    assert found["extrahepatic_site_count"] == 1


def test_areas_of_nodes() -> None:
    """The same named area twice is one; each other entry is one of its own; all nodes are one site."""
    sites = ("lymph_node_hilar", "lymph_node_hilar", "lymph_node_paraaortic", "lymph_node_other", "lymph_node_other")
    found = derived(record(extrahepatic_sites=sites))
    assert (found["node_area_count"], found["extrahepatic_site_count"]) == (4, 1)


def test_a_list_as_it_is_written_in_a_record(tmp_path: Path) -> None:
    """From the file to the numbers."""
    text = "extrahepatic_sites: [{site: lung, count: 2, max_mm: 8.5, controlled: no, resectable: yes}, {site: bone}]"
    found = derived(dict(clinical_records.record(tmp_path, f"{clinical_records.ONE}{text}\n").facts))
    assert (found["lung_nodule_count"], found["largest_lung_nodule_mm"]) == (2, 8.5)
    assert found["extrahepatic_all_controlled"] is False
    assert found["extrahepatic_all_resectable"] is None


@pytest.mark.parametrize("text", ["lung (count two)", "lung count 2", "lung (count)", "lung (max_mm )"])
def test_an_entry_that_cannot_be_read_is_no_guess(text: str) -> None:
    """Nothing follows from a list with it."""
    assert (reasons(record(extrahepatic_sites=(text,)))["lung_nodule_count"] or "").startswith("CLIN_VALUE")


@pytest.mark.parametrize(
    ("given_record", "trunk", "branches"),
    [
        ({"portal_vein_patency": "patent"}, True, True),
        ({"portal_vein_patency": "branch_occluded"}, True, False),
        ({"portal_vein_patency": "main_occluded"}, False, False),
        ({"portal_vein_patency": "main_occluded", "portal_inflow_blocked": False}, False, False),
        ({"portal_vein_patency": "patent", "portal_vein_thrombus": True}, None, None),
        ({"portal_vein_patency": "patent", "portal_inflow_blocked": True}, None, None),
        ({"portal_inflow_blocked": True}, False, False),
        ({"portal_inflow_blocked": False}, None, None),
        ({"portal_inflow_blocked": False, "portal_vein_thrombus": False}, True, None),
        ({"portal_inflow_blocked": False, "portal_vein_thrombus": False, "main_vessels_occluded": False}, True, True),
        ({"portal_vein_thrombus": True}, None, None),
        ({"portal_vein_thrombus": False}, None, None),
        ({}, None, None),
    ],
)
def test_the_portal_vein(given_record: dict[str, object], trunk: bool | None, branches: bool | None) -> None:
    """Masks show tumour at the vein, never a thrombus: without a word on that they leave it open."""
    found = derived(record(**given_record))
    assert (found["portal_trunk_patent"], found["portal_branches_patent"]) == (trunk, branches)


@pytest.mark.parametrize(
    ("given_record", "dose"),
    [
        ({"prior_liver_radiation": False, "lung_dose_gy": 12.0}, 12),
        ({"prior_liver_radiation": False, "lung_dose_gy": 12.0, "sirt_lung_dose_gy": 8.0}, 12),
        ({"prior_liver_radiation": False, "sirt_lung_dose_gy": 8.0}, 8),
        ({"prior_liver_radiation": True, "lung_dose_gy": 12.0}, None),
        ({"lung_dose_gy": 12.0}, None),
        ({"prior_liver_radiation": False}, None),
    ],
)
def test_the_first_lung_dose_is_that_of_all(given_record: dict[str, object], dose: float | None) -> None:
    """Only where the record excludes earlier radiation of the liver."""
    assert derived(record(**given_record))["first_lung_dose_gy"] == dose


@pytest.mark.parametrize(
    ("agents", "expected"),
    [
        (("FOLFOX", "Bevacizumab"), True),
        (("FOLFIRI + Avastin",), True),
        (("mFOLFOX6", "bev"), True),
        (("aflibercept",), True),
        (("mFOLFOX6",), False),
        (("5-FU", "oxaliplatin", "folinic acid"), False),
        (("capecitabine", "cetuximab"), False),
        ((), False),
        (("study drug",), None),
        (("FOLFOX", "antibody"), None),
    ],
)
def test_anti_vegf_drugs_by_their_names(agents: tuple[str, ...], expected: bool | None) -> None:
    """A word that is not known as a drug may stand for one of them."""
    assert derived(record(chemo_agents=agents))["anti_vegf_given"] is expected


def test_without_drugs_on_record_nothing_is_said() -> None:
    """Not given is not none."""
    assert derived({})["anti_vegf_given"] is None


PLACES = ("lung", "lymph_node_hilar", "lymph_node_celiac", "lymph_node_other", "bone", "subcutaneous", "peritoneum")
ANSWERS = st.sampled_from(["", "controlled yes", "controlled no", "resectable yes", "resectable no"])


@st.composite
def entries(draw: st.DrawFn) -> str:
    more = [draw(ANSWERS)]
    if draw(st.booleans()):
        more.append(f"count {draw(st.integers(1, 9))}")
    if draw(st.booleans()):
        more.append(f"max_mm {draw(st.integers(1, 40))}")
    held = ", ".join(part for part in more if part)
    return draw(st.sampled_from(PLACES)) + (f" ({held})" if held else "")


@given(
    sites=st.none() | st.lists(entries(), max_size=4).map(tuple),
    word=st.sampled_from([None, "none", "resectable", "unresectable", "unknown"]),
    truths=st.fixed_dictionaries(
        {name: st.sampled_from([None, True, False]) for name in ("pet_extrahepatic", "hilar_nodes",
         "portal_vein_thrombus", "portal_inflow_blocked", "main_vessels_occluded", "prior_liver_radiation")}
    ),
    patency=st.sampled_from([None, "patent", "branch_occluded", "main_occluded"]),
    dose=st.sampled_from([None, 12.0]),
    lesions=st.integers(1, 9),
)  # fmt: skip
def test_the_second_method_finds_the_same(
    sites: tuple[str, ...] | None,
    word: str | None,
    truths: dict[str, bool | None],
    patency: str | None,
    dose: float | None,
    lesions: int,
) -> None:
    """What was derived agrees with what verify works out from the same record, whatever it holds."""
    held = {**truths, "extrahepatic_sites": sites, "extrahepatic_disease": word, "portal_vein_patency": patency}
    study = record(**{name: each for name, each in (held | {"lung_dose_gy": dose}).items() if each is not None})
    count = Measurement("lesion_count", lesions, "1")
    found = derive(Inputs({**study, "lesion_count": count}), FormulaWords(), FAMILIES).study
    facts = {name: each for name, each in found.items() if isinstance(each, Fact)}
    report = cast("Report", SimpleNamespace(facts=facts, measurements={"lesion_count": count}))
    assert list(check_recorded(report)) == []
    wrong = {**facts, "lung_nodule_count": Fact("lung_nodule_count", 77.0)}
    assert list(check_recorded(cast("Report", SimpleNamespace(facts=wrong, measurements={"lesion_count": count}))))
