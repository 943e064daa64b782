"""Changes to a written SEG: its attributes, its frames, and what is drawn in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pydicom
from highdicom.seg import Segmentation
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.sr.coding import Code

from pipeline.geometry import Geometry
from tests.corruption.clean import CODES, coded, write_dicom
from tests.corruption.series_edits import Spoil, change_file, images_of, set_values
from tests.liver_phantom import GRID, STRUCTURES, Voxels, sample_structures
from tests.phantoms import make_grid, sample_array, sphere
from tests.readers.build_dicom import TISSUE, Exam, uid, write_seg, write_series

Masks = Mapping[str, Voxels]


def edited(change: Callable[[Dataset], object]) -> Spoil:
    """Return a way that changes the SEG's data set."""
    return lambda folder: change_file(folder / "seg.dcm", lambda dataset, _: change(dataset))


def with_values(**values: object) -> Spoil:
    return edited(lambda seg: set_values(seg, **values))


def redrawn(
    draw: Callable[[dict[str, Voxels]], Masks], codes: Mapping[str, Code] | None = None, **options: object
) -> Spoil:
    """Return a way that writes the SEG again with other masks; a name without code says no more than itself."""

    def spoil(folder: Path) -> None:
        known = {**CODES, **(codes or {})}
        masks = {
            name.replace("_", " "): (voxels, known.get(name, TISSUE))
            for name, voxels in draw(sample_structures()).items()
        }
        write_seg(folder / "seg.dcm", images_of(folder), masks, **options)  # type: ignore[arg-type]

    return spoil


def frames_moved(offset_mm: tuple[float, float, float]) -> Spoil:
    """Return a way that moves every frame, in LPS mm."""

    def move(seg: Dataset) -> None:
        for frame in seg.PerFrameFunctionalGroupsSequence:
            place = np.array([float(v) for v in frame.PlanePositionSequence[0].ImagePositionPatient]) + offset_mm
            frame.PlanePositionSequence[0].ImagePositionPatient = [f"{v:.6f}" for v in place]

    return edited(move)


def frames_shuffled(seg: Dataset) -> None:
    """Store the frames in another order, with all that belongs to each."""
    frames = pydicom.pixels.pixel_array(seg)
    order = np.random.default_rng(4).permutation(len(frames))
    groups = list(seg.PerFrameFunctionalGroupsSequence)
    seg.PerFrameFunctionalGroupsSequence = Sequence([groups[n] for n in order])
    seg.PixelData = pydicom.pixels.pack_bits(frames[order])


def rows_negated(seg: Dataset) -> None:
    """Store each frame from the last row to the first, and say so in its orientation and position."""
    frames = pydicom.pixels.pixel_array(seg)[:, ::-1]
    shared = seg.SharedFunctionalGroupsSequence[0]
    turn = [float(v) for v in shared.PlaneOrientationSequence[0].ImageOrientationPatient]
    spacing = float(shared.PixelMeasuresSequence[0].PixelSpacing[0])
    for frame in seg.PerFrameFunctionalGroupsSequence:
        place = np.array([float(v) for v in frame.PlanePositionSequence[0].ImagePositionPatient])
        place += np.array(turn[3:]) * spacing * (seg.Rows - 1)
        frame.PlanePositionSequence[0].ImagePositionPatient = [f"{v:.6f}" for v in place]
    shared.PlaneOrientationSequence[0].ImageOrientationPatient = [*turn[:3], *(-v for v in turn[3:])]
    seg.PixelData = pydicom.pixels.pack_bits(frames)


def refer_to_another_series(seg: Dataset) -> None:
    for series in seg.ReferencedSeriesSequence:
        series.SeriesInstanceUID = uid("absent series")
        for instance in series.ReferencedInstanceSequence:
            instance.ReferencedSOPInstanceUID = uid("absent", instance.ReferencedSOPInstanceUID)


def drop_frames_of(number: int, places: range) -> Callable[[Dataset], None]:
    """Return a change that loses some of a segment's frames, counted from its lowest."""

    def change(seg: Dataset) -> None:
        frames = pydicom.pixels.pixel_array(seg)
        groups = list(seg.PerFrameFunctionalGroupsSequence)
        own = [
            n
            for n, group in enumerate(groups)
            if group.SegmentIdentificationSequence[0].ReferencedSegmentNumber == number
        ]
        lost = {own[n] for n in places}
        kept = [n for n in range(len(groups)) if n not in lost]
        seg.PerFrameFunctionalGroupsSequence = Sequence([groups[n] for n in kept])
        seg.NumberOfFrames = len(kept)
        seg.PixelData = pydicom.pixels.pack_bits(frames[kept])

    return change


