"""The rules of a profile made ready to answer fast: outcomes of many studies, or of one under many suppositions.

Expressions become functions with thresholds filled in (``comparisons``, ``conditions``), rules become units in an order
in which each comes after those it refers to (``units``, ``network``), and a study's answers are held in one place where
a supposed value is followed to what it changes and taken back (``run``). Only truths by the values themselves are
given; intervals, evidence and words are the business of ``pipeline.rules.evaluation``, which answers the same.
"""

from pipeline.rules.compiled.network import Network
from pipeline.rules.compiled.run import Run

__all__ = ["Network", "Run"]
