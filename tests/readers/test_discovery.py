"""Finding studies: by content, any nesting, nothing that is no regular file, one bad file spoils nothing."""

from __future__ import annotations

import os
import pickle
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from pipeline.errors import StudyRefused, UsageError
from pipeline.readers import Naming, StudyFiles, find_studies, read_study
from pipeline.study import Study
from tests.phantoms import make_grid
from tests.readers.build_dicom import Exam, edit, save, write_series
from tests.readers.conftest import GRID, balls, codes_of, volumes_ml, write_study
from tests.readers.test_volume_files import ct_values, write

Find = Callable[[Path], tuple[StudyFiles, ...]]
Read = Callable[[Path], Study]


def finding_codes(files: StudyFiles) -> list[str]:
    return [finding.code for finding in files.findings]


def test_studies_are_found_at_any_depth_in_a_fixed_order(tmp_path: Path, find: Find) -> None:
    """Two studies in one folder, one deeper; the order is by folder and key."""
    write_study(tmp_path / "x" / "deep" / "er")
    for name in ("second", "third"):
        write_series(tmp_path / "flat", GRID, exam=Exam(name), series=name)
    studies = find(tmp_path)
    assert [study.folder for study in studies] == ["flat", "flat", "x/deep/er"]
    assert [study.key for study in studies[:2]] == sorted(study.key for study in studies[:2])
    assert find(tmp_path) == studies


def test_the_key_is_the_studys_and_not_the_folders(tmp_path: Path, find: Find) -> None:
    """Moved and renamed files are the same study."""
    write_study(tmp_path / "a")
    (first,) = find(tmp_path / "a")
    shutil.move(tmp_path / "a", tmp_path / "b")
    (second,) = find(tmp_path / "b")
    assert first.key == second.key
    assert len(first.key) == 16


@pytest.mark.hazard("S06")
@pytest.mark.parametrize("share", [0.0, 0.01, 0.6, 0.99])
def test_a_cut_image_is_a_missing_slice(tmp_path: Path, find: Find, share: float) -> None:
    """It is listed, and the gap it leaves decides."""
    grid = make_grid((24, 20, 24), (3.0, 1.25, 1.0))
    paths = write_study(tmp_path, grid)
    content = paths[20].read_bytes()
    paths[20].write_bytes(content[: int(len(content) * share)])
    study = next(each for each in find(tmp_path) if len(each.dicom) > 2)
    found = read_study(study)
    assert "GEOM_GAP" in codes_of(found)
    assert "TRUNCATED" in codes_of(found) + finding_codes(study)
    assert volumes_ml(found)["Liver"] == pytest.approx(balls(grid)["Liver"].sum() * 3.75e-3, rel=1e-6)


def test_other_files_in_the_folder_are_no_matter(tmp_path: Path, read: Read) -> None:
    """Text, pictures, tables and a DICOMDIR beside the images change nothing."""
    write_study(tmp_path)
    for name in ("notes.txt", "DICOMDIR", "picture.jpg", "table.csv", ".hidden"):
        (tmp_path / name).write_bytes(b"\x08\x00 not what it seems " * 20 if name == "picture.jpg" else b"words")
    assert volumes_ml(read(tmp_path)) == pytest.approx({n: m.sum() * 3.75e-3 for n, m in balls().items()}, rel=1e-6)


@pytest.mark.hazard("S14")
def test_links_pipes_and_loops_are_not_opened(tmp_path: Path, read: Read) -> None:
    """A FIFO never blocks, a link leads nowhere, a loop ends."""
    write_study(tmp_path / "study")
    write_series(tmp_path / "outside", GRID, exam=Exam("other"), series="other")
    inside = tmp_path / "study"
    (inside / "link").symlink_to(tmp_path / "outside")
    (inside / "loop").symlink_to(inside)
    (inside / "dangling.dcm").symlink_to(tmp_path / "nothing")
    (inside / "file.dcm").symlink_to(next((tmp_path / "outside").iterdir()))
    os.mkfifo(inside / "pipe.dcm")
    assert volumes_ml(read(inside)) == pytest.approx({n: m.sum() * 3.75e-3 for n, m in balls().items()}, rel=1e-6)


