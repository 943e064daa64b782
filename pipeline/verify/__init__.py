"""The second calculator: every published number recomputed from the source files by simple, independent methods.

Nothing of ``pipeline.measures`` or ``pipeline.readers`` is used here; ``tests/test_layers.py`` holds it.
"""

from pipeline.verify.verification import Installed, Outcome, verify_report

__all__ = ["Installed", "Outcome", "verify_report"]
