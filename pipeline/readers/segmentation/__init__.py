"""DICOM Segmentation objects (DICOM PS3.3 A.51)."""
