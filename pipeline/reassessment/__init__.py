"""What-if on stored reports: the same rules asked anew with other values, another profile or other thresholds.

No pixels are read. What was measured stays as it was measured, what follows from a changed value by a formula is
computed anew, and what would have to be measured anew is not known.
"""

from pipeline.reassessment.answering import Answer, Question, Row, answer
from pipeline.reassessment.asking import Changes, read_changes
from pipeline.reassessment.inputs import inputs_of
from pipeline.reassessment.stored import StoredReport, Unusable, read_stored
from pipeline.reassessment.supposing import CannotSuppose, Held, suppose
from pipeline.reassessment.thresholds import suppose_thresholds

__all__ = [
    "Answer",
    "CannotSuppose",
    "Changes",
    "Held",
    "Question",
    "Row",
    "StoredReport",
    "Unusable",
    "answer",
    "inputs_of",
    "read_changes",
    "read_stored",
    "suppose",
    "suppose_thresholds",
]
