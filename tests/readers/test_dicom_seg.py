"""DICOM SEG: frames by position, roles by code, pairing by identity and geometry (rows M01 to M18)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from pipeline.errors import StudyRefused
from pipeline.readers import StudyFiles, find_studies, read_study
from pipeline.readers.segmentation.dicom_seg import open_dicom_seg
from pipeline.readers.segmentation.frames import FrameBits
from pipeline.structures import Role
from pipeline.study import Severity, Study
from tests.phantoms import make_grid, sample_array, sphere
from tests.readers.build_dicom import Exam, edit, save, uid, write_seg, write_series
from tests.readers.conftest import GRID, LESION, LESION_BALL, LIVER, balls, codes_of, volumes_ml, write_study

Read = Callable[[Path], Study]
Refusal = Callable[[Path], StudyRefused]
BOX = (slice(0, 14), slice(0, 20), slice(0, 24))


def masks_of(study: Study) -> dict[str, np.ndarray]:
    return {segment.name: segment.mask.within(BOX) for segment in study.segments}


@pytest.mark.hazard("M17")
@pytest.mark.parametrize("omit", [True, False], ids=["left out", "kept"])
def test_empty_frames_kept_or_left_out_give_the_same_voxels(tmp_path: Path, read: Read, omit: bool) -> None:
    """Frames are placed by position, so that left out ones shift nothing."""
    paths = write_series(tmp_path / "ct", GRID)
    expected = balls()
    write_seg(
        tmp_path / "s.dcm",
        paths,
        {n: (m, LIVER if n == "Liver" else LESION) for n, m in expected.items()},
        omit_empty=omit,
    )
    study = read(tmp_path)
    for name, mask in masks_of(study).items():
        assert np.array_equal(mask, expected[name])


@pytest.mark.hazard("M06")
def test_frames_in_any_order_give_the_same_voxels(tmp_path: Path, read: Read) -> None:
    """Shuffled frames, with their descriptions shuffled alike."""

    def shuffle(seg: Dataset) -> None:
        order = np.random.default_rng(3).permutation(int(seg.NumberOfFrames))
        bits = np.unpackbits(np.frombuffer(seg.PixelData, np.uint8), bitorder="little")
        frames = bits[: len(order) * 480].reshape(len(order), 480)[order]
        seg.PixelData = np.packbits(frames.ravel(), bitorder="little").tobytes()
        groups = list(seg.PerFrameFunctionalGroupsSequence)
        seg.PerFrameFunctionalGroupsSequence = [groups[i] for i in order]

    paths = write_series(tmp_path / "ct", GRID)
    write_seg(tmp_path / "s.dcm", paths, {n: (m, LIVER) for n, m in balls().items()}, change=shuffle)
    found = open_dicom_seg(tmp_path / "s.dcm").read(GRID).segments
    for segment in found:
        assert np.array_equal(segment.mask.within(BOX), balls()[segment.name])


@pytest.mark.hazard("M06")
@pytest.mark.parametrize(("rows", "columns"), [(True, False), (False, True), (True, True)])
def test_negated_rows_and_columns_give_the_same_voxels(tmp_path: Path, read: Read, rows: bool, columns: bool) -> None:
    """A SEG stored mirrored, with the orientation that says so, lies where it did."""
    paths = write_series(tmp_path / "ct", GRID)
    path = write_seg(tmp_path / "s.dcm", paths, {"Lesion 1": (balls()["Lesion 1"], LESION)})
    seg = pydicom.dcmread(path)
    count, steps = int(seg.NumberOfFrames), GRID.axes
    frames = np.unpackbits(np.frombuffer(seg.PixelData, np.uint8), bitorder="little")[: count * 480].reshape(
        count, 20, 24
    )
    frames = frames[:, ::-1] if rows else frames
    frames = frames[:, :, ::-1] if columns else frames
    seg.PixelData = np.packbits(frames.ravel(), bitorder="little").tobytes() + b"\0" * (count * 60 % 2)
    shared = seg.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence[0]
    shared.ImageOrientationPatient = [-1 if columns else 1, 0, 0, 0, -1 if rows else 1, 0]
    for group in seg.PerFrameFunctionalGroupsSequence:
        place = group.PlanePositionSequence[0]
        start = np.array(place.ImagePositionPatient, dtype=float) + rows * 19 * steps[1] + columns * 23 * steps[2]
        place.ImagePositionPatient = [f"{v:.6f}" for v in start]
    save(seg, path)
    assert np.array_equal(masks_of(read(tmp_path))["Lesion 1"], balls()["Lesion 1"])


@pytest.mark.parametrize("shape", [(9, 7, 5), (6, 13, 11), (5, 8, 8)])
def test_bits_are_unpacked_where_frames_begin_within_a_byte(shape: tuple[int, int, int]) -> None:
    """Frames of any size come out as numpy packed them."""
    voxels = np.random.default_rng(sum(shape)).random(shape) > 0.7
    data = np.packbits(voxels.ravel(), bitorder="little").tobytes()
    block, (first, top, left) = FrameBits(data, *shape).collect(np.arange(shape[0]), np.arange(shape[0]))
    out = np.zeros(shape, dtype=bool)
    out[first : first + block.shape[0], top : top + block.shape[1], left : left + block.shape[2]] = block
    assert np.array_equal(out, voxels)


@pytest.mark.parametrize("frames", [10, 10**9])
def test_fewer_pixels_than_promised_are_refused(frames: int) -> None:
    """Nothing is allocated for what is not there."""
    with pytest.raises(StudyRefused, match="TRUNCATED"):
        FrameBits(b"\0" * 8, frames, 16, 16)


@pytest.mark.hazard("M23")
def test_a_declared_segment_without_frames_is_an_empty_structure(tmp_path: Path, read: Read) -> None:
    """It was declared and nothing is set: that differs from a segment that is not there."""
    paths = write_series(tmp_path / "ct", GRID)
    nothing = np.zeros(GRID.shape, dtype=bool)
    write_seg(tmp_path / "s.dcm", paths, {"Liver": (balls()["Liver"], LIVER), "Lesion 1": (nothing, LESION)})
    (lesion,) = read(tmp_path).segments_of(Role.LESION)
    assert lesion.mask.is_empty


@pytest.mark.hazard("M18")
def test_overlapping_lesions_are_kept_and_flagged(tmp_path: Path, read: Read) -> None:
    """A lesion copied as a second segment stays whole in both, with SEG_OVERLAP."""
    paths = write_series(tmp_path / "ct", GRID)
    lesion = balls()["Lesion 1"]
    write_seg(tmp_path / "s.dcm", paths, {"Lesion 1": (lesion, LESION), "Lesion 2": (lesion, LESION)})
    study = read(tmp_path)
    assert [segment.mask.count for segment in study.segments] == [lesion.sum()] * 2
    assert codes_of(study) == ["SEG_OVERLAP"]


@pytest.mark.parametrize(
    ("label", "code", "role"),
    [
        ("Segment 1", LIVER, Role.LIVER),
        ("label 1", Code("T-62000", "SRT", "Liver"), Role.LIVER),
        ("label 2", Code("M-80006", "SRT", "Neoplasm, Secondary"), Role.LESION),
        ("ROI 7", Code("277961009", "SCT", "Couinaud hepatic segment VII"), Role.SEGMENT_7),
        ("Liver_Remnant", LIVER, Role.REMNANT),
        ("right hepatic vein", Code("8993003", "SCT", "Hepatic vein"), Role.HEPATIC_VEIN_RIGHT),
        ("Tumor_4", Code("85756007", "SCT", "Tissue"), Role.LESION),
    ],
)
def test_roles_come_from_codes_then_names(tmp_path: Path, read: Read, label: str, code: Code, role: Role) -> None:
    """A code decides beside a name that says nothing; a name refines a broader code, or decides without one."""
    paths = write_series(tmp_path / "ct", GRID)
    write_seg(tmp_path / "s.dcm", paths, {label: (balls()["Liver"], code)})
    study = read(tmp_path)
    assert [segment.role for segment in study.segments] == [role]
    assert not {"LABEL_CONFLICT", "LABEL_BY_CODE"} & set(codes_of(study))


@pytest.mark.hazard("M15")
def test_a_liver_coded_as_spleen_is_neither(tmp_path: Path, read: Read) -> None:
    """Left out and listed."""
    paths = write_series(tmp_path / "ct", GRID)
    write_seg(tmp_path / "s.dcm", paths, {"Liver": (balls()["Liver"], Code("78961009", "SCT", "Spleen"))})
    study = read(tmp_path)
    assert (study.segments, [each.name for each in study.unmapped]) == ((), ["Liver"])
    assert codes_of(study) == ["LABEL_CONFLICT"]


@pytest.mark.hazard("M15")
@pytest.mark.parametrize("label", ["Segment 1", "Segment_2", "label 2", "roi", "Hepatic"])
def test_names_that_could_mean_anything_are_left_out_and_listed(tmp_path: Path, read: Read, label: str) -> None:
    """Segment 1 is a drawing tool's default name, no Couinaud segment and no liver."""
    paths = write_series(tmp_path / "ct", GRID)
    tissue = Code("85756007", "SCT", "Tissue")
    write_seg(
        tmp_path / "s.dcm",
        paths,
        {"Liver": (balls()["Liver"], LIVER), label: (balls()["Lesion 1"], tissue), "??": (balls()["Lesion 1"], tissue)},
    )
    study = read(tmp_path)
    assert [segment.name for segment in study.segments] == ["Liver"]
    assert [each.name for each in study.unmapped] == [label, "??"]
    assert "LABEL_UNKNOWN" in codes_of(study)


