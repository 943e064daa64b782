"""Clinical files as they come: dialects of tables, encodings, and files made to harm (rows M32, S13, S20)."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.readers import describe_clinical, find_unused, match_record, read_clinical
from pipeline.study import Severity
from tests.readers.clinical_records import FIELDS, ONE, a_study, codes, record, values, written

MOST_SECONDS = 5.0


def table(tmp_path: Path, text: str | bytes) -> dict[str, object]:
    return values(record(tmp_path, text, "c.csv"))


def problems(tmp_path: Path, text: str | bytes, name: str) -> str:
    with pytest.raises(ConfigurationError) as error:
        read_clinical(written(tmp_path, text, name), FIELDS)
    return "\n".join(error.value.problems)


@pytest.mark.parametrize(
    "text",
    [
        "patient_id,weight_kg,inr\nP-1,74.5,1.1\n",
        "patient_id;weight_kg;inr\nP-1;74.5;1.1\n",
        "patient_id\tweight_kg\tinr\r\nP-1\t74.5\t1.1\r\n",
        "patient_id;weight_kg;inr\nP-1;74,5;1,1\n",
        "sep=;\npatient_id;weight_kg;inr\nP-1;74,5;1,1\n",
        "# a comment\npatient_id,weight_kg,inr\nP-1,74.5,1.1\n",
        "\ufeffpatient_id;weight_kg;inr\nP-1;74,5;1,1\n",
        'patient_id,weight_kg,inr,,\n"P-1",74.5,1.1,,\n,,,,\n',
        " Patient_ID ;WEIGHT_KG;INR\n P-1 ;74,5;1,1\n",
    ],
)
def test_tables_of_every_dialect_give_the_same_values(tmp_path: Path, text: str) -> None:
    """Commas, semicolons, tabs, a decimal comma, a byte order mark, empty columns and rows of spreadsheets."""
    assert table(tmp_path, text) == {"weight_kg": 74.5, "inr": 1.1}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
def test_every_usual_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    """With the micro sign in a column's name; only Latin-1, which nothing in the file proves, is told."""
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b""
    text = mark + "patient_id,bilirubin_total (µmol/l)\nP-1,34.207\n".encode(encoding)
    found = record(tmp_path, text, "c.csv")
    assert found.facts["bilirubin_total_mg_dl"].value == pytest.approx(2, rel=1e-4)
    assert ("CLIN_FILE" in codes(found, Severity.INFO)) == (encoding == "latin-1")


@pytest.mark.hazard("M32")
@pytest.mark.parametrize(
    "text",
    [
        'patient_id,albumin_g_l\nP-1,"39,5"\n',
        "patient_id;platelets_10e9_l\nP-1;1,234\n",
        "patient_id;platelets_10e9_l\nP-1;1.234\n",
        "patient_id;platelets_10e9_l;inr\nP-1;1.234;1,1\n",
        "patient_id;platelets_10e9_l\nP-1;1.234,5\n",
        "patient_id\tplatelets_10e9_l\nP-1\t150.000\n",
    ],
)
def test_a_comma_that_may_divide_thousands_is_refused(tmp_path: Path, text: str) -> None:
    """1,234 is one and a bit, or a thousand: nobody can tell, so it is not used."""
    found = record(tmp_path, text, "c.csv")
    assert not {"albumin_g_l", "platelets_10e9_l"} & set(values(found))
    assert set(codes(found)) == {"CLIN_VALUE"}


@pytest.mark.hazard("M32")
def test_a_table_that_is_clearly_written_with_commas_reads_all_of_them(tmp_path: Path) -> None:
    """Another number of the table shows what its commas are; identities are left as they stand."""
    text = "patient_id;platelets_10e9_l;inr\nP-1;150,000;1,15\n"
    assert table(tmp_path, text) == {"platelets_10e9_l": 150.0, "inr": 1.15}


@pytest.mark.parametrize("cell", ["017", "1:30", "1_000", "0x1F", "1e400", "nan", ".inf", "=1+1", "<3", "4 5", "٣"])
def test_what_is_no_plain_number_is_none_in_any_format(tmp_path: Path, cell: str) -> None:
    """YAML 1.1 reads 017 as 15, 1:30 as 90, 1_000 as 1000; here no format makes a number of them."""
    texts = {"c.yaml": f"{ONE}chemo_lines: {cell}\n", "c.csv": f"patient_id,chemo_lines\nP-1,{cell}\n"}
    texts["c.json"] = json.dumps({"patient_id": "P-1", "chemo_lines": cell})
    for name, text in texts.items():
        assert values(record(tmp_path, text, name)) == {}, name


