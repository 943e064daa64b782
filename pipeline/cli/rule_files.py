"""Where the rules of a command come from: those that are shipped, a folder of the user's, a site's own thresholds."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import UsageError
from pipeline.rules import Catalogue, load_catalogue, recall_catalogue
from pipeline.rules.files import suggest
from pipeline.settings import configs_folder


def rule_folders(given: Path | None) -> tuple[Path, Path]:
    """Return the folders of rules and of profiles.

    Parameters
    ----------
    given
        A folder of rules, or one that holds ``rules`` and perhaps ``profiles``; profiles that stand neither in it nor
        beside it are the shipped ones. None: everything is shipped.

    Raises
    ------
    UsageError
        When it is no such folder.
    """
    shipped = configs_folder()
    if given is None:
        return shipped / "rules", shipped / "profiles"
    rules = next((each for each in (given, given / "rules") if (each / "catalogue.yaml").is_file()), None)
    if rules is None:
        raise UsageError("the folder of rules holds no catalogue.yaml")
    beside = (rules / "profiles", rules.parent / "profiles")
    return rules, next((each for each in beside if each.is_dir()), shipped / "profiles")


def find_catalogue(given: Path | None = None, site: Path | None = None, *, examples: bool = False) -> Catalogue:
    """Return the rules; with their examples, which takes longer, only where they are asked for.

    Raises
    ------
    ConfigurationError, UsageError
        With everything that is wrong with them.
    """
    if site is not None and not site.is_file():
        raise UsageError("--site: there is no such file")
    return (load_catalogue if examples else recall_catalogue)(*rule_folders(given), site)


def check_profile(catalogue: Catalogue, profile: str | None) -> None:
    """Refuse a profile that is not there, naming those that are."""
    if profile is not None and profile not in catalogue.profiles:
        known = ", ".join(sorted(catalogue.profiles))
        raise UsageError(f"--profile: no profile is called {profile}; there are {known}")


def check_treatment(catalogue: Catalogue, treatment: str) -> str:
    """Return the id of a treatment that was given by its id or title; refuse one that is not there."""
    wanted = treatment.strip().casefold().replace("-", "_").replace(" ", "_")
    for each in catalogue.treatments:
        if wanted in (each.id.casefold(), each.title.casefold().replace("-", "_").replace(" ", "_")):
            return each.id
    known = [each.id for each in catalogue.treatments]
    near = suggest(wanted, known) or f"; there are {', '.join(known)}"
    raise UsageError(f"no treatment is called {treatment}{near}")