def test_the_naming_of_the_crlm_data_set_is_recognised_by_its_segment_names(tmp_path: Path, read: Read) -> None:
    """Hepatic and Portal mean veins where all segment names are that data set's."""
    paths = write_series(tmp_path / "ct", GRID)
    tissue = Code("85756007", "SCT", "Tissue")
    names = ["Liver", "Liver_Remnant", "Hepatic", "Portal", "Tumor_1", "Tumor_2"]
    parts = {name: np.roll(balls()["Lesion 1"], number, axis=2) for number, name in enumerate(names)}
    write_seg(tmp_path / "s.dcm", paths, {name: (part, tissue) for name, part in parts.items()})
    study = read(tmp_path)
    assert study.naming == "tcia_crlm"
    assert [s.role.value for s in study.segments] == [
        "liver",
        "remnant",
        "hepatic_vein",
        "portal_vein",
        "lesion",
        "lesion",
    ]


@pytest.mark.hazard("M01")
@pytest.mark.parametrize(
    "values",
    [{"PatientID": "P-2"}, {"PatientBirthDate": "19600301"}, {"PatientName": "Phantom^Two"}],
    ids=lambda v: next(iter(v)),
)
def test_a_mask_of_another_patient_is_refused(tmp_path: Path, refusal: Refusal, values: dict[str, str]) -> None:
    """Any difference of identity refuses the pair, and the message holds neither identity."""
    write_study(tmp_path)
    edit(tmp_path / "seg.dcm", **values)
    refused = refusal(tmp_path)
    assert refused.code == "PAIR_PATIENT"
    assert not any(text in refused.message for text in ("P-1", "P-2", "Phantom", "1960"))


