"""The fields of the clinical record: complete, with the catalogue's units and codes, and true conversions (row M32)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.readers.clinical.fields import normal_name
from tests.readers.clinical_records import FIELDS, ONE, codes, record, values

CATALOGUE = Path(__file__).parent / "clinical_catalogue_2b.tsv"
ATOMIC_WEIGHTS = {"C": 12.011, "H": 1.008, "N": 14.007, "O": 15.999}
"""IUPAC, abridged."""


def catalogue() -> list[tuple[list[str], str, str]]:
    """Return the names, the types and the codes of each line of the catalogue's table."""
    lines = [line.split("\t") for line in CATALOGUE.read_text("utf-8").splitlines() if not line.startswith("#")]
    found = []
    for names, types, code in lines:
        fields = [name for name in re.findall(r"`(\w+)`", names) if not name.startswith("_")]
        found.append((fields + ([f"{name}_uln" for name in fields] if "_uln" in names else []), types, code))
    return found


def test_every_field_of_the_catalogue_is_one_of_the_record() -> None:
    """Section 2B names 100 and more; each is a name that a file may use."""
    names = [name for fields, _, _ in catalogue() for name in fields]
    assert len(names) > 100
    assert [name for name in names if FIELDS.column(name) is None] == []


def test_every_code_of_the_catalogue_stands_with_its_field() -> None:
    """LOINC and SNOMED CT; three were checked against a release, every other one carries its question mark."""
    for names, _, code in catalogue():
        given = re.findall(r"\b\d{3,}(?:-\d)?\b", code.split("(")[0])
        columns = [FIELDS.column(name) for name in names]
        own = [FIELDS.fields[column.field].code or "" for column in columns if column]
        if names[0] not in ("primary_type", "symptoms"):  # codes of their words
            assert all(any(number in text for text in own) for number in given), (names, code)
    checked = {field.code for field in FIELDS.fields.values() if field.code and not field.code.endswith("?")}
    assert checked == {"LOINC 1975-2", "LOINC 1751-7", "LOINC 1742-6"}


@pytest.mark.parametrize("kind", ["mg/dL", "g/L", "U/L", "mmol/L", "ng/mL", "ug/kg/h", "%", "mm", "bool", "date"])
def test_units_and_kinds_are_the_catalogues(kind: str) -> None:
    """A line of one unit holds for each of its fields."""
    seen = 0
    for names, types, _ in catalogue():
        if types.split(" (")[0] == kind and "," not in types:
            for name in names:
                column = FIELDS.column(name)
                assert column is not None
                field = FIELDS.fields[column.field]
                assert (field.unit if field.kind == "number" else {"truth": "bool"}.get(field.kind, field.kind)) == kind
                seen += 1
    assert seen


def molar_mass(**atoms: int) -> float:
    return sum(ATOMIC_WEIGHTS[atom] * count for atom, count in atoms.items())


@pytest.mark.hazard("M32")
@pytest.mark.parametrize(
    ("name", "mass", "published"),
    [
        ("bilirubin_total", molar_mass(C=33, H=36, N=4, O=6), 17.104),
        ("bilirubin_direct", molar_mass(C=33, H=36, N=4, O=6), 17.104),
        ("creatinine", molar_mass(C=4, H=7, N=3, O=1), 88.4),
    ],
)
def test_conversions_are_those_of_the_molar_mass_and_the_published_tables(
    name: str, mass: float, published: float
) -> None:
    """1 mg/dL is 10 000 / M umol/L; the table is that of the AMA Manual of Style (17.104 and 88.4)."""
    factor = FIELDS.fields[f"{name}_mg_dl"].factors()["umol/L"]
    assert 1 / factor == pytest.approx(10_000 / mass, rel=2e-5)
    assert 1 / factor == pytest.approx(published, rel=1e-4)


@pytest.mark.hazard("M32")
@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ("bilirubin_total: {value: 17.1036, unit: umol/L}", "bilirubin_total_mg_dl", 1.0),
        ("bilirubin_total (µmol/l): 34.207", "bilirubin_total_mg_dl", 2.0),
        ("bilirubin_total[umol/L]: 34.207", "bilirubin_total_mg_dl", 2.0),
        ("Bilirubin_Total_UMOL_L: 34.207", "bilirubin_total_mg_dl", 2.0),
        ("creatinine [umol/L]: 88.4", "creatinine_mg_dl", 1.0),
        ("albumin (g/dl): 3.9", "albumin_g_l", 39.0),
        ("hemoglobin: {value: 132, unit: g/L}", "hemoglobin_g_dl", 13.2),
        ("alt: {value: 1, unit: ukat/L}", "alt_u_l", 60.0),
        ("cea: {value: 5, unit: ug/L}", "cea_ng_ml", 5.0),
        ("cea [µg/L]: 5", "cea_ng_ml", 5.0),
        ("sodium: {value: 140, unit: mEq/L}", "sodium_mmol_l", 140.0),
        ("height_m: 1.75", "height_cm", 175.0),
        ("height: {value: 70, unit: in}", "height_cm", 177.8),
        ("weight: {value: 165, unit: lb}", "weight_kg", 74.842741),
        ("primary_max_diameter_cm: 4.2", "primary_max_diameter_mm", 42.0),
        ("ki67_pct: 12", "ki67_percent", 12.0),
        ("hbs_flr_pct_min_m2: 2.7", "hbs_flr_percent_min_m2", 2.7),
        ("inr (ratio): 1.1", "inr", 1.1),
        *(
            (f"platelets: {{value: 182, unit: '{unit}'}}", "platelets_10e9_l", 182.0)
            for unit in ("10*9/L", "10^9/L", "10⁹/l", "G/L", "/nL", "10^3/uL", "10³/µL", "K/uL", "x10^9/L")
        ),
        ("platelets: {value: 182000, unit: /µL}", "platelets_10e9_l", 182.0),
    ],
)
def test_every_way_to_state_a_unit_gives_the_same_number(tmp_path: Path, given: str, name: str, value: float) -> None:
    """In the name, in brackets, beside the value; UCUM and its usual spellings."""
    found = record(tmp_path, ONE + given + "\n")
    assert found.facts[name].value == pytest.approx(value, rel=2e-5)
    assert codes(found) == []


