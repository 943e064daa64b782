"""Settings of a run, read from ``configs/default.yaml`` and a file of the user's that overrides single lines."""

from __future__ import annotations

import hashlib
import json
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from pipeline.anatomy import AnatomyLimits
from pipeline.errors import ConfigurationError
from pipeline.forensic_limits import ForensicLimits
from pipeline.preferences import MaskRule, Preferences, SeriesRule
from pipeline.yaml_file import Plain, YamlFile, read_yaml


class Settings(BaseModel):
    """Settings of a run; what each means is written beside its default in ``configs/default.yaml``."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    min_lesion_mm: float = Field(gt=0, le=30)
    connectivity: Literal[6, 18, 26]
    min_vessel_mm: float = Field(gt=0, le=30)
    smallest_plausible_liver_ml: float = Field(ge=0)
    largest_plausible_liver_ml: float = Field(gt=0)
    smallest_slice_mm: float = Field(ge=0)
    largest_slice_mm: float = Field(gt=0)
    smallest_liver_hu: float
    largest_liver_hu: float
    slice_jump_hu: float = Field(gt=0)
    mask_in_plane_shift_voxels: float = Field(gt=0)
    mask_slice_shift_slices: float = Field(gt=0)
    mask_slice_shift_mm: float = Field(gt=0)
    mask_margin_mm: float = Field(gt=0)
    mask_smoothing_mm2: float = Field(gt=0)
    mask_specks: int = Field(gt=0)
    mask_gas_percent: float = Field(gt=0, le=100)
    mask_whole_image_percent: float = Field(gt=0, le=100)
    mask_outside_percent: float = Field(gt=0, le=100)
    trust_masks: bool
    segment_order_percent: float = Field(gt=0, le=100)
    segment_contact_percent: float = Field(gt=0, le=100)
    wide_lesion_segments: int = Field(ge=2, le=8)
    wide_lesion_percent: float = Field(ge=0, le=50)
    accessory_vein_mm: float = Field(gt=0, le=50)
    hepatic_vein_piece_ml: float = Field(gt=0)
    plans: bool
    ct_window_width_hu: int = Field(gt=0, le=4000)
    ct_window_level_hu: int = Field(ge=-1000, le=3000)
    site_rules: str | None
    series_preference: Annotated[tuple[SeriesRule, ...], Field(strict=False)]
    mask_preference: Annotated[tuple[MaskRule, ...], Field(strict=False)]
    other_series: Literal["refuse", "same_grid"]

    @property
    def preferences(self) -> Preferences:
        """How the site chooses among series, or masks, that fit equally."""
        return Preferences(series=self.series_preference, masks=self.mask_preference, other_series=self.other_series)

    @property
    def forensic_limits(self) -> ForensicLimits:
        """When a mask that does not fit its image is worth a finding."""
        return ForensicLimits(
            smallest_liver_hu=self.smallest_liver_hu,
            largest_liver_hu=self.largest_liver_hu,
            slice_jump_hu=self.slice_jump_hu,
            in_plane_shift_voxels=self.mask_in_plane_shift_voxels,
            slice_shift_slices=self.mask_slice_shift_slices,
            slice_shift_mm=self.mask_slice_shift_mm,
            margin_mm=self.mask_margin_mm,
            smoothing_mm2=self.mask_smoothing_mm2,
            specks=self.mask_specks,
            gas_percent=self.mask_gas_percent,
            whole_image_percent=self.mask_whole_image_percent,
        )

    @property
    def anatomy_limits(self) -> AnatomyLimits:
        """When something odd about a liver is said beside its plans."""
        return AnatomyLimits(
            segment_order_percent=self.segment_order_percent,
            segment_contact_percent=self.segment_contact_percent,
            wide_lesion_segments=self.wide_lesion_segments,
            wide_lesion_percent=self.wide_lesion_percent,
            accessory_vein_mm=self.accessory_vein_mm,
            hepatic_vein_piece_ml=self.hepatic_vein_piece_ml,
            trusted=self.trust_masks,
        )

    def outside_percent(self, modality: str) -> float:
        """Share of a liver mask in air or lung from which on no verdict is given; outside CT five times as much."""
        return self.mask_outside_percent if modality == "CT" else min(5 * self.mask_outside_percent, 100.0)

    @property
    def plain(self) -> dict[str, str | float | int | bool | None]:
        """Every setting as one value; lists of rules as one text."""
        rules = {"series_preference": self.series_preference, "mask_preference": self.mask_preference}
        texts = {name: "; ".join(rule.text for rule in each) or None for name, each in rules.items()}
        return {**self.model_dump(exclude=set(rules)), **texts}

    @property
    def sha256(self) -> str:
        """Digest of all settings, independent of how they were written down."""
        return hashlib.sha256(json.dumps(self.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()


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
    shipped = read_yaml(configs_folder() / "default.yaml")
    given = read_yaml(override) if override else shipped
    try:
        return Settings.model_validate(_mapping(shipped) | _mapping(given))
    except ValidationError as error:
        found = sorted(error.errors(), key=lambda each: given.line(*each["loc"]))
        raise ConfigurationError(given.problem(_describe(each), *each["loc"]) for each in found) from None


def site_rules_path(settings: Settings, override: Path | None) -> Path | None:
    """Return where the site's own thresholds are: relative to the file that names them."""
    if settings.site_rules is None or override is None:
        return None
    return override.parent / settings.site_rules


def _mapping(file: YamlFile) -> dict[str, Plain]:
    if file.value is None:
        return {}
    if not isinstance(file.value, dict):
        raise ConfigurationError([file.problem("expected lines of `key: value`")])
    return file.value


def _describe(error: ErrorDetails) -> str:
    place = ".".join(str(part) for part in error["loc"])
    if len(error["loc"]) > 1 and error["type"] == "extra_forbidden":
        return f"{place} is no condition of a rule"
    if error["type"] == "extra_forbidden":
        near = get_close_matches(place, list(Settings.model_fields), n=1)
        known = f"the nearest is {near[0]}" if near else f"there are {', '.join(Settings.model_fields)}"
        return f"{place} is not a setting; {known}"
    return f"{place}: {error['msg'].replace('Input should', 'should').replace(' a valid integer', ' a whole number')}"
