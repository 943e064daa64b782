"""What the pages of ``livermetry explain`` share: report, verdicts, where a value was measured, marks in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pipeline.cli.assess_text import say_altered
from pipeline.cli.terminal import flatten, wrap
from pipeline.measurement import Location, Measurement
from pipeline.report import Report
from pipeline.rules import Catalogue
from pipeline.rules.expressions import LESION
from pipeline.study import Severity
from pipeline.verdict import Assessment, CriterionResult, Evidence, Outcome, Verdict
from pipeline.writers.format import Limits, find_limits
from pipeline.writers.page_words import CONFIDENCE_WORDS, LIGHT_WORDS, OUTCOME_WORDS
from pipeline.writers.record_words import say_no_record

UNSURE = ("U", "E")
"""Marks of confidence that a reader must not miss."""


@dataclass(frozen=True, eq=False)
class Explained:
    """One report and the verdicts that are explained.

    Parameters
    ----------
    assessment
        The stored verdicts, or those asked anew under another profile: then ``instead_of`` names the stored one.
    other_rules
        Whether the stored verdicts were given by other rules than those that are here.
    altered
        Treatments whose stored outcome is not what the report's own values give: the stored one, and that one.
    """

    report: Report
    assessment: Assessment
    catalogue: Catalogue
    instead_of: str | None = None
    other_rules: bool = False
    altered: Mapping[str, tuple[Outcome | None, Outcome]] = field(default_factory=dict)

    def verdict(self, treatment: str) -> Verdict:
        """Return the verdict on a treatment that is there."""
        return next(each for each in self.assessment.verdicts if each.treatment == treatment)

    @cached_property
    def limits(self) -> Limits:
        """Numbers that values were compared with: no value is printed on another side of one."""
        return find_limits(self.report.model_copy(update={"assessment": self.assessment}))

    def measured(self, evidence: Evidence) -> Measurement | None:
        """Return the measurement that a comparison read; None for a value of the record, a class or another rule."""
        name = evidence.input.removeprefix(LESION)
        if evidence.lesion is None:
            return self.report.measurements.get(name)
        lesion = next((each for each in self.report.lesions if each.id == evidence.lesion), None)
        return None if lesion is None else lesion.measurements.get(name)

    def head(self) -> list[str]:
        """Return the lines that stand above every page."""
        report, held = self.report, self.assessment
        lines = [f"{report.key}  {report.folder}".rstrip(), *self._warn()]
        site = sorted({o for v in held.verdicts for c in v.criteria for o in _sites(c)})
        own = f"; {'; '.join(site)}" if site else ""
        lines += wrap(f"profile {held.profile}{own}; catalogue {held.catalogue_version}")
        if not site and self.instead_of is None and report.provenance.settings.get("site_rules") is not None:
            lines += wrap(
                "The run was set to use a site's own thresholds (site_rules); none of them decides or enters a verdict "
                f"under {held.profile}."
            )
        if self.instead_of is not None:
            lines += wrap(
                f"The report was made under {self.instead_of}; these verdicts are asked anew by the rules here."
            )
        elif self.other_rules:
            lines += wrap(
                "The report was made by other rules or thresholds (another digest) than these; its own are shown."
            )
        codes = dict.fromkeys(each.code for each in report.findings if each.severity is not Severity.INFO)
        lines += wrap(LIGHT_WORDS[report.traffic_light] + (f" ({', '.join(codes)})" if codes else "") + ".")
        no_record = say_no_record(report)
        return [*lines, *(wrap(f"{no_record}.") if no_record is not None else [])]

    def _warn(self) -> list[str]:
        """Return a warning for each stored verdict that the report's own values do not give."""
        titles = {each.id: each.title for each in self.catalogue.treatments}
        return [
            line
            for name, (stored, given) in self.altered.items()
            for line in wrap(f"WARNING: {titles.get(name, name)}: {say_altered(stored, given)}", hang=2)
        ]

    def plain_head(self) -> Mapping[str, object]:
        """Return the same for programs."""
        return {
            "intended_use": self.report.intended_use,
            "key": self.report.key,
            "folder": self.report.folder,
            "profile": self.assessment.profile,
            "stored_profile": self.instead_of or self.assessment.profile,
            "catalogue_version": self.assessment.catalogue_version,
            "other_rules": self.other_rules,
            "altered": [
                {"treatment": name, "stored": stored, "given": given} for name, (stored, given) in self.altered.items()
            ],
            "traffic_light": str(self.report.traffic_light),
        }


def _sites(criterion: CriterionResult) -> list[str]:
    return [origin for origin in criterion.threshold_from.split("; ") if origin.startswith("site:")]


def say_outcome(verdict: Verdict) -> str:
    """Return outcome, grade and whether the intervals of its inputs could change it."""
    grade = f" ({verdict.grade})" if verdict.grade is not None else ""
    return OUTCOME_WORDS[verdict.outcome] + grade + ("" if verdict.stable else ", not stable")


def say_place(location: Location | None) -> str:
    """Return where a value can be seen: the slice as the page counts it, and the image's own identifier."""
    if location is None or location.slice_index is None:
        return ""
    frame = f", frame {location.frame_number}" if location.frame_number is not None else ""
    uid = f", SOPInstanceUID {location.sop_instance_uid}" if location.sop_instance_uid else ""
    return f"slice {location.slice_index + 1}{uid}{frame}"


def find_marks(confidence: str) -> tuple[str, ...]:
    """Return the marks of a confidence, each once: ``V; threshold U`` holds V and U."""
    words = re.sub(r"through [^;]*|threshold|[;/]", " ", confidence).split()
    return tuple(dict.fromkeys(word for word in words if word in CONFIDENCE_WORDS))


def say_marks(confidence: str) -> str:
    """Return a confidence with its marks spelled out."""
    return f"{confidence}: {'; '.join(CONFIDENCE_WORDS[mark] for mark in find_marks(confidence))}"


def find_unsure(verdict: Verdict) -> tuple[str, ...]:
    """Return the marks U and E of the criteria that decide a verdict; of an eligible one, of all that must hold."""
    deciding = [each for each in verdict.criteria if each.id in verdict.decided_by]
    if verdict.outcome is Outcome.ELIGIBLE:
        deciding = [each for each in verdict.criteria if each.kind == "H"]
    marks = {mark for each in deciding for mark in find_marks(each.confidence)}
    return tuple(mark for mark in UNSURE if mark in marks)


def clip(text: str, columns: int) -> str:
    """Return a text that fits into a line, with an ellipsis where it was longer."""
    flat = flatten(text)
    return flat if len(flat) <= columns else flat[: columns - 1].rstrip() + "…"