@pytest.mark.hazard("M01")
def test_another_issuer_is_another_patient(tmp_path: Path, refusal: Refusal) -> None:
    """The same number from another hospital is another person."""
    for path in write_study(tmp_path):
        edit(path, IssuerOfPatientID="A")
    edit(tmp_path / "seg.dcm", IssuerOfPatientID="B")
    assert refusal(tmp_path).code == "PAIR_PATIENT"


@pytest.mark.hazard("M02")
def test_a_mask_in_another_frame_of_reference_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    """Equal coordinates of two frames are two places."""
    write_study(tmp_path)
    edit(tmp_path / "seg.dcm", FrameOfReferenceUID="1.2.3.4")
    assert refusal(tmp_path).code == "PAIR_FOR"


@pytest.mark.hazard("M03")
def test_a_mask_of_an_absent_series_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    """The arterial phase at the same place is not the portal venous one it was drawn on."""
    write_study(tmp_path)
    shutil.rmtree(tmp_path / "ct")
    write_series(tmp_path / "art", GRID, series="arterial")
    assert refusal(tmp_path).code == "PAIR_SERIES"


@pytest.mark.hazard("M03")
def test_several_series_and_a_mask_that_names_none_are_refused_with_the_list(tmp_path: Path, refusal: Refusal) -> None:
    """Which phase was segmented is asked, not guessed."""
    write_study(tmp_path)
    write_series(tmp_path / "art", GRID, series="arterial")

    seg = pydicom.dcmread(tmp_path / "seg.dcm")
    _name_series_only(seg)
    del seg.ReferencedSeriesSequence
    save(seg, tmp_path / "seg.dcm")
    refused = refusal(tmp_path)
    assert refused.code == "PAIR_SERIES"
    assert refused.message.count("14 images") == 2


