"""Facts on local treatments, found a second time: what bile ducts were measured by, metal in the field."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.report import Report
from pipeline.verify.study_files import SecondReading

TRUNK, BRANCHES = "portal_vein_main", ("portal_vein_left", "portal_vein_right")


def check_local(second: SecondReading, report: Report) -> Iterator[str]:
    """Yield which facts on local treatments are not those that masks and record give."""
    basis = report.facts.get("central_bile_duct_basis")
    inside = any(lesion.status == "intrahepatic" for lesion in report.lesions)
    expected = _basis(second) if inside else None
    if (None if basis is None else basis.value) != expected:
        yield f"central_bile_duct_basis is not {expected}, as the structures drawn say"
    metal = report.facts.get("metal_in_field")
    if metal is None or not metal.source.startswith("formula: "):
        return
    without = [report.facts.get(name) for name in ("metal_implant_near", "biliary_stent_or_anastomosis")]
    if metal.value is not False or any(fact is None or fact.value is not False for fact in without):
        yield "metal_in_field does not follow from the record"


def _basis(second: SecondReading) -> str | None:
    """Return what stands for the central bile ducts among the structures that are drawn."""

    def is_drawn(*names: str) -> bool:
        return any(each.solid.count for each in second.of(*names))

    if is_drawn("central_bile_duct"):
        return "drawn"
    return "proxy_portal" if is_drawn(TRUNK) and is_drawn(*BRANCHES) else None