def with_second_phase(folder: Path) -> None:
    """Put another series of the same exam beside the one that the masks name."""
    write_series(folder / "arterial", GRID, exam=Exam(), series="arterial")


def with_second_seg(folder: Path) -> None:
    """Put a corrected segmentation beside the first: the same lesions, drawn larger."""
    grown = {name: voxels | np.roll(voxels, 1, axis=1) for name, voxels in sample_structures().items()}
    write_seg(folder / "seg2.dcm", images_of(folder), coded({n: v for n, v in grown.items() if "lesion" in n}))


def on_a_finer_grid(folder: Path) -> None:
    """Draw the masks again with half the pixel spacing, as on a series of larger matrix."""
    fine = make_grid((36, 132, 168), (5.0, 1.75, 1.75), center_mm=(7.0, -14.0, 12.0))
    hidden = folder / "fine"
    paths = write_series(hidden, fine, exam=Exam())
    masks = {name: sample_array(solid, fine) for name, solid in STRUCTURES.items()}
    write_seg(folder / "seg.dcm", paths, coded(masks), change=forget_sources)
    for path in paths:
        path.unlink()


def forget_sources(seg: Segmentation) -> None:
    """Leave only the series: the images that the frames name are not here."""
    images = seg.ReferencedSeriesSequence
    seg.ReferencedSeriesSequence = images
    for frame in seg.PerFrameFunctionalGroupsSequence:
        del frame.DerivationImageSequence
    del seg.ReferencedSeriesSequence


def left_out(*names: str) -> Callable[[dict[str, Voxels]], Masks]:
    return lambda masks: {name: voxels for name, voxels in masks.items() if name not in names}


def renamed(old: str, new: str) -> Callable[[dict[str, Voxels]], Masks]:
    return lambda masks: {new if name == old else name: voxels for name, voxels in masks.items()}


def with_mask(name: str, voxels: Callable[[dict[str, Voxels]], Voxels]) -> Callable[[dict[str, Voxels]], Masks]:
    return lambda masks: {**masks, name: voxels(masks)}


def all_turned(axis: int) -> Callable[[dict[str, Voxels]], Masks]:
    return lambda masks: {name: np.flip(voxels, axis) for name, voxels in masks.items()}


def lesions_mirrored(masks: dict[str, Voxels]) -> Masks:
    return {name: voxels[:, :, ::-1] if "lesion" in name else voxels for name, voxels in masks.items()}


def with_specks(folder: Path) -> None:
    """Write the study on a grid fine enough for voxels below 3 mm, with 25 of them in the liver."""
    grid = make_grid((60, 120, 150), (3.0, 1.9, 1.9), center_mm=(7.0, -14.0, 12.0))
    rewrite(folder, grid)
    masks = {name: sample_array(solid, grid) for name, solid in STRUCTURES.items()}
    specks = np.zeros(grid.shape, dtype=bool)
    specks[24:34:2, 50:70:4, 60] = True
    assert specks.sum() == 25
    assert masks["liver"][specks].all()
    write_seg(folder / "seg.dcm", images_of(folder), coded(masks) | {"lesion 4": (specks, CODES["lesion_1"])})


def cubes_meeting_in_a_corner(_: dict[str, Voxels]) -> Voxels:
    cubes = np.zeros(GRID.shape, dtype=bool)
    cubes[22:24, 40:43, 32:35] = cubes[24:26, 43:46, 35:38] = True
    return cubes


def outside_lesion(_: dict[str, Voxels]) -> Voxels:
    return sample_array(sphere(12.0, (88.0, 30.0, 8.0)), GRID)


def one_slice_square(_: dict[str, Voxels]) -> Voxels:
    square = np.zeros(GRID.shape, dtype=bool)
    square[17, 28:34, 30:36] = True
    return square


def cut_file(share: float) -> Spoil:
    def spoil(folder: Path) -> None:
        path = folder / "seg.dcm"
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * share)])

    return spoil


def rewrite(folder: Path, grid: Geometry) -> None:
    shutil.rmtree(folder)
    folder.mkdir()
    write_dicom(folder, grid)


def small_lesion_in_the_remnant(_: dict[str, Voxels]) -> Voxels:
    return sample_array(sphere(8.0, (2.0, -20.0, 10.0)), GRID)
