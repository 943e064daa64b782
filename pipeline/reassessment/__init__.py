"""What-if on stored reports: the same rules asked anew with other values, another profile or other thresholds.

No pixels are read. What was measured stays as it was measured, what follows from a changed value by a formula is
computed anew, and what would have to be measured anew is not known.
"""