@pytest.mark.hazard("S15")
def test_odd_file_names_are_read(tmp_path: Path, read: Read) -> None:
    """Newline, quotes, leading dash, bytes that are no UTF-8."""
    paths = write_study(tmp_path)
    odd = [b"-rf", b"a\nb", b"'\"`$(id)", b"\xff\xfe", "ü ö".encode(), b"x" * 200]
    for path, name in zip(paths, odd, strict=False):
        path.rename(path.parent / os.fsdecode(name))
    assert len(read(tmp_path).image.files) == 14


@pytest.mark.hazard("S04")
def test_deeply_nested_sequences_leave_a_file_out(tmp_path: Path, find: Find) -> None:
    """The parser's recursion ends as a finding on one file."""
    paths = write_study(tmp_path)
    inner = b""
    for _ in range(3000):
        inner = b"\x08\x00\x40\x11SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" + inner
    (tmp_path / "deep.dcm").write_bytes(paths[0].read_bytes()[:400][:132] + paths[0].read_bytes()[132:350] + inner)
    study = next(each for each in find(tmp_path) if len(each.dicom) > 2)
    assert len(study.dicom) == 15


@pytest.mark.hazard("S03")
def test_a_deflated_file_that_unpacks_to_no_end_is_left_out(tmp_path: Path, find: Find) -> None:
    """A megabyte of packed zeros is not unpacked to its gigabyte: it is listed instead."""
    paths = write_study(tmp_path)
    (tmp_path / "deflated.dcm").write_bytes(deflated_bomb(paths[0]))
    (study,) = find(tmp_path)
    assert "LIMIT_INFLATE" in finding_codes(study)


@pytest.mark.hazard("S03")
@pytest.mark.parametrize("with_seg", [True, False])
def test_a_study_of_deflated_bombs_is_refused_for_that(tmp_path: Path, find: Find, with_seg: bool) -> None:
    """The reason is the images' own, told once with their number."""
    bomb = deflated_bomb((paths := write_study(tmp_path))[0])
    for path in paths:
        path.write_bytes(bomb)
    if not with_seg:
        (tmp_path / "seg.dcm").unlink()
    (study,) = find(tmp_path)
    assert finding_codes(study) == ["LIMIT_INFLATE"]
    with pytest.raises(StudyRefused, match="14 DICOM files are left out") as refused:
        read_study(study)
    assert refused.value.code == "LIMIT_INFLATE"


def deflated_bomb(path: Path) -> bytes:
    """Return an image whose deflated data set goes on with 300 MB of zeros."""
    image = pydicom.dcmread(path)
    image.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    save(image, path.with_suffix(".deflated"))
    content = path.with_suffix(".deflated").read_bytes()
    path.with_suffix(".deflated").unlink()
    meta = content[: 132 + 12 + int.from_bytes(content[140:144], "little")]
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return meta + b"".join(packer.compress(bytes(2**20)) for _ in range(300)) + packer.flush()


@pytest.mark.hazard("S02")
def test_a_series_of_huge_headers_is_refused_for_that(tmp_path: Path, refusal: Callable[[Path], StudyRefused]) -> None:
    """Every image claims more than any scanner's."""
    for path in write_study(tmp_path):
        edit(path, Rows=65535, Columns=65535)
    refused = refusal(tmp_path)
    assert refused.code == "LIMIT_PIXELS"
    assert "14 of 14" in refused.message


@pytest.mark.hazard("M03")
def test_a_mask_of_another_study_uid_in_the_folder_says_so(tmp_path: Path, find: Find) -> None:
    """Two studies, each lacking what the other has: the reader is told that their StudyInstanceUIDs differ."""
    write_study(tmp_path)
    edit(tmp_path / "seg.dcm", StudyInstanceUID="1.2.3.4")
    codes = []
    for study in find(tmp_path):
        with pytest.raises(StudyRefused, match="StudyInstanceUIDs of masks and images differ") as refused:
            read_study(study)
        codes.append(refused.value.code)
    assert sorted(codes) == ["NO_IMAGE", "NO_MASK"]


def name_other_study(path: Path) -> None:
    """Move a segmentation to a study of its own that names the images' study, as PS3.3 C.12.2 has it."""
    seg = pydicom.dcmread(path)
    other = Dataset()
    other.StudyInstanceUID, other.ReferencedSeriesSequence = seg.StudyInstanceUID, seg.ReferencedSeriesSequence
    for series in other.ReferencedSeriesSequence:
        series.ReferencedSOPSequence = series.ReferencedInstanceSequence
        del series.ReferencedInstanceSequence
    edit(
        path,
        StudyInstanceUID="1.2.3.4",
        StudiesContainingOtherReferencedInstancesSequence=[other],
        ReferencedSeriesSequence=None,
    )


