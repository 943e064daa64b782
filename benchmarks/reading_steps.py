"""One way to read a study of clinical size, in a process of its own: prints the seconds of the step without imports.

Usage: ``python -m benchmarks.reading_steps STEP FOLDER``. Ours and the peers' are written as one would who knows the
library: only the attributes needed, no pixel that is not asked for, the fastest call the documentation offers.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

Step = Callable[[Path], object]


def scan_with_livermetry() -> Step:
    """Find studies, as every command does first."""
    from pipeline.readers import find_studies, load_namings
    from pipeline.settings import configs_folder

    namings = load_namings(configs_folder() / "roles")
    return lambda folder: find_studies(folder, namings)


def scan_with_pydicom() -> Step:
    """Read the headers one by one, with nothing but the attributes that discovery needs."""
    import pydicom

    tags = ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID", "Modality", "PatientID",
            "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "Rows", "Columns"]  # fmt: skip
    return lambda folder: [
        pydicom.dcmread(path, stop_before_pixels=True, specific_tags=tags) for path in sorted(folder.rglob("*.dcm"))
    ]


def scan_with_simpleitk() -> Step:
    """Group the files by series and order them, as GDCM does."""
    import SimpleITK as sitk

    def scan(folder: Path) -> object:
        series = sitk.ImageSeriesReader.GetGDCMSeriesIDs(str(folder / "ct"))
        return [sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder / "ct"), uid) for uid in series]

    return scan


def dcm2niix_path() -> str | None:
    """Return the program of dcm2niix, of its wheel or of the system; None where there is none."""
    wheel = importlib.util.find_spec("dcm2niix")
    return str(Path(wheel.origin).parent / "dcm2niix") if wheel and wheel.origin else shutil.which("dcm2niix")


def scan_with_dcm2niix() -> Step:
    """Read and sort headers alone (BIDS sidecars, no images)."""
    program = dcm2niix_path()
    assert program is not None

    def scan(folder: Path) -> object:
        with tempfile.TemporaryDirectory() as output:
            command = [program, "-b", "o", "-v", "n", "-o", output, str(folder / "ct")]
            return subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    return scan


def series_with_livermetry() -> Step:
    """Find the study and describe every image of its series: place, spacing, identity, SHA-256 of its file."""
    from pipeline.aside import alone
    from pipeline.readers import find_studies, load_namings
    from pipeline.readers.dicom.series import read_slices
    from pipeline.settings import configs_folder

    namings = load_namings(configs_folder() / "roles")

    def read(folder: Path) -> object:
        (files,) = find_studies(folder, namings)
        with alone():
            slices, _ = read_slices([file.path for file in files.dicom if file.modality == "CT"])
        return slices, [each.sha256 for each in slices]

    return read


def seg_with_livermetry() -> Step:
    """Read every segment, each with the box it fills."""
    from benchmarks.clinical_grid import GRID
    from pipeline.readers.segmentation.dicom_seg import open_dicom_seg

    return lambda folder: open_dicom_seg(folder / "seg.dcm").read(GRID)


def seg_with_highdicom() -> Step:
    """Read all segments into one volume with an axis of segments."""
    import highdicom as hd

    return lambda folder: hd.seg.segread(folder / "seg.dcm").get_volume(combine_segments=False)


def seg_with_highdicom_one_by_one() -> Step:
    """Read each segment into a volume of its own."""
    import highdicom as hd

    def read(folder: Path) -> object:
        seg = hd.seg.segread(folder / "seg.dcm")
        for number in seg.segment_numbers:
            seg.get_volume(segment_numbers=[number], combine_segments=True, relabel=True)

    return read


def seg_with_pydicom() -> Step:
    """Unpack all frames, without a place or a segment to them."""
    import pydicom

    return lambda folder: pydicom.dcmread(folder / "seg.dcm").pixel_array


def read_all_with_simpleitk() -> Step:
    """Read the whole image into one volume."""
    import SimpleITK as sitk

    def read(folder: Path) -> object:
        reader = sitk.ImageSeriesReader()
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder / "ct")))
        return reader.Execute()

    return read


def read_study_with_peers() -> Step:
    """Read the whole image with SimpleITK, and all segments with highdicom."""
    image, masks = read_all_with_simpleitk(), seg_with_highdicom()
    return lambda folder: (image(folder), masks(folder))


def liver_slices_with_livermetry() -> Step:
    """Read study and masks, then the pixels under the liver: what a check needs of the image."""
    from pipeline.readers import find_studies, load_namings, read_image, read_study
    from pipeline.settings import configs_folder

    namings = load_namings(configs_folder() / "roles")

    def read(folder: Path) -> object:
        (files,) = find_studies(folder, namings)
        study = read_study(files)
        return read_image(study.image, study.segments[0].mask.box)

    return read


STEPS: dict[str, Callable[[], Step]] = {
    "scan livermetry": scan_with_livermetry,
    "scan SimpleITK": scan_with_simpleitk,
    "scan pydicom": scan_with_pydicom,
    "scan dcm2niix": scan_with_dcm2niix,
    "series livermetry": series_with_livermetry,
    "seg livermetry": seg_with_livermetry,
    "seg highdicom": seg_with_highdicom,
    "seg highdicom one by one": seg_with_highdicom_one_by_one,
    "seg pydicom": seg_with_pydicom,
    "liver livermetry": liver_slices_with_livermetry,
    "image SimpleITK": read_all_with_simpleitk,
    "study SimpleITK + highdicom": read_study_with_peers,
}

if __name__ == "__main__":
    step = STEPS[sys.argv[1]]()
    start = time.perf_counter()
    result = step(Path(sys.argv[2]))
    print(time.perf_counter() - start)
