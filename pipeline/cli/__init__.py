"""The command line; the only place that prints."""

from __future__ import annotations

import os

from pipeline.cli.start import begin_start, leave


def main() -> None:
    """Run the ``livermetry`` command.

    Plug-ins of pydantic that other packages install are not looked for: they take time, and change no record.
    """
    begin_start()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from pipeline.cli.app import app

    try:
        app()
    except SystemExit as end:
        leave(end.code)
        raise
