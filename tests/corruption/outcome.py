"""What the whole product says of a study: status, codes and every number that it publishes, in all outputs."""

from __future__ import annotations

import csv
import functools
import html
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.batch import run_studies
from pipeline.batch.runner import ALL
from pipeline.cli.preparation import RunRequest, prepare
from pipeline.readers import find_studies, load_namings
from pipeline.settings import configs_folder
from pipeline.study_run import RunContext
from pipeline.writers import lesions_table, studies_table

WARNING, REFUSED = "warning", "refused"
QUANTITY = re.compile(r"\d\s*(?:mL|mm|cm|HU|%)(?![a-zA-Z0-9])")


@dataclass(frozen=True)
class Outcome:
    """One study's record as it was written, and the tables of the run.

    Parameters
    ----------
    record
        ``report.json``, parsed.
    page
        ``report.html``; empty where no page was made.
    tables
        ``studies.csv`` and ``lesions.csv``.
    """

    record: Mapping[str, object]
    page: str
    tables: tuple[str, str]

    @property
    def status(self) -> str:
        return str(self.record["status"])

    def codes(self, *severities: str) -> set[str]:
        """Return the codes of the findings of these severities (all by default)."""
        return {each["code"] for each in self.record["findings"] if not severities or each["severity"] in severities}

    def numbers(self) -> dict[str, float]:
        """Return every published number by where it stands: ``total_liver_volume_ml``, ``L1.volume_ml``."""
        return {name: entry["value"] for name, entry in self._entries() if entry["value"] is not None}

    def flags(self) -> dict[str, set[str]]:
        """Return the codes that stand beside each quantity, those of the whole study included."""
        warned = [each for each in self.record["findings"] if each["severity"] in (WARNING, REFUSED)]
        whole = {each["code"] for each in warned if not each["touches"]}
        found = {}
        for name, entry in self._entries():
            plain = name.rsplit(".", 1)[-1]
            touching = {each["code"] for each in warned if plain in each["touches"]}
            found[name] = {*entry["flags"], *touching, *whole}
        return found

    def reasons(self) -> dict[str, str]:
        """Return why each number that is not published is missing."""
        return {name: entry["reason"] for name, entry in self._entries() if entry["value"] is None}

    def verdicts(self) -> dict[str, str]:
        """Return the outcome of each treatment; empty when none was given."""
        assessment = self.record["assessment"]
        return {each["treatment"]: each["outcome"] for each in assessment["verdicts"]} if assessment else {}

    def _entries(self) -> Iterator[tuple[str, Mapping]]:
        yield from self.record["measurements"].items()
        for structure in self.record["structures"]:
            yield f"{structure['name'].replace(' ', '_')}.volume_ml", structure["volume_ml"]
        for lesion in self.record["lesions"]:
            for name, entry in lesion["measurements"].items():
                yield f"{lesion['id']}.{name}", entry

    def leaks(self) -> list[str]:
        """Return every place of a refused study's outputs that holds a number measured from it."""
        found = [f"report.json: {name}" for name in self.numbers()]
        found += [
            f"report.json: {part}"
            for part in ("lesions", "structures", "measurements", "facts", "assessment")
            if self.record[part]
        ]
        studies, lesions = (list(csv.DictReader(io.StringIO(table))) for table in self.tables)
        (row,) = studies
        found += [f"studies.csv: {name}" for name, cell in row.items() if _is_number(name, cell)]
        found += ["lesions.csv: a row"] if lesions else []
        return found + [f"report.html: {text}" for text in QUANTITY.findall(self._words_beside_findings())]

    def _words_beside_findings(self) -> str:
        """Return the text of the page without what the findings say: theirs are distances seen in headers."""
        text = html.unescape(re.sub(r"<(style|script)\b.*?</\1>|<[^>]+>", " ", self.page, flags=re.DOTALL))
        text = re.sub(r"\s+", " ", text)
        for finding in self.record["findings"]:
            text = text.replace(re.sub(r"\s+", " ", finding["message"]), " ")
        return text


def _is_number(name: str, cell: str) -> bool:
    described = re.search(r"_(?:mm|ml|mm2|cm2|m2|percent|count|score|hu|degrees)(?:_low|_high)?$", name)
    return bool(described and re.fullmatch(r"[-+0-9.eE]+", cell))


@functools.cache
def _context(*, plans: bool) -> RunContext:
    """Return the settings of every run, loaded once."""
    samples = Path(__file__).parents[2] / "sample_data" / "refused"
    with TemporaryDirectory() as unused:
        context = prepare(RunRequest(samples, Path(unused))).context
    return replace(context, settings=context.settings.model_copy(update={"plans": plans}))


def run_product(folder: Path, output: Path, *, page: bool = True) -> list[Outcome]:
    """Find, read, measure, judge and write every study below a folder, as ``livermetry run`` does.

    Parameters
    ----------
    page
        Whether plans and pages are made too; without them only the record of what was measured is written, as by
        ``--only json`` with ``plans: false``.
    """
    namings = load_namings(configs_folder() / "roles")
    studies = find_studies(folder, namings)
    reports = list(
        run_studies(studies, _context(plans=page), output, jobs=1, wanted=ALL if page else frozenset(("json",)))
    )
    found = []
    for report in reports:
        own = output / report.key
        tables = studies_table([report]), lesions_table([report])
        text = (own / "report.html").read_text(encoding="utf-8") if page else ""
        found.append(Outcome(json.loads((own / "report.json").read_text(encoding="utf-8")), text, tables))
    return found
