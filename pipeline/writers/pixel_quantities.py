"""What the values of an image's pixels in a lesion are called."""

from __future__ import annotations

from pipeline.writers.quantity_text import QuantityText

_STATISTICS = {
    "mean": ("Mean HU", "Mean"),
    "sd": ("Standard deviation of HU", "Standard deviation (population)"),
    "median": ("Median HU", "Median"),
    "min": ("Lowest HU", "Lowest value"),
    "max": ("Highest HU", "Highest value"),
    "p10": ("10th percentile of HU", "10th percentile"),
    "p90": ("90th percentile of HU", "90th percentile"),
}
PIXEL_VALUES = tuple(
    QuantityText(f"{name}_hu", label, "[hnsf'U]", f"{meaning} of the CT's pixels in the lesion.")
    for name, (label, meaning) in _STATISTICS.items()
)
"""Of each lesion in CT."""


def explain_intensity(name: str) -> QuantityText | None:
    """Return what a value of the pixels of an image other than CT is called; None of other names."""
    bare = name.removesuffix("_intensity")
    if bare == name or bare not in _STATISTICS:
        return None
    label, meaning = _STATISTICS[bare]
    meaning = f"{meaning} of the image's pixels in the lesion, in stored units."
    return QuantityText(name, label.replace("HU", "intensity"), "1", meaning)
