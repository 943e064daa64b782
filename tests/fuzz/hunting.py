"""Mutated studies sent to a reading process with limits of time and memory; what breaks them is a find."""

from __future__ import annotations

import json
import random
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.mutations import mutate
from tests.fuzz.seeds import Files

MOST_SECONDS, MOST_MB = 5.0, 1024
START_SECONDS = 120.0


@dataclass(frozen=True)
class Find:
    """A mutated study that was not read or refused as it should be; ``form`` and ``seed`` make it again."""

    form: str
    seed: int
    what: str


class Reader:
    """A process that reads; started again whenever it had to be ended."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.fuzz.reading"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        if self._line(START_SECONDS) is None:
            raise RuntimeError("the reading process does not start")
        return self.process

    def ask(self, folder: Path) -> str | None:
        """Return what is wrong with how a folder is read; None when it is read or refused within the limits."""
        process = self.process or self.start()
        assert process.stdin is not None
        process.stdin.write(f"{folder}\n")
        process.stdin.flush()
        line = self._line(MOST_SECONDS)
        if line is None:
            died = process.poll()
            self.stop()
            return f"took longer than {MOST_SECONDS:g} s" if died is None else f"the process died with {died}"
        answer = json.loads(line)
        if answer["peak_mb"] > MOST_MB:
            self.stop()
            return f"took {answer['peak_mb']} MB"
        return answer.get("crash")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def _line(self, seconds: float) -> str | None:
        assert self.process is not None
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], seconds)
        return self.process.stdout.readline() or None if ready else None


def spoil(files: Files, form: str, seed: int) -> dict[str, bytes]:
    """Return what a seed makes of a study: the files it damages, with their new bytes."""
    choose = random.Random(f"{form} {seed}")
    images = [name for name in files if name.startswith("ct/")]
    records = [name for name in files if name.startswith("clinical.")]
    others = [name for name in files if name not in images]
    chosen = [choose.choice(records if "record" in form else others if not images or choose.random() < 0.6 else images)]
    if choose.random() < 0.1 and images:
        chosen = images
    salt = choose.random()
    return {name: mutate(files[name], random.Random(salt)) for name in chosen}


def hunt(studies: dict[str, Files], cases: Iterator[tuple[str, int]]) -> Iterator[Find | None]:
    """Yield a find, or None, for each case of a form and a seed."""
    reader = Reader()
    with tempfile.TemporaryDirectory() as place:
        try:
            for form, seed in cases:
                folder = _laid_out(Path(place), form, studies[form])
                spoiled = spoil(studies[form], form, seed)
                for name, content in spoiled.items():
                    (folder / name).write_bytes(content)
                what = reader.ask(folder)
                for name in spoiled:
                    (folder / name).write_bytes(studies[form][name])
                yield Find(form, seed, what) if what else None
        finally:
            reader.stop()


def _laid_out(place: Path, form: str, files: Files) -> Path:
    folder = place / form.replace(" ", "_") / "study"
    if not folder.exists():
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
    return folder


def write_case(studies: dict[str, Files], form: str, seed: int, target: Path) -> None:
    """Write a mutated study into a folder, to look at it."""
    shutil.rmtree(target, ignore_errors=True)
    for name, content in {**studies[form], **spoil(studies[form], form, seed)}.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(content)
