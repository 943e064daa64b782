"""Who does the main job, and by which command: ours, the peers, and the floor of reading the files once."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.process import Ran, run

Found = dict[str, dict[str, dict[str, float]]]
"""Numbers by part of the study (``structures``, ``study``, ``lesions``), thing and name."""
WITHOUT_PLANS = Path(__file__).parent / "without_plans.yaml"
RADIOMICS = Path(__file__).parent.parent / ".venv" / "radiomics" / "bin" / "python"


@dataclass(frozen=True)
class Job:
    """One who does the job; slow ones run fewer rounds."""

    name: str
    does: str
    slow: bool = False


OURS = Job(
    "livermetry run --only json, without plans", "all measurements with intervals, checks, verdicts, `report.json`"
)
PLANNED = Job("livermetry run --only json", "the same, and all plans of treatment")
FAST = Job("(a) pydicom + numpy + cc3d + edt + pykdtree + Qhull", "the peer's part, files opened by hand")
NAMED = Job("(a) SimpleITK + highdicom + cc3d + edt + pykdtree + Qhull", "the peer's part, files opened by libraries")
GLUED = Job("(a) SimpleITK + highdicom + cc3d + edt + Qhull", "the same, distances by distance transforms")
SHAPES = Job("(b) pyradiomics' shape class on each box", "shapes of liver and lesions; no distances, no HU", slow=True)
EXTRACTOR = Job("(b) pyradiomics by its extractor, cropped", "the same features, the library's own way in", slow=True)
STUDENT = Job("(c) pydicom + scipy.ndimage + regionprops", "whole volumes: sizes, HU, distances to vessels", slow=True)
FLOOR = Job("(d) cat FILES > /dev/null", "reads every byte")
JOBS = (OURS, PLANNED, FAST, NAMED, GLUED, SHAPES, EXTRACTOR, STUDENT, FLOOR)
_PEERS = {
    FAST: ("strongest", "pydicom"),
    NAMED: ("strongest", "simpleitk"),
    GLUED: ("strongest", "simpleitk", "edt"),
    STUDENT: ("student",),
    SHAPES: ("radiomics_shapes",),
    EXTRACTOR: ("radiomics_extractor",),
}


def radiomics_python() -> str | None:
    """Return the interpreter that has pyradiomics; None where there is none (``make peers`` builds it)."""
    if importlib.util.find_spec("radiomics") is not None:
        return sys.executable
    given = os.environ.get("LIVERMETRY_PYRADIOMICS", str(RADIOMICS))
    return given if Path(given).exists() else None


def command_of(job: Job, study: Path, output: Path) -> list[str] | None:
    """Return a job's command; None where its library is not installed."""
    if job in (OURS, PLANNED):
        program = str(Path(sys.executable).parent / "livermetry")
        words = ["--config", str(WITHOUT_PLANS)] if job is OURS else []
        return [program, "run", "--only", "json", *words, str(study), str(output)]
    if job is FLOOR:
        return ["sh", "-c", 'cat "$1"/ct/* "$1"/seg.dcm > /dev/null', "sh", str(study)]
    python = radiomics_python() if job in (SHAPES, EXTRACTOR) else sys.executable
    script, *more = _PEERS[job]
    return None if python is None else [python, "-m", f"benchmarks.peers.{script}", str(study), *more]


def do(job: Job, study: Path) -> tuple[Ran, Found] | None:
    """Do the job once: what it took and the numbers it found; None where its library is not installed."""
    with tempfile.TemporaryDirectory() as folder:
        command = command_of(job, study, Path(folder))
        if command is None:
            return None
        ran = run(command)
        if job in (OURS, PLANNED):
            (report,) = Path(folder).rglob("report.json")
            return ran, read_report(json.loads(report.read_text(encoding="utf-8")))
        return ran, json.loads(ran.output) if ran.output else {}


def read_report(report: Mapping[str, object]) -> Found:
    """Return the numbers of our report by the segments' labels; ends of intervals as ``NAME:low``, ``NAME:high``."""
    found: Found = {"structures": {}, "study": {}, "lesions": {}}
    for structure in report["structures"]:  # type: ignore[attr-defined]
        found["structures"][structure["name"]] = _values({"volume_ml": structure["volume_ml"]})
    found["study"]["study"] = _values(report["measurements"])  # type: ignore[arg-type]
    for lesion in report["lesions"]:  # type: ignore[attr-defined]
        label = lesion["label"].rsplit(" (", 1)[0]
        found["lesions"][label] = _values(lesion["measurements"])
    return found


def _values(measurements: Mapping[str, Mapping[str, float | None]]) -> dict[str, float]:
    values = {name: each["value"] for name, each in measurements.items()}
    for end in ("low", "high"):
        values |= {f"{name}:{end}": each.get(end) for name, each in measurements.items()}
    return {name: float(value) for name, value in values.items() if value is not None}
