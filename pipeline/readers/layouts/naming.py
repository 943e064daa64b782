"""Role files: which name, label number or code of a data set means which role, and how its files are laid out.

Owns the lookup of roles. Owns no file discovery; the patterns are applied in ``pipeline.readers.layouts.cases``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import ConfigurationError
from pipeline.readers.layouts.layout import FilePatterns as FilePatterns
from pipeline.readers.layouts.layout import LooseFiles, SliceLayout, Span, check_patterns, check_slices
from pipeline.readers.layouts.name_keys import alias_key, combines, find_name
from pipeline.readers.layouts.name_keys import generalize as generalize
from pipeline.readers.layouts.name_keys import normalize as normalize
from pipeline.readers.layouts.name_words import NameWords, read_words
from pipeline.readers.layouts.role_file_problems import describe_problems
from pipeline.structures import HEMILIVERS, Role
from pipeline.study import LesionUnit
from pipeline.yaml_file import YamlFile, read_yaml

GENERIC = "generic"
Modality = Literal["CT", "MR", "unknown"]
_Role = Annotated[Role, Field(strict=False)]

REFINEMENTS: Mapping[Role, frozenset[Role]] = {
    Role.LIVER: frozenset(
        {Role.REMNANT, Role.RESECTION, Role.LESION, Role.BENIGN_LESION, Role.ABLATION_ZONE, Role.LIVER_VESSEL}
        | set(HEMILIVERS)
        | {role for role in Role if role.value.startswith("segment_")}
    ),
    Role.LESION: frozenset({Role.BENIGN_LESION, Role.ABLATION_ZONE}),
    Role.PORTAL_VEIN: frozenset({Role.PORTAL_VEIN_MAIN, Role.PORTAL_VEIN_LEFT, Role.PORTAL_VEIN_RIGHT}),
    Role.HEPATIC_VEIN: frozenset({Role.HEPATIC_VEIN_LEFT, Role.HEPATIC_VEIN_MIDDLE, Role.HEPATIC_VEIN_RIGHT}),
    Role.BILE_DUCT: frozenset({Role.CENTRAL_BILE_DUCT}),
    Role.SEGMENT_4: frozenset({Role.SEGMENT_4A, Role.SEGMENT_4B}),
}
"""Roles that a name may make of a broader code: a segment coded as liver and called remnant is a remnant."""


class NamingFile(BaseModel):
    """Schema of one file of ``configs/roles``."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    description: str = Field(min_length=1)
    source: str = Field(min_length=1)
    extends: str | None = None
    unit: Annotated[LesionUnit, Field(strict=False)] = LesionUnit.AUTO
    modality: Modality = "unknown"
    modality_of_cases: dict[Modality, Span] = {}
    files: FilePatterns = FilePatterns()
    slices: list[SliceLayout] = []
    labels: dict[int, _Role] = {}
    names: dict[_Role, list[str]] = {}
    codes: dict[_Role, list[Annotated[str, Field(pattern=r"^(SCT|SRT|RT):\S+$")]]] = {}
    without_lesions: dict[_Role, list[str]] = {}
    prefer: dict[_Role, list[str]] = {}
    neutral: list[str] = []
    against_code: dict[_Role | Literal["any"], list[str]] = {}


@dataclass(frozen=True)
class Naming:
    """A role file, ready for lookups.

    Parameters
    ----------
    labels
        Role of each label number.
    names
        Role of each normalised name (``normalize``); a name with ``#`` stands for any number there.
    codes
        Role of each code, written ``SCT:10200004``; ``RT:GTV`` is the interpreted type of an RTSTRUCT's ROI.
    reduced
        Those of ``names`` that stand for a structure from which lesions were taken off.
    modality_of_cases
        First and last number of the cases of each modality, where the names of cases say it.
    slices
        How masks lie that come as single slices.
    prefer
        Normalised names of masks, by role: the first that a study has counts where several claim one role.
    words
        What in a name says nothing, and what speaks against a code.
    loose
        Where ``files`` are the patterns of another role file; None where they are its own.
    sha256
        Digest of the file, and of the one it extends.
    """

    name: str
    description: str = ""
    source: str = ""
    unit: LesionUnit = LesionUnit.AUTO
    modality: Modality = "unknown"
    files: FilePatterns = field(default_factory=FilePatterns)
    labels: Mapping[int, Role] = field(default_factory=dict)
    names: Mapping[str, Role] = field(default_factory=dict)
    codes: Mapping[str, Role] = field(default_factory=dict)
    sha256: str = ""
    modality_of_cases: Mapping[Modality, tuple[int, int]] = field(default_factory=dict)
    slices: tuple[SliceLayout, ...] = ()
    prefer: Mapping[Role, tuple[str, ...]] = field(default_factory=dict)
    reduced: frozenset[str] = frozenset()
    words: NameWords = field(default_factory=NameWords)
    loose: LooseFiles | None = None

    def role_of_name(self, name: str) -> Role | None:
        """Return the role of a name in any case and with any separators, or None.

        Signs that combine structures are no separators: ``Liver-Tumor`` may be either, and has no role.
        """
        key = find_name(name, self.names)
        return None if key is None else self.names[key]

    def is_reduced(self, name: str) -> bool:
        """Tell whether a name stands for a structure from which lesions were taken off."""
        return find_name(name, self.names) in self.reduced

    def combines(self, name: str) -> bool:
        """Tell whether a name combines structures by signs (``Liver-Tumor``), and the role file does not give it."""
        return find_name(name, self.names) is None and combines(name, self.names)

    def role_of_codes(self, codes: Iterable[str]) -> Role | None:
        """Return the role of the first code that has one, or None."""
        return next((self.codes[code] for code in codes if code in self.codes), None)