@pytest.mark.hazard("M32")
@pytest.mark.parametrize(
    ("given", "name", "code", "said"),
    [
        ("bilirubin_total_mg_dl: {value: 17, unit: umol/L}", "bilirubin_total_mg_dl", "CLIN_UNIT", "beside it"),
        ("bilirubin_total_mg_dl (umol/L): 17", "bilirubin_total_mg_dl", "CLIN_UNIT", "brackets say umol/L"),
        ("bilirubin_total (mmol/L): 17", "bilirubin_total_mg_dl", "CLIN_UNIT", "umol/L"),
        ("albumin: {value: 39, unit: G/L}", "albumin_g_l", "CLIN_UNIT", "not one of g/L"),
        ("albumin: {value: 39, unit: [g/L]}", "albumin_g_l", "CLIN_UNIT", "not one of g/L"),
        ("bilirubin_total_umol_l: 0.9", "bilirubin_total_mg_dl", "CLIN_RANGE", "it would be in mg/dL"),
        ("creatinine_mg_dl: 80", "creatinine_mg_dl", "CLIN_RANGE", "write it as creatinine_umol_l"),
        ("creatinine_umol_l: 0.9", "creatinine_mg_dl", "CLIN_RANGE", "write it as creatinine_mg_dl"),
        ("hemoglobin_g_dl: 132", "hemoglobin_g_dl", "CLIN_RANGE", "hemoglobin_g_l"),
        ("platelets_per_ul: 182", "platelets_10e9_l", "CLIN_RANGE", "platelets_10e9_l"),
        ("weight_kg: 7400", "weight_kg", "CLIN_RANGE", "not plausible"),
    ],
)
def test_a_unit_that_is_wrong_is_refused_with_the_way_out(
    tmp_path: Path, given: str, name: str, code: str, said: str
) -> None:
    """Two units for one number, none of the field's, or a number that only another unit makes plausible."""
    found = record(tmp_path, ONE + given + "\n")
    assert found.facts[name].value is None
    assert codes(found) == [code]
    assert said in (found.facts[name].reason or "")


@pytest.mark.hazard("M32")
@pytest.mark.parametrize(
    ("given", "is_doubted"),
    [
        ("bilirubin_total_mg_dl: 17", True),
        ("bilirubin_total_mg_dl: 0.9", False),
        ("bilirubin_total_mg_dl: 2.4", False),
        ("bilirubin_total_umol_l: 17", False),
        ("bilirubin_total_umol_l: 1.9", True),
        ("bilirubin_total_umol_l: 290", False),
        ("primary_max_diameter_mm: 4", True),
        ("primary_max_diameter_mm: 40", False),
    ],
)
def test_a_value_that_another_unit_would_make_usual_is_used_and_flagged(
    tmp_path: Path, given: str, is_doubted: bool
) -> None:
    """17 mg/dL is severe jaundice and can be; 17 umol/L is what most patients have."""
    found = record(tmp_path, ONE + given + "\n")
    assert values(found)
    assert codes(found) == (["CLIN_RANGE"] if is_doubted else [])


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ("sex: F", "sex", "female"),
        ("kras: wild-type", "kras", "wild"),
        ("msi: MSI-high", "msi", "MSI-H"),
        ("primary_type: Colon", "primary_type", "colon"),
        ("primary_n: N1b", "primary_n", 1.0),
        ("primary_t: pT4a", "primary_t", "T4a"),
        ("asa: III", "asa", 3.0),
        ("fibrosis_stage: F2", "fibrosis_stage", 2.0),
        ("ascites: no", "ascites", "none"),
        ("ascites: Moderate-Severe", "ascites", "moderate_severe"),
        ("recist_response: partial response", "recist_response", "PR"),
        ("cirrhosis: no", "cirrhosis", False),
        ("cirrhosis: Yes", "cirrhosis", True),
        ("cirrhosis: 'TRUE'", "cirrhosis", True),
        ("comorbidities: none", "comorbidities", ()),
        ("extrahepatic_disease: unknown", "extrahepatic_disease", "unknown"),
    ],
)
def test_usual_spellings_of_words_are_known(tmp_path: Path, given: str, name: str, value: object) -> None:
    """As they stand in letters and tables."""
    assert values(record(tmp_path, ONE + given + "\n")) == {name: value}


@pytest.mark.parametrize(
    "given", ["inr: NA", "inr: unknown", "inr: '-'", "inr: n/a", "inr: {value: null}", "inr: '  '"]
)
def test_what_says_that_nothing_is_known_is_unknown(tmp_path: Path, given: str) -> None:
    """No value, and nothing refused."""
    found = record(tmp_path, ONE + given + "\n")
    assert not found.facts
    assert codes(found) == []


def test_names_are_compared_without_capitals_and_signs() -> None:
    """As spreadsheets and people write them."""
    assert normal_name(" Bilirubin total µmol/l ") == "bilirubin_total_umol_l"
    assert normal_name("Ki67-pct") == "ki67_percent"
