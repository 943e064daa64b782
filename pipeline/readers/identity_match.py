"""Whether image and mask state one patient (rows M01 and M05 of ``docs/hazards.md``)."""

from __future__ import annotations

import re
import unicodedata

from pipeline.errors import StudyRefused
from pipeline.readers.mask_object import MaskReference
from pipeline.structures import Role
from pipeline.study import Finding, Identity, Severity

STRUCTURES = frozenset(word for role in Role for word in role.value.split("_"))
"""Words that name a structure: beside an identifier that holds one (``LIVER-012``) they say nothing of a patient."""


def check_identity(image: Identity, mask: MaskReference) -> None:
    """Check that a mask states the image's patient.

    Raises
    ------
    StudyRefused
        ``PAIR_PATIENT`` on any difference of patient identifier, issuer, birth date or name, where both state one.
    """
    pairs = [
        ("patient identifiers", image.patient_id, mask.identity.patient_id),
        ("issuers of the patient identifier", image.issuer, mask.identity.issuer),
        ("birth dates", image.birth_date, mask.identity.birth_date),
    ]
    differing = [what for what, first, second in pairs if first and second and first != second]
    if not _same_name(image.patient_name, mask.identity.patient_name):
        differing.append("patient names")
    if differing:
        raise StudyRefused(
            "PAIR_PATIENT",
            f"The {differing[0]} of image and segmentation differ: they may be two patients; check the export.",
        )


def describe_identity(image: Identity, mask: MaskReference) -> list[Finding]:
    """Flag a mask that does not say whose it is although its image does (row M05)."""
    if not image.patient_id or mask.identity.patient_id:
        return []
    message = "A segmentation carries no patient identifier and the images do: UIDs alone bind them."
    return [Finding("PAIR_NO_ID", Severity.WARNING, message)]


def _same_name(first: str | None, second: str | None) -> bool:
    """Tell whether two person names agree in the forms (alphabetic, ideographic, phonetic) that both give.

    Case, spacing, trailing separators and composed or decomposed accents do not matter (PS3.5 section 6.2.1). Of a name
    that could not be decoded only its ASCII signs are compared.
    """
    if not first or not second:
        return True
    lossy = "\ufffd" in first + second
    forms = [_plain_forms(name, lossy) for name in (first, second)]
    both = [(a, b) for a, b in zip(*forms, strict=False) if a and b]
    return all(a == b for a, b in both)


def _plain_forms(name: str, lossy: bool) -> list[str]:
    text = unicodedata.normalize("NFKC", name).casefold()
    if lossy:
        text = "".join(sign for sign in text if sign.isascii())
    return [" ".join(form.replace("^", " ").split()) for form in text.split("=")]


def hide_words(text: str, identity: Identity) -> str:
    """Return a free text without the words of a patient's name, identifiers and birth date, for lines that are printed.

    A word goes when the whole of it, between spaces, holds one of them: ``Liver_DOE`` too.
    """
    stated = (identity.patient_name, identity.patient_id, identity.birth_date, identity.accession_number)
    hidden = {part for each in stated for part in _parts(each or "")}
    return " ".join(word for word in text.split() if not hidden & set(_parts(word))) or "..."


def hide_identity(text: str, identity: Identity) -> str:
    """Return the name of a mask or structure without a patient's name, identifiers and birth date, to be printed.

    A word between spaces goes when nothing else is in it; of ``Liver_DOE`` the structure stays: ``Liver_...``.
    Of an identifier of several parts (``LIVER-012``) short ones and structures go only with the whole of it.
    """
    numbers = [each for each in (identity.patient_id, identity.accession_number) if each]
    for each in numbers:
        whole = r"[\W_]*".join(re.escape(part) for part in _parts(each))
        text = re.sub(rf"(?<![^\W_]){whole}(?![^\W_])", "...", text, flags=re.IGNORECASE) if whole else text
    hidden = {part for each in (identity.patient_name, identity.birth_date) for part in _parts(each or "")}
    for each in numbers:
        parts = _parts(each)
        hidden |= {part for part in parts if len(parts) == 1 or (len(part) > 2 and part not in STRUCTURES)}
    words = (re.sub(r"[^\W_]+", lambda part: _hide(part[0], hidden), word) for word in text.split())
    return " ".join(word for word in words if re.search(r"[^\W_]", word)) or "..."


def _hide(part: str, hidden: set[str]) -> str:
    return "..." if part.casefold() in hidden else part


def _parts(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())