@pytest.mark.hazard("M04")
def test_two_segmentations_that_draw_the_same_lesion_are_refused(tmp_path: Path, refusal: Refusal) -> None:
    """The newest of two readers' masks is not taken in silence."""
    paths = write_series(tmp_path / "ct", GRID)
    write_seg(tmp_path / "a.dcm", paths, {"Lesion 1": (balls()["Lesion 1"], LESION)})
    larger = sample_array(sphere(7.0, LESION_BALL.center_mm), GRID)
    write_seg(tmp_path / "b.dcm", paths, {"Lesion 1": (larger, LESION)})
    assert refusal(tmp_path).code == "PAIR_AMBIGUOUS"


@pytest.mark.hazard("M04")
def test_two_livers_are_refused(tmp_path: Path, refusal: Refusal) -> None:
    """One structure cannot have two masks."""
    paths = write_series(tmp_path / "ct", GRID)
    write_seg(tmp_path / "a.dcm", paths, {"Liver": (balls()["Liver"], LIVER)})
    write_seg(tmp_path / "b.dcm", paths, {"Liver": (balls()["Lesion 1"], LIVER)})
    assert refusal(tmp_path).code == "PAIR_AMBIGUOUS"


def test_structures_of_several_segmentations_are_joined(tmp_path: Path, read: Read) -> None:
    """One SEG with the liver and one with the lesion make one study; a copy of either counts once."""
    paths = write_series(tmp_path / "ct", GRID)
    write_seg(tmp_path / "a.dcm", paths, {"Liver": (balls()["Liver"], LIVER)})
    write_seg(tmp_path / "b.dcm", paths, {"Lesion 1": (balls()["Lesion 1"], LESION)})
    shutil.copy(tmp_path / "a.dcm", tmp_path / "copy.dcm")
    study = read(tmp_path)
    assert [(s.role, s.source) for s in study.segments] == [(Role.LIVER, 0), (Role.LESION, 1)]


def _shift(seg: Dataset, by: np.ndarray) -> None:
    for group in seg.PerFrameFunctionalGroupsSequence:
        place = group.PlanePositionSequence[0]
        place.ImagePositionPatient = [f"{v:.6f}" for v in np.array(place.ImagePositionPatient, dtype=float) + by]


@pytest.mark.hazard("M08")
@pytest.mark.parametrize(
    ("shift_voxels", "outcome"),
    [
        ((0.05, 0, 0), None),
        ((0, 0.05, 0.05), None),
        ((0, 0.4, 0), "flag"),
        ((0.5, 0, 0), "GRID_OFF"),
        ((0.2, 0, 0), "GRID_OFF"),
        ((0, 6, 0), "GRID_OTHER"),
        ((100, 0, 0), "GRID_OTHER"),
        ((100.5, 0, 0), "GRID_OTHER"),
    ],
    ids=str,
)
def test_a_mask_off_the_grid(
    tmp_path: Path, find: Callable[[Path], tuple[StudyFiles, ...]], shift_voxels: tuple[float, ...], outcome: str | None
) -> None:
    """A tenth of a voxel is nothing, half a voxel in plane is flagged, half a slice or elsewhere is refused."""
    write_study(tmp_path)
    by = np.array(shift_voxels) @ GRID.axes
    seg = pydicom.dcmread(tmp_path / "seg.dcm")
    _shift(seg, by)
    save(seg, tmp_path / "seg.dcm")
    (files,) = find(tmp_path)
    if outcome is None or outcome == "flag":
        study = read_study(files)
        assert codes_of(study) == (["GRID_OFF"] if outcome else [])
        assert np.array_equal(masks_of(study)["Liver"], balls()["Liver"])
        return
    with pytest.raises(StudyRefused) as refused:
        read_study(files)
    assert refused.value.code == outcome
    assert ("elsewhere" in refused.value.message) == (outcome == "GRID_OTHER")


def _name_series_only(seg: Dataset) -> None:
    """Let a SEG refer to the portal venous series, and to no single image of it."""
    seg.ReferencedSeriesSequence[0].SeriesInstanceUID = uid("exam", "portal venous")
    seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence = []
    for group in seg.PerFrameFunctionalGroupsSequence:
        group.DerivationImageSequence = []