@pytest.mark.parametrize("word", ['"\\ud800"', '"a\\u0007"', '"a\\nb"', '{"a": "b"}', '[["a"]]'])
@pytest.mark.parametrize("name", ["chemo_agents", "patient_preference"])
def test_free_words_that_cannot_be_printed_are_refused(tmp_path: Path, name: str, word: str) -> None:
    """Half a character, a bell, two lines: the report could not hold them."""
    found = record(tmp_path, f'{{"patient_id": "P-1", "{name}": {word}}}', "c.json")
    assert values(found) == {}
    assert codes(found) == ["CLIN_VALUE"]


def test_a_key_that_is_none_is_no_field(tmp_path: Path) -> None:
    """YAML allows an empty key."""
    assert codes(record(tmp_path, ONE + "~: 5\n"), Severity.INFO) == ["CLIN_FIELD"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "true", "[1]", '{"a": 1}'])
def test_json_values_that_are_no_number_are_refused(tmp_path: Path, number: str) -> None:
    """JSON of Python holds what JSON does not."""
    found = record(tmp_path, f'{{"patient_id": "P-1", "weight_kg": {number}}}', "c.json")
    assert values(found) == {}
    assert codes(found) == ["CLIN_VALUE"]


@pytest.mark.hazard("M33")
def test_identities_of_yaml_are_the_text_that_stands_there(tmp_path: Path) -> None:
    """PyYAML makes 10 of 0012: the record of patient 10 would be taken for patient 0012's."""
    from pipeline.study import Identity

    for own, other in (("0012", "10"), ("1.10", "1.1"), ("1e3", "1000.0"), ("true", "True")):
        text = f"patient_id: {own}\necog: 1\n"
        assert values(record(tmp_path, text, study=a_study(Identity(patient_id=own)))) == {"ecog": 1}
        assert values(record(tmp_path, text, study=a_study(Identity(patient_id=other)))) == {}


@pytest.mark.hazard("S13")
@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("c.yaml", "a: &x [1]\nb: *x\n", "aliases"),
        ("c.yaml", "ecog: !!python/object/apply:os.system [true]\n", "tags"),
        ("c.yaml", "ecog: !!int many\n", "tags"),
        ("c.yaml", "a: " + "[" * 5000, "nested too deeply"),
        ("c.yaml", "ecog: 1\n" * 200_000, "larger than 1 MB"),
        ("c.yaml", "<<: {ecog: 0}\necog: 1\necog: 2\n", "ecog is given twice"),
        ("c.json", "[" * 100_000, "nested too deeply"),
        ("c.json", '{"a": ' + "[" * 60 + "]" * 60 + "}", "nested too deeply"),
        ("c.json", '{"ecog": 1, "ecog": 2}', "given twice"),
        ("c.json", " " * (9 * 1024 * 1024), "larger than 8 MB"),
        ("c.json", b"\xff\xfe{", "not JSON"),
        ("c.csv", "patient_id," + "x," * 1_000_000 + "\n", "more than 2000 columns"),
        ("c.csv", "patient_id,ecog\n" + "P-1,1\n" * 100_001, "100000 rows"),
        ("c.csv", b"patient_id,ecog\nP-1\x00,1\n", "zero bytes"),
        ("c.csv", "patient_id,ecog\n" + "x" * 200_000 + ",1\n", "not a table"),
        ("c.csv", 'patient_id,ecog\n"P-1,1\n', "not a table"),
        ("c.csv", "P-1,74,1\nP-2,80,0\n", "no column has the name of a field"),
        ("c.csv", "patient_id,ECOG,ecog \nP-1,1,2\n", "twice"),
        ("c.csv", "patient_id,ecog\n" + "P-1\n" * 5000, "expected 2"),
        ("c.txt", "ecog: 1\n", "this one is .txt"),
    ],
)
def test_a_file_made_to_harm_is_refused_at_once(tmp_path: Path, name: str, text: str | bytes, said: str) -> None:
    """Within seconds, with a sentence, and without building what it holds."""
    start = time.process_time()
    assert said in problems(tmp_path, text, name)
    assert time.process_time() - start < MOST_SECONDS


