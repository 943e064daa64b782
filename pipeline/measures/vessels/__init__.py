"""Vessels: how wide they are, how far around lesions touch them, and whether lesions interrupt them.

Definitions: docs/measurements.md, *Vessels*. Nothing here says what a vessel's role is to a treatment.
"""
