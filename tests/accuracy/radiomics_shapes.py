"""Read pyradiomics' shape features of stored masks. Needs pyradiomics and SimpleITK alone.

usage: python radiomics_shapes.py FOLDER   (masks as NAME.npz: voxels, steps; prints a table)
"""

import csv
import logging
import sys
from pathlib import Path

import numpy as np
import radiomics
import SimpleITK
from radiomics.shape import RadiomicsShape


def read_shape(path):
    """Return pyradiomics' volume (mL), largest slice diameter and largest 3D diameter (mm) of a stored mask."""
    stored = np.load(path)
    mask = SimpleITK.GetImageFromArray(np.pad(stored["voxels"], 1).astype(np.uint8))
    mask.SetSpacing([float(step) for step in stored["steps"][::-1]])
    shape = RadiomicsShape(mask, mask)
    volume = shape.getMeshVolumeFeatureValue() / 1000
    return volume, shape.getMaximum2DDiameterSliceFeatureValue(), shape.getMaximum3DDiameterFeatureValue()


def main(folder):
    """Write one line per mask."""
    logging.getLogger("radiomics").setLevel(logging.ERROR)
    version = radiomics.__version__
    sys.stdout.write(f"# pyradiomics {version}\n")
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(["trial", "volume", "longest", "max_3d"])
    for path in sorted(Path(folder).glob("*.npz")):
        values = read_shape(path)
        table.writerow([str(np.load(path)["name"]), *(f"{value:.5f}" for value in values)])


if __name__ == "__main__":
    main(sys.argv[1])
