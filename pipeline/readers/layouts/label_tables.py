"""Whether the label numbers of a role file hold for a label map: a lesion file must not become a spleen by its number.

Every drawing tool numbers its first structure 1. So a table of numbers holds for the files that the role file itself
calls label maps, and for a file that only looks like one as long as nothing about it says otherwise.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePosixPath

from pipeline.readers.layouts.cases import Case
from pipeline.readers.layouts.file_patterns import fits_pattern, stem_of
from pipeline.readers.layouts.name_keys import find_name, normalize
from pipeline.readers.layouts.precedence import MOST_NAMES, describe_names
from pipeline.readers.mask_object import clean_name
from pipeline.structures import Role
from pipeline.study import Finding, Severity

LESION_ROLES = frozenset({Role.LESION, Role.BENIGN_LESION, Role.ABLATION_ZONE})
SHORTEST_WORD = 3
"""Letters of a name for lesions that are looked for inside the name of a file."""


def doubt_table(path: PurePosixPath, values: Collection[int], case: Case) -> str | None:
    """Return why the numbers of the case's role file do not hold for a label map; None when they do, or it has none.

    Parameters
    ----------
    values
        The numbers that occur in the file.
    """
    loose = case.naming.loose
    meant = {role for role in case.naming.labels.values() if role is not Role.IGNORED}
    if not meant or loose is None or any(fits_pattern(path, pattern) for pattern in loose.labels):
        return None
    if len(case.labels) > 1:
        return f"{len(case.labels)} files look like label maps, and the role file says of none that it is the one"
    roles = {find_name(name, loose.names) for name, _ in case.structures}
    if {loose.names[key] for key in roles if key is not None} & meant:
        return "the structures that it numbers lie beside it, one file each"
    if _is_called_lesion(path, case) and not meant <= LESION_ROLES:
        return "it is called by a name for lesions"
    if len(values) == 1 and len(meant) > 1:
        return "it holds one number alone, as any file of one structure does"
    return None


def describe_doubt(path: PurePosixPath, doubt: str, case: Case) -> Finding:
    """Return the finding on a label map for which the numbers of the role file do not hold."""
    message = (
        f"The label numbers of the role file {case.naming.name} were not used for {describe_names([name_of(path)])}: "
        f"{doubt}. If they are meant for it, say so under `files: labels` in a role file (docs/roles.md)."
    )
    return Finding("LABEL_UNKNOWN", Severity.WARNING, message)


def describe_numbers(numbers: Collection[int]) -> Finding:
    """Return the finding on a label map of several numbers that nothing explains, with the line that would."""
    shown = ", ".join(f"{number}: ROLE" for number in sorted(numbers)[:MOST_NAMES])
    more = ", ..." if len(numbers) > MOST_NAMES else ""
    message = (
        f"A label map holds {len(numbers)} numbers and nothing says what they are. Write "
        f"`labels: {{{shown}{more}}}` with the role of each (liver, lesion, ... or ignored) into a role file of five "
        "lines and give it with --roles; an example is in docs/roles.md, 'A file of your own'."
    )
    return Finding("LABEL_UNKNOWN", Severity.WARNING, message)


def name_of(path: PurePosixPath) -> str:
    """Return the name of a mask file without folder and extension, in one line, to call its structure by."""
    return clean_name(PurePosixPath(stem_of(path)).name)


def _is_called_lesion(path: PurePosixPath, case: Case) -> bool:
    """Tell whether a name for lesions stands anywhere in the name of a file, within a word (``Tumormaske``) too."""
    name = normalize(name_of(path)).replace("_", "")
    names = case.naming.loose.names if case.naming.loose is not None else {}
    words = {key.replace("_", "") for key, role in {**names, **case.naming.names}.items() if role in LESION_ROLES}
    return any(len(word) >= SHORTEST_WORD and word.isalpha() and word in name for word in words)
