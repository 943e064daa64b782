"""How the files of a data set are laid out, as its role file says: patterns of files, and folders of mask slices.

Owns the schema and its checks. Files are matched in ``pipeline.readers.layouts.file_patterns``, folders of slices in
``pipeline.readers.layouts.slice_folders``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipeline.structures import Role
from pipeline.yaml_file import YamlFile

Span = Annotated[list[int], Field(min_length=2, max_length=2)]
"""First and last value of a range, both included."""


class FilePatterns(BaseModel):
    """Paths of the files of one case, relative to its folder and without extension.

    ``{case}`` stands for the name of the case (the same wherever it is repeated), ``{session}`` for a part of it,
    ``{structure}`` for the name of a structure, ``*`` for anything.

    Parameters
    ----------
    channels
        Further images of a case, of other contrasts: told and not measured.
    label_names
        Files that name the numbers of a label map, with extension: ``{file}`` stands for the label map's own path
        without extension, ``{inherited}.tsv`` for the nearest table that applies to it by the rules of BIDS, anything
        else lies in the folder where the patterns begin. JSON as of nnU-Net and the Medical
        Segmentation Decathlon (``labels``), TSV as of BIDS (``index``, ``name``).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    image: list[str] = []
    channels: list[str] = []
    labels: list[str] = []
    structure: list[str] = []
    label_names: list[str] = []


@dataclass(frozen=True)
class LooseFiles:
    """What is known of files that lie in another layout than the role file's own.

    Parameters
    ----------
    labels
        Patterns of label maps that the role file itself gives: its numbers are meant for these.
    names
        Role of each plain name, as ``generic`` knows them.
    """

    labels: tuple[str, ...]
    names: Mapping[str, Role]


class SliceLayout(BaseModel):
    """A folder of DICOM images, and one or more folders of mask slices that belong to it.

    Parameters
    ----------
    images, masks, beside
        Folders relative to that of the case. ``{structure}`` at the end of ``masks`` stands for one folder a structure.
        ``beside`` are images that share the masks or show them, and are not measured.
    form
        ``png`` slices, or ``dicom`` images.
    bind
        How a mask slice finds its image: the first mask by name belongs to the first image by name (``order``), the
        numbers in their names agree (``number``), or it states its own place (``position``; by number where none does).
    flip
        Axes to turn around in every mask slice before it lies like its image.
    structure
        What every set pixel is. Without it, and without ``{structure}``, grey values are label numbers.
    ranges
        Grey values that stand for a label number.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    images: str = Field(min_length=1)
    masks: str = Field(min_length=1)
    beside: list[str] = []
    form: Literal["png", "dicom"]
    bind: Literal["order", "number", "position"]
    flip: list[Literal["rows", "columns"]] = []
    structure: str | None = None
    ranges: dict[int, Span] = {}

    @property
    def has_folders_of_structures(self) -> bool:
        """Tell whether each structure has a folder of its own."""
        return self.masks.endswith("/{structure}")


def check_patterns(patterns: FilePatterns, file: YamlFile) -> Iterator[str]:
    """Yield what is wrong with file patterns."""
    for kind in ("image", "channels", "labels", "structure"):
        for text in getattr(patterns, kind):
            if _fields(text) - {"case", "session", "structure"} or _leads_out(text):
                yield file.problem(
                    f"{text}: a pattern is a relative path with {{case}}, {{session}}, {{structure}}, *", "files", kind
                )
            if ("{structure}" in text) != (kind == "structure"):
                yield file.problem(
                    f"{text}: {{structure}} belongs in structure patterns, and must be there", "files", kind
                )
            if "{session}" in text and "{case}" not in text:
                yield file.problem(f"{text}: {{session}} is a part of {{case}}, which is not there", "files", kind)
    for text in patterns.label_names:
        if _fields(text) - {"file", "inherited"} or _leads_out(text) or not text.endswith((".json", ".tsv")):
            yield file.problem(f"{text}: expected a relative path that ends in .json or .tsv", "files", "label_names")


def check_slices(layouts: Sequence[SliceLayout], file: YamlFile) -> Iterator[str]:
    """Yield what is wrong with layouts of mask slices."""
    for number, layout in enumerate(layouts):
        for key, text in [("images", layout.images), ("masks", layout.masks), *(("beside", t) for t in layout.beside)]:
            allowed = {"structure"} if key == "masks" and layout.has_folders_of_structures else set()
            if _fields(text) - allowed or _leads_out(text) or "*" in text:
                yield file.problem(
                    f"{text}: expected a relative folder; masks may end in /{{structure}}", "slices", number, key
                )
        if layout.structure and (layout.has_folders_of_structures or layout.ranges):
            yield file.problem(
                "structure: the folders or the grey values say it already", "slices", number, "structure"
            )
        if layout.form == "png" and layout.bind == "position":
            yield file.problem("bind: a PNG states no position; use order or number", "slices", number, "bind")
        yield from _check_ranges(layout, file, number)


def _check_ranges(layout: SliceLayout, file: YamlFile, number: int) -> Iterator[str]:
    spans = sorted(layout.ranges.values())
    if any(low > high or low < 1 for low, high in spans):
        yield file.problem("ranges: expected [first, last] of positive grey values", "slices", number, "ranges")
    if any(first[1] >= second[0] for first, second in pairwise(spans)):
        yield file.problem("ranges: two of them overlap", "slices", number, "ranges")


def _fields(text: str) -> set[str]:
    return set(re.findall(r"\{(.*?)\}", text))


def _leads_out(text: str) -> bool:
    return text.startswith("/") or ".." in text or "\\" in text
