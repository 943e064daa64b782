"""Write what is made by program in ``sample_data`` again; the same files come out of every run.

Run as ``python sample_data/generate.py`` (everything, in place), or with ``--into DIR`` (elsewhere), or with
``--formats DIR`` (the synthetic CT as NIfTI and as NRRD, for comparing formats). Needs the development dependencies.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from synthesis import lits_like, real_ct_crlm, refused, synthetic_ct, synthetic_mr

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=HERE, metavar="DIR", help="write below DIR instead of here")
    parser.add_argument("--formats", type=Path, metavar="DIR", help="write only the synthetic CT, as NIfTI and NRRD")
    arguments = parser.parse_args()
    if arguments.formats is not None:
        synthetic_ct.write_formats(arguments.formats)
        return
    write_studies(arguments.into)


def write_studies(root: Path) -> None:
    """Write everything made by program below a folder."""
    for name, write in STUDIES.items():
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        write(folder)
        print(name)


STUDIES = {
    "studies/synthetic_ct": synthetic_ct.write_study,
    "studies/lits_like": lits_like.write_study,
    "studies/synthetic_mr": synthetic_mr.write_study,
    "studies/real_ct_crlm": real_ct_crlm.write_masks,
    "refused/missing_slice": refused.write_missing_slice,
    "refused/mask_elsewhere": refused.write_mask_elsewhere,
    "refused/no_mask": refused.write_no_mask,
}
"""Folder of each study and the function that writes it."""

if __name__ == "__main__":
    main()
