"""The process that reads mutated studies: one line in is a folder, one line out is what came of it."""

from __future__ import annotations

import json
import resource
import sys
import traceback
import warnings
from pathlib import Path

from pipeline.errors import StudyRefused, UsageError
from pipeline.readers import find_studies, load_clinical_fields, load_namings, match_record, read_image, read_study
from pipeline.settings import configs_folder

ADDRESS_SPACE = 6 << 30
"""Bytes: above what libraries reserve and never touch, below what would harm the machine."""
MOST_VOXELS = 20_000_000


def main() -> None:
    """Answer until the input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("ignore")
    namings = load_namings(configs_folder() / "roles")
    fields = load_clinical_fields(configs_folder() / "clinical.yaml")
    print("ready", flush=True)
    for line in sys.stdin:
        answer = read_folder(Path(line.rstrip("\n")), namings, fields)
        answer["peak_mb"] = _peak_mb()
        print(json.dumps(answer), flush=True)


def _peak_mb() -> int:
    """Return this program's own peak memory. What ``getrusage`` says begins at the peak of whoever started it."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (each for each in status.read_text().splitlines() if each.startswith("VmHWM:"))
        return int(line.split()[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def read_folder(folder: Path, namings: object, fields: object) -> dict[str, object]:
    """Find, read and decode every study below a folder; refusals are answers, everything else is a crash."""
    try:
        codes = [_read(files, fields) for files in find_studies(folder, namings)]  # type: ignore[arg-type]
    except UsageError:
        codes = ["UsageError"]
    except Exception:
        return {"crash": traceback.format_exc()}
    return {"codes": codes}


def _read(files: object, fields: object) -> str:
    try:
        match_record(None, files, fields)  # type: ignore[arg-type]
        study = read_study(files)  # type: ignore[arg-type]
        shape = study.image.geometry.shape
        deep = shape[0] if shape[0] * shape[1] * shape[2] <= MOST_VOXELS else 1
        read_image(study.image, (slice(0, deep), slice(0, shape[1]), slice(0, shape[2])))
    except StudyRefused as refusal:
        return refusal.code
    return "read"


if __name__ == "__main__":
    main()
