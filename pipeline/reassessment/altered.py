"""Find stored verdicts that a report's own values do not give by the rules that it was made by."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.reassessment.answering import settle_stored
from pipeline.reassessment.stored import StoredReport
from pipeline.rules import Catalogue
from pipeline.verdict import Outcome


def find_altered(report: StoredReport, rules: Catalogue) -> Mapping[str, tuple[Outcome | None, Outcome]]:
    """Return treatments whose stored outcome is not what the report's own values give: the stored one, and that one.

    None are found in a report that other rules made, or that has no verdicts.
    """
    if (
        report.assessment is None
        or report.provenance.rules_sha256 != rules.sha256
        or report.profile not in rules.profiles
    ):
        return {}
    stored = {each.treatment: each.outcome for each in report.assessment.verdicts}
    given = ((name, outcome) for name, (outcome, _) in settle_stored(report, rules).items())
    return {name: (stored.get(name), outcome) for name, outcome in given if stored.get(name) is not outcome}
