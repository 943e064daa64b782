"""Role files: what they refuse, and what the shipped ones mean by each name, number and code."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom.sr._snomed_dict import mapping

from pipeline.errors import ConfigurationError
from pipeline.readers import Naming, load_naming, load_namings
from pipeline.structures import Role
from tests.readers.conftest import ROOT

HEAD = "name: mine\ndescription: d\nsource: s\n"


def problems_of(tmp_path: Path, text: str) -> tuple[str, ...]:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as error:
        load_naming(path)
    return error.value.problems


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        (HEAD + "labels: {1: liver, 1: spleen}\n", 4, "1"),
        (HEAD + "labels:\n  1: livr\n", 5, "liver"),
        (HEAD + "labels:\n  one: liver\n", 5, "integer"),
        (HEAD + "names:\n  liver: [no]\n  spleen: [No]\n", 6, "two roles"),
        (HEAD + "names:\n  livr: [x]\n", 5, "liver"),
        (HEAD + "codes:\n  liver: ['10200004']\n", 5, "pattern"),
        (HEAD + "unit: voxels\n", 4, "segment"),
        (HEAD + "colour: red\n", 4, "no such key"),
        (HEAD + "extends: nothing\n", 4, "no role file"),
        (HEAD + "files:\n  image: ['../{case}']\n", 5, "relative"),
        (HEAD + "files:\n  labels: ['{structure}']\n", 5, "structure"),
        (HEAD + "files:\n  image: ['{patient}']\n", 5, "{case}"),
        (HEAD + "files:\n  image: ['{session}']\n", 5, "part of {case}"),
        (HEAD + "files:\n  label_names: ['names.txt']\n", 5, ".tsv"),
        (HEAD + "files:\n  label_names: ['../dataset.json']\n", 5, "relative"),
        (HEAD + "slices:\n  - {images: a, masks: b, form: jpg, bind: order}\n", 5, "png"),
        (HEAD + "slices:\n  - {images: a, masks: b, form: png}\n", 5, "bind"),
        (HEAD + "slices:\n  - {images: a, masks: b, form: png, bind: position}\n", 5, "states no position"),
        (HEAD + "slices:\n  - {images: ../a, masks: b, form: png, bind: order}\n", 5, "relative folder"),
        (HEAD + "slices:\n  - {images: '{structure}', masks: b, form: png, bind: order}\n", 5, "relative folder"),
        (HEAD + "slices:\n  - {images: a, masks: b, form: png, bind: order, flip: [slices]}\n", 5, "rows"),
        (
            HEAD + "slices:\n  - {images: a, masks: 'b/{structure}', form: png, bind: order, structure: c}\n",
            5,
            "already",
        ),
        (HEAD + "slices:\n  - {images: a, masks: b, form: png, bind: order, ranges: {1: [9, 3]}}\n", 5, "first, last"),
        (
            HEAD
            + "slices:\n  - {images: a, masks: b, form: png, bind: order,\n     ranges: {1: [3, 9], 2: [9, 12]}}\n",
            6,
            "overlap",
        ),
        (HEAD + "prefer:\n  livr: [x]\n", 5, "liver"),
        (HEAD + "modality_of_cases: {CT: [1]}\n", 4, "2 items"),
        ("name: mine\n", 1, "description"),
        ("- a\n", 1, "dictionary"),
        (HEAD + "labels: &a {1: liver}\nnames: *a\n", 5, "alias"),
    ],
)
def test_a_wrong_role_file_is_refused_with_file_and_line(tmp_path: Path, text: str, line: int, word: str) -> None:
    """Each problem begins with the file and line where it stands."""
    found = problems_of(tmp_path, text)
    assert any(each.startswith(f"mine.yaml:{line}:") and word in each for each in found), found


@pytest.mark.parametrize(
    ("names", "role", "reduced"),
    [
        (("GTV", "GTV1", "gtv_2", "GTVp", "GTV_liver", "Liver_Tumor"), Role.LESION, False),
        (("CTV", "CTV1", "ITV", "PTV", "PTV_5000", "PTV Liver", "Liver-PTV", "liver - ctv1"), Role.IGNORED, False),
        (("Liver-GTV", "LIVER - GTV1", "Liver minus GTV", "liver_minus_gtvs"), Role.LIVER, True),
        (("GTVn", "GTV_nodes", "Liver_GTV", "Liver GTV", "Liver-Liver", "zPTV_opt"), None, False),
    ],
    ids=["gross tumour", "margins", "liver without it", "unknown"],
)
def test_names_of_radiotherapy(names: tuple[str, ...], role: Role | None, reduced: bool) -> None:
    """AAPM TG-263: GTV is tumour, CTV and PTV are more than tumour, "-" takes away, "_" does not say what it means."""
    naming = load_namings(ROOT / "configs" / "roles")["generic"]
    assert {name: naming.role_of_name(name) for name in names} == dict.fromkeys(names, role)
    assert {naming.is_reduced(name) for name in names} == {reduced}


@pytest.mark.hazard("M15")
@pytest.mark.parametrize(
    "name",
    [
        *("Liver-Tumor", "liver - tumor", "Liver \u2212 Tumour", "liver-lesion_1", "GTV-Liver", "case_liver-tumor 2"),
        *("Liver+Tumor", "liver & tumor", "Liver\\Tumor", "!liver", "-liver", "~tumor", "tumor+1", "Lesion+5"),
    ],
)
def test_signs_between_structures_are_no_separators(namings: dict[str, Naming], name: str) -> None:
    """A liver without its tumour, both together, what is no liver: none of them is a lesion or a liver."""
    assert namings["generic"].role_of_name(name) is None


@pytest.mark.parametrize(
    ("name", "role"),
    [
        *(("tumor-1", "lesion"), ("Lesion-03", "lesion"), ("portal-vein", "portal_vein")),
        *(("future-liver-remnant", "remnant"), ("Liver-GTV", "liver"), ("liver-segment-4b", "segment_4b")),
    ],
)
def test_a_dash_within_one_structure_separates(namings: dict[str, Naming], name: str, role: str) -> None:
    """Before a number, within a term, and where the role file gives the name with its dash."""
    assert namings["generic"].role_of_name(name) == role


def test_a_name_for_a_role_and_for_a_reduced_one_is_refused(tmp_path: Path) -> None:
    """One name means one thing."""
    text = HEAD + "names:\n  lesion: [x]\nwithout_lesions:\n  liver: [x]\n"
    assert any("two roles" in each for each in problems_of(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "meant", "not_said"),
    [
        ("names:\n  lesions: [x]\n", "did you mean lesion?", "hepatic_artery"),
        ("labels: {1: tumor_lesion, 2: Liver}\n", "did you mean liver?", "hepatic_artery"),
        ("label: {1: liver}\n", "did you mean labels?", "Extra inputs"),
        ("names:\n  qqqq: [x]\n", "qqqq is no role; docs/roles.md", "did you mean"),
        ("against_code:\n  livr: [x]\n", "did you mean liver?", "hepatic_artery"),
    ],
)
def test_a_wrong_word_is_answered_by_the_right_one(tmp_path: Path, text: str, meant: str, not_said: str) -> None:
    """One likely word, and where all of them stand; not a list of 45."""
    found = " ".join(problems_of(tmp_path, HEAD + text))
    assert meant in found
    assert not_said not in found


def test_every_problem_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    """Three mistakes are three lines."""
    assert len(problems_of(tmp_path, HEAD + "unit: x\ncolour: red\nlabels: {1: livr}\n")) == 3


def test_no_is_a_name_and_no_truth(tmp_path: Path) -> None:
    """YAML 1.1 would read it as false."""
    path = tmp_path / "mine.yaml"
    path.write_text(HEAD + "names:\n  liver: [no, on]\n")
    assert load_naming(path).role_of_name("NO") is Role.LIVER


def test_a_users_file_may_extend_a_shipped_one(tmp_path: Path, namings: dict[str, Naming]) -> None:
    """Its own names win; the others stay."""
    path = tmp_path / "mine.yaml"
    path.write_text(HEAD + "extends: generic\nnames:\n  benign_lesion: [lesion]\n")
    naming = load_naming(path, namings)
    assert naming.role_of_name("Lesion") is Role.BENIGN_LESION
    assert naming.role_of_name("Liver") is Role.LIVER


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    """Which of them would be used is not left to the order of files."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(HEAD)
    with pytest.raises(ConfigurationError, match="another file"):
        load_namings(tmp_path)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Liver", "liver"), ("LIVER", "liver"), ("tumor", "lesion"), ("Tumor_1", "lesion"), ("tumour 12", "lesion"),
        ("lesion 3", "lesion"), ("Lesion-03", "lesion"), ("Liver Tumor", "lesion"), ("metastasis.2", "lesion"),
        ("liver_remnant", "remnant"), ("FLR", "remnant"), ("Future Liver Remnant", "remnant"),
        ("segment_4a", "segment_4a"), ("Segment IVb", "segment_4b"), ("liver segment 8", "segment_8"),
        ("Couinaud_Segment_2", "segment_2"), ("caudate lobe", "segment_1"), ("portal vein", "portal_vein"),
        ("left portal vein", "portal_vein_left"), ("hepatic_vein_middle", "hepatic_vein_middle"), ("IVC", "ivc"),
        ("liver_vessels", "liver_vessel"), ("gall bladder", "gallbladder"), ("liver cyst 2", "benign_lesion"),
        ("Ablation zone 1", "ablation_zone"), ("esophagus", "oesophagus"), ("kidney_right", "right_kidney"),
    ],
)  # fmt: skip
def test_plain_names_have_their_role(namings: dict[str, Naming], name: str, role: str) -> None:
    """Any case, any separators, any number."""
    assert namings["generic"].role_of_name(name) == role


