"""Settings: one file overrides single lines of the shipped one, and all that is wrong is said at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.settings import load_settings, site_rules_path


def test_a_file_overrides_single_settings(tmp_path: Path) -> None:
    """What the file does not name keeps its shipped value; the digest tells the two apart."""
    config = tmp_path / "site.yaml"
    config.write_text("min_lesion_mm: 5.0\nsite_rules: rules/ours.yaml\n")
    settings = load_settings(config)
    assert settings.min_lesion_mm == 5.0
    assert settings.connectivity == load_settings().connectivity
    assert settings.sha256 != load_settings().sha256
    assert site_rules_path(settings, config) == tmp_path / "rules" / "ours.yaml"


def test_every_problem_of_a_settings_file_is_listed_with_its_line(tmp_path: Path) -> None:
    """Unknown names, wrong types and values out of range come together."""
    config = tmp_path / "site.yaml"
    config.write_text("connectivity: 8\nmin_lesion: 3\nmin_lesion_mm: -1\nct_window_width_hu: '150'\n")
    with pytest.raises(ConfigurationError) as caught:
        load_settings(config)
    assert {problem.split(": ")[0] for problem in caught.value.problems} == {f"site.yaml:{n}" for n in (1, 2, 3, 4)}
    assert any("min_lesion is not a setting" in problem for problem in caught.value.problems)
