"""Assess one study under one profile: every treatment in the catalogue's order, and the rules that belong to none."""

from __future__ import annotations

from pipeline.measurement import Inputs
from pipeline.rules.catalogue import Catalogue
from pipeline.rules.evaluation import Evaluation
from pipeline.rules.model import STUDY
from pipeline.rules.readings import check_lesions
from pipeline.rules.results import build_result
from pipeline.rules.treatments import assess_treatment
from pipeline.verdict import Assessment


def assess(catalogue: Catalogue, profile: str, inputs: Inputs) -> Assessment:
    """Return the verdicts on all treatments.

    Parameters
    ----------
    profile
        Name of the profile that sets the thresholds.
    inputs
        What was measured and what the clinical record gives, by the names of ``configs/rules/inputs.yaml``.

    Raises
    ------
    UsageError
        When there is no such profile.
    """
    return assess_evaluation(catalogue.version, evaluate(catalogue, profile, inputs))


def evaluate(catalogue: Catalogue, profile: str, inputs: Inputs, twin: Evaluation | None = None) -> Evaluation:
    """Return an evaluation of a study under one profile, in which nothing is answered yet.

    Parameters
    ----------
    twin
        Evaluation of the same study under another profile: what it answers alike is not answered again.
    """
    rules = catalogue.under(profile)
    return Evaluation(rules, check_lesions(inputs, rules.inputs), twin=twin)


def assess_evaluation(version: str, ev: Evaluation) -> Assessment:
    """Return the verdicts on all treatments; ``version`` is that of the catalogue."""
    return Assessment(
        profile=ev.rules.profile.name,
        catalogue_version=version,
        verdicts=tuple(assess_treatment(ev, treatment) for treatment in ev.rules.treatments),
        indices=tuple(build_result(ev, rule, kind) for rule, kind in ev.rules.criteria[STUDY]),
    )
