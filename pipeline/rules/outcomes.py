"""Outcomes alone: what many studies are asked for, without evidence, intervals or words."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.measurement import Inputs
from pipeline.outcome import Outcome
from pipeline.rules.answer import UNKNOWN
from pipeline.rules.catalogue import ProfileRules
from pipeline.rules.compiled import Run
from pipeline.rules.compiled.truths import TRUTHS, WHOLE
from pipeline.rules.readings import check_lesions
from pipeline.rules.votes import Vote, find_pull


def find_outcomes(rules: ProfileRules, inputs: Inputs) -> Mapping[str, Outcome]:
    """Return the outcome of every treatment, the same as ``assess`` gives, in a fraction of its time."""
    return run_rules(rules, inputs).outcomes()


def run_rules(rules: ProfileRules, inputs: Inputs) -> Run:
    """Return the answers of a profile's rules for a study, to ask for outcomes and to suppose other values in."""
    return Run(rules.network, check_lesions(inputs, rules.inputs))


def find_settled(run: Run, treatment: str) -> tuple[Outcome, tuple[str, ...]]:
    """Return a treatment's outcome and the rules that make it what it is; none for an eligible one: all of them do."""
    outcome = run.outcome(treatment)
    if outcome is Outcome.ELIGIBLE:
        return outcome, ()
    network = run.network
    pulling: tuple[list[str], list[str]] = ([], [])
    for (rule, kind), unit in zip(network.rules.deciding[treatment], network.votes[treatment], strict=True):
        vote = Vote(rule.id, kind, rule.safety, rule.decides == "applicability", UNKNOWN)
        if find_pull(vote, TRUTHS[run.values[unit][WHOLE] >> 2]) is outcome:
            pulling[0 if vote.decides_applicability else 1].append(rule.id)
    return outcome, tuple(pulling[0] or pulling[1])
