"""Accuracy against closed forms: errors by size, spacing and orientation, coverage and width of intervals."""
