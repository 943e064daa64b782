"""DICOM Segmentation objects by highdicom, the same bytes in every run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import highdicom as hd
import numpy as np
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from synthesis.dicom_image import IMPLEMENTATION_UID, MANUFACTURER, MODEL
from synthesis.grid import Mask, Vector
from synthesis.identity import Examination

STRUCTURE = Code("123037004", "SCT", "Anatomical Structure")
ABNORMAL = Code("49755003", "SCT", "Morphologically Abnormal Structure")
REMNANT = Code("FLR", "99LIVERMETRY", "Future liver remnant")
"""SNOMED CT has no code for the remnant that a plan leaves; the private scheme is declared in the object."""
GEOMETRY = Code("GEOMETRY", "99LIVERMETRY", "Closed-form geometry")
"""How the phantoms' masks come to be; DICOM's own list of algorithm families has no such entry."""

CODES: Mapping[str, Code] = {
    "liver": codes.SCT.Liver,
    "remnant": REMNANT,
    "hepatic_vein": codes.SCT.HepaticVein,
    "portal_vein": codes.SCT.PortalVein,
    "segment_1": codes.SCT.CouinaudHepaticSegmentI,
    "segment_2": codes.SCT.CouinaudHepaticSegmentII,
    "segment_3": codes.SCT.CouinaudHepaticSegmentIII,
    "segment_4": codes.SCT.CouinaudHepaticSegmentIV,
    "segment_5": codes.SCT.CouinaudHepaticSegmentV,
    "segment_6": codes.SCT.CouinaudHepaticSegmentVI,
    "segment_7": codes.SCT.CouinaudHepaticSegmentVII,
    "segment_8": codes.SCT.CouinaudHepaticSegmentVIII,
    "focus_1": codes.SCT.Mass,
}
LABELS: Mapping[str, str] = {
    "liver": "Liver",
    "remnant": "Liver_Remnant",
    "hepatic_vein": "Hepatic",
    "portal_vein": "Portal",
    "focus_1": "Lesion_1",
}
"""As TCIA's Colorectal-Liver-Metastases names them; lesions are Tumor_1, Tumor_2, ..."""


@dataclass(frozen=True)
class Drawing:
    """How masks came to be: what the object says of itself."""

    description: str
    algorithm_type: hd.seg.SegmentAlgorithmTypeValues
    algorithm_name: str
    algorithm_family: Code
    series_number: int = 100


def write_segmentation(
    path: Path,
    exam: Examination,
    images: Sequence[Dataset],
    masks: Mapping[str, Mask],
    drawing: Drawing,
    positions: Sequence[Vector] | None = None,
) -> Dataset:
    """Write the masks as one BINARY object, a segment each, no empty frame.

    The arrays are in the order of ``images``; ``positions`` (LPS mm, one a slice) lays them elsewhere.
    """
    planes = None
    if positions is not None:
        planes = [hd.PlanePositionSequence(hd.CoordinateSystemNames.PATIENT, position) for position in positions]
    segmentation = hd.seg.Segmentation(
        source_images=list(images),
        pixel_array=np.stack([mask.astype(np.uint8) for mask in masks.values()], axis=-1),
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=list_descriptions(exam, masks, drawing),
        plane_positions=planes,
        series_instance_uid=exam.uid("segmentation series"),
        series_number=drawing.series_number,
        sop_instance_uid=exam.uid("segmentation"),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=MODEL,
        software_versions="1",
        device_serial_number="0",
        content_description=drawing.description,
        content_label="SAMPLE",
        series_description=drawing.description,
    )
    finish_segmentation(segmentation, exam)
    segmentation.save_as(path, enforce_file_format=True)
    return segmentation


def list_descriptions(exam: Examination, names: Iterable[str], drawing: Drawing) -> list[hd.seg.SegmentDescription]:
    """Return a description with code, label and tracking identifier for each structure."""
    found = []
    for number, name in enumerate(names, 1):
        lesion = name.startswith(("lesion_", "focus_"))
        found.append(
            hd.seg.SegmentDescription(
                segment_number=number,
                segment_label=label_of(name),
                segmented_property_category=ABNORMAL if lesion else STRUCTURE,
                segmented_property_type=CODES.get(name, codes.SCT.Neoplasm),
                algorithm_type=drawing.algorithm_type,
                algorithm_identification=identify_algorithm(drawing),
                tracking_id=f"{exam.name} {label_of(name)}",
                tracking_uid=exam.uid("tracking", name),
                anatomic_regions=[codes.SCT.Liver] if lesion else None,
            )
        )
    return found


def label_of(name: str) -> str:
    """Return the segment label of a structure."""
    if name.startswith("lesion_"):
        return "Tumor_" + name.removeprefix("lesion_")
    return LABELS.get(name, name.replace("segment_", "Couinaud_Segment_"))


def identify_algorithm(drawing: Drawing) -> hd.AlgorithmIdentificationSequence | None:
    """Return what drew the masks; nothing for masks drawn by hand."""
    if drawing.algorithm_type is hd.seg.SegmentAlgorithmTypeValues.MANUAL:
        return None
    return hd.AlgorithmIdentificationSequence(name=drawing.algorithm_name, version="1", family=drawing.algorithm_family)


def finish_segmentation(segmentation: Dataset, exam: Examination) -> None:
    """Replace what depends on the clock or on chance."""
    segmentation.ContentDate = segmentation.SeriesDate = exam.study_date
    segmentation.ContentTime = segmentation.SeriesTime = exam.study_time
    for keyword in ("InstanceCreationDate", "InstanceCreationTime"):
        if keyword in segmentation:
            delattr(segmentation, keyword)
    for item in segmentation.get("ContributingEquipmentSequence", ()):
        item.ContributionDateTime = exam.study_date + exam.study_time
    organization = exam.uid("dimensions")
    for sequence in (segmentation.DimensionOrganizationSequence, segmentation.DimensionIndexSequence):
        for item in sequence:
            item.DimensionOrganizationUID = organization
    segmentation.file_meta.ImplementationClassUID = IMPLEMENTATION_UID
    segmentation.file_meta.ImplementationVersionName = "LIVERMETRY_DATA"
    _declare_private_codes(segmentation)


def _declare_private_codes(segmentation: Dataset) -> None:
    if f"{REMNANT.scheme_designator}" not in str(segmentation.SegmentSequence):
        return
    scheme = Dataset()
    scheme.CodingSchemeDesignator = REMNANT.scheme_designator
    scheme.CodingSchemeName = "Codes of the livermetry sample data"
    segmentation.CodingSchemeIdentificationSequence = [scheme]
