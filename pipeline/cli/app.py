"""The commands of ``livermetry``. Heavy modules are imported when a command runs, so that help is instant."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipeline.ahead import read_ahead
from pipeline.cli.clinical_command import clinical_app
from pipeline.cli.rules_command import rules_app

app = typer.Typer(
    name="livermetry",
    help="Measure liver metastases from existing masks and apply published treatment criteria. Research use only.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(clinical_app, name="clinical")
app.add_typer(rules_app, name="rules")

Input = Annotated[Path, typer.Argument(help="A study folder, or a folder of them, nested anyhow.", show_default=False)]
Output = Annotated[Path, typer.Argument(help="Folder for the reports and tables.", show_default=False)]
Profile = Annotated[str, typer.Option(help="Clinical profile: consensus, seed, conservative, expansive.")]
Config = Annotated[Path | None, typer.Option(help="YAML file that overrides single settings.", show_default=False)]
Clinical = Annotated[
    Path | None, typer.Option(help="Clinical records: YAML, JSON or CSV, one record a study.", show_default=False)
]
Roles = Annotated[
    str | None,
    typer.Option(help="How mask names map to structures: a shipped name or a YAML file.", show_default="recognised"),
]
Jobs = Annotated[int, typer.Option(min=1, max=256, help="Studies measured at the same time.")]


class Wanted(StrEnum):
    """What a run can write."""

    JSON = "json"
    HTML = "html"
    TABLES = "tables"


Only = Annotated[
    list[Wanted] | None,
    typer.Option(help="Write only this output: json, html or tables; give it again for more.", show_default="all"),
]
Stored = Annotated[
    Path, typer.Argument(help="A report.json, a study's folder, or a folder of them.", show_default=False)
]
OtherProfile = Annotated[
    str | None, typer.Option(help="Ask under this clinical profile.", show_default="that of the report")
]
SiteFile = Annotated[Path | None, typer.Option(help="A site's own thresholds (docs/rules.md).", show_default=False)]
RuleFolder = Annotated[
    Path | None, typer.Option(help="A folder of rules in place of the shipped ones.", show_default=False)
]
Folders = Annotated[bool, typer.Option("--folders", help="Name each study's folder too; it may hold a patient's name.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON summary instead of lines.")]


def _show_version(wanted: bool) -> None:
    if wanted:
        from pipeline import __version__

        typer.echo(f"livermetry {__version__}")
        raise typer.Exit


@app.callback()
def livermetry(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Measure liver metastases from existing masks and apply published treatment criteria. Research use only."""


@app.command()
def run(
    input_folder: Input,
    output: Output,
    profile: Profile = "consensus",
    config: Config = None,
    clinical: Clinical = None,
    roles: Roles = None,
    jobs: Jobs = 1,
    only: Only = None,
    as_json: AsJson = False,
) -> None:
    """Measure every study below INPUT and write a report for each to OUTPUT.

    Exit code 0: all done; 1: some study was refused or failed; 2: wrong use or configuration.
    """
    if jobs == 1:
        read_ahead(input_folder)
    from pipeline.cli.preparation import RunRequest
    from pipeline.cli.run_command import run_command

    wanted = frozenset(each.value for each in only or Wanted)
    request = RunRequest(input_folder, output, profile, config, clinical, roles, jobs, as_json, wanted)
    raise typer.Exit(run_command(request))


@app.command()
def check(
    input_folder: Input,
    config: Config = None,
    clinical: Clinical = None,
    roles: Roles = None,
    as_json: AsJson = False,
    folders: Folders = False,
) -> None:
    """Show what a run would measure below INPUT: series, masks, roles and all findings. Nothing is written.

    Exit code 0: all can be measured; 1: some study is refused; 2: wrong use or configuration.
    """
    read_ahead(input_folder)
    from pipeline.cli.check_command import check_command
    from pipeline.cli.preparation import CheckRequest

    raise typer.Exit(check_command(CheckRequest(input_folder, config, clinical, roles, as_json, folders)))


@app.command()
def verify(
    report: Annotated[Path, typer.Argument(help="A report.json, or the output folder of a run.", show_default=False)],
    studies: Annotated[
        Path | None, typer.Option(help="Input folder of the run, where it was moved.", show_default=False)
    ] = None,
    as_json: AsJson = False,
    brief: Annotated[bool, typer.Option("--brief", help="Print only what differs.")] = False,
) -> None:
    """Compute every number of REPORT a second time from its source files, by other methods, and compare.

    Exit code 0: all agree; 1: a number, an input or a version differs; 2: wrong use.
    """
    from pipeline.cli.verify_command import VerifyRequest, verify_command

    raise typer.Exit(verify_command(VerifyRequest(report, studies, as_json, brief)))


@app.command()
def explain(
    report: Annotated[Path, typer.Argument(help="A report.json, or a study's folder.", show_default=False)],
    treatment: Annotated[
        str | None,
        typer.Argument(
            help="A treatment, plans, or a plan's id such as P1; without one all verdicts are listed.",
            show_default=False,
        ),
    ] = None,
    profile: OtherProfile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Say why: the verdicts of REPORT and what decides, or everything behind the verdict on TREATMENT or of a plan.

    Exit code 0: explained; 1: the report has no verdicts; 2: wrong use or configuration.
    """
    from pipeline.cli.explain_command import ExplainRequest, explain_command

    raise typer.Exit(explain_command(ExplainRequest(report, treatment, profile, as_json)))


@app.command()
def assess(
    report: Stored,
    profile: OtherProfile = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Suppose a value of the clinical record, a measured one (remnant_percent=32, "
            "L1.longest_diameter_mm=28) or a threshold (ablation_max_mm=40); give it again for more.",
            show_default=False,
        ),
    ] = None,
    unset: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Take a value as not known; give it again for more.", show_default=False),
    ] = None,
    site: SiteFile = None,
    rules: RuleFolder = None,
    treatment: Annotated[
        list[str] | None,
        typer.Option(help="Answer for this treatment only; give it again for more.", show_default="all"),
    ] = None,
    changed: Annotated[bool, typer.Option("--changed", help="Show only verdicts that become another one.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Write the table to this file (.csv or .json).", show_default=False)
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, max=256, help="Processes.", show_default="one a core")
    ] = None,
) -> None:
    """Ask the verdicts of REPORT anew, as if a value, a threshold, the profile or the rules were others.

    No images are needed. REPORT is a report.json, a study's folder, or a folder of them, nested anyhow.

    Exit code 0: all were asked; 1: some report has no verdicts to ask anew; 2: wrong use or configuration.
    """
    from pipeline.cli.assess_command import AssessRequest, assess_command

    wanted, left_out, only = tuple(settings or ()), tuple(unset or ()), tuple(treatment or ())
    raise typer.Exit(
        assess_command(AssessRequest(report, profile, wanted, left_out, site, rules, only, changed, out, jobs))
    )


@app.command()
def schema() -> None:
    """Print the JSON Schema of report.json."""
    from pipeline.writers import report_schema

    typer.echo(report_schema(), nl=False)