@pytest.mark.hazard("M07")
def test_a_mask_on_a_finer_grid_is_measured_on_its_own(tmp_path: Path, read: Read) -> None:
    """Half the spacing in every direction: the voxels are not resampled, the report says so."""
    fine = make_grid((28, 40, 48), (1.5, 0.625, 0.5))
    write_series(tmp_path / "ct", GRID)
    thin = write_series(tmp_path / "thin", fine, series="thin")
    lesion = sample_array(LESION_BALL, fine)
    write_seg(tmp_path / "seg.dcm", thin, {"Lesion 1": (lesion, LESION)})
    shutil.rmtree(tmp_path / "thin")
    seg = pydicom.dcmread(tmp_path / "seg.dcm")
    _name_series_only(seg)
    save(seg, tmp_path / "seg.dcm")
    study = read(tmp_path)
    assert codes_of(study) == ["PAIR_SERIES", "GRID_OTHER"]
    assert volumes_ml(study)["Lesion 1"] == pytest.approx(lesion.sum() * fine.voxel_volume_mm3 / 1000, rel=1e-6)
    assert np.allclose(study.segments[0].mask.grid.spacing_mm, fine.spacing_mm, rtol=1e-5)


def test_a_crop_of_the_images_grid_is_placed_on_it(tmp_path: Path, read: Read) -> None:
    """A SEG of a part of rows and columns, at whole voxels, has the image's grid afterwards."""
    paths = write_series(tmp_path / "ct", GRID)
    part = GRID.crop((slice(0, 14), slice(4, 18), slice(5, 21)))
    small = write_series(tmp_path / "crop", part, series="crop")
    write_seg(tmp_path / "seg.dcm", small, {"Lesion 1": (balls()["Lesion 1"][:, 4:18, 5:21], LESION)})
    shutil.rmtree(tmp_path / "crop")
    seg = pydicom.dcmread(tmp_path / "seg.dcm")
    _name_series_only(seg)
    save(seg, tmp_path / "seg.dcm")
    study = read(tmp_path)
    assert [(each.code, each.severity) for each in study.findings] == [("PAIR_SERIES", Severity.INFO)]
    assert len(study.image.files) == len(paths)
    assert study.segments[0].mask.grid is study.image.geometry
    assert np.array_equal(masks_of(study)["Lesion 1"], balls()["Lesion 1"])


def test_a_segmentation_of_the_lower_slices_of_a_tilted_series(tmp_path: Path, read: Read) -> None:
    """Frames of a sheared, uneven series lie in its slices."""
    grid = make_grid((20, 44, 40), (2.0, 0.9, 0.9), tilt_degrees=12.0, uneven=0.04)
    paths = write_series(tmp_path / "ct", grid)
    lesion = sample_array(LESION_BALL, grid)
    write_seg(tmp_path / "seg.dcm", paths, {"Lesion 1": (lesion, LESION)})
    study = read(tmp_path)
    box = (slice(0, 20), slice(0, 44), slice(0, 40))
    assert np.array_equal(study.segments[0].mask.within(box), lesion)
    assert {"GEOM_TILT", "GEOM_SPACING"} == set(codes_of(study))


@pytest.mark.parametrize("series", ["portal venous"])
def test_every_segment_equals_highdicoms_on_the_image_grid(tmp_path: Path, read: Read, series: str) -> None:
    """Oblique image, frames left out, two segments: the same voxels at the same places as highdicom finds."""
    grid = make_grid((12, 18, 22), (3.0, 1.1, 1.3), rotation=np.array([[0.96, -0.28, 0], [0.28, 0.96, 0], [0, 0, 1.0]]))
    write_study(tmp_path, grid)
    study = read(tmp_path)
    reader = hd.seg.segread(tmp_path / "seg.dcm")
    for segment in study.segments:
        volume = reader.get_volume(segment_numbers=[segment.number], combine_segments=False).squeeze_channel()
        volume = volume.to_patient_orientation("HPL")
        there = np.argwhere(volume.array > 0) @ volume.affine[:3, :3].T + volume.affine[:3, 3]
        index = np.rint(study.image.geometry.to_index(there)).astype(int)
        ours = np.argwhere(segment.mask.voxels) + np.array(segment.mask.offset)
        assert set(map(tuple, index.tolist())) == set(map(tuple, ours.tolist()))


