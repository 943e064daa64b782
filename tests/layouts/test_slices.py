"""Mask slices without a place of their own: bound to their images as the role file says, or refused (row M11)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

from pipeline.errors import StudyRefused
from pipeline.geometry import CANONICAL_AXES, Geometry
from pipeline.readers import Naming, find_studies, load_naming, load_namings, read_study
from pipeline.study import Study
from tests.layouts import replicas
from tests.layouts.replicas import GRID, put_png, put_series, shape_of
from tests.phantoms import OBLIQUE, make_grid
from tests.readers.build_dicom import edit
from tests.readers.conftest import ROOT, codes_of

CT1 = "CHAOS_Train_Sets/Train_Sets/CT/1"
DUAL = "CHAOS_Train_Sets/Train_Sets/MR/1/T1DUAL"
AXES = {
    "rows upwards": CANONICAL_AXES * [[1], [-1], [1]],
    "columns from left": CANONICAL_AXES * [[1], [1], [-1]],
    "sagittal": CANONICAL_AXES[[2, 0, 1]],
    "coronal": CANONICAL_AXES[[1, 0, 2]] * [[1], [-1], [1]],
}
GRIDS = {
    name: make_grid((40, 44, 46), (1.6, 1.5, 1.4), axes=axes, slice_axis=0) for name, axes in AXES.items()
} | {
    "oblique": make_grid((30, 50, 48), (2.2, 1.5, 1.4), rotation=OBLIQUE),
    "tilted": make_grid((24, 52, 46), (2.6, 1.5, 1.4), tilt_degrees=12.0),
    "uneven": make_grid((26, 50, 46), (2.5, 1.5, 1.4), uneven=0.04),
}  # fmt: skip


@pytest.fixture(scope="session")
def namings() -> dict[str, Naming]:
    return load_namings(ROOT / "configs" / "roles")


def read_below(folder: Path, namings: dict[str, Naming], naming: str | None = None) -> Study:
    (files,) = find_studies(folder, namings, naming)
    return read_study(files)


def refused_below(folder: Path, namings: dict[str, Naming], naming: str | None = None) -> StudyRefused:
    (files,) = find_studies(folder, namings, naming)
    with pytest.raises(StudyRefused) as error:
        read_study(files)
    return error.value


def voxels_of(study: Study, name: str, grid: Geometry = GRID) -> set[tuple[int, ...]]:
    """Return the voxels of a structure as indices of the phantom's own grid."""
    (segment,) = [each for each in study.segments if each.role == name]
    index = np.argwhere(segment.mask.voxels) + np.array(segment.mask.offset)
    return {
        tuple(place) for place in np.rint(grid.to_index(segment.mask.grid.to_world(index.astype(float)))).astype(int)
    }


def truth_of(name: str, grid: Geometry = GRID) -> set[tuple[int, ...]]:
    return {tuple(place) for place in np.argwhere(shape_of(name, grid))}


@pytest.mark.hazard("G15", "M11")
@pytest.mark.parametrize(
    ("name", "build"),
    [*((name, replicas.chaos_ct) for name in GRIDS), ("sagittal", replicas.ircadb), ("oblique", replicas.ircadb)],
)
def test_slices_of_any_orientation_lie_where_their_images_do(
    tmp_path: Path, namings: dict[str, Naming], name: str, build: Callable[[Path, Geometry], object]
) -> None:
    """The image says where a slice lies, whichever way its rows and columns run."""
    build(tmp_path, GRIDS[name])
    study = read_study(find_studies(tmp_path, namings)[0])
    assert voxels_of(study, "liver", GRIDS[name]) == truth_of("liver", GRIDS[name])


@pytest.mark.hazard("M11")
def test_a_role_file_may_say_that_slices_are_upside_down(tmp_path: Path) -> None:
    """Rows and columns turned around in every slice come back to their place."""
    put_series(tmp_path / "ct", [f"{i}.dcm" for i in range(22)])
    turned = shape_of("liver")[:, ::-1, ::-1].astype(np.uint8)
    put_png(tmp_path / "png", [f"{i}.png" for i in range(22)], turned)
    rules = "form: png, bind: number, structure: liver, flip: [rows, columns]"
    (tmp_path / "mine.yaml").write_text(
        f"name: mine\ndescription: d\nsource: s\nslices: [{{images: ct, masks: png, {rules}}}]\n"
        "names: {liver: [liver]}\n"
    )
    naming = load_naming(tmp_path / "mine.yaml")
    assert voxels_of(read_below(tmp_path, {"mine": naming}, "mine"), "liver") == truth_of("liver")


