"""Rules: published criteria applied to measurements. They compare and combine; they compute nothing.

``load_catalogue`` reads the rules (``recall_catalogue`` without parsing files that were checked before), ``assess``
applies them to a study. How to read a verdict and how to write a rule is in ``docs/rules.md``.
"""

from pipeline.rules.assessment import assess
from pipeline.rules.catalogue import Catalogue
from pipeline.rules.loading import load_catalogue
from pipeline.rules.recalling import recall_catalogue

__all__ = ["Catalogue", "assess", "load_catalogue", "recall_catalogue"]
