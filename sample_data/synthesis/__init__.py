"""Phantoms with closed-form answers, and the files they are written to."""