def test_ranges_may_swap_numbers(tmp_path: Path) -> None:
    """Each grey value is looked up once: 2 may mean label 10 while 10 means label 2."""
    put_series(tmp_path / "ct", [f"{i}.dcm" for i in range(22)])
    put_png(tmp_path / "png", [f"{i}.png" for i in range(22)], replicas.label_map({"liver": 2, "spleen": 10}))
    (tmp_path / "mine.yaml").write_text(
        "name: mine\ndescription: d\nsource: s\nslices:\n"
        "  - {images: ct, masks: png, form: png, bind: number, ranges: {10: [1, 3], 2: [8, 12]}}\n"
        "labels: {10: liver, 2: spleen}\n"
    )
    study = read_below(tmp_path, {"mine": load_naming(tmp_path / "mine.yaml")}, "mine")
    assert voxels_of(study, "liver") == truth_of("liver")
    assert voxels_of(study, "spleen") == truth_of("spleen")


@pytest.mark.hazard("M11")
def test_without_a_role_file_slices_are_no_masks(tmp_path: Path, namings: dict[str, Naming]) -> None:
    """A folder of PNG beside a series of another layout is never tried until it fits."""
    put_series(tmp_path / "dicom", [f"{i}.dcm" for i in range(22)])
    put_png(tmp_path / "masks", [f"{i}.png" for i in range(22)], shape_of("liver").astype(np.uint8) * 255)
    assert refused_below(tmp_path, namings).code == "NO_MASK"


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the data sets that tests spoil a copy of."""
    folder = tmp_path_factory.mktemp("downloads")
    for build in (replicas.chaos_ct, replicas.chaos_mr, replicas.ircadb):
        build(folder)
    return folder


@pytest.fixture
def chaos(tmp_path: Path, downloads: Path) -> Path:
    return Path(shutil.copytree(downloads / CT1, tmp_path / "CT" / "1"))


@pytest.fixture
def chaos_dual(tmp_path: Path, downloads: Path) -> Path:
    return Path(shutil.copytree(downloads / DUAL, tmp_path / "MR" / "1" / "T1DUAL"))


@pytest.fixture
def ircad(tmp_path: Path, downloads: Path) -> Path:
    return Path(shutil.copytree(downloads / "3Dircadb1.8", tmp_path / "3Dircadb1.8"))


def remove_png(folder: Path) -> None:
    (folder / "Ground" / "liver_GT_009.png").unlink()


def add_png(folder: Path) -> None:
    (folder / "Ground" / "liver_GT_022.png").write_bytes((folder / "Ground" / "liver_GT_021.png").read_bytes())


def move_png(folder: Path) -> None:
    remove_png(folder)
    add_png(folder)


def shrink_png(folder: Path) -> None:
    path = folder / "Ground" / "liver_GT_012.png"
    Image.open(path).resize((22, 25)).save(path)


def cut_png(folder: Path) -> None:
    path = folder / "Ground" / "liver_GT_012.png"
    path.write_bytes(path.read_bytes()[:60])


def colour_png(folder: Path) -> None:
    path = folder / "Ground" / "liver_GT_012.png"
    Image.open(path).convert("RGB").save(path)


def smooth_png(folder: Path) -> None:
    path = folder / "Ground" / "liver_GT_012.png"
    Image.fromarray(np.linspace(0, 255, 50 * 44).reshape(50, 44).astype(np.uint8)).save(path)


def bomb_png(folder: Path) -> None:
    Image.fromarray(np.zeros((9000, 9000), np.uint8)).save(folder / "Ground" / "liver_GT_012.png")


def remove_image(folder: Path) -> None:
    (folder / "DICOM_anon" / "i0009,0000b.dcm").unlink()


def remove_both(folder: Path) -> None:
    remove_image(folder)
    (folder / "Ground" / "liver_GT_015.png").unlink()


@pytest.mark.hazard("M11", "G16")
@pytest.mark.parametrize(
    ("spoil", "code", "word"),
    [
        (remove_png, "AFFINE_NONE", "21 slices and the image series 22"),
        (add_png, "AFFINE_NONE", "23 slices and the image series 22"),
        (move_png, "AFFINE_NONE", "not numbered alike"),
        (remove_image, "AFFINE_NONE", "22 slices and the image series 21"),
        (shrink_png, "GEOM_MATRIX", "25 x 22"),
        (bomb_png, "GEOM_MATRIX", "9000 x 9000"),
        (cut_png, "TRUNCATED", "damaged"),
        (colour_png, "LABEL_NONINT", "colour"),
        (smooth_png, "LABEL_NONINT", "values"),
    ],
)
def test_slices_that_do_not_agree_with_their_images_are_refused(
    chaos: Path, namings: dict[str, Naming], spoil: Callable[[Path], None], code: str, word: str
) -> None:
    """One PNG missing, too many, of another size, damaged, in colour or grey: nothing is measured."""
    spoil(chaos)
    refusal = refused_below(chaos, namings)
    assert (refusal.code, word in refusal.message) == (code, True), refusal.message


@pytest.mark.hazard("M11", "G01")
def test_different_slices_missing_in_masks_and_images_are_refused(chaos: Path, namings: dict[str, Naming]) -> None:
    """As many of both are left, and not of the same places."""
    remove_both(chaos)
    assert refused_below(chaos, namings).code in ("AFFINE_NONE", "GEOM_GAP")


def test_masks_may_be_bits_or_bytes(chaos: Path, namings: dict[str, Naming]) -> None:
    """A PNG of one bit a pixel means the same as one of 0 and 255, or of 0 and 1."""
    for path in (chaos / "Ground").glob("*.png"):
        Image.open(path).convert("1").save(path)
    assert voxels_of(read_below(chaos, namings), "liver") == truth_of("liver")


def test_in_phase_and_out_phase_images_are_told_apart_by_folder(chaos_dual: Path, namings: dict[str, Naming]) -> None:
    """They carry the same UIDs; the in-phase ones are measured, and the report says so."""
    study = read_below(chaos_dual, namings)
    assert all("InPhase" in path.parts for path in study.image.files)
    assert "PAIR_SERIES" in codes_of(study)
    assert any("22 images of another phase" in finding.message for finding in study.findings)


@pytest.mark.hazard("M15")
def test_a_grey_value_without_meaning_is_left_out_and_listed(chaos_dual: Path, namings: dict[str, Naming]) -> None:
    """Values within an organ's range are the organ; any other one is unknown, and is never taken for the nearest."""
    for path in (chaos_dual / "Ground").glob("*.png"):
        values = np.array(Image.open(path))
        values[values == 63] = 70
        values[values == 252] = 220
        Image.fromarray(values).save(path)
    study = read_below(chaos_dual, namings)
    assert voxels_of(study, "liver") == truth_of("liver")
    assert [each.name for each in study.unmapped] == ["label 220"]
    assert "LABEL_UNKNOWN" in codes_of(study)


