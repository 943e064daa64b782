"""What is said of a mask that does not fit its image: codes, sentences, the volume at stake."""

from __future__ import annotations

import numpy as np

from pipeline.forensic_limits import ForensicLimits
from pipeline.measures.flagging import EVERY_SIZE
from pipeline.measures.forensics.comparison import Comparison
from pipeline.measures.forensics.moves import ERRORS, is_moved
from pipeline.measures.forensics.outline import Specks, Steps
from pipeline.measures.forensics.placement import Flip
from pipeline.measures.forensics.tissue import GAS_HU, Cut, find_slice_jump
from pipeline.measures.remnant import REMNANT_QUANTITIES
from pipeline.measures.volumes import mask_volume_ml
from pipeline.study import Finding, Severity
from pipeline.volume import Mask

LIVER_TOUCHED = (
    "total_liver_volume_ml",
    "functional_liver_volume_ml",
    "tumour_burden_percent",
    "functional_to_estimated_liver_percent",
    *REMNANT_QUANTITIES,
)
ALL_TOUCHED = (
    "lesion_count",
    "largest_diameter_mm",
    "sum_of_target_diameters_mm",
    "largest_3d_diameter_mm",
    "total_lesion_volume_ml",
    *LIVER_TOUCHED,
    *EVERY_SIZE,
)
AXIS_WORDS = ("upside down (head and feet exchanged)", "front to back", "left to right")
SIDES = (("feet", "head"), ("front", "back"), ("right", "left"))
OUTWARD_FACTOR = 1.5
"""Blurred edges and thin layers beside the liver make correct outlines look up to half a millimetre too wide."""
LARGEST_SPREAD_MM = 2.15
LEAST_AGREEMENT = 0.55
LARGEST_MARGIN_MM = 6.0
"""No observer draws a whole liver so much too wide or too narrow: the edges found are those of something else."""
NOTHING_MOVED = "No mask was moved and no number was changed."


def warn(code: str, message: str, touches: tuple[str, ...], at_stake_ml: float | None = None) -> Finding:
    """Return a warning with the volume at stake at the end of its message."""
    digits = 0 if at_stake_ml is None or at_stake_ml >= 10 else 1
    stake = f" At stake: about {at_stake_ml:.{digits}f} mL." if at_stake_ml is not None else ""
    return Finding(code, Severity.WARNING, message + stake, touches, at_stake_ml)


def say_specks(specks: Specks, limits: ForensicLimits) -> list[Finding]:
    """Return the finding on a mask full of specks."""
    count = specks.islands + specks.holes
    if count < limits.specks:
        return []
    message = (
        f"The liver mask has {specks.islands} islands and {specks.holes} holes of at most 0.1 mL: noise of a "
        "segmentation. They were measured as drawn."
    )
    return [warn("MASK_SPECKS", message, LIVER_TOUCHED, specks.volume_ml)]


def say_steps(steps: tuple[Steps, ...], mask: Mask) -> list[Finding]:
    """Return the finding on a mask made on a coarser grid."""
    if not steps:
        return []
    parts = [
        f"about {each.factor:.1f} voxels ({each.factor * float(mask.grid.spacing_mm[each.axis]):.1f} mm) between "
        f"{SIDES[each.axis][0]} and {SIDES[each.axis][1]}"
        for each in steps
    ]
    message = (
        f"The liver mask is built of steps of {', '.join(parts)}: it was made on a coarser grid and enlarged. Its "
        "boundary is less sure than the intervals say."
    )
    return [warn("MASK_STEPS", message, ALL_TOUCHED, sum(each.at_stake_ml for each in steps))]


def say_whole_image(mask: Mask) -> list[Finding]:
    """Return the finding on a mask that covers the image."""
    share = 100 * mask.count / float(np.prod(mask.grid.shape))
    message = f"The liver mask covers {share:.0f} % of its whole grid: it is not the mask of a liver."
    return [warn("MASK_IMPLAUSIBLE", message, ALL_TOUCHED, mask_volume_ml(mask))]