def test_the_longest_accepted_files_are_read_in_seconds(tmp_path: Path) -> None:
    """A table of eight megabytes with as many names as it may have, none of which is known."""
    names = ",".join(["patient_id", *(f"bilirubin_x{n}" for n in range(1500))])
    text = names + "\n" + "\n".join(f"P{n}" + ",1" * 1500 for n in range(2000)) + "\n"
    start = time.process_time()
    assert len(read_clinical(written(tmp_path, text[: 8 * 1024 * 1024], "c.csv"), FIELDS).records) == 2000
    assert time.process_time() - start < 2 * MOST_SECONDS


CANARY = "MUELLER^ERIKA"


@pytest.mark.hazard("S20")
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c.csv", f"{CANARY},1960\n1,2\n"),
        ("c.csv", f"patient_id,{CANARY},{CANARY}\nP-1,1,2\n"),
        ("c.csv", f"patient_id,{CANARY}\n{CANARY},1\n"),
        ("c.csv", f"patient_id,ecog\n{CANARY}\n"),
        ("c.csv", f"patient_id,sex\nP-1,{CANARY}\n"),
        ("c.csv", f"patient_id,weight_kg,primary_diagnosis_date,comorbidities\nP-1,{CANARY},{CANARY},{CANARY}\n"),
        ("c.yaml", f"records:\n  {CANARY}: 1\n  {CANARY}: 2\n"),
        ("c.yaml", f"{CANARY}: 1\n{CANARY}: 2\n"),
        ("c.yaml", f"patient_id: P-1\nsbrt_plan: {{{CANARY}: 1}}\n"),
        ("c.yaml", f"patient_id: P-1\nprior_liver_treatments: [{{type: {CANARY}}}]\n"),
        ("c.yaml", f"patient_id: P-1\nbilirubin_total: {{value: 1, unit: {CANARY}}}\n"),
        ("c.yaml", f"patient_id: P-1\nbilirubin_total: {{value: 1, name: {CANARY}}}\n"),
        ("c.yaml", f"patient_id: '{CANARY}\n"),
        ("c.json", f'{{"{CANARY}": 1, "{CANARY}": 2}}'),
        ("c.json", f'{{"patient_id": "{CANARY}"'),
    ],
)
def test_no_message_repeats_what_may_name_a_patient(tmp_path: Path, name: str, text: str) -> None:
    """Whatever is wrong with a file, and wherever a name stands in it."""
    said = " ".join(everything_said(written(tmp_path, text, name))).casefold()
    assert said
    assert CANARY.casefold() not in said
    assert "erika" not in said


def everything_said(path: Path) -> list[str]:
    """Return every sentence on a file: why it is refused, or what is told of its records."""
    try:
        file = read_clinical(path, FIELDS)
    except ConfigurationError as error:
        return list(error.problems)
    found = match_record(file, a_study())
    reasons = [fact.reason or "" for fact in found.facts.values()]
    return [*describe_clinical(file), *(each.message for each in found.findings), *reasons]


@pytest.mark.parametrize(
    ("given", "near"),
    [
        ("ecgo", "ecog"),
        ("wieght_kg", "weight_kg"),
        ("bilirubin_totl_mg_dl", "bilirubin_total_mg_dl"),
        ("extrahepatic_diseases", "extrahepatic_disease"),
    ],
)
def test_an_unknown_name_is_told_with_the_one_that_was_meant(tmp_path: Path, given: str, near: str) -> None:
    """The rest of the record stands; nothing of an unknown column is used."""
    found = record(tmp_path, f"{ONE}asa: 2\n{given}: none\nfavourite_colour: blue\n")
    assert values(found) == {"asa": 2}
    assert codes(found) == ["CLIN_FIELD"]
    assert f"is it {near}?" in next(each.message for each in found.findings if each.severity is Severity.WARNING)
    assert codes(found, Severity.INFO) == ["CLIN_FIELD"]


def test_records_of_no_study_are_counted_by_line_or_place(tmp_path: Path) -> None:
    """A table by its lines, as an editor shows them."""
    text = "# made by hand\npatient_id,ecog\nP-1,1\n\nP-2,1\nP-3,2\n"
    assert find_unused(read_clinical(written(tmp_path, text, "c.csv"), FIELDS), [a_study()]) == (5, 6)
    text = "records:\n- {patient_id: P-2, ecog: 1}\n- {patient_id: P-1, ecog: 1}\n- {ecog: 1}\n"
    assert find_unused(read_clinical(written(tmp_path, text), FIELDS), [a_study()]) == (1, 3)
    assert find_unused(None, [a_study()]) == ()
