"""What one structure is, from its code, its name and its number: which of them holds, and where they contradict."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.readers.layouts.naming import REFINEMENTS, Naming
from pipeline.readers.layouts.precedence import describe_names
from pipeline.readers.mask_object import RawSegment
from pipeline.structures import Role
from pipeline.study import Finding, Severity

LESION_QUANTITIES = ("lesion_count", "total_lesion_volume_ml", "tumour_burden_percent")
LIVER_QUANTITIES = ("total_liver_volume_ml", "functional_liver_volume_ml", "tumour_burden_percent", "remnant_percent")
TOUCHED = {Role.LESION: LESION_QUANTITIES, Role.LIVER: LIVER_QUANTITIES}
"""What a role decides; any other role touches the whole study."""


def find_role(raw: RawSegment, naming: Naming, *, numbered: bool = False) -> tuple[Role | None, Finding | None]:
    """Return a structure's role, and a finding when its name speaks against its code.

    A code holds where the name says the same or nothing, and where it is not known; a name may make a broader code
    more specific. A name of another role, with a word against the code, or of several structures (``Liver-Tumor``)
    leaves the structure out. The interpreted type of an ROI (``RT:GTV``) is a code that no name makes more specific.

    Parameters
    ----------
    numbered
        Whether the label numbers of the role file hold for its mask object.
    """
    coded, named = naming.role_of_codes(raw.codes), naming.role_of_name(raw.name)
    if coded is None:
        return named or (naming.labels.get(raw.number) if numbered and raw.number is not None else None), None
    is_type = _code_of(raw, naming).startswith("RT:")
    if named is None and not is_against(raw.name, coded, naming):
        return coded, None
    if named is coded or (named is not None and not is_type and coded in REFINEMENTS.get(named, ())):
        return coded, None
    if not is_type and named in REFINEMENTS.get(coded, ()):
        return named, None
    return (Role.IGNORED if named is Role.IGNORED and not is_type else None), _conflict(raw, named, coded, naming)


def is_against(name: str, coded: Role, naming: Naming) -> bool:
    """Tell whether a name of no role speaks against a code."""
    if coded is Role.IGNORED or naming.words.is_neutral(name):
        return False
    return naming.combines(name) or naming.words.contradicts(name, coded)


def _conflict(raw: RawSegment, named: Role | None, coded: Role, naming: Naming) -> Finding:
    code = _code_of(raw, naming)
    kind = f"typed as {code.removeprefix('RT:')}" if code.startswith("RT:") else f"coded as {coded.value}"
    called = f"({named.value}) " if named is not None else ""
    message = (
        f"A structure is called {describe_names([raw.name])} {called}and {kind}, which contradict each other; it was "
        "left out. Correct the code or the name, or say what the name means in a role file (docs/roles.md)."
    )
    touched = (*TOUCHED.get(coded, ()), *LESION_QUANTITIES)
    return Finding("LABEL_CONFLICT", Severity.WARNING, message, tuple(dict.fromkeys(touched)))


def is_by_code_alone(raw: RawSegment, naming: Naming) -> bool:
    """Tell whether a code decided beside a name that is not known and says something."""
    coded = naming.role_of_codes(raw.codes)
    if coded is None or coded is Role.IGNORED or naming.role_of_name(raw.name) is not None:
        return False
    return not (naming.words.is_neutral(raw.name) or is_against(raw.name, coded, naming))


def describe_by_code(decided: Sequence[tuple[str, Role]]) -> list[Finding]:
    """Return the finding on structures whose code decided beside a name that is not known."""
    if not decided:
        return []
    roles = {role for _, role in decided}
    touched = {name for role in roles for name in TOUCHED.get(role, ())} if roles <= set(TOUCHED) else set()
    message = (
        f"{len(decided)} structure{' is' if len(decided) == 1 else 's are'} called by names that are not known, and "
        "codes decided: "
        f"{describe_names([f'{name} ({role.value})' for name, role in decided])}. See that none of them is a part of "
        "that or something else."
    )
    return [Finding("LABEL_BY_CODE", Severity.WARNING, message, tuple(sorted(touched)))]


def trace_role(raw: RawSegment, role: Role, naming: Naming) -> str:
    """Return what gave a structure its role: its code, its name (within a broader code or not), or its number."""
    coded = naming.role_of_codes(raw.codes)
    code = _code_of(raw, naming)
    if coded is role:
        return f"code {code}"
    named = naming.role_of_name(raw.name) is role
    if named:
        return f"name, within code {code}" if coded is not None else "name"
    return f"label {raw.number}"


def _code_of(raw: RawSegment, naming: Naming) -> str:
    """Return the first of a structure's codes that has a role."""
    return next((each for each in raw.codes if each in naming.codes), "")
