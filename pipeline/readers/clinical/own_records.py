"""Which clinical record lies with a study: in its folder, above it, or in the folders that hold its files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.readers.volumes.volume_file import digest_of
from pipeline.study import Finding, Severity

Found = tuple[Path | None, tuple[Finding, ...]]


def find_record(
    clinical: Sequence[Path], root: Path, highest: Path, own: Iterable[Path], others: Iterable[Path]
) -> Found:
    """Return the clinical record that lies with a study, and what has to be known of it.

    The one in the study's folder counts, else the nearest above it, else one below it: a study whose files lie in
    several folders, as copies do, may have its record in one of them.

    Parameters
    ----------
    clinical
        Every clinical record below the input.
    root, highest
        The study's folder, and the highest one above it that holds no other study.
    own, others
        Folders in which files of this study lie, and files of other ones.

    Returns
    -------
    tuple
        The path, or None when there is none, or when several differ (``CLIN_SEVERAL``).
    """
    for folder in (root, *(folder for folder in root.parents if highest == folder or highest in folder.parents)):
        here = [path for path in clinical if path.parent == folder]
        if here:
            return _only(here)
    below = [path for path in clinical if root in path.parents]
    if not below:
        return None, ()
    mine, foreign = _with_parents(own), _with_parents(others)
    return _only([path for path in below if path.parent in mine and path.parent not in foreign])


def _with_parents(folders: Iterable[Path]) -> set[Path]:
    return {each for folder in set(folders) for each in (folder, *folder.parents)}


def _only(paths: Sequence[Path]) -> Found:
    """Return the one record there is, copies of it counted once."""
    if len({digest_of(path) for path in paths} if len(paths) > 1 else paths) <= 1:
        return next(iter(sorted(paths)), None), ()
    message = (
        f"{len(paths)} different clinical records lie in the folders of this study: none was used. Keep one of them."
    )
    return None, (Finding("CLIN_SEVERAL", Severity.WARNING, message, ("verdicts",)),)
