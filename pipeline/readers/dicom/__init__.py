"""DICOM files: headers in bounds, image series as grids, pixels of single frames."""
