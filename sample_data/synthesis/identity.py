"""Who the made-up patients are, and identifiers that come out the same in every run."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.uid import UID, generate_uid


@dataclass(frozen=True)
class Examination:
    """A made-up examination of a made-up patient; the person never existed.

    Parameters
    ----------
    name
        Name of the study's folder; every identifier of the study is derived from it.
    """

    name: str
    patient_id: str
    patient_name: str
    birth_date: str
    sex: str
    age: str
    study_date: str
    study_description: str
    series_description: str
    study_time: str = "093000"
    accession_number: str = ""

    def uid(self, *parts: str) -> UID:
        """Return the identifier of a part of the study, always the same one."""
        return generate_uid(entropy_srcs=["livermetry sample data", self.name, *parts])

    @property
    def study_instance_uid(self) -> UID:
        """Study Instance UID."""
        return self.uid("study")

    @property
    def frame_of_reference_uid(self) -> UID:
        """Frame of Reference UID."""
        return self.uid("frame of reference")
