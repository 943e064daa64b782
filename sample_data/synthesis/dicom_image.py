"""CT and MR images as DICOM single-frame files, with every attribute their definitions ask for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, MRImageStorage

from synthesis.grid import Grid
from synthesis.identity import Examination
from synthesis.noise import Whole

MANUFACTURER = "livermetry"
MODEL = "sample_data/generate.py"
IMPLEMENTATION_UID = UID("2.25.203149602219427416253170905921384714517")


def write_images(folder: Path, exam: Examination, grid: Grid, pixels: Whole, modality: str) -> list[Dataset]:
    """Write one file a slice, ``0001.dcm`` the most foot-ward, and return their data sets in that order."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for number in range(grid.shape[0]):
        image = build_image(exam, grid, pixels[number], number, modality)
        image.save_as(folder / f"{number + 1:04d}.dcm", enforce_file_format=True)
        written.append(image)
    return written


def build_image(exam: Examination, grid: Grid, pixels: Whole, number: int, modality: str) -> Dataset:
    """Return the data set of one slice; ``pixels`` in Hounsfield units for CT."""
    image = Dataset()
    image.SOPClassUID = CTImageStorage if modality == "CT" else MRImageStorage
    image.SOPInstanceUID = exam.uid(modality, str(number))
    image.file_meta = build_file_meta(image)
    image.Modality = modality
    _add_patient_and_study(image, exam)
    _add_series(image, exam, number)
    _add_plane(image, grid, number)
    if modality == "CT":
        _add_ct(image)
        stored = pixels + 1024
    else:
        _add_mr(image)
        stored = pixels
    _add_pixels(image, stored)
    return image


def build_file_meta(image: Dataset) -> FileMetaDataset:
    """Return the file meta information of an uncompressed file."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = image.SOPClassUID
    meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = IMPLEMENTATION_UID
    meta.ImplementationVersionName = "LIVERMETRY_DATA"
    return meta


def _add_patient_and_study(image: Dataset, exam: Examination) -> None:
    image.SpecificCharacterSet = "ISO_IR 192"
    image.PatientName = exam.patient_name
    image.PatientID = exam.patient_id
    image.PatientBirthDate = exam.birth_date
    image.PatientSex = exam.sex
    image.PatientAge = exam.age
    image.StudyInstanceUID = exam.study_instance_uid
    image.StudyDate = exam.study_date
    image.StudyTime = exam.study_time
    image.ReferringPhysicianName = ""
    image.StudyID = "1"
    image.AccessionNumber = exam.accession_number
    image.StudyDescription = exam.study_description


def _add_series(image: Dataset, exam: Examination, number: int) -> None:
    image.SeriesInstanceUID = exam.uid("image series")
    image.SeriesNumber = 2
    image.SeriesDescription = exam.series_description
    image.SeriesDate = image.AcquisitionDate = image.ContentDate = exam.study_date
    image.SeriesTime = image.AcquisitionTime = image.ContentTime = exam.study_time
    image.BodyPartExamined = "ABDOMEN"
    image.PatientPosition = "HFS"
    image.FrameOfReferenceUID = exam.frame_of_reference_uid
    image.PositionReferenceIndicator = ""
    image.Manufacturer = MANUFACTURER
    image.ManufacturerModelName = MODEL
    image.DeviceSerialNumber = "0"
    image.SoftwareVersions = "1"
    image.InstitutionName = "Synthetic phantom, no patient"
    image.AcquisitionNumber = 1
    image.InstanceNumber = number + 1
    image.BurnedInAnnotation = "NO"
    image.LossyImageCompression = "00"


def _add_plane(image: Dataset, grid: Grid, number: int) -> None:
    thick, down, along = grid.spacing_mm
    image.PixelSpacing = [_decimal(down), _decimal(along)]
    image.SliceThickness = _decimal(thick)
    image.ImageOrientationPatient = [_decimal(value) for value in grid.orientation]
    image.ImagePositionPatient = [_decimal(value) for value in grid.position(number)]
    image.SliceLocation = _decimal(thick * number)


def _decimal(value: float) -> str:
    """Return a decimal string of at most 16 characters."""
    return f"{value:.10f}".rstrip("0").rstrip(".")[:16]


def _add_ct(image: Dataset) -> None:
    image.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    image.KVP = "120"
    image.ExposureTime = 500
    image.XRayTubeCurrent = 200
    image.ConvolutionKernel = "SYNTHETIC"
    image.GantryDetectorTilt = "0"
    image.ContrastBolusAgent = "None given: synthetic portal-venous phase"
    image.RescaleIntercept = "-1024"
    image.RescaleSlope = "1"
    image.RescaleType = "HU"
    image.WindowCenter, image.WindowWidth = "90", "150"


def _add_mr(image: Dataset) -> None:
    image.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
    image.ScanningSequence = "GR"
    image.SequenceVariant = "SP"
    image.ScanOptions = "FS"
    image.MRAcquisitionType = "3D"
    image.RepetitionTime = "4.1"
    image.EchoTime = "1.9"
    image.EchoTrainLength = 1
    image.FlipAngle = "12"
    image.MagneticFieldStrength = "1.5"
    image.WindowCenter, image.WindowWidth = "320", "560"


def _add_pixels(image: Dataset, stored: Whole) -> None:
    image.SamplesPerPixel = 1
    image.PhotometricInterpretation = "MONOCHROME2"
    image.Rows, image.Columns = stored.shape
    image.BitsAllocated, image.BitsStored, image.HighBit = 16, 12, 11
    image.PixelRepresentation = 0
    if stored.min() < 0 or stored.max() > 4095:
        raise ValueError("pixel values do not fit into 12 bits")
    image.PixelData = np.ascontiguousarray(stored.astype("<u2")).tobytes()
