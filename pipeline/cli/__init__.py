"""The command line; the only place that prints."""

from __future__ import annotations

import os


def main() -> None:
    """Run the ``livermetry`` command.

    Plug-ins of pydantic that other packages install are not looked for: they take time, and change no record. Linear
    algebra runs in one thread: with several, the last digits of sums depend on how many cores there are.
    """
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from pipeline.cli.app import app

    app()
