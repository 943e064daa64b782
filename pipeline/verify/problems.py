"""What keeps a report from being verified, as exceptions of this package."""

from __future__ import annotations


class NotSupported(Exception):
    """The sources are of a kind that no second reader is written for; nothing is said of the numbers."""


class Unreadable(Exception):
    """A source file is damaged, missing or not what the report says it is."""
