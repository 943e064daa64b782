"""The shipped catalogue and the shipped way of planning, loaded once."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.planned.planning_file import Planning, load_planning
from pipeline.readers import ClinicalFields, load_clinical_fields
from pipeline.rules import Catalogue, load_catalogue

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue(CONFIGS / "rules", CONFIGS / "profiles")


@pytest.fixture(scope="session")
def fields() -> ClinicalFields:
    return load_clinical_fields(CONFIGS / "clinical.yaml")


@pytest.fixture(scope="session")
def planning(catalogue: Catalogue, fields: ClinicalFields) -> Planning:
    return load_planning(CONFIGS / "planning.yaml", catalogue, fields.resections)