def say_placement(found: Comparison, mask: Mask, limits: ForensicLimits, modality: str) -> list[Finding]:
    """Return the findings on where a mask lies: mirrored, moved, or following nothing; at most one of these."""
    volume = mask_volume_ml(mask)
    if found.flip is not None:
        return [_say_flip(found.flip, volume)]
    moved = _say_move(found, mask, limits, modality)
    if _follows_nothing(found):
        shares = f"{100 * found.here.agreement.share:.0f} %"
        message = (
            f"The outline of the liver mask follows no edge of the image: only {shares} of its boundary with an edge "
            "nearby lies on it. It may be of another patient, examination or series."
        )
        return [
            warn("MASK_OTHER_PATIENT", f"{message} {NOTHING_MOVED}", ALL_TOUCHED, volume),
            *_say_side(found, volume),
        ]
    return [*moved, *_say_side(found, volume)]


def _say_flip(flip: Flip, volume_ml: float) -> Finding:
    words = " and ".join(AXIS_WORDS[axis] for axis in (2, 1, 0) if flip[axis])
    message = f"The liver mask follows the image clearly better mirrored {words}: mask or image is stored mirrored."
    return warn("MASK_MIRRORED", f"{message} {NOTHING_MOVED}", ALL_TOUCHED, volume_ml)


def _follows_nothing(found: Comparison) -> bool:
    """Tell whether neither the mask's own place nor a place nearby puts its outline on edges."""
    if max(found.here.agreement.share, found.best.agreement.share) >= LEAST_AGREEMENT:
        return False
    fit = found.fit
    return fit is None or fit.spread_mm > LARGEST_SPREAD_MM or abs(fit.margin_mm) > LARGEST_MARGIN_MM


def _say_move(found: Comparison, mask: Mask, limits: ForensicLimits, modality: str) -> list[Finding]:
    """Return the finding on a mask that lies off by whole slices or parts of a pixel."""
    fit = found.fit
    if fit is None:
        return []
    steps = mask.grid.spacing_mm
    axes = [axis for axis in range(3) if is_moved(found, axis, float(steps[axis]), limits, modality, mask)]
    if not axes:
        return []
    move = found.move_mm
    parts = []
    for axis in axes:
        side = SIDES[axis][0 if move[axis] > 0 else 1]
        unit = "slices" if axis == mask.grid.slice_axis else "pixels"
        parts.append(f"{abs(move[axis]):.1f} mm ({abs(move[axis]) / steps[axis]:.1f} {unit}) too far to the {side}")
    message = (
        f"The liver mask lies {' and '.join(parts)}, as the edges of the image show (of which "
        f"{100 * found.here.agreement.share:.0f} % lie on its outline as it is, {100 * found.best.agreement.share:.0f} "
        "% if it lay there): a shifted grid, or another breath-hold or phase."
    )
    only = np.where(np.isin(np.arange(3), axes), move, 0.0)
    swept = float(np.mean(np.abs(found.surface.normals @ (mask.grid.axes / steps[:, None]).T @ only)))
    return [warn("MASK_SHIFTED", f"{message} {NOTHING_MOVED}", ALL_TOUCHED, swept * found.surface.area_mm2 / 2000)]


def _say_side(found: Comparison, volume_ml: float) -> list[Finding]:
    """Return the findings on image and mask reversed together: the liver lies in the wrong half of the body."""
    findings = []
    if found.right_share is not None and found.right_share < 0.35:
        message = (
            f"{100 * (1 - found.right_share):.0f} % of the liver lies in the left half of the body: image and masks "
            "may be mirrored together, if it is no situs inversus."
        )
        findings.append(warn("MASK_MIRRORED", message, ALL_TOUCHED, volume_ml))
    if found.upside_down:
        message = "Lung or gas lies under the liver and none above it: image and masks may be upside down together."
        findings.append(warn("MASK_MIRRORED", message, ALL_TOUCHED, volume_ml))
    elif found.ribs is not None and found.ribs.are_reversed:
        message = "The ribs rise to the front, where they fall in every body: image and masks may be upside down or "
        message += "mirrored front to back together."
        findings.append(warn("MASK_MIRRORED", message, ALL_TOUCHED, volume_ml))
    return findings


