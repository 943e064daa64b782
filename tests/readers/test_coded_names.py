"""Structures whose code and name do not say the same: drawing tools offer few codes, and the nearest is taken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.readers import Naming, load_naming
from pipeline.readers.layouts.coded_roles import find_role, is_by_code_alone
from pipeline.readers.mask_object import RawSegment
from pipeline.structures import Role
from pipeline.study import Severity, Study
from pipeline.volume import Mask
from tests.readers.build_dicom import LESION, LIVER, write_seg, write_series
from tests.readers.conftest import GRID, balls, codes_of

Read = Callable[[Path], Study]
LIVER_CODE, MASS, VEIN = "SCT:10200004", "SCT:4147007", "SCT:32764006"
NOTHING = Mask(GRID, (0, 0, 0), np.zeros((0, 0, 0), dtype=np.bool_))


def role_of(naming: Naming, name: str, code: str) -> tuple[Role | None, str | None, bool]:
    """Return the role, the code of the finding, and whether the code decided beside an unknown name."""
    raw = RawSegment(name, NOTHING, 1, (code,))
    role, finding = find_role(raw, naming)
    return role, finding.code if finding else None, is_by_code_alone(raw, naming)


@pytest.mark.hazard("M15")
@pytest.mark.parametrize(
    ("code", "names"),
    [
        (
            LIVER_CODE,
            [
                *("Right lobe", "Left lateral section", "Resected part", "FLR after RH", "remnant right", "RightLobe"),
                *("liver segments 5-8", "Liver to be resected", "right hepatectomy", "Liver segment", "Liver-Tumor"),
                *("Liver+5mm", "Leber rechts", "foie droit", "healthy liver", "liver margin", "hepatic tumour bed"),
                *("Spleen", "half of liver", "Liver seg 5", "liver S5", "pancreas", "Restleber", "liver without mets"),
            ],
        ),
        (
            MASS,
            [
                *("necrosis of tumor 1", "margin 5mm", "vessel", "Liver_remnant_lesion", "cyst wall"),
                *(
                    "Kidney tumor",
                    "lymph node",
                    "tumor+1",
                    "Liver-Tumor",
                    "peritumoral",
                    "tumor thrombus",
                    "old lesion",
                ),
            ],
        ),
        (VEIN, ["splenic vein", "hepatic vein", "portal thrombosis"]),
    ],
    ids=["liver", "mass", "portal vein"],
)
def test_a_name_against_its_code_leaves_the_structure_out(
    namings: dict[str, Naming], code: str, names: list[str]
) -> None:
    """A part, a margin, another organ: neither what the code says nor what the name may say."""
    assert {name: role_of(namings["generic"], name, code) for name in names} == dict.fromkeys(
        names, (None, "LABEL_CONFLICT", False)
    )


@pytest.mark.parametrize(
    ("code", "names", "role"),
    [
        (LIVER_CODE, ["Liver", "", "Segment_3", "label 2", "Leber", "roi", "12", "whole liver"], Role.LIVER),
        (MASS, ["Lesion_1", "Tumor 3", "Segment 2", "unnamed", "mets"], Role.LESION),
        (LIVER_CODE, ["Liver_Remnant"], Role.REMNANT),
        (LIVER_CODE, ["Segment IV"], Role.SEGMENT_4),
        (MASS, ["Ablation zone 1"], Role.ABLATION_ZONE),
        (MASS, ["cyst 1", "hemangioma"], Role.BENIGN_LESION),
    ],
)  # fmt: skip
def test_a_name_that_agrees_or_says_nothing_is_no_finding(
    namings: dict[str, Naming], code: str, names: list[str], role: Role
) -> None:
    """Aliases of the role, default names of drawing tools, and names that make a code more specific."""
    found = {name: role_of(namings["generic"], name, code) for name in names}
    assert found == dict.fromkeys(names, (role, None, False))


@pytest.mark.parametrize(("code", "role"), [(LIVER_CODE, Role.LIVER), (MASS, Role.LESION)])
@pytest.mark.parametrize("name", ["AW final", "reader B", "Kupfer", "肝臓", "case 7 venous phase"])
def test_a_code_decides_beside_a_name_that_is_not_known(
    namings: dict[str, Naming], name: str, code: str, role: Role
) -> None:
    """And it is said."""
    assert role_of(namings["generic"], name, code) == (role, None, True)


def test_a_code_beside_an_unknown_name_flags_its_quantities(tmp_path: Path, read: Read) -> None:
    """A warning names the structure and touches the volumes of its role; others of known names are not named."""
    paths = write_series(tmp_path / "ct", GRID)
    masks = balls()
    write_seg(tmp_path / "s.dcm", paths, {"AW final": (masks["Liver"], LIVER), "Lesion 1": (masks["Lesion 1"], LESION)})
    study = read(tmp_path)
    (finding,) = study.findings
    assert (finding.code, finding.severity) == ("LABEL_BY_CODE", Severity.WARNING)
    assert "AW final (liver)" in finding.message
    assert "Lesion" not in finding.message
    assert "total_liver_volume_ml" in finding.touches
    assert "lesion_count" not in finding.touches


@pytest.mark.hazard("M15")
def test_a_part_coded_as_liver_is_no_liver(tmp_path: Path, read: Read) -> None:
    """Left out and listed; the study has no liver then."""
    paths = write_series(tmp_path / "ct", GRID)
    masks = balls()
    write_seg(
        tmp_path / "s.dcm", paths, {"Right lobe": (masks["Liver"], LIVER), "Lesion 1": (masks["Lesion 1"], LESION)}
    )
    study = read(tmp_path)
    assert [segment.role for segment in study.segments] == [Role.LESION]
    assert [each.name for each in study.unmapped] == ["Right lobe"]
    assert codes_of(study) == ["LABEL_CONFLICT"]


def test_a_role_file_says_that_a_part_is_of_no_use(tmp_path: Path, namings: dict[str, Naming]) -> None:
    """Its name is known then: the structure is ignored, with the finding, and is no structure that may be a lesion."""
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\ndescription: d\nsource: s\nextends: generic\nnames: {ignored: [right lobe]}\n")
    naming = load_naming(path, namings)
    assert role_of(naming, "Right lobe", LIVER_CODE) == (Role.IGNORED, "LABEL_CONFLICT", False)
    assert role_of(naming, "Left lobe", LIVER_CODE) == (None, "LABEL_CONFLICT", False)


def test_words_of_a_role_file_of_ones_own(tmp_path: Path, namings: dict[str, Naming]) -> None:
    """They add to those of the file that it extends; a phrase may hold a number and the end of a word."""
    path = tmp_path / "mine.yaml"
    head = "name: mine\ndescription: d\nsource: s\nextends: generic\n"
    path.write_text(head + "neutral: ['AW {n}']\nagainst_code: {any: ['take {n}'], liver: [schnitt*]}\n")
    naming = load_naming(path, namings)
    assert role_of(naming, "AW 12", LIVER_CODE) == (Role.LIVER, None, False)
    for name, code in [
        ("Take 2 liver", LIVER_CODE),
        ("take 3", MASS),
        ("Schnittrand", LIVER_CODE),
        ("lobe", LIVER_CODE),
    ]:
        assert role_of(naming, name, code) == (None, "LABEL_CONFLICT", False), name
    assert role_of(naming, "Schnitt", MASS) == (Role.LESION, None, True)