def load_namings(folder: Path) -> dict[str, Naming]:
    """Load every role file of a folder, by name.

    Raises
    ------
    ConfigurationError
        With the problems of all files.
    """
    found: dict[str, Naming] = {}
    names: dict[Path, str] = {}
    problems: list[str] = []
    for path in sorted(folder.glob("*.yaml"), key=lambda path: (path.stem != GENERIC, path)):
        try:
            naming = load_naming(path, found)
        except ConfigurationError as error:
            problems += error.problems
            continue
        if naming.name in found:
            problems.append(f"{path.name}:1: the name {naming.name} is used by another file too")
        found[naming.name] = naming
        names[path] = naming.name
    if problems:
        raise ConfigurationError(problems)
    return {names[path]: found[names[path]] for path in sorted(names)}


def load_naming(path: Path, known: Mapping[str, Naming] | None = None) -> Naming:
    """Load one role file; what it ``extends`` is looked up in ``known``, else beside the file.

    Raises
    ------
    ConfigurationError
        With every problem of the file, each beginning with ``file:line``.
    """
    file = read_yaml(path)
    try:
        parsed = NamingFile.model_validate(file.value)
    except ValidationError as error:
        raise ConfigurationError(describe_problems(error, file, NamingFile.model_fields)) from None
    digest = sha256(path.read_bytes()).hexdigest()
    naming = _build(parsed, file, digest)
    if parsed.extends is None:
        return naming
    base = (known or {}).get(parsed.extends) or _load_base(parsed, file)
    return replace(
        naming,
        names={**base.names, **naming.names},
        codes={**base.codes, **naming.codes},
        prefer={**base.prefer, **naming.prefer},
        reduced=base.reduced | naming.reduced,
        words=base.words.joined(naming.words),
        sha256=sha256((digest + base.sha256).encode()).hexdigest(),
    )


def _load_base(parsed: NamingFile, file: YamlFile) -> Naming:
    path = file.path.parent / f"{parsed.extends}.yaml"
    if parsed.extends == parsed.name or not path.is_file():
        raise ConfigurationError([file.problem(f"extends: no role file is called {parsed.extends}", "extends")])
    return load_naming(path)


def _build(parsed: NamingFile, file: YamlFile, digest: str) -> Naming:
    problems: list[str] = []
    names: dict[str, Role] = {}
    codes: dict[str, Role] = {}
    for key, given in (("names", parsed.names), ("without_lesions", parsed.without_lesions)):
        for role, aliases in given.items():
            for alias in aliases:
                _add(
                    names, alias_key(alias), role, file.problem(f"{alias} is given for two roles", key, role), problems
                )
    for role, values in parsed.codes.items():
        for code in values:
            _add(codes, code, role, file.problem(f"{code} is given for two roles", "codes", role), problems)
    problems += [*check_patterns(parsed.files, file), *check_slices(parsed.slices, file)]
    if problems:
        raise ConfigurationError(problems)
    return Naming(
        parsed.name,
        parsed.description,
        parsed.source,
        parsed.unit,
        parsed.modality,
        parsed.files,
        parsed.labels,
        names,
        codes,
        digest,
        {modality: (first, last) for modality, (first, last) in parsed.modality_of_cases.items()},
        tuple(parsed.slices),
        {role: tuple(normalize(name) for name in wanted) for role, wanted in parsed.prefer.items()},
        frozenset(alias_key(alias) for aliases in parsed.without_lesions.values() for alias in aliases),
        read_words(parsed.neutral, {str(key): words for key, words in parsed.against_code.items()}),
    )


def _add(known: dict[str, Role], key: str, role: Role, problem: str, problems: list[str]) -> None:
    if known.setdefault(key, role) is not role:
        problems.append(problem)