@pytest.mark.hazard("M03")
def test_a_seg_of_another_study_that_names_the_images_study_is_paired(tmp_path: Path, read: Read) -> None:
    """One study, flagged; its masks are those of the unchanged one."""
    write_study(tmp_path / "same")
    write_study(tmp_path / "other")
    name_other_study(tmp_path / "other" / "seg.dcm")
    same, other = read(tmp_path / "same"), read(tmp_path / "other")
    assert [(each.role, each.mask.count, each.mask.offset) for each in other.segments] == [
        (each.role, each.mask.count, each.mask.offset) for each in same.segments
    ]
    assert same.key == other.key
    assert other.image.chosen_by == "the masks name it"


@pytest.mark.hazard("M01")
def test_another_patient_is_told_before_another_study(tmp_path: Path, refusal: Callable[[Path], StudyRefused]) -> None:
    """Naming the study does not make up for another patient."""
    write_study(tmp_path)
    name_other_study(tmp_path / "seg.dcm")
    edit(tmp_path / "seg.dcm", PatientID="P-2")
    assert refusal(tmp_path).code == "PAIR_PATIENT"


@pytest.mark.hazard("S02")
def test_a_header_of_65535_by_65535_pixels_is_left_out(tmp_path: Path, read: Read) -> None:
    """Nothing is allocated from it."""

    def huge(image: Dataset, number: int) -> None:
        if number == 13:
            image.Rows = image.Columns = 65535

    write_study(tmp_path, change=None)
    series = sorted((tmp_path / "ct").iterdir())
    image = pydicom.dcmread(series[13])
    huge(image, 13)
    save(image, series[13])
    study = read(tmp_path)
    assert "LIMIT_PIXELS" in codes_of(study)


@pytest.mark.hazard("S16")
def test_a_wrong_character_set_spoils_nothing(tmp_path: Path, read: Read) -> None:
    """Names that cannot be decoded are replaced, not raised."""
    for path in write_study(tmp_path):
        content = path.read_bytes()
        path.write_bytes(content.replace(b"Phantom^One", b"\xd0\xff^\x1b$B~~~~~~"[:11]))
    path = tmp_path / "seg.dcm"
    path.write_bytes(path.read_bytes().replace(b"Phantom^One", b"\xd0\xff^\x1b$B~~~~~~"[:11]))
    assert len(read(tmp_path).segments) == 2


def test_sequences_within_images_are_no_matter(tmp_path: Path, read: Read) -> None:
    """A private sequence and a reference sequence in every image."""

    def add(image: Dataset, _: int) -> None:
        item = Dataset()
        item.ReferencedSOPInstanceUID = "1.2.3"
        image.ReferencedImageSequence = Sequence([item])

    write_study(tmp_path, change=add)
    assert codes_of(read(tmp_path)) == []


def test_the_clinical_record_of_a_study_is_found(tmp_path: Path, find: Find) -> None:
    """In its folder, or above it as long as no other study is there."""
    write_study(tmp_path / "a")
    write_series(tmp_path / "b" / "ct", GRID, exam=Exam("b"), series="b")
    (tmp_path / "b" / "clinical.yaml").write_text("ecog: 1\n")
    (tmp_path / "clinical.yaml").write_text("ecog: 1\n")
    first, second = find(tmp_path)
    assert first.clinical_path is None
    assert second.clinical_path == tmp_path / "b" / "clinical.yaml"


def test_a_flat_folder_of_cases(tmp_path: Path, find: Find) -> None:
    """LiTS as downloaded: every number is a case, those without segmentation too."""
    for number in (0, 1, 2):
        write(tmp_path / f"volume-{number}.nii.gz", ct_values() + np.int16(number))
        if number < 2:
            write(tmp_path / f"segmentation-{number}.nii.gz", balls()["Liver"].astype(np.uint8))
    studies = find(tmp_path)
    assert sorted((study.case.name, study.case.naming.name) for study in studies if study.case) == [
        ("0", "lits"), ("1", "lits"), ("2", "lits"),
    ]  # fmt: skip


