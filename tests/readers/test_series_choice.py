"""Which series a study is measured on: named, the only one that fits, preferred by a site's rule, or none."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from pipeline.errors import StudyRefused
from pipeline.preferences import Preferences, SeriesRule
from pipeline.readers import StudyFiles, read_study
from pipeline.study import Severity, Study
from tests.phantoms import make_grid
from tests.readers.build_dicom import LESION, LIVER, edit, save, uid, write_seg, write_series
from tests.readers.build_enhanced import make_enhanced, write_enhanced
from tests.readers.conftest import GRID, balls, codes_of, write_study

Find = Callable[[Path], tuple[StudyFiles, ...]]
Read = Callable[[Path], Study]
Refusal = Callable[[Path], StudyRefused]
SAME_GRID = Preferences(other_series="same_grid")


def name_nothing(path: Path) -> None:
    """Let a SEG name neither its series nor any image."""
    seg = pydicom.dcmread(path)
    del seg.ReferencedSeriesSequence
    for group in seg.PerFrameFunctionalGroupsSequence:
        group.DerivationImageSequence = []
    save(seg, path)


def write_phases(folder: Path, **second: str) -> None:
    """Write a portal venous and an arterial series on one grid, and a SEG of the first that names neither."""
    write_study(folder)
    name_nothing(folder / "seg.dcm")

    def describe(image: Dataset, _: int) -> None:
        image.SeriesNumber = 4
        for keyword, value in second.items():
            setattr(image, keyword, value.split("\\") if "\\" in value else value)

    write_series(folder / "art", GRID, series="arterial", change=describe)


def rules(*each: dict[str, object]) -> Preferences:
    return Preferences(series=tuple(SeriesRule.model_validate(one) for one in each))


@pytest.mark.hazard("M03")
@pytest.mark.parametrize(
    "other",
    [make_grid((9, 20, 24), (4.7, 1.25, 1.0)), make_grid((14, 24, 26), (3.0, 1.1, 0.95))],
    ids=["other slices", "other pixels"],
)
def test_the_only_series_on_the_masks_grid_is_taken_and_said(tmp_path: Path, read: Read, other: object) -> None:
    """Same frame of reference, another stack: the masks fit one of the two, and the record says why it was taken."""
    write_study(tmp_path)
    name_nothing(tmp_path / "seg.dcm")
    write_series(tmp_path / "other", other, series="other")  # type: ignore[arg-type]
    study = read(tmp_path)
    assert study.image.series_instance_uid == uid("exam", "portal venous")
    assert study.image.chosen_by == "the only one of 2 series that fits the masks"
    assert sum("does not fit" in each for each in study.image.candidates) == 1
    assert [(each.code, each.severity) for each in study.findings] == [("PAIR_SERIES", Severity.WARNING)]


@pytest.mark.hazard("M02")
@pytest.mark.hazard("M03")
def test_a_series_of_another_frame_of_reference_is_not_in_question(tmp_path: Path, read: Read) -> None:
    """Equal grids in two frames: only the one that the masks state fits."""
    write_phases(tmp_path, FrameOfReferenceUID="1.2.3.4")
    study = read(tmp_path)
    assert study.image.series_instance_uid == uid("exam", "portal venous")
    assert any("PAIR_FOR" in each for each in study.image.candidates)


@pytest.mark.hazard("M03")
def test_masks_that_state_no_frame_of_reference_choose_nothing(tmp_path: Path, refusal: Refusal) -> None:
    """A grid alone does not tell two series apart."""
    write_phases(tmp_path)
    edit(tmp_path / "seg.dcm", FrameOfReferenceUID=None)
    assert refusal(tmp_path).code == "PAIR_SERIES"


def give_new_uids(image: Dataset, number: int) -> None:
    image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = uid("new", number)


@pytest.mark.hazard("M03")
def test_images_with_new_uids_are_another_series_unless_the_site_allows_it(
    tmp_path: Path, find: Find, refusal: Refusal
) -> None:
    """The named series is there and none of the named images: refused; by the setting measured and never in silence."""
    write_study(tmp_path)
    shutil.rmtree(tmp_path / "ct")
    write_series(tmp_path / "ct", GRID, change=give_new_uids)
    assert refusal(tmp_path).code == "PAIR_SERIES"
    (files,) = find(tmp_path)
    study = read_study(files, SAME_GRID)
    assert [(each.code, each.severity) for each in study.findings] == [("PAIR_SERIES", Severity.WARNING)]
    assert {each.name: each.mask.count for each in study.segments} == {
        name: np.count_nonzero(ball) for name, ball in balls().items()
    }


@pytest.mark.hazard("M03")
def test_images_with_new_uids_on_another_grid_are_refused_under_any_setting(tmp_path: Path, find: Find) -> None:
    """The series was reconstructed again: its planes are not those of the masks."""
    write_study(tmp_path)
    shutil.rmtree(tmp_path / "ct")
    write_series(tmp_path / "ct", make_grid((9, 20, 24), (4.7, 1.25, 1.0)), change=give_new_uids)
    (files,) = find(tmp_path)
    with pytest.raises(StudyRefused) as refused:
        read_study(files, SAME_GRID)
    assert refused.value.code == "PAIR_SERIES"


@pytest.mark.hazard("M03")
def test_masks_that_fit_no_series_are_refused_with_the_list(tmp_path: Path, refusal: Refusal) -> None:
    """Two series, neither of which has the grid that the masks were drawn on: each with what is against it."""
    write_study(tmp_path)
    name_nothing(tmp_path / "seg.dcm")
    shutil.rmtree(tmp_path / "ct")
    for number, spacing in enumerate((4.3, 5.1)):
        write_series(tmp_path / str(number), make_grid((9, 20, 24), (spacing, 1.25, 1.0)), series=f"thick {number}")
    refused = refusal(tmp_path)
    assert refused.code == "PAIR_SERIES"
    assert "4.30 mm apart" in refused.message
    assert "5.10 mm apart" in refused.message
    assert refused.message.count("does not fit") == 2


@pytest.mark.hazard("M03")
def test_the_list_tells_the_series_apart_and_nobody(tmp_path: Path, refusal: Refusal) -> None:
    """Number, modality, count, spacing and description; no word of the patient's name or numbers, no date."""
    write_phases(tmp_path, SeriesDescription="Phantom^One late ART_P-1 20240131 A-1 3mm")
    refused = refusal(tmp_path)
    assert "series 3: CT, 14 images, portal venous, slices 3.00 mm apart" in refused.message
    assert "series 4: CT, 14 images, late 3mm, slices 3.00 mm apart" in refused.message
    assert not any(text in refused.message for text in ("Phantom", "P-1", "2024", "A-1"))


