"""Ways to spoil a DICOM SEG: whose it is, where it lies, what is drawn in it (section 2 of ``docs/hazards.md``)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.corruption.seg_edits import (
    all_turned,
    cubes_meeting_in_a_corner,
    cut_file,
    drop_frames_of,
    edited,
    frames_moved,
    frames_shuffled,
    left_out,
    lesions_mirrored,
    on_a_finer_grid,
    one_slice_square,
    outside_lesion,
    redrawn,
    refer_to_another_series,
    renamed,
    rows_negated,
    small_lesion_in_the_remnant,
    with_mask,
    with_second_phase,
    with_second_seg,
    with_specks,
    with_values,
)
from tests.corruption.series_edits import Spoil
from tests.corruption.way import LESION_TOTALS, LIVER_TOTALS, Expected, Numbers, Part, Way
from tests.liver_phantom import GRID, Voxels, sample_structures
from tests.readers.build_dicom import uid

C, F, R = Expected.CORRECT, Expected.FLAGGED, Expected.REFUSED


def way(name: str, rows: str, spoil: Spoil, expected: Expected, *codes: str, **more: object) -> Way:
    """Return a way to spoil the SEG of the DICOM study."""
    return Way(name, tuple(rows.split()), "dicom", Part.MASK, spoil, expected, codes, **more)  # type: ignore[arg-type]


NEW_LESION = (
    *LESION_TOTALS,
    "functional_*",
    "remnant_*",
    "removed_*",
    "largest_remnant_lesion_mm",
    "standardized_*",
    "tumour_*",
    "L*",
    "lesion_4*",
)
MORE_LESION = (
    *LESION_TOTALS, "total_*", "functional_*", "remnant_*", "removed_*", "largest_remnant_lesion_mm", "standardized_*",
    "L?.*", "lesion_4.volume_ml", "planned_margin_mm",
)  # fmt: skip
"""Numbers that another lesion changes, partly in the remnant."""


def with_lesion(draw: Callable[[dict[str, Voxels]], Voxels], count: int) -> Callable[[Numbers], Numbers]:
    """Return what one more lesion within the liver leads to, by its voxels."""

    def known(clean: Numbers) -> Numbers:
        drawn, masks = draw({}), sample_structures()
        parts = (drawn, drawn & masks["remnant"], drawn & ~masks["liver"])
        more, inside, beyond = (float(each.sum() * GRID.voxel_volume_mm3 / 1000) for each in parts)
        total, liver = clean["total_lesion_volume_ml"] + more, clean["total_liver_volume_ml"] + beyond
        kept = clean["remnant_volume_ml"] - inside
        return {
            "lesion_count": count,
            "lesion_4.volume_ml": more,
            "total_lesion_volume_ml": total,
            "total_liver_volume_ml": liver,
            "functional_liver_volume_ml": liver - total,
            "remnant_lesion_volume_ml": inside,
            "remnant_volume_ml": kept,
            "removed_percent": 100 - 100 * kept / liver,
            "tumour_burden_percent": 100 * total / liver,
            "planned_margin_mm": 0 if 0 < inside < more / 2 else clean["planned_margin_mm"],
            **{f"L{n}.volume_ml": clean[f"L{n}.volume_ml"] for n in range(1, 4) if clean[f"L{n}.volume_ml"] > more},
        }

    return known


WAYS: tuple[Way, ...] = (
    way("masks of another patient", "M01", with_values(PatientID="P-2"), R, "PAIR_PATIENT"),
    way("masks of another birth date", "M01", with_values(PatientBirthDate="19610101"), R, "PAIR_PATIENT"),
    way("masks of another name", "M01", with_values(PatientName="Other^Person"), R, "PAIR_PATIENT"),
    way("masks in another frame of reference", "M02", with_values(FrameOfReferenceUID=uid("other")), R, "PAIR_FOR"),
    way("masks of an absent series", "M03", edited(refer_to_another_series), R, "PAIR_SERIES"),
    way("masks of another study", "M03", with_values(StudyInstanceUID=uid("other study")), R, "NO_IMAGE", "NO_MASK"),
    way("a second phase beside", "M03", with_second_phase, C),
    way("a second segmentation with larger lesions", "M04", with_second_seg, R, "PAIR_AMBIGUOUS"),
    way("frames in random order", "M06 M17", edited(frames_shuffled), C),
    way("rows negated", "M06", edited(rows_negated), C),
    way("drawn on a finer grid", "M07", on_a_finer_grid, F, "GRID_OTHER", changed=("*",), within=0.25),
    way("frames half a slice off", "M08", frames_moved((0, 0, 2.5)), R, "GRID_OFF"),
    way("frames 0.3 voxels off in plane", "M08", frames_moved((1.05, 0, 0)), F, "GRID_OFF"),
    way("frames 0.05 voxels off", "M08", frames_moved((0.17, 0.17, 0)), C),
    way("frames a whole slice off their images", "M06 M08", frames_moved((0, 0, 5.0)), R, "GRID_INDEX"),
    way("frames elsewhere", "M08", frames_moved((0, 0, 400.0)), R, "GRID_OTHER", "GRID_INDEX"),
    way("a liver that is called Segment 1", "M15", redrawn(renamed("liver", "Segment_1")), F, "LABEL_UNKNOWN",
        withheld=(*LIVER_TOTALS, "liver.*", "standardized_remnant_percent", "lesion_count"),
        changed=("*",), drawn=("U?.*", "Segment_1*")),
    way("a lesion that is called Region", "M15", redrawn(renamed("lesion_2", "Region")), F, "LABEL_UNKNOWN",
        withheld=("*lesion_count", "planned_margin_mm"), changed=NEW_LESION, drawn=("L?.*", "lesion_2*", "Region*")),
    way("empty frames kept", "M17", redrawn(dict, omit_empty=False), C),
    way("frames lost within a lesion", "M17", edited(drop_frames_of(2, range(2, 4))), F, "MASK_GAP",
        changed=(*NEW_LESION, *LIVER_TOTALS), drawn=("lesion_1.volume_ml",)),
    way("a lesion drawn twice", "M18", redrawn(with_mask("lesion_4", lambda m: m["lesion_3"])), F, "SEG_OVERLAP",
        changed=("lesion_count", "tumour_burden_score", "planned_ablation_percent", "L3.nearest_lesion_mm"),
        drawn=("L4.*", "lesion_4*")),
    way("a liver without its tumours", "M19",
        redrawn(with_mask("liver", lambda m: m["liver"] & ~(m["lesion_1"] | m["lesion_2"] | m["lesion_3"]))), C,
        changed=("liver.volume_ml",)),
    way("a lesion in the spleen", "M20", redrawn(with_mask("lesion_4", outside_lesion)), F, "LESION_OUTSIDE",
        drawn=("E1.*", "lesion_4*")),
    way("all lesions mirrored", "M20", redrawn(lesions_mirrored), F, "LESION_OUTSIDE",
        changed=("*",), drawn=("E?.*", "functional_*", "rem*_percent", "rem*_ml", "tumour_*"), verdicts=False),
    way("everything mirrored", "M21", redrawn(all_turned(2)), F, "MASK_MIRRORED", changed=("*",),
        verdicts=False),
    way("everything upside down", "M21", redrawn(all_turned(0)), F, "MASK_MIRRORED", changed=("*",),
        verdicts=False),
    way("a liver that is everything", "M21", redrawn(with_mask("liver", lambda m: np.ones_like(m["liver"]))), F,
        "MASK_IMPLAUSIBLE", withheld=LIVER_TOTALS, changed=("*",)),
    way("a remnant partly outside the liver", "M22",
        redrawn(with_mask("remnant", lambda m: np.roll(m["remnant"], 3, axis=2))), F, "FLR_OUTSIDE",
        withheld=("remnant_percent", "standardized_remnant_percent", "remnant_after_ablation_percent",
                  "standardized_remnant_after_ablation_percent"),
        changed=("remnant*", "removed*", "planned_margin_mm", "L?.resection_margin_mm")),
    way("a lesion in the remnant", "M22",
        redrawn(with_mask("lesion_4", small_lesion_in_the_remnant)), F,
        "FLR_LESION", drawn=MORE_LESION, known=with_lesion(small_lesion_in_the_remnant, 4)),
    way("no lesion segment", "M23", redrawn(left_out("lesion_1", "lesion_2", "lesion_3")), F, "LESION_ABSENT",
        withheld=(*LESION_TOTALS, "treated_lesion_count", "planned_margin_mm"),
        drawn=("L?.*", "lesion_*", "functional_*", "remnant_*", "removed_*", "standardized*")),
    way("25 specks", "M24", with_specks, F, "LESION_SPECK", drawn=("S*", "lesion_4*"), tolerance=0.2,
        alone=True, known=lambda clean: {"lesion_count": 3, "lesion_4.volume_ml": 25 * 3 * 1.9**2 / 1000}),
    way("two cubes meeting in a corner", "M25", redrawn(with_mask("lesion_4", cubes_meeting_in_a_corner)), F,
        "LESION_TOUCH", drawn=MORE_LESION, known=with_lesion(cubes_meeting_in_a_corner, 4)),
    way("a lesion on one slice", "M27", redrawn(with_mask("lesion_4", one_slice_square)), F, "LESION_THIN",
        drawn=MORE_LESION, known=with_lesion(one_slice_square, 4)),
    way("no liver segment", "M15", redrawn(left_out("liver")), F, "NO_LIVER", withheld=LIVER_TOTALS,
        changed=("*",), drawn=("U?.*",)),
    *(way(f"a SEG cut at {share:.0%}", "S06", cut_file(share), R, "TRUNCATED", "NO_MASK", "SEG_FRAMES")
      for share in (0.01, 0.3, 0.6, 0.99)),
    way("an empty SEG file", "S06", cut_file(0), R, "NO_MASK", "TRUNCATED"),
    way("no SEG", "M23", lambda folder: (folder / "seg.dcm").unlink(), R, "NO_MASK"),
    way("a million frames declared", "S02", with_values(NumberOfFrames=1_000_000), R, "SEG_FRAMES", "LIMIT_PIXELS",
        "TRUNCATED"),
    way("65535 rows and columns of mask", "S02", with_values(Rows=65535, Columns=65535), R, "LIMIT_PIXELS",
        "TRUNCATED", "SEG_FRAMES", "GRID_OTHER"),
    way("a fractional type that is unknown", "M16", with_values(SegmentationType="FUZZY"), R, "SEG_KIND"),
    way("no frame positions", "M06", edited(lambda seg: [
        frame.pop("PlanePositionSequence") for frame in seg.PerFrameFunctionalGroupsSequence]), R,
        "SEG_FRAMES", "GEOM_ORIENT", "SEG_GRID"),
    way("no segment numbers", "M06", edited(lambda seg: [
        frame.pop("SegmentIdentificationSequence") for frame in seg.PerFrameFunctionalGroupsSequence]), R,
        "SEG_FRAMES"),
    way("half the pixel spacing", "G13 M07", edited(lambda seg: setattr(
        seg.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0], "PixelSpacing", ["1.75", "1.75"])), R,
        "GRID_OTHER"),
)  # fmt: skip