def test_named_cases_in_one_folder(tmp_path: Path, find: Find) -> None:
    """pat1_ct with pat1_liver, pat2_ct with pat2_portal_vein."""
    for case, mask in (("pat1", "liver"), ("pat_2", "portal_vein")):
        write(tmp_path / f"{case}_ct.nii.gz", ct_values())
        write(tmp_path / f"{case}_{mask}.nii.gz", balls()["Liver"].astype(np.uint8))
    studies = find(tmp_path)
    assert sorted(study.case.name for study in studies if study.case) == ["pat1", "pat_2"]
    roles = {segment.role.value for study in studies for segment in read_study(study).segments}
    assert roles == {"liver", "portal_vein"}


def test_two_images_of_one_case_are_refused(tmp_path: Path, refusal: Callable[[Path], Exception]) -> None:
    """Which of the two was segmented is asked."""
    for name in ("pre", "post"):
        write(tmp_path / f"{name}.nii.gz", ct_values())
    write(tmp_path / "liver.nii.gz", balls()["Liver"].astype(np.uint8))
    assert refusal(tmp_path).code == "PAIR_SERIES"  # type: ignore[attr-defined]


def test_masks_without_image_are_refused(tmp_path: Path, refusal: Callable[[Path], Exception]) -> None:
    """They are found, and say what is missing."""
    write(tmp_path / "liver.nii.gz", balls()["Liver"].astype(np.uint8))
    assert refusal(tmp_path).code == "NO_IMAGE"  # type: ignore[attr-defined]


def test_an_image_without_masks_is_refused(tmp_path: Path, refusal: Callable[[Path], Exception]) -> None:
    """It is found, and says what is missing."""
    write(tmp_path / "ct.nii.gz", ct_values())
    assert refusal(tmp_path).code == "NO_MASK"  # type: ignore[attr-defined]


def test_an_unknown_naming_is_wrong_use(tmp_path: Path, namings: dict[str, Naming]) -> None:
    """The known ones are listed."""
    with pytest.raises(UsageError, match="lits"):
        find_studies(tmp_path, namings, "litz")


def test_an_empty_folder_has_no_study(tmp_path: Path, find: Find) -> None:
    """Nothing is found and nothing raised."""
    assert find(tmp_path) == ()


def test_a_folder_of_unreadable_files_is_refused_and_not_lost(tmp_path: Path, find: Find) -> None:
    """Nothing that was sent vanishes: a study whose every file is damaged has a refusal of its own."""
    write_study(tmp_path / "good")
    for path in write_series(tmp_path / "bad", GRID, exam=Exam("bad"), series="bad"):
        path.write_bytes(path.read_bytes()[:140])
    good, bad = find(tmp_path)
    assert read_study(good).segments
    assert bad.folder == "bad"
    with pytest.raises(StudyRefused, match="TRUNCATED"):
        read_study(bad)


@pytest.mark.hazard("S07")
@pytest.mark.parametrize("magic", [b"MZ", b"\x7fELF"])
def test_a_program_in_the_preamble_is_flagged(tmp_path: Path, find: Find, magic: bytes) -> None:
    """The file is read as the DICOM object it is."""
    path = write_study(tmp_path)[3]
    path.write_bytes(magic + path.read_bytes()[len(magic) :])
    (study,) = find(tmp_path)
    assert finding_codes(study) == ["PREAMBLE"]
    assert len(read_study(study).image.files) == 14


@pytest.mark.hazard("S15")
def test_paths_in_the_record_can_be_stored(tmp_path: Path, find: Find) -> None:
    """Bytes that are no UTF-8 and control characters are escaped."""
    for path in write_study(tmp_path / "study")[:2]:
        path.rename(path.parent / os.fsdecode(b"\xff\n" + path.name.encode()))
    (study,) = find(tmp_path)
    names = [source.path for source in read_study(study).sources]
    assert sum(name.startswith("ct/\\xff\\n") for name in names) == 2
    assert all(name.encode() and name.isprintable() for name in names)


def test_found_studies_can_be_sent_to_a_worker(tmp_path: Path, find: Find) -> None:
    """They survive pickling, role files included."""
    write_study(tmp_path)
    (study,) = find(tmp_path)
    copy = pickle.loads(pickle.dumps(study))
    assert codes_of(read_study(copy)) == []
