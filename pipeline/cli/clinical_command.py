"""``livermetry clinical``: an empty record to fill in, the fields there are, and what a file's records say."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from pipeline.readers import ClinicalFields
    from pipeline.rules import Catalogue

clinical_app = typer.Typer(help="The clinical record: an empty one, its fields, a check.", no_args_is_help=True)
MEASURES: dict[str, tuple[str, ...]] = {
    "height_cm": ("estimated liver volume", "body surface"),
    "weight_kg": ("estimated liver volume", "body surface"),
    "birth_date": ("age_years", "identity"),
    "sex": ("identity",),
    "lesion_search_confirmed": ("lesion_count",),
    "sbrt_dose_gy": ("sbrt_bed10_gy", "sbrt_eqd2_10_gy"),
    "sbrt_fractions": ("sbrt_bed10_gy", "sbrt_eqd2_10_gy"),
    "bilirubin_total_mg_dl": ("albi_score", "meld_score"),
    "albumin_g_l": ("albi_score",),
    "inr": ("meld_score",),
    "creatinine_mg_dl": ("meld_score",),
    "cea_ng_ml": ("cea_fall_percent",),
    "cea_max_ng_ml": ("cea_fall_percent",),
    "sirt_activity_gbq": ("sirt_lung_dose_gy",),
    "lung_shunt_percent": ("sirt_lung_dose_gy",),
    "lung_mass_kg": ("sirt_lung_dose_gy",),
    "spleen_baseline_ml": ("spleen_change_percent",),
    "liver_native_hu": ("steatosis_by_imaging",),
    "spleen_native_hu": ("steatosis_by_imaging",),
    "liver_pdff_percent": ("steatosis_by_imaging",),
    "primary_resection_date": ("interval_months",),
    "primary_diagnosis_date": ("interval_months",),
    "liver_mets_diagnosis_date": ("interval_months",),
    "prior_remnant_volume_ml": ("degree_of_hypertrophy_percent", "remnant_growth_percent"),
    "weeks_since_pve": ("kinetic_growth_rate_percent_per_week",),
    "pve_date": ("weeks_since_pve",),
    "chemo_agents": ("sinusoidal_injury_or_cash", "anti_vegf_given"),
    "extrahepatic_sites": ("lung_nodule_count", "node_area_count", "extrahepatic_site_count", "metastasis_count"),
    "portal_vein_patency": ("portal_trunk_patent", "portal_branches_patent"),
    "portal_vein_thrombus": ("portal_trunk_patent", "portal_branches_patent"),
    "age_years": ("pregnant",),
    "chemo_lines": ("chemo_weeks_total", "chemo_cycles_preop"),
    "portal_hypertension": ("varices",),
}
"""What else than rules needs a field."""


class TemplateFormat(StrEnum):
    """How an empty record is written."""

    YAML = "yaml"
    CSV = "csv"
    JSON = "json"


@clinical_app.command()
def template(
    file: Annotated[Path | None, typer.Argument(help="File to write; none: print it.", show_default=False)] = None,
    kind: Annotated[TemplateFormat | None, typer.Option("--format", help="By the file's ending, else yaml.")] = None,
) -> None:
    """Write an empty, commented clinical record."""
    from pipeline.writers.clinical_template import write_template

    ending = (file.suffix.lower().lstrip(".") if file else "yaml").replace("yml", "yaml")
    if kind is None and ending not in list(TemplateFormat):
        _fail("the file's name ends in .yaml, .csv or .json, or --format says which it is")
    fields, needs = _load()
    text = write_template(fields, needs, (kind or TemplateFormat(ending)).value)
    if file is None:
        typer.echo(text, nl=False)
        typer.echo("To write it to a file: livermetry clinical template record.yaml (or .csv, .json)", err=True)
        return
    try:
        with file.open("x", encoding="utf-8") as target:
            target.write(text)
    except FileExistsError:
        _fail("the file exists; nothing was written over")
    except OSError as error:
        _fail(f"the file cannot be written: {(error.strerror or type(error).__name__).lower()}")


@clinical_app.command()
def fields(
    as_csv: Annotated[bool, typer.Option("--csv", help="As a CSV table instead of a page.")] = False,
) -> None:
    """Print every field: what it is, its unit, range, words and code, and what needs it."""
    from pipeline.writers.clinical_template import write_dictionary, write_page

    typer.echo((write_dictionary if as_csv else write_page)(*_load()), nl=False)


@clinical_app.command()
def check(file: Annotated[Path, typer.Argument(help="A clinical file.", show_default=False)]) -> None:
    """Read a clinical file and print what would not be used of it; whose records they are is not looked at.

    Exit code 0: all would be used; 1: something would not; 2: the file cannot be read.
    """
    from pipeline.errors import ConfigurationError
    from pipeline.readers import describe_clinical, read_clinical

    try:
        found = read_clinical(file, _load()[0])
    except ConfigurationError as error:
        _fail(*error.problems)
    lines = describe_clinical(found)
    for line in lines:
        typer.echo(line)
    records = "1 record" if len(found.records) == 1 else f"{len(found.records)} records"
    typer.echo(f"{records}, {len(lines)} finding{'' if len(lines) == 1 else 's'}")
    raise typer.Exit(1 if lines else 0)


def _fail(*problems: str) -> NoReturn:
    for problem in problems:
        typer.echo(f"livermetry: {problem}", err=True)
    raise typer.Exit(2)


def _load() -> tuple[ClinicalFields, dict[str, tuple[str, ...]]]:
    """Return the fields of the record, and the rules and measures that need each."""
    from pipeline.readers import load_clinical_fields
    from pipeline.rules import recall_catalogue
    from pipeline.settings import configs_folder

    folder = configs_folder()
    known = load_clinical_fields(folder / "clinical.yaml")
    needs = find_needs(recall_catalogue(folder / "rules", folder / "profiles"))
    names = [name for name in known.fields if name in needs or name in MEASURES]
    return known, {name: (*needs.get(name, ()), *MEASURES.get(name, ())) for name in names}


def find_needs(catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """Return the ids of the rules that read each input, under any profile."""
    found: dict[str, set[str]] = {}
    for profile in catalogue.profiles:
        for rule, names in catalogue.under(profile).direct.items():
            for name in names:
                found.setdefault(name, set()).add(rule)
    return {name: tuple(sorted(rules)) for name, rules in found.items()}
