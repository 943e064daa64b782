"""Names of label numbers from a file beside a label map, only where the data set's role file says that it names them.

JSON as nnU-Net and the Medical Segmentation Decathlon write it (``labels``), TSV as BIDS does (``index``, ``name``).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.errors import StudyRefused
from pipeline.readers.mask_object import clean_name

MAX_BYTES = 1 << 20


def find_inherited(path: Path, top: Path) -> Path | None:
    """Return the table of a BIDS label map: the nearest that applies to it, in its folder or above, up to ``top``.

    A table applies when it has the label map's suffix and no entity that the label map has not (``dseg.tsv``,
    ``desc-liver_dseg.tsv``; BIDS specification, common principles, inheritance). ``path`` has no extension.

    Raises
    ------
    StudyRefused
        ``LABEL_UNKNOWN`` when several tables of one folder apply.
    """
    for folder in (path.parent, *path.parent.parents):
        exact = folder / f"{path.name}.tsv"
        found = [exact] if exact.is_file() else [each for each in sorted(folder.glob("*.tsv")) if _applies(each, path)]
        if len(found) > 1:
            raise StudyRefused(
                "LABEL_UNKNOWN", f"{len(found)} tables of one folder name the numbers of a label map; keep one of them."
            )
        if found or folder == top:
            return found[0] if found else None
    return None


def _applies(table: Path, path: Path) -> bool:
    words, own = table.stem.split("_"), path.name.split("_")
    return words[-1] == own[-1] and set(words) <= set(own)


def read_label_names(paths: Sequence[Path]) -> dict[int, str]:
    """Return the names that the first existing file gives to label numbers; none when there is no such file.

    Raises
    ------
    StudyRefused
        ``LABEL_UNKNOWN`` when the file is there and cannot be read, or names one number twice.
    """
    path = next((path for path in paths if path.is_file() and not path.is_symlink()), None)
    if path is None:
        return {}
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError("too large")
        text = path.read_bytes().decode("utf-8-sig")
        pairs = _json_pairs(text) if path.suffix == ".json" else _table_pairs(text)
    except (OSError, ValueError, RecursionError):
        raise StudyRefused(
            "LABEL_UNKNOWN",
            f"The file that names the label numbers (*{path.suffix}) cannot be read; correct it, or name the "
            "numbers in a role file.",
        ) from None
    names = dict(pairs)
    if len(names) < len(set(pairs)):
        raise StudyRefused("LABEL_UNKNOWN", f"The file that names the label numbers (*{path.suffix}) names one twice.")
    return names


def _json_pairs(text: str) -> list[tuple[int, str]]:
    """Return pairs of ``labels``: numbers to names (Decathlon, nnU-Net 1) or names to numbers (nnU-Net 2).

    A name of several numbers (a region) says nothing of a single one and is left out.
    """
    content = json.loads(text, object_pairs_hook=_unique)
    labels = content.get("labels") if isinstance(content, dict) else None
    if not isinstance(labels, dict):
        raise ValueError("no labels")
    if all(key.isdecimal() for key in labels):
        return [(int(key), clean_name(name)) for key, name in labels.items() if isinstance(name, str)]
    return [
        (number, clean_name(name))
        for name, number in labels.items()
        if isinstance(number, int) and not isinstance(number, bool)
    ]


def _unique(pairs: list[tuple[str, object]]) -> Mapping[str, object]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key is given twice")
    return dict(pairs)


def _table_pairs(text: str) -> list[tuple[int, str]]:
    rows = csv.DictReader(io.StringIO(text), delimiter="\t", strict=True)
    if not {"index", "name"} <= set(rows.fieldnames or ()):
        raise ValueError("no columns index and name")
    try:
        return [(int(row["index"]), clean_name(row["name"])) for row in rows]
    except (TypeError, csv.Error):
        raise ValueError("a row is not complete") from None
