"""DICOM RTSTRUCT: contours as masks with exact shares of pixels (DICOM PS3.3 A.19)."""
