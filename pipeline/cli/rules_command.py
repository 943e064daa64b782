"""``livermetry rules``: which rules there are, what one says in full, whether a file of rules is right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

rules_app = typer.Typer(help="The rules: list them, show one in full, check a file of your own.", no_args_is_help=True)

Rules = Annotated[
    Path | None, typer.Option("--rules", help="A folder of rules in place of the shipped ones.", show_default=False)
]
Site = Annotated[Path | None, typer.Option(help="A site's own thresholds (docs/rules.md).", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")]


@rules_app.command("list")
def list_rules(
    treatment: Annotated[
        str | None, typer.Option(help="Only rules that are asked for this treatment.", show_default=False)
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="Only rules, and kinds, of this profile.", show_default=False)
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(help="Only H (must be met), S (should be met), N (note) or X (score, class).", show_default=False),
    ] = None,
    rules: Rules = None,
    as_json: AsJson = False,
) -> None:
    """List the rules, one a line: id, confidence, kind in each treatment, title."""
    from pipeline.cli.rule_list import ListRequest, list_text

    _print(lambda: list_text(ListRequest(treatment, profile, kind, rules, as_json)))


@rules_app.command()
def show(
    names: Annotated[
        list[str], typer.Argument(metavar="ID...", help="Rules, treatments, profiles, thresholds, inputs, sources.")
    ],
    site: Site = None,
    rules: Rules = None,
    as_json: AsJson = False,
) -> None:
    """Show rules in full: plain words, thresholds of every profile, inputs, sources, confidence, examples."""
    from pipeline.cli.rule_show import ShowRequest, show_text

    _print(lambda: show_text(ShowRequest(tuple(names), site, rules, as_json)))


@rules_app.command()
def check(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Rule files, site files, or folders.", show_default=False)
    ],
) -> None:
    """Check files of rules, profiles or a site's thresholds: all problems at once; examples are run too.

    Exit code 0: all is right; 1: something is wrong; 2: no such file.
    """
    from pipeline.cli.rule_check import check_text

    _print(lambda: check_text(files))


@rules_app.command()
def docs(
    folder: Annotated[Path, typer.Argument(help="Folder to write the pages to.", show_default=False)],
) -> None:
    """Write the reference of all rules as Markdown pages."""
    from pipeline.cli.rule_pages import write_pages

    _print(lambda: write_pages(folder))


def _print(make: Callable[[], tuple[list[str], int]]) -> None:
    """Print what a command says and leave with its exit code; 2 where it was used wrongly."""
    from pipeline.cli.terminal import complain, say
    from pipeline.errors import ConfigurationError, UsageError

    try:
        lines, code = make()
    except (ConfigurationError, UsageError) as error:
        complain(str(error))
        raise typer.Exit(2) from None
    say(lines)
    raise typer.Exit(code)