@pytest.mark.hazard("M03")
@pytest.mark.parametrize(
    ("second", "rule"),
    [
        ({}, {"words": ("portal", "pv")}),
        ({"ProtocolName": "Liver", "ContrastBolusAgent": "none", "ConvolutionKernel": "B60f"}, {"words": ("venous",)}),
        ({"ImageType": "DERIVED\\SECONDARY\\MPR"}, {"original": True}),
    ],
    ids=["words", "one word", "original"],
)
def test_a_rule_of_the_site_chooses_among_series_that_fit(
    tmp_path: Path, find: Find, second: dict[str, str], rule: dict[str, object]
) -> None:
    """Two phases on one grid: the rule decides, and the record names it."""
    write_phases(tmp_path, **second)
    (files,) = find(tmp_path)
    study = read_study(files, rules({"kernel": ("nothing like this",)}, rule))
    assert study.image.series_instance_uid == uid("exam", "portal venous")
    assert study.image.chosen_by.startswith("by rule 2 of series_preference (")
    assert study.image.chosen_by.endswith("of 2 series that fit the masks")
    assert codes_of(study) == ["PAIR_SERIES"]


@pytest.mark.hazard("M03")
def test_a_kernel_is_a_whole_word(tmp_path: Path, find: Find) -> None:
    """B60 is not B60f."""
    write_phases(tmp_path, ConvolutionKernel="B60f\\3")
    (files,) = find(tmp_path)
    with pytest.raises(StudyRefused, match="fit 2 of 2"):
        read_study(files, rules({"kernel": ("B60",)}))
    study = read_study(files, rules({"kernel": ("b60f",)}))
    assert study.image.series_instance_uid == uid("exam", "arterial")


@pytest.mark.hazard("M03")
def test_a_rule_that_holds_for_both_leaves_the_choice_open(tmp_path: Path, find: Find) -> None:
    """Equal spacing and equal counts decide nothing."""
    write_phases(tmp_path)
    (files,) = find(tmp_path)
    with pytest.raises(StudyRefused) as refused:
        read_study(files, rules({"slice_spacing_mm": (2.0, 4.0)}, {"slices": "most"}))
    assert refused.value.code == "PAIR_SERIES"