def test_a_study_without_mask_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    """One clear sentence says what is missing."""
    write_series(tmp_path / "ct", GRID)
    assert refusal(tmp_path).code == "NO_MASK"


def test_a_mask_without_image_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    """A SEG by itself belongs to nothing that can be shown."""
    write_study(tmp_path)
    shutil.rmtree(tmp_path / "ct")
    assert refusal(tmp_path).code == "NO_IMAGE"


def test_what_is_no_structure_set_is_refused_and_flagged_beside_a_seg(
    tmp_path: Path, read: Read, refusal: Refusal
) -> None:
    """An RTSTRUCT that declares no structure is never counted as no mask at all."""
    write_study(tmp_path)
    contours = tmp_path / "rt.dcm"
    shutil.copy(tmp_path / "seg.dcm", contours)
    edit(contours, SOPClassUID="1.2.840.10008.5.1.4.1.1.481.3", Modality="RTSTRUCT", SOPInstanceUID="1.2.9")
    assert "TRUNCATED" in codes_of(read(tmp_path))
    (tmp_path / "seg.dcm").unlink()
    assert refusal(tmp_path).code == "TRUNCATED"


def test_two_studies_of_one_patient_are_two_studies(
    tmp_path: Path, find: Callable[[Path], tuple[StudyFiles, ...]]
) -> None:
    """They are told apart by StudyInstanceUID, in one folder or two."""
    write_study(tmp_path / "a")
    write_series(tmp_path / "a", GRID, exam=Exam("second", study_date="20240601"), series="later")
    studies = find(tmp_path)
    assert len(studies) == len({study.key for study in studies}) == 2


@pytest.mark.parametrize("frames", [0, 3, 10_000_000])
def test_a_wrong_number_of_frames_is_refused(tmp_path: Path, refusal: Refusal, frames: int) -> None:
    """NumberOfFrames that fits neither the descriptions nor the pixels."""
    write_study(tmp_path)
    edit(tmp_path / "seg.dcm", NumberOfFrames=frames)
    assert refusal(tmp_path).code == "SEG_FRAMES"


@pytest.mark.parametrize("share", [0.01, 0.6, 0.99])
def test_a_cut_segmentation_is_refused(tmp_path: Path, namings: dict, share: float) -> None:
    """A file cut anywhere never gives fewer lesions: without it there is no mask."""
    write_study(tmp_path)
    content = (tmp_path / "seg.dcm").read_bytes()
    (tmp_path / "seg.dcm").write_bytes(content[: int(len(content) * share)])
    studies = find_studies(tmp_path, namings)
    study = next(each for each in studies if len(each.dicom) > 2)
    with pytest.raises(StudyRefused) as refused:
        read_study(study)
    assert refused.value.code in ("NO_MASK", "TRUNCATED", "SEG_FRAMES")


@pytest.mark.hazard("M03")
def test_a_mask_of_other_images_of_the_series_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    """A series that was sent again with new images is not the one that was segmented."""
    for number, path in enumerate(write_study(tmp_path)):
        edit(path, SOPInstanceUID=f"1.2.77.{number}")
    assert refusal(tmp_path).code == "PAIR_SERIES"


def test_a_mask_that_names_no_series_is_flagged(tmp_path: Path, read: Read) -> None:
    """With one series in the study there is nothing to choose, and the report says so."""
    write_study(tmp_path)
    seg = pydicom.dcmread(tmp_path / "seg.dcm")
    _name_series_only(seg)
    del seg.ReferencedSeriesSequence
    save(seg, tmp_path / "seg.dcm")
    (finding,) = read(tmp_path).findings
    assert (finding.code, finding.severity) == ("PAIR_SERIES", Severity.WARNING)


@pytest.mark.hazard("M03")
def test_a_mask_that_names_images_alone_chooses_their_series(tmp_path: Path, read: Read) -> None:
    """Of two phases the one that holds the images of its frames, and the report notes it."""
    write_study(tmp_path)
    write_series(tmp_path / "art", GRID, series="arterial")
    seg = pydicom.dcmread(tmp_path / "seg.dcm")
    del seg.ReferencedSeriesSequence
    save(seg, tmp_path / "seg.dcm")
    study = read(tmp_path)
    assert study.image.series_instance_uid == uid("exam", "portal venous")
    assert [(finding.code, finding.severity) for finding in study.findings] == [("PAIR_SERIES", Severity.INFO)]
