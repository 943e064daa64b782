"""Settings of a run, read from ``configs/default.yaml`` and a file of the user's that overrides single lines."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import ConfigurationError


class Settings(BaseModel):
    """Settings of a run; what each means is written beside its default in ``configs/default.yaml``."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    min_lesion_mm: float = Field(gt=0, le=30)
    connectivity: Literal[6, 18, 26]
    ct_window_width_hu: int = Field(gt=0, le=4000)
    ct_window_level_hu: int = Field(ge=-1000, le=3000)
    site_rules: str | None

    @property
    def sha256(self) -> str:
        """Digest of all settings, independent of how they were written down."""
        return hashlib.sha256(json.dumps(self.model_dump(), sort_keys=True).encode()).hexdigest()


@cache
def configs_folder() -> Path:
    """Return the folder of the configuration that comes with livermetry, installed or in a checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "configs"
    return installed if installed.is_dir() else package.parent / "configs"


def load_settings(override: Path | None = None) -> Settings:
    """Return the shipped settings with those of ``override`` in their place.

    Raises
    ------
    ConfigurationError
        With every problem of the file: unknown or repeated keys, wrong types, values out of range.
    """
    values = _read_mapping(configs_folder() / "default.yaml")
    if override is not None:
        values |= _read_mapping(override)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        name = override.name if override else "default.yaml"
        raise ConfigurationError(f"{name}: {_place(e['loc'])}: {e['msg']}" for e in error.errors()) from None


def site_rules_path(settings: Settings, override: Path | None) -> Path | None:
    """Return where the site's own thresholds are: relative to the file that names them."""
    if settings.site_rules is None or override is None:
        return None
    return override.parent / settings.site_rules


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location)


def _read_mapping(path: Path) -> dict[str, object]:
    """Return a YAML mapping; repeated keys are refused, since YAML would keep the last one in silence."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError([f"{path.name}: cannot be read as YAML ({type(error).__name__})"]) from None
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise ConfigurationError([f"{path.name}:1: expected lines of `key: value`"])
    keys = [(str(key.value), key.start_mark.line + 1) for key, _ in node.value]
    first = dict(reversed(keys))
    problems = [f"{path.name}:{line}: {key} is given twice" for key, line in keys if first[key] != line]
    if problems:
        raise ConfigurationError(problems)
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    return dict(values)
