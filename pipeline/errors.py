"""The exceptions livermetry raises on purpose.

::

    LivermetryError
    ├── ConfigurationError    a setting, rule, profile or role file is wrong: exit code 2, nothing is read
    ├── UsageError            the command was called wrongly: exit code 2
    └── StudyRefused          one study cannot be measured: it is reported as refused, the others go on

Messages never hold a patient's name or identifier.
"""

from __future__ import annotations

from collections.abc import Iterable


class LivermetryError(Exception):
    """Base of every error that livermetry raises on purpose."""


class UsageError(LivermetryError):
    """The command was called with something that cannot work."""


class ConfigurationError(LivermetryError):
    """One or more configuration files are wrong.

    Parameters
    ----------
    problems
        Every problem found, each one sentence that begins with ``file:line``.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class StudyRefused(LivermetryError):
    """One study cannot be measured.

    Parameters
    ----------
    code
        Stable code of the hazard, such as ``GEOM_GAP``.
    message
        One sentence: what was seen, what was expected, what to do. Without the patient's identity.
    """

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(f"{code}: {message}")