@pytest.mark.hazard("M15")
@pytest.mark.parametrize(
    "name",
    ["Segment 1", "Segment_5", "label 2", "mask", "roi_1", "hepatic", "portal", "1", "", "no liver", "lung tumor"],
)
def test_names_that_could_mean_anything_have_none(namings: dict[str, Naming], name: str) -> None:
    """A wrong role is worse than an unknown one."""
    assert namings["generic"].role_of_name(name) is None


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.IGNORED])
def test_every_role_is_known_by_its_own_name(namings: dict[str, Naming], role: Role) -> None:
    """Files and segments may be called like the roles; Couinaud segments need the word liver."""
    name = role.value
    bare = name.startswith("segment_") and name[-1].isdigit()
    assert namings["generic"].role_of_name(f"liver_{name}" if bare else name) is role


def test_both_codings_of_a_structure_agree(namings: dict[str, Naming]) -> None:
    """Where pydicom's table knows the former code of a SNOMED CT code, the shipped file gives both the same role."""
    codes = namings["generic"].codes
    former = {code: mapping["SCT"].get(code.removeprefix("SCT:")) for code in codes if code.startswith("SCT:")}
    for code, other in former.items():
        if other and f"SRT:{other}" in codes:
            assert codes[f"SRT:{other}"] is codes[code], code
    unknown = [code for code in codes if code.startswith("SRT:") and "+" not in code
               and code.removeprefix("SRT:") not in mapping["SRT"]]  # fmt: skip
    assert unknown == []


def test_numbers_of_the_shipped_label_maps(namings: dict[str, Naming]) -> None:
    """LiTS and TotalSegmentator as their authors list them."""
    assert namings["lits"].labels == {0: Role.IGNORED, 1: Role.LIVER, 2: Role.LESION}
    numbers = namings["totalsegmentator"].labels
    assert {n: numbers[n].value for n in (1, 2, 3, 4, 5, 6, 7)} == {
        1: "spleen", 2: "right_kidney", 3: "left_kidney", 4: "gallbladder", 5: "liver", 6: "stomach", 7: "ignored",
    }  # fmt: skip
    assert len(numbers) == 118


@pytest.mark.parametrize("path", sorted((ROOT / "configs" / "roles").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_shipped_file_states_its_source(path: Path) -> None:
    """Its name is that of the file."""
    naming = load_naming(path)
    assert naming.name == path.stem
    assert naming.description
    assert naming.source
