"""Structures of label maps and one-structure files (NIfTI, NRRD, MetaImage), read by SimpleITK."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from pipeline.verify.grid import canonical
from pipeline.verify.itk_files import file_grid, load_array, metadata_of
from pipeline.verify.seg_masks import RawMask, turn_block
from pipeline.verify.solid import Solid, trimmed

SUFFIXES = (".nii.gz", ".nii", ".seg.nrrd", ".nrrd", ".nhdr", ".mha", ".mhd")
MOST_LABELS = 256


def is_volume_file(path: Path) -> bool:
    """Tell whether a file's name is that of a volume file that SimpleITK reads."""
    return path.name.lower().endswith(SUFFIXES)


def stem_of(path: Path) -> str:
    """Return a file's name without its ending, in small letters."""
    name = path.name.lower()
    return next((name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)), path.stem.lower())


def looks_like_image(path: Path) -> bool:
    """Tell whether a file holds grey values and no labels: negative, broken or many different ones."""
    array = load_array(path)
    if array.ndim != 3:
        return False
    values = np.unique(array)
    return bool(len(values) > MOST_LABELS or values.min() < 0 or (values != np.rint(values)).any())


def read_labels(path: Path) -> list[RawMask]:
    """Return a structure for every label of a file; segments that a .seg.nrrd describes carry their names."""
    array = load_array(path)
    grid, order, turns = canonical(file_grid(path))
    described = _described(metadata_of(path))
    layers = [array] if array.ndim == 3 else [array[..., n] for n in range(array.shape[3])]
    found = []
    for number, layer in enumerate(layers):
        values = [int(value) for value in np.unique(np.rint(layer)) if value > 0]
        for value in values:
            native = trimmed(Solid(grid, np.zeros(3, dtype=np.int64), np.rint(layer) == value))
            block, start = turn_block(native.voxels, native.start, array.shape[:3], order, turns)
            name = described.get((number, value), f"label {value}")
            found.append(RawMask(name, value, Solid(grid, start, block), path))
    return found


def _described(stated: dict[str, str]) -> dict[tuple[int, int], str]:
    """Return the names of segments that 3D Slicer writes into a .seg.nrrd, by layer and value."""
    names = {}
    for key, name in stated.items():
        found = re.fullmatch(r"(Segment\d+)_Name", key)
        if found:
            layer, value = (int(stated.get(f"{found[1]}_{end}", usual)) for end, usual in _USUAL)
            names[layer, value] = name
    return names


_USUAL = (("Layer", "0"), ("LabelValue", "1"))
