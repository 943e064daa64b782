"""Files that hold a whole grid: NIfTI, NRRD, MetaImage."""