def test_the_wrong_role_file_reads_nothing(tmp_path: Path, namings: dict[str, Naming]) -> None:
    """MR grey values are not read with the rules of CT, nor the other way round."""
    replicas.chaos_mr(tmp_path / "mr")
    replicas.chaos_ct(tmp_path / "ct")
    assert refused_below(tmp_path / "mr" / DUAL / "DICOM_anon" / "InPhase", namings, "chaos_mr").code == "NO_MASK"
    for files in find_studies(tmp_path / "mr", namings, "chaos_ct") + find_studies(
        tmp_path / "ct", namings, "chaos_mr"
    ):
        with pytest.raises(StudyRefused) as error:
            read_study(files)
        assert error.value.code in ("NO_MASK", "GEOM_DUP_POS", "UID_CONFLICT")


def move_slice(folder: Path) -> None:
    edit(folder / "MASKS_DICOM" / "liver" / "image_9", ImagePositionPatient=["-32.25", "-36.75", "0"])


def turn_slice(folder: Path) -> None:
    for path in (folder / "MASKS_DICOM" / "liver").iterdir():
        edit(path, ImageOrientationPatient=["-1", "0", "0", "0", "1", "0"])


def stand_up(folder: Path) -> None:
    for path in (folder / "MASKS_DICOM" / "liver").iterdir():
        edit(path, ImageOrientationPatient=["1", "0", "0", "0", "0", "1"])


def no_orientation(folder: Path) -> None:
    for path in (folder / "PATIENT_DICOM").iterdir():
        edit(path, ImageOrientationPatient=["0", "0", "0", "0", "0", "0"])


