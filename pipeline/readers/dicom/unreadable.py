"""Why a DICOM file cannot be used, as a code and a sentence."""

from __future__ import annotations


class UnreadableFile(Exception):
    """A file that is not what it seems; the message is a code and a sentence without the file's name."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(f"{code}: {message}")
