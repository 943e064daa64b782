"""Reading studies: discovery, images, masks, their pairing, and the clinical record."""

from __future__ import annotations

from pipeline.readers.clinical.fields import ClinicalFields as ClinicalFields
from pipeline.readers.clinical.fields import load_clinical_fields as load_clinical_fields
from pipeline.readers.clinical.record_file import ClinicalFile as ClinicalFile
from pipeline.readers.clinical.record_file import describe_clinical as describe_clinical
from pipeline.readers.clinical.record_file import find_unused as find_unused
from pipeline.readers.clinical.record_file import match_record as match_record
from pipeline.readers.clinical.record_file import note_shared as note_shared
from pipeline.readers.clinical.record_file import read_clinical as read_clinical
from pipeline.readers.dicom.study_times import check_times as check_times
from pipeline.readers.discovery import StudyFiles as StudyFiles
from pipeline.readers.discovery import find_studies as find_studies
from pipeline.readers.images import read_image as read_image
from pipeline.readers.layouts.naming import Naming as Naming
from pipeline.readers.layouts.naming import load_naming as load_naming
from pipeline.readers.layouts.naming import load_namings as load_namings
from pipeline.readers.study_reading import read_study as read_study
