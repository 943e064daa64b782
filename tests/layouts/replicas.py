"""Tiny replicas of public data sets as downloaded: folders, names, junk files and label values, of one phantom.

No voxel of any of these data sets is here. Masks are sampled from shapes with closed forms; the writers are pydicom,
SimpleITK and Pillow.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset

from pipeline.geometry import Geometry
from tests.phantoms import Cylinder, Ellipsoid, Shape, make_grid, sample_array, sphere
from tests.readers.build_dicom import LIVER as LIVER_CODE
from tests.readers.build_dicom import TISSUE, Exam, save, write_seg, write_series
from tests.readers.test_volume_files import write

Array = NDArray[np.bool_]
GRID = make_grid((22, 50, 44), (3.0, 1.5, 1.5))
SHAPES: Mapping[str, Shape] = {
    "liver": Ellipsoid((20.0, 18.0, 21.0), (-7.0, 2.0, 3.0)),
    "lesion_1": sphere(7.0, (-12.0, 5.0, 8.0)),
    "lesion_2": sphere(5.0, (2.0, -4.0, -6.0)),
    "spleen": sphere(5.0, (22.0, 12.0, 9.0)),
    "right_kidney": sphere(4.5, (-20.0, 24.0, -20.0)),
    "left_kidney": sphere(4.0, (20.0, 24.0, -18.0)),
    "vessel": Cylinder(3.0, 24.0, center_mm=(-2.0, 8.0, -3.0)),
    "cava": Cylinder(3.0, 40.0, center_mm=(10.0, 24.0, 0.0)),
}


def shape_of(name: str, grid: Geometry = GRID) -> Array:
    """Return the voxels of a structure; ``lesions`` are both, ``parenchyma`` is the liver without them."""
    if name == "lesions":
        return shape_of("lesion_1", grid) | shape_of("lesion_2", grid)
    if name == "parenchyma":
        return shape_of("liver", grid) & ~shape_of("lesions", grid)
    return sample_array(SHAPES[name], grid)


def label_map(numbers: Mapping[str, int], grid: Geometry = GRID) -> NDArray[np.uint8]:
    """Return a label map; what comes later lies over what comes before."""
    out = np.zeros(grid.shape, dtype=np.uint8)
    for name, number in numbers.items():
        out[shape_of(name, grid)] = number
    return out


def ct_values(seed: int = 0, grid: Geometry = GRID) -> NDArray[np.int16]:
    """Return Hounsfield units of a body with a liver, two darker lesions and noise."""
    values = np.random.default_rng(seed).normal(20, 8, grid.shape)
    values[shape_of("liver", grid)] += 90
    values[shape_of("lesions", grid)] -= 50
    return values.astype(np.int16)


def junk(*paths: Path) -> None:
    """Write files as downloads have them beside the data: of macOS, Windows and people."""
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\x00\x05\x16\x07 leftover")


def put_series(
    folder: Path, names: Sequence[str], grid: Geometry = GRID, *, modality: str = "CT", exam: str = "exam",
    series: str = "portal", change: Callable[[Dataset, int], None] | None = None, seed: int = 0,
) -> list[Path]:  # fmt: skip
    """Write the slices of a grid, in its order, under these names."""
    values = ct_values(seed, grid) + np.int16(1000)
    paths = write_series(folder, grid, values, exam=Exam(exam), series=series, modality=modality, change=change)
    return [path.rename(folder / name) for path, name in zip(paths, names, strict=True)]


def put_png(folder: Path, names: Sequence[str], array: NDArray[np.generic]) -> None:
    """Write one PNG a slice of an array, in its order, under these names."""
    folder.mkdir(parents=True, exist_ok=True)
    for plane, name in zip(array, names, strict=True):
        Image.fromarray(plane).save(folder / name)


def lits(root: Path) -> None:
    """LiTS as its two archives: flat batches of volume-N.nii and segmentation-N.nii."""
    for number, batch in ((0, 1), (28, 2)):
        folder = root / f"Training Batch {batch}"
        write(folder / f"volume-{number}.nii", ct_values(number), GRID)
        write(folder / f"segmentation-{number}.nii", label_map({"liver": 1, "lesions": 2}), GRID)
    junk(root / "Training Batch 1" / ".DS_Store", root / "Training Batch 1" / "._volume-0.nii")


def msd(root: Path, task: str, prefix: str, numbers: Mapping[str, int], names: Mapping[str, str]) -> None:
    """A task of the Decathlon: imagesTr, imagesTs, labelsTr, dataset.json and what macOS left in the archive."""
    folder = root / task
    for number in (3, 12):
        write(folder / "imagesTr" / f"{prefix}_{number:03d}.nii.gz", ct_values(number), GRID)
        write(folder / "labelsTr" / f"{prefix}_{number:03d}.nii.gz", label_map(numbers), GRID)
        junk(
            folder / "imagesTr" / f"._{prefix}_{number:03d}.nii.gz",
            folder / "labelsTr" / f"._{prefix}_{number:03d}.nii.gz",
        )
    write(folder / "imagesTs" / f"{prefix}_099.nii.gz", ct_values(99), GRID)
    (folder / "dataset.json").write_text(json.dumps({"name": task, "labels": names, "modality": {"0": "CT"}}))
    junk(folder / "._dataset.json")


def task03(root: Path) -> None:
    msd(root, "Task03_Liver", "liver", {"liver": 1, "lesions": 2}, {"0": "background", "1": "liver", "2": "cancer"})


def task08(root: Path) -> None:
    msd(root, "Task08_HepaticVessel", "hepaticvessel", {"vessel": 1, "lesions": 2},
        {"0": "background", "1": "Vessel", "2": "Tumour"})  # fmt: skip


AMOS = {"spleen": 1, "right_kidney": 2, "left_kidney": 3, "liver": 6, "cava": 9}


def amos(root: Path) -> None:
    """AMOS: a CT (1) and an MR (507), and an unlabelled test image."""
    for number in ("0001", "0507"):
        write(root / "amos22" / "imagesTr" / f"amos_{number}.nii.gz", ct_values(int(number)), GRID)
        write(root / "amos22" / "labelsTr" / f"amos_{number}.nii.gz", label_map(AMOS), GRID)
    write(root / "amos22" / "imagesTs" / "amos_0200.nii.gz", ct_values(200), GRID)
    names = {"0": "background", "1": "spleen", "6": "liver", "8": "arota", "9": "postcava"}
    (root / "amos22" / "dataset.json").write_text(json.dumps({"labels": names}))


def totalsegmentator(root: Path, image: str = "ct") -> None:
    """One subject of the data set: an image and a folder of one file a structure, lesions of a second task beside."""
    subject = root / "s0011"
    write(subject / f"{image}.nii.gz", ct_values(), GRID)
    names = {"liver": "liver", "spleen": "spleen", "kidney_right": "right_kidney", "kidney_left": "left_kidney",
             "inferior_vena_cava": "cava", "liver_lesions": "lesions", "liver_vessels": "vessel"}  # fmt: skip
    for name, structure in names.items():
        write(subject / "segmentations" / f"{name}.nii.gz", shape_of(structure).astype(np.uint8), GRID)
    for name in ("vertebrae_L1", "aorta", "rib_left_3"):
        write(subject / "segmentations" / f"{name}.nii.gz", np.zeros(GRID.shape, np.uint8), GRID)


def nnunet(root: Path) -> None:
    """An nnU-Net raw data set whose dataset.json names the numbers in an order of its own."""
    folder = root / "Dataset017_Abdomen"
    for case in ("pat_01", "pat_02"):
        write(folder / "imagesTr" / f"{case}_0000.nii.gz", ct_values(int(case[-1])), GRID)
        write(folder / "labelsTr" / f"{case}.nii.gz", label_map({"spleen": 1, "liver": 2, "lesions": 4}), GRID)
    labels = {"background": 0, "spleen": 1, "liver": 2, "stomach": 3, "tumor": 4}
    content = {"channel_names": {"0": "CT"}, "labels": labels, "numTraining": 2, "file_ending": ".nii.gz"}
    (folder / "dataset.json").write_text(json.dumps(content))


def bids(root: Path) -> None:
    """A BIDS data set: a subject with sessions and a described dseg, and one with masks named by label."""
    session = "sub-01/ses-02/anat"
    write(root / session / "sub-01_ses-02_ct.nii.gz", ct_values(1), GRID)
    place = root / "derivatives" / "liverpipe" / session
    dseg = place / "sub-01_ses-02_space-orig_desc-manual_dseg.nii.gz"
    write(dseg, label_map({"liver": 2, "lesions": 5, "spleen": 9}), GRID)
    (place / "sub-01_ses-02_space-orig_desc-manual_dseg.tsv").write_text(
        "index\tname\tcolor\n2\tLiver\t#ff0000\n5\tLiver lesion\t#00ff00\n9\tSpleen\t#0000ff\n"
    )
    write(root / "sub-02/anat/sub-02_T1w.nii.gz", ct_values(2), GRID)
    for label, name in (("liver", "parenchyma"), ("tumor", "lesions"), ("spleen", "spleen")):
        path = root / "derivatives/liverpipe/sub-02/anat" / f"sub-02_space-T1w_label-{label}_desc-manual_mask.nii.gz"
        write(path, shape_of(name).astype(np.uint8), GRID)
    (root / "dataset_description.json").write_text(json.dumps({"Name": "x", "BIDSVersion": "1.8.0"}))


def chaos_ct(root: Path, grid: Geometry = GRID) -> None:
    """Two CT of CHAOS: the first numbered from the head down as i0000,0000b.dcm, the second from the feet up."""
    count = grid.shape[0]
    masks = shape_of("liver", grid).astype(np.uint8) * 255
    for number, downwards in ((1, True), (2, False)):
        folder = root / "CHAOS_Train_Sets" / "Train_Sets" / "CT" / str(number)
        order = [count - 1 - i if downwards else i for i in range(count)]
        images = [f"i{i:04d},0000b.dcm" if downwards else f"IMG-0004-{i + 1:05d}.dcm" for i in order]
        put_series(folder / "DICOM_anon", images, grid, exam=f"ct{number}", seed=number)
        put_png(folder / "Ground", [f"liver_GT_{i:03d}.png" for i in order], masks)
    junk(root / "CHAOS_Train_Sets" / "Train_Sets" / "CT" / "1" / "Ground" / "Thumbs.db")


CHAOS_MR = {"liver": 63, "right_kidney": 126, "left_kidney": 189, "spleen": 252}


def chaos_mr(root: Path, grid: Geometry = GRID) -> None:
    """One MR patient of CHAOS: in-phase and out-phase images with the same UIDs and one Ground, and T2-SPIR."""
    count = grid.shape[0]
    folder = root / "CHAOS_Train_Sets" / "Train_Sets" / "MR" / "1"
    masks = label_map(CHAOS_MR, grid)
    even = [f"IMG-0004-{2 * i + 2:05d}" for i in range(count)]
    odd = [f"IMG-0004-{2 * i + 1:05d}.dcm" for i in range(count)]
    dual = folder / "T1DUAL"
    put_series(
        dual / "DICOM_anon" / "InPhase", [f"{n}.dcm" for n in even], grid, modality="MR", exam="mr", series="dual"
    )
    put_series(dual / "DICOM_anon" / "OutPhase", odd, grid, modality="MR", exam="mr", series="dual", seed=5)
    put_png(dual / "Ground", [f"{n}.png" for n in even], masks)
    spir = folder / "T2SPIR"
    names = [f"IMG-0002-{i + 1:05d}" for i in range(count)]
    put_series(spir / "DICOM_anon", [f"{n}.dcm" for n in names], grid, modality="MR", exam="mr", series="spir", seed=6)
    put_png(spir / "Ground", [f"{n}.png" for n in names], masks)


IRCADB = {
    "liver": "liver", "livertumor01": "lesion_1", "livertumor02": "lesion_2", "portalvein": "vessel",
    "venacava": "cava", "leftkidney": "left_kidney", "rightkidney": "right_kidney", "spleen": "spleen",
    "skin": "liver", "bone": "spleen",
}  # fmt: skip


def ircadb(root: Path, grid: Geometry = GRID, twice: bool = False, placed: bool = True) -> Path:
    """One patient of 3D-IRCADb-01, unpacked; ``twice`` where the tool made the folders twice.

    ``placed`` False leaves the positions out of the masks, whose names then say which image they belong to.
    """
    patient = root / "3Dircadb1.8"
    names = [f"image_{i}" for i in range(grid.shape[0])]
    images = patient / "PATIENT_DICOM" / ("PATIENT_DICOM" if twice else "")
    put_series(images, names, grid, exam="ircad", series="patient")
    masks = patient / "MASKS_DICOM" / ("MASKS_DICOM" if twice else "")
    for folder, shape in IRCADB.items():
        put_dicom_masks(masks / folder, images, names, shape_of(shape, grid), folder, placed)
    put_series(patient / "LABELLED_DICOM", names, grid, exam="ircad", series="labelled", seed=3)
    junk(patient / "MESHES_VTK" / "liver.vtk", masks / "Thumbs.db")
    return patient


def put_dicom_masks(
    folder: Path, images: Path, names: Sequence[str], array: Array, series: str, placed: bool = True
) -> None:
    """Write a mask as a series of 8-bit DICOM images of 0 and 255 with the headers of the images."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        image = pydicom.dcmread(images / name)
        image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = f"{image.SOPInstanceUID[:50]}.{len(series)}"
        image.SeriesInstanceUID = f"{image.SeriesInstanceUID[:50]}.{sum(series.encode())}"
        image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 8, 8, 7, 0
        image.RescaleIntercept = 0
        plane = array[number].astype(np.uint8) * 255
        image.PixelData = plane.tobytes() + b"\0" * (plane.size % 2)
        if not placed:
            del image.ImagePositionPatient, image.ImageOrientationPatient
        save(image, folder / name)


def tcia_crlm(root: Path) -> None:
    """One patient of Colorectal-Liver-Metastases as the NBIA Data Retriever writes it: CT and SEG folders."""
    study = root / "manifest-1669817128730" / "Colorectal-Liver-Metastases" / "CRLM-CT-1001" / "01-01-1992-NA-CT-71032"
    names = [f"1-{i + 1:03d}.dcm" for i in range(GRID.shape[0])]
    images = put_series(study / "101.000000-CRLMCT-22398", names, exam="crlm")
    masks = {
        "Liver": (shape_of("liver"), LIVER_CODE), "Liver_Remnant": (shape_of("spleen"), LIVER_CODE),
        "Hepatic": (shape_of("cava"), TISSUE), "Portal": (shape_of("vessel"), TISSUE),
        "Tumor_1": (shape_of("lesion_1"), TISSUE), "Tumor_2": (shape_of("lesion_2"), TISSUE),
    }  # fmt: skip
    write_seg(study / "100.000000-Segmentation-99942" / "1-1.dcm", images, masks)
    junk(root / "manifest-1669817128730" / "metadata.csv", study.parents[1] / "LICENSE")