def two_values(folder: Path) -> None:
    path = folder / "MASKS_DICOM" / "liver" / "image_9"
    pixels = bytearray(pydicom.dcmread(path).PixelData)
    pixels[pixels.index(255)] = 7
    edit(path, PixelData=bytes(pixels))


def larger(folder: Path) -> None:
    edit(folder / "MASKS_DICOM" / "liver" / "image_9", Rows=60000, Columns=60000)


def other_patient(folder: Path) -> None:
    for path in (folder / "MASKS_DICOM" / "liver").iterdir():
        edit(path, PatientID="P-2")


def twice_there(folder: Path) -> None:
    place = folder / "MASKS_DICOM" / "liver"
    edit(place / "image_9", ImagePositionPatient=list(pydicom.dcmread(place / "image_10").ImagePositionPatient))


def lose_slice(folder: Path) -> None:
    (folder / "MASKS_DICOM" / "livertumor01" / "image_13").unlink()


def cut_slice(folder: Path) -> None:
    path = folder / "MASKS_DICOM" / "liver" / "image_9"
    path.write_bytes(path.read_bytes()[:-900])


@pytest.mark.hazard("M01", "M08", "M09", "M11")
@pytest.mark.parametrize(
    ("spoil", "codes"),
    [
        (move_slice, {"GRID_OFF"}),
        (turn_slice, {"GRID_OFF"}),
        (other_patient, {"PAIR_PATIENT"}),
        (twice_there, {"PAIR_AMBIGUOUS"}),
        (stand_up, {"GRID_OFF", "GEOM_MATRIX"}),
        (no_orientation, {"GEOM_ORIENT"}),
        (two_values, {"LABEL_NONINT"}),
        (larger, {"LIMIT_PIXELS", "GEOM_MATRIX"}),
        (lose_slice, {"AFFINE_NONE"}),
        (cut_slice, {"TRUNCATED"}),
    ],
)
def test_mask_images_that_contradict_their_series_are_refused(
    ircad: Path, namings: dict[str, Naming], spoil: Callable[[Path], None], codes: set[str]
) -> None:
    """Moved, mirrored, of another patient, doubled, incomplete or damaged: nothing is measured."""
    spoil(ircad)
    assert refused_below(ircad.parent, namings).code in codes


@pytest.mark.hazard("M15")
def test_a_tumour_that_is_none_of_the_liver_is_no_lesion(ircad: Path, namings: dict[str, Naming]) -> None:
    """Patient 7's mask called tumor is of the adrenal gland, metastasectomie of patient 14 a resection cavity."""
    (ircad / "MASKS_DICOM" / "livertumor01").rename(ircad / "MASKS_DICOM" / "tumor")
    (ircad / "MASKS_DICOM" / "livertumor02").rename(ircad / "MASKS_DICOM" / "metastasectomie")
    study = read_below(ircad, namings)
    assert not [segment for segment in study.segments if segment.role == "lesion"]
    assert [each.name for each in study.unmapped] == ["metastasectomie"]


def test_two_data_sets_in_one_folder_do_not_mix(tmp_path: Path, namings: dict[str, Naming]) -> None:
    """Each study keeps its own role file."""
    for build in (
        replicas.chaos_ct,
        replicas.chaos_mr,
        replicas.ircadb,
        replicas.lits,
        replicas.amos,
        replicas.tcia_crlm,
    ):
        build(tmp_path)
    found = []
    for files in find_studies(tmp_path, namings):
        try:
            found.append(read_study(files).naming)
        except StudyRefused as refusal:
            found.append(refusal.code)
    expected = ["chaos_ct"] * 2 + ["chaos_mr"] * 2 + ["ircadb", "tcia_crlm"] + ["lits"] * 2 + ["amos"] * 2 + ["NO_MASK"]
    assert sorted(found) == sorted(expected)


@pytest.mark.hazard("S14")
def test_masks_outside_the_input_are_not_read(chaos: Path, tmp_path: Path, namings: dict[str, Naming]) -> None:
    """Neither beside the input folder nor behind a link."""
    folder = chaos
    assert refused_below(folder / "DICOM_anon", namings).code == "NO_MASK"
    (folder / "Ground").rename(tmp_path / "elsewhere")
    (folder / "Ground").symlink_to(tmp_path / "elsewhere")
    assert refused_below(folder, namings).code == "NO_MASK"
