"""Reports made by hand, for the tests of the writers: done, refused, failed, flagged, hostile, crowded."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from pipeline.lesion import LesionStatus
from pipeline.measurement import Fact, Location, Measurement, absent
from pipeline.picture import Caliper, KeyImage, Outline
from pipeline.report import ImageRecord, LesionRecord, Provenance, Report, StructureRecord
from pipeline.study import Finding, Identity, Severity, SourceFile
from pipeline.verdict import Assessment, CriterionResult, Evidence, Flip, Grade, Kind, Missing, Outcome, Truth, Verdict

HOSTILE = "<script>alert(1)</script>{{7*7}}=cmd()\"'><img src=x onerror=alert(2)>\u202e"
FORMULAS = ("=cmd()", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1")

FOV_CUT = Finding(
    "FOV_CUT",
    Severity.WARNING,
    "The liver touches the first slice of the scan; volumes that need the whole liver are left out.",
    ("total_liver_volume_ml", "remnant_percent"),
)
REFUSAL = Finding(
    "GEOM_GAP",
    Severity.REFUSED,
    "Slices 40 to 42 are missing inside the liver; expected one every 2.5 mm: send the whole series again.",
)


def measured(name: str, value: float, unit: str, spread: float = 0.05, flags: tuple[str, ...] = ()) -> Measurement:
    return Measurement(
        name, value, unit, value * (1 - spread), value * (1 + spread), method="half-level contour", flags=flags
    )


def lesion(number: int, longest: float, label: str, status: LesionStatus = LesionStatus.INTRAHEPATIC) -> LesionRecord:
    points = ((-10.0, 5.0, -120.0), (-10.0 + longest, 5.0, -120.0))
    values = {
        "volume_ml": measured("volume_ml", 0.0005236 * longest**3, "mL"),
        "longest_diameter_mm": replace(
            measured("longest_diameter_mm", longest, "mm"), location=Location(34, "1.2.3.34", points)
        ),
        "short_diameter_mm": measured("short_diameter_mm", 0.8 * longest, "mm"),
        "max_3d_diameter_mm": measured("max_3d_diameter_mm", 1.07 * longest, "mm"),
    }
    facts = {
        "segments": Fact("segments", ("segment_7", "segment_8"), source="Couinaud masks"),
        "lobe": Fact("lobe", None, reason="SEGMENTS_ABSENT: no Couinaud segment is in the masks"),
        "measurable": Fact("measurable", longest >= 10),
    }
    prefix = {LesionStatus.INTRAHEPATIC: "L", LesionStatus.EXTRAHEPATIC: "E"}.get(status, "S")
    return LesionRecord(
        id=f"{prefix}{number}",
        status=status,
        label=label,
        tracking_uid="1.2.3.9",
        components=1,
        measurements=values,
        facts=facts,
    )


def study_measurements() -> dict[str, Measurement]:
    return {
        "lesion_count": Measurement("lesion_count", 2.0, "1", 2.0, 3.0),
        "largest_diameter_mm": measured("largest_diameter_mm", 29.96, "mm"),
        "total_lesion_volume_ml": measured("total_lesion_volume_ml", 17.2, "mL"),
        "total_liver_volume_ml": measured("total_liver_volume_ml", 1612.4, "mL", 0.02),
        "functional_liver_volume_ml": measured("functional_liver_volume_ml", 1595.2, "mL", 0.02),
        "tumour_burden_percent": measured("tumour_burden_percent", 1.07, "%"),
        "remnant_volume_ml": measured("remnant_volume_ml", 489.7, "mL", 0.03),
        "remnant_percent": measured("remnant_percent", 30.7, "%", 0.03),
        "standardized_remnant_percent": absent(
            "standardized_remnant_percent", "%", "CLIN_ABSENT", "height and weight are not given in the clinical record"
        ),
    }


def diameter_evidence(name: str, value: float, limit: float) -> Evidence:
    met = Truth.MET if value <= limit else Truth.NOT_MET
    low, high = value * 0.95, value * 1.05
    return Evidence(
        "lesion.longest_diameter_mm", "<=", limit, "mm", value, low, high, met, low <= limit <= high, limit, lesion=name
    )


def criterion(identifier: str, truth: Truth, evidence: tuple[Evidence, ...] = (), **changes: object) -> CriterionResult:
    values: dict[str, object] = {
        "id": identifier,
        "title": "Lesion size",
        "kind": Kind.HARD,
        "truth": truth,
        "grade": Grade.IDEAL if truth is Truth.MET else None,
        "statement": "Every lesion measures at most 30 mm.",
        "explanation": "The largest lesion, L1, measures 29.96 mm.",
        "evidence": evidence,
        "missing": (),
        "borderline": any(part.borderline for part in evidence),
        "safety": False,
        "sources": ("CRO20", "NIE20"),
        "confidence": "K",
        "threshold_from": "consensus",
    }
    return CriterionResult(**(values | changes))  # type: ignore[arg-type]


def assessment() -> Assessment:
    size = criterion("ABL-01", Truth.MET, (diameter_evidence("L1", 29.96, 30.0), diameter_evidence("L2", 12.04, 30.0)))
    remnant = Evidence("remnant_percent", ">=", 30.0, "%", 30.7, 29.8, 31.6, Truth.MET, True, 30.0)
    needed = criterion(
        "VOL-01",
        Truth.MET,
        (remnant,),
        title="Remnant volume",
        statement="The remnant is at least 30 % of functional liver.",
        explanation="The remnant is 30.7 %.",
        grade=Grade.ACCEPTABLE,
    )
    unknown = criterion(
        "PAT-01",
        Truth.INDETERMINATE,
        title="Performance status",
        statement="ECOG is at most 2.",
        explanation="ECOG is not known.",
        missing=(Missing("ecog", "ECOG", "CLIN_ABSENT: no clinical record was given"),),
        grade=None,
        evidence=(
            Evidence(
                "ecog",
                "<=",
                2.0,
                "1",
                None,
                None,
                None,
                Truth.INDETERMINATE,
                reason="CLIN_ABSENT: no clinical record was given",
            ),
        ),
    )
    flip = Flip(
        "lesion.longest_diameter_mm",
        "L1",
        29.96,
        30.0,
        "mm",
        Outcome.NOT_ELIGIBLE,
        True,
        0.13,
        "not eligible if the longest axial diameter of L1 exceeds 30 mm (now 29.96 mm)",
    )
    verdicts = (
        Verdict(
            "resection",
            "Resection",
            Outcome.INDETERMINATE,
            None,
            True,
            (Outcome.INDETERMINATE,),
            "ECOG and 2 other inputs are not known.",
            ("PAT-01",),
            tuple(
                Missing(name, name, "CLIN_ABSENT: no clinical record")
                for name in ("ecog", "asa", "bilirubin_total_mg_dl")
            ),
            (),
            (needed, unknown),
        ),
        Verdict(
            "ablation_mwa",
            "Microwave ablation",
            Outcome.ELIGIBLE,
            Grade.IDEAL,
            False,
            (Outcome.NOT_ELIGIBLE, Outcome.ELIGIBLE),
            "Every lesion is within 30 mm.",
            ("ABL-01",),
            (),
            (flip,),
            (size,),
        ),
        Verdict(
            "sbrt",
            "Stereotactic radiotherapy",
            Outcome.CONDITIONAL,
            None,
            True,
            (Outcome.CONDITIONAL,),
            "Possible when the distance to the bowel is confirmed.",
            ("SBR-05",),
            (Missing("lesion.dist_bowel_mm", "distance to the bowel", "NOT_MEASURED: not measured"),),
            (),
            (),
        ),
        Verdict(
            "transplantation",
            "Transplantation",
            Outcome.NOT_ELIGIBLE,
            None,
            True,
            (Outcome.NOT_ELIGIBLE,),
            "The disease is resectable.",
            ("LTX-01",),
            (),
            (),
            (),
        ),
        Verdict(
            "php",
            "Percutaneous hepatic perfusion",
            Outcome.NOT_APPLICABLE,
            None,
            True,
            (Outcome.NOT_APPLICABLE,),
            "It asks for unresectable disease.",
            (),
            (),
            (),
            (),
        ),
    )
    indices = (criterion("SCO-TBS", Truth.NOT_APPLICABLE, kind=Kind.INDEX, class_value="low", grade=None),)
    return Assessment("consensus", "1.0", verdicts, indices)


def structure(name: str, number: int | None, role: str | None, volume: float) -> StructureRecord:
    return StructureRecord(
        name=name,
        number=number,
        role=role,
        mask="segmentation.dcm",
        voxels=1000,
        tracking_uid=None,
        volume_ml=measured("volume_ml", volume, "mL"),
        complete=True,
    )


def done() -> Report:
    return Report(
        key="s-0a1b2c3d",
        status="done",
        identity=Identity(
            "P-0042",
            "Clinic A",
            "Doe^Jane",
            "1961-02-03",
            "F",
            "1.2.3.4",
            date(2024, 5, 6),
            "A77",
            "CT liver portal venous",
        ),
        image=ImageRecord(
            modality="CT",
            series_instance_uid="1.2.3.5",
            frame_of_reference_uid="1.2.3.6",
            description="Portal 2.5",
            shape=(80, 512, 512),
            spacing_mm=(2.5, 0.78, 0.78),
            affine_lps=((0, 0, 0.78, -200), (0, 0.78, 0, -200), (2.5, 0, 0, -205), (0, 0, 0, 1)),
            slice_axis=0,
            sop_instance_uids=("1.2.3.34",),
        ),
        structures=(
            structure("liver", 1, "liver", 1595.2),
            structure("Tumor_1", 2, "lesion", 14.1),
            structure("thing", 9, None, 3.3),
        ),
        findings=(Finding("PAIR_BY_NAME", Severity.INFO, "The mask was paired by its file name."),),
        lesions=(lesion(1, 29.96, "Tumor_1 (2)"), lesion(2, 12.04, "Tumor_2 (3)")),
        measurements=study_measurements(),
        facts={
            "distribution": Fact("distribution", "bilobar"),
            "remnant_tumour_free": Fact("remnant_tumour_free", True),
            "bilirubin_total_mg_dl": Fact("bilirubin_total_mg_dl", 0.8, unit="mg/dL", source="clinical.yaml"),
            "ecog": Fact("ecog", None, reason="CLIN_ABSENT: no clinical record was given"),
        },
        assessment=assessment(),
        not_assessed=("Distance to the vessels: no vessel mask.",),
        provenance=Provenance(
            livermetry="0.1.0",
            libraries={"pydicom": "3.0.2", "numpy": "2.4"},
            profile="consensus",
            settings={"min_lesion_mm": 3.0, "connectivity": 26, "site": None},
            settings_sha256="a" * 64,
            rules_sha256="b" * 64,
            naming="totalsegmentator",
            naming_sha256="c" * 64,
            sources=(SourceFile("ct/1.dcm", "d" * 64),),
        ),
    )


def flagged() -> Report:
    report = done()
    refused = absent("total_liver_volume_ml", "mL", "FOV_CUT", "the liver reaches the border of the scan")
    values = report.measurements | {"total_liver_volume_ml": refused}
    first = report.lesions[0]
    thin = replace(first.measurements["volume_ml"], flags=("LESION_THIN",))
    flagged_lesion = first.model_copy(update={"measurements": first.measurements | {"volume_ml": thin}})
    finding = Finding("LESION_THIN", Severity.WARNING, "L1 lies on one slice only.", ("volume_ml",))
    return report.model_copy(
        update={
            "measurements": values,
            "findings": (FOV_CUT, finding, *report.findings),
            "lesions": (flagged_lesion, report.lesions[1]),
        }
    )


def refused() -> Report:
    report = done()
    return report.model_copy(
        update={
            "status": "refused",
            "findings": (REFUSAL, *report.findings),
            "lesions": (),
            "measurements": {},
            "facts": {},
            "assessment": None,
            "structures": (),
            "not_assessed": (),
            "image": None,
        }
    )


def failed() -> Report:
    return refused().model_copy(update={"status": "failed", "findings": ()})


def bare() -> Report:
    """Return a done study of which almost nothing is known."""
    return done().model_copy(
        update={
            "lesions": (),
            "measurements": {},
            "facts": {},
            "assessment": None,
            "structures": (),
            "identity": Identity(),
        }
    )


def hostile(text: str = HOSTILE) -> Report:
    """Every text of a study, of its masks and of its clinical record is planted with ``text``."""
    report = flagged()
    who = Identity(text, text, text, text, text, "1.2.3.4", date(2024, 5, 6), text, text)
    fact = Fact("primary_type", text, source=text)
    lesions = tuple(
        item.model_copy(update={"label": text, "facts": {**item.facts, "segments": Fact("segments", (text, text))}})
        for item in report.lesions
    )
    assert report.image is not None
    return report.model_copy(
        update={
            "identity": who,
            "image": report.image.model_copy(update={"description": text, "modality": text}),
            "lesions": lesions,
            "facts": {**report.facts, "primary_type": fact, "distribution": Fact("distribution", text)},
            "findings": (*report.findings, Finding("LABEL_UNKNOWN", Severity.WARNING, text, (text,))),
            "structures": tuple(s.model_copy(update={"name": text, "mask": text}) for s in report.structures),
            "measurements": {**report.measurements, "remnant_percent": absent("remnant_percent", "%", "X", text)},
            "not_assessed": (text,),
            "ignored_structures": (text,),
            "provenance": report.provenance.model_copy(
                update={"sources": (SourceFile(text, "d" * 64),), "settings": {text: text}, "naming": text}
            ),
        }
    )


def picture(lesion_id: str = "L1") -> KeyImage:
    pixels = np.tile(np.arange(90, dtype=np.uint8), (60, 1))
    ring = np.array([[20.0, 30.0], [20.0, 60.0], [45.0, 60.0], [45.0, 30.0], [20.0, 30.0]])
    return KeyImage(
        lesion_id,
        pixels,
        (1.0, 0.5),
        (Outline("liver", (ring - 5,)), Outline("lesion", (ring,))),
        (
            Caliper("longest_diameter_mm", 29.96, (30.0, 15.0), (30.0, 74.92)),
            Caliper("short_diameter_mm", 24.0, (20.0, 45.0), (44.0, 45.0)),
        ),
        ("R", "L", "A", "P"),
        34,
        80,
        -120.5,
        "W 150 L 90 HU",
    )


REPORTS = {
    "done": done,
    "flagged": flagged,
    "refused": refused,
    "failed": failed,
    "bare": bare,
    "hostile": hostile,
}
