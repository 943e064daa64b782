"""Files whose names leave open what belongs together, tables that name labels from above, and further channels."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from pipeline.errors import StudyRefused
from pipeline.readers import Naming, find_studies, read_study
from pipeline.readers.layouts.layout import SliceLayout
from pipeline.readers.layouts.slice_files import read_plane
from pipeline.structures import Role
from pipeline.study import Severity, Study
from tests.layouts.replicas import GRID, ct_values, label_map, shape_of
from tests.layouts.test_label_names import namings as namings
from tests.layouts.test_label_names import read_below
from tests.readers.conftest import codes_of
from tests.readers.test_volume_files import write

Labels = dict[str, Naming]
NUMBERS = {"liver": 1, "lesions": 2}
TABLE = "index\tname\n1\tliver\n2\ttumor\n"
OTHER = "index\tname\n1\tspleen\n2\tstomach\n"


def put_dseg(root: Path, tables: dict[str, str], name: str = "sub-1_space-orig_dseg") -> None:
    """Write a subject with a label map of one pipeline, and tables below its folder."""
    write(root / "sub-1/anat/sub-1_ct.nii.gz", ct_values(1), GRID)
    write(root / f"derivatives/seg/sub-1/anat/{name}.nii.gz", label_map(NUMBERS), GRID)
    for place, text in tables.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(text)


def refusal_of(root: Path, namings: Labels) -> StudyRefused:
    (files,) = find_studies(root, namings)
    with pytest.raises(StudyRefused) as refused:
        read_study(files)
    return refused.value


@pytest.mark.hazard("M15")
@pytest.mark.parametrize(
    "tables",
    [
        {"derivatives/seg/dseg.tsv": TABLE},
        {"dseg.tsv": TABLE},
        {"derivatives/seg/space-orig_dseg.tsv": TABLE, "dseg.tsv": OTHER},
        {"derivatives/seg/sub-1/sub-1_dseg.tsv": TABLE, "derivatives/seg/dseg.tsv": OTHER},
        {"derivatives/seg/dseg.tsv": TABLE, "derivatives/seg/desc-manual_dseg.tsv": OTHER},
        {"derivatives/seg/dseg.tsv": TABLE, "derivatives/other/dseg.tsv": OTHER, "derivatives/seg/probseg.tsv": OTHER},
        {"derivatives/seg/sub-1/anat/sub-1_space-orig_dseg.tsv": TABLE, "derivatives/seg/sub-1/anat/dseg.tsv": OTHER},
    ],
    ids=["pipeline", "data set", "entity", "nearest", "foreign entity", "foreign pipeline", "own"],
)
def test_a_table_of_labels_is_inherited(tmp_path: Path, namings: Labels, tables: dict[str, str]) -> None:
    """BIDS, inheritance: the nearest with the same suffix and no entity that the label map has not."""
    put_dseg(tmp_path, tables)
    (study,) = read_below(tmp_path, namings)
    assert {each.name: each.role for each in study.segments} == {"liver": Role.LIVER, "tumor": Role.LESION}
    assert codes_of(study) == ["PAIR_BY_NAME"]


def test_two_tables_of_one_folder_are_refused(tmp_path: Path, namings: Labels) -> None:
    """BIDS allows one that applies a level."""
    put_dseg(tmp_path, {"derivatives/seg/dseg.tsv": TABLE, "derivatives/seg/space-orig_dseg.tsv": OTHER})
    refused = refusal_of(tmp_path, namings)
    assert (refused.code, "2 tables" in refused.message) == ("LABEL_UNKNOWN", True)


def test_a_missing_table_is_told(tmp_path: Path, namings: Labels) -> None:
    """The numbers mean nothing, and the report says what would name them."""
    put_dseg(tmp_path, {})
    (study,) = read_below(tmp_path, namings)
    assert not study.segments
    assert any("*dseg.tsv" in each.message for each in study.findings if each.code == "LABEL_UNKNOWN")


def put_phases(root: Path, *images: str) -> None:
    for number, name in enumerate(images):
        write(root / f"{name}.nii.gz", ct_values(number), GRID)
    for file, shape in (("liver", "liver"), ("tumor", "lesions")):
        write(root / f"{file}.nii.gz", shape_of(shape).astype(np.uint8), GRID)


@pytest.mark.hazard("M03")
def test_two_phases_beside_masks_are_refused_by_name(tmp_path: Path, namings: Labels) -> None:
    """``portal`` is a vein elsewhere and an image here; neither phase is named as the image."""
    put_phases(tmp_path, "arterial", "portal")
    refused = refusal_of(tmp_path, namings)
    assert refused.code == "PAIR_SERIES"
    assert "arterial, portal" in refused.message


@pytest.mark.hazard("M03")
def test_a_phase_beside_the_image_is_left_out(tmp_path: Path, namings: Labels) -> None:
    """``ct`` says that it is the image."""
    put_phases(tmp_path, "ct", "portal")
    (study,) = read_below(tmp_path, namings)
    assert [path.name for path in study.image.files] == ["ct.nii.gz"]
    assert not study.unmapped
    assert [each.severity for each in study.findings if each.code == "FILE_UNKNOWN"] == [Severity.INFO]


def test_a_vein_beside_the_image_stays_a_mask(tmp_path: Path, namings: Labels) -> None:
    """A file of labels called ``portal`` is a structure, as the one role file says that knows all three names."""
    put_phases(tmp_path, "ct")
    write(tmp_path / "portal.nii.gz", shape_of("lesions").astype(np.uint8), GRID)
    (study,) = read_below(tmp_path, namings)
    assert {each.name: each.role for each in study.segments}["portal"] is Role.PORTAL_VEIN


def test_further_channels_of_nnunet_are_told(tmp_path: Path, namings: Labels) -> None:
    """One study of the first channel; a case of one channel has no such note."""
    for case, channels in (("c_001", 3), ("c_002", 1)):
        for channel in range(channels):
            write(tmp_path / f"imagesTr/{case}_{channel:04d}.nii.gz", ct_values(channel), GRID)
        write(tmp_path / f"labelsTr/{case}.nii.gz", label_map(NUMBERS), GRID)
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": {"background": 0, "liver": 1, "tumor": 2}}))
    first, second = read_below(tmp_path, namings)
    assert [each.image.files[0].name for each in (first, second)] == ["c_001_0000.nii.gz", "c_002_0000.nii.gz"]
    assert any("2 further channels" in each.message for each in first.findings)
    assert "FILE_UNKNOWN" not in codes_of(second)


def put_lits(root: Path, *names: str) -> None:
    for number, name in enumerate(names):
        array = ct_values(number) if name.startswith("volume") else np.roll(label_map(NUMBERS), number, axis=2)
        write(root / f"{name}.nii", array, GRID)


@pytest.mark.hazard("M05")
def test_leading_zeros_pair_where_nothing_else_fits(tmp_path: Path, namings: Labels) -> None:
    """volume-1 and segmentation-01 are a pair; with a segmentation-1 beside, which of the two is meant is refused."""
    put_lits(tmp_path / "a", "volume-1", "segmentation-01")
    (study,) = read_below(tmp_path / "a", namings)
    assert codes_of(study) == ["PAIR_BY_NAME"]
    put_lits(tmp_path / "b", "volume-1", "segmentation-1", "segmentation-01")
    assert refusal_of(tmp_path / "b", namings).code == "PAIR_AMBIGUOUS"


@pytest.mark.hazard("M05")
def test_one_segmentation_of_two_volumes_goes_to_none_by_leading_zeros(tmp_path: Path, namings: Labels) -> None:
    """Two volumes that differ in zeros alone: only the name that agrees sign by sign pairs."""
    put_lits(tmp_path / "a", "volume-1", "volume-01", "segmentation-01")
    found: dict[str, Study] = {}
    for files in find_studies(tmp_path / "a", namings):
        try:
            study = read_study(files)
        except StudyRefused:
            continue
        found[study.image.files[0].name] = study
    assert list(found) == ["volume-01.nii"]
    put_lits(tmp_path / "b", "volume-1", "volume-01", "segmentation-001")
    assert all(_is_refused(files) for files in find_studies(tmp_path / "b", namings))


def _is_refused(files: object) -> bool:
    try:
        read_study(files)  # type: ignore[arg-type]
    except StudyRefused:
        return True
    return False


def test_analyze_is_called_so(tmp_path: Path, namings: Labels) -> None:
    """Written by nibabel: no magic, no place."""
    put_phases(tmp_path, "ct")
    (tmp_path / "liver.nii.gz").unlink()
    mask = nib.AnalyzeImage(shape_of("liver").astype(np.uint8).T, np.diag([2.0, 2.0, 3.0, 1.0]))  # type: ignore[no-untyped-call]
    nib.save(mask, tmp_path / "liver.img")
    refused = refusal_of(tmp_path, namings)
    assert (refused.code, "Analyze" in refused.message) == ("AFFINE_NONE", True)


@pytest.mark.parametrize("side", [12_000, 30_000])
def test_a_png_of_too_many_pixels_is_refused_by_its_header(side: int, make_png: Callable[[int], bytes]) -> None:
    """Nothing of it is unpacked."""
    layout = SliceLayout(images="a", masks="b", form="png", bind="order")
    with pytest.raises(StudyRefused) as refused:
        read_plane(make_png(side), layout, (512, 512))
    assert refused.value.code == "LIMIT_PIXELS"


@pytest.fixture
def make_png() -> Callable[[int], bytes]:
    """Return the start of a PNG of so many rows and columns, of one bit each (PNG specification, IHDR)."""
    import zlib

    def make(side: int) -> bytes:
        body = b"IHDR" + struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
        data = b"IDAT" + zlib.compress(b"")
        chunks = [
            struct.pack(">I", len(each) - 4) + each + struct.pack(">I", zlib.crc32(each)) for each in (body, data)
        ]
        return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)

    return make