@pytest.mark.hazard("M03")
def test_no_rule_brings_in_a_series_that_does_not_fit(tmp_path: Path, find: Find) -> None:
    """The preferred phase lies in another frame of reference: the one that fits is taken."""
    write_phases(tmp_path, FrameOfReferenceUID="1.2.3.4")
    (files,) = find(tmp_path)
    assert read_study(files, rules({"words": ("arterial",)})).image.series_instance_uid == uid("exam", "portal venous")


@pytest.mark.hazard("M03")
def test_a_series_that_is_named_needs_no_rule(tmp_path: Path, find: Find) -> None:
    """What the mask says goes before what the site prefers."""
    write_study(tmp_path)
    write_series(tmp_path / "art", GRID, series="arterial")
    (files,) = find(tmp_path)
    study = read_study(files, rules({"words": ("arterial",)}))
    assert study.image.series_instance_uid == uid("exam", "portal venous")
    assert study.image.chosen_by == "the masks name it"
    assert len(study.image.candidates) == 2
    assert codes_of(study) == []


@pytest.mark.hazard("M03")
def test_an_absent_series_is_replaced_on_request_and_flagged(tmp_path: Path, find: Find, refusal: Refusal) -> None:
    """The segmented phase is missing and another one has its frame and grid: refused, or measured there and flagged."""
    write_study(tmp_path)
    shutil.rmtree(tmp_path / "ct")
    write_series(tmp_path / "art", GRID, series="arterial")
    refused = refusal(tmp_path)
    assert refused.code == "PAIR_SERIES"
    assert "series 3: CT, 14 images, arterial" in refused.message
    (files,) = find(tmp_path)
    study = read_study(files, SAME_GRID)
    assert [(each.code, each.severity) for each in study.findings] == [("PAIR_SERIES", Severity.WARNING)]
    assert study.image.chosen_by.startswith("other_series: same_grid")
    assert study.segments[0].mask.count == balls()["Liver"].sum()


@pytest.mark.hazard("M03")
@pytest.mark.parametrize("spoil", ["frame", "grid"])
def test_an_absent_series_is_never_replaced_by_another_place(tmp_path: Path, find: Find, spoil: str) -> None:
    """The setting asks for the same frame of reference and the same grid."""
    write_study(tmp_path)
    shutil.rmtree(tmp_path / "ct")
    grid = make_grid((9, 20, 24), (4.7, 1.25, 1.0)) if spoil == "grid" else GRID
    for path in write_series(tmp_path / "art", grid, series="arterial"):
        if spoil == "frame":
            edit(path, FrameOfReferenceUID="1.2.3.4")
    (files,) = find(tmp_path)
    with pytest.raises(StudyRefused) as refused:
        read_study(files, SAME_GRID)
    assert refused.value.code == "PAIR_SERIES"


@pytest.mark.hazard("M03")
def test_masks_of_two_series_are_refused_or_measured_on_the_preferred_one(
    tmp_path: Path, find: Find, refusal: Refusal
) -> None:
    """Liver drawn on one phase, lesion on the other: refused, unless both settings say what to do."""
    portal = write_series(tmp_path / "ct", GRID)
    arterial = write_series(tmp_path / "art", GRID, series="arterial")
    write_seg(tmp_path / "a.dcm", portal, {"Liver": (balls()["Liver"], LIVER)})
    write_seg(tmp_path / "b.dcm", arterial, {"Lesion 1": (balls()["Lesion 1"], LESION)})
    refused = refusal(tmp_path)
    assert refused.code == "PAIR_SERIES"
    assert "2 different series" in refused.message
    (files,) = find(tmp_path)
    both = Preferences(series=rules({"words": ("portal",)}).series, other_series="same_grid")
    study = read_study(files, both)
    assert study.image.series_instance_uid == uid("exam", "portal venous")
    assert len(study.segments) == 2
    assert codes_of(study) == ["PAIR_SERIES"]


@pytest.mark.hazard("M03")
def test_a_mask_that_lists_two_series_means_the_one_of_its_images(tmp_path: Path, read: Read) -> None:
    """A SEG that lists a second series, none of whose images it was drawn on."""
    write_study(tmp_path)
    write_series(tmp_path / "art", GRID, series="arterial")
    seg = pydicom.dcmread(tmp_path / "seg.dcm")
    other = Dataset()
    other.SeriesInstanceUID, other.ReferencedInstanceSequence = uid("exam", "arterial"), []
    seg.ReferencedSeriesSequence.append(other)
    save(seg, tmp_path / "seg.dcm")
    study = read(tmp_path)
    assert study.image.series_instance_uid == uid("exam", "portal venous")
    assert codes_of(study) == []


