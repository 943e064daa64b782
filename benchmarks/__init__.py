"""Whole commands timed against named peers in the same session; see ``docs/performance.md``."""
