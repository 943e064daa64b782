"""The command line; the only place that prints."""

from __future__ import annotations


def main() -> None:
    """Run the ``livermetry`` command."""
    from pipeline.cli.app import app

    app()