@pytest.mark.hazard("M03")
@pytest.mark.hazard("G23")
def test_a_multi_frame_image_is_a_series_like_any_other(tmp_path: Path, read: Read) -> None:
    """The masks fit the enhanced CT and not the thick series beside it."""
    paths = write_series(tmp_path / "ct", GRID)
    masks = balls()
    write_seg(tmp_path / "seg.dcm", paths, {"Liver": (masks["Liver"], LIVER), "Lesion 1": (masks["Lesion 1"], LESION)})
    name_nothing(tmp_path / "seg.dcm")
    shutil.rmtree(tmp_path / "ct")
    voxels = np.full(GRID.shape, 1050, dtype=np.int16)
    write_enhanced(tmp_path / "enhanced.dcm", make_enhanced(GRID, voxels, series="enhanced"))
    write_series(tmp_path / "thick", make_grid((9, 20, 24), (4.7, 1.25, 1.0)), series="thick")
    study = read(tmp_path)
    assert study.image.series_instance_uid == uid("exam", "enhanced")
    assert any("14 frames a file" in each for each in study.image.candidates)
    assert study.segments[0].mask.count == masks["Liver"].sum()


def write_contours(path: Path, image: Path, heights: tuple[float, ...]) -> None:
    """Write an RTSTRUCT of a square liver at these heights that states its frame of reference and no image."""
    first = pydicom.dcmread(image)
    rt = Dataset()
    rt.file_meta = FileMetaDataset()
    rt.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    rt.SOPClassUID = rt.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.481.3"
    rt.SOPInstanceUID = rt.file_meta.MediaStorageSOPInstanceUID = uid(path.name)
    for keyword in ("PatientID", "PatientName", "PatientBirthDate", "StudyInstanceUID", "StudyDate"):
        setattr(rt, keyword, getattr(first, keyword))
    rt.Modality, rt.SeriesInstanceUID = "RTSTRUCT", uid("contours")
    frame, roi, contours = Dataset(), Dataset(), Dataset()
    frame.FrameOfReferenceUID = roi.ReferencedFrameOfReferenceUID = first.FrameOfReferenceUID
    rt.ReferencedFrameOfReferenceSequence = [frame]
    roi.ROINumber, roi.ROIName, roi.ROIGenerationAlgorithm = 1, "Liver", "MANUAL"
    rt.StructureSetROISequence = [roi]
    contours.ReferencedROINumber, contours.ContourSequence = 1, []
    for height in heights:
        contour = Dataset()
        contour.ContourGeometricType, contour.NumberOfContourPoints = "CLOSED_PLANAR", 4
        corners = ((-5, -5), (5, -5), (5, 5), (-5, 5))
        contour.ContourData = [f"{value:.4f}" for x, y in corners for value in (x, y, height)]
        contours.ContourSequence.append(contour)
    rt.ROIContourSequence = [contours]
    save(rt, path)


@pytest.mark.hazard("M03")
@pytest.mark.hazard("M29")
def test_contours_choose_the_series_whose_planes_they_lie_on(tmp_path: Path, read: Read) -> None:
    """An RTSTRUCT that names no image: of two stacks in its frame of reference, only one has its planes."""
    thick = make_grid((9, 20, 24), (4.7, 1.25, 1.0))
    (path, *_) = write_series(tmp_path / "ct", GRID)
    write_series(tmp_path / "thick", thick, series="thick")
    heights = tuple(float(z) for z in GRID.to_world(np.array([[n, 0.0, 0.0] for n in (5, 6, 7)]))[:, 2])
    write_contours(tmp_path / "rt.dcm", path, heights)
    study = read(tmp_path)
    assert study.image.series_instance_uid == uid("exam", "portal venous")
    assert study.image.chosen_by == "the only one of 2 series that fits the masks"
    assert study.segments[0].mask.geometry.shape[0] == 3


def test_a_mask_bound_by_its_frame_of_reference_alone_says_so(tmp_path: Path, read: Read) -> None:
    """A shift by whole slices shows nowhere in such a file: the report says what the place rests on."""
    write_study(tmp_path)
    seg = pydicom.dcmread(tmp_path / "seg.dcm")
    seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence = []
    for group in seg.PerFrameFunctionalGroupsSequence:
        group.DerivationImageSequence = []
    save(seg, tmp_path / "seg.dcm")
    (finding,) = read(tmp_path).findings
    assert (finding.code, finding.severity) == ("PAIR_SERIES", Severity.INFO)
    assert "shift by whole slices" in finding.message