def say_boundary(found: Comparison, limits: ForensicLimits, modality: str) -> list[Finding]:
    """Return the findings on a boundary that runs beside the edges: too wide, too narrow, or smoothed."""
    fit = found.fit
    if fit is None or modality != "CT":
        return []
    findings = []
    pixel = float(found.surface.steps_mm.min())
    least = max(limits.margin_mm, 0.6 * pixel) * (1.0 if fit.margin_mm > 0 else OUTWARD_FACTOR)
    if abs(fit.margin_mm) >= least and abs(fit.margin_mm) > ERRORS * fit.margin_error_mm:
        word = "inside" if fit.margin_mm > 0 else "outside"
        size = "small" if fit.margin_mm > 0 else "large"
        message = (
            f"The outline of the liver mask runs {abs(fit.margin_mm):.1f} mm {word} the liver's edge: it is too {size}."
        )
        stake = abs(fit.margin_mm) * found.surface.area_mm2 / 1000
        findings.append(warn("MASK_MARGIN", message, LIVER_TOUCHED, stake))
    if fit.bend_mm2 >= limits.smoothing_mm2 + 0.6 * pixel**2 and fit.bend_mm2 > ERRORS * fit.bend_error_mm2:
        stake = fit.bend_mm2 * float(np.mean(np.abs(found.surface.curvatures_per_mm))) * found.surface.area_mm2 / 1000
        message = (
            f"The liver mask lost its corners and filled its clefts, as by smoothing over {np.sqrt(fit.bend_mm2):.1f} "
            "mm; the image shows them."
        )
        findings.append(warn("MASK_SMOOTHED", message, LIVER_TOUCHED, stake))
    return findings


def say_cuts(cuts: tuple[Cut, ...]) -> list[Finding]:
    """Return the findings on a mask that ends before the liver does."""
    return [
        warn(
            "MASK_CUT",
            f"The liver mask ends at its {'upper end (dome)' if cut.at_head else 'lower edge'} while the image goes "
            f"on there as inside the liver, on {cut.alike_percent:.0f} % of its last slice: slices may be missing.",
            LIVER_TOUCHED,
            cut.lost_ml,
        )
        for cut in cuts
    ]


def say_values(found: Comparison, mask: Mask, limits: ForensicLimits, modality: str, *, fits: bool) -> list[Finding]:
    """Return the findings on the values inside a mask: not those of a liver, or of air."""
    findings: list[Finding] = []
    inside = found.here.inside
    calibrated = modality == "CT"
    gas = float(np.mean(inside.values < (GAS_HU if calibrated else 0.1 * inside.level)))
    if 100 * gas > (limits.gas_percent if calibrated else 5 * limits.gas_percent):
        volume = gas * mask_volume_ml(mask)
        message = f"{100 * gas:.1f} % of the liver mask lies in air or lung, outside the body's soft tissue."
        findings.append(warn("MASK_OUTSIDE_BODY", message, ALL_TOUCHED, volume))
    if calibrated and not limits.smallest_liver_hu <= inside.level <= limits.largest_liver_hu:
        message = (
            f"The liver reads {inside.level:.0f} HU in the median; livers read {limits.smallest_liver_hu:g} to "
            f"{limits.largest_liver_hu:g}. The rescale of the image may be lost, or the mask is not on the liver."
        )
        findings.append(warn("HU_RANGE", message, ALL_TOUCHED))
    jump = find_slice_jump(inside) if calibrated and fits else 0.0
    if jump > limits.slice_jump_hu:
        message = (
            f"One slice of the liver reads {jump:.0f} HU away from the slices around it: its rescale may be wrong."
        )
        findings.append(warn("HU_RANGE", message, ALL_TOUCHED))
    return findings
