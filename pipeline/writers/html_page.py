"""report.html: one page that needs no network, runs no script and prints on A4.

Owns rendering: every text of a study goes through automatic escaping, and the page's own content security policy
allows nothing but its one style sheet and its pictures.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.measurement import Measurement
from pipeline.picture import KeyImage, Picture, PlanPicture
from pipeline.report import Report
from pipeline.writers import (
    alarms,
    lesion_relations,
    page_words,
    plan_marks,
    plan_notes,
    plan_rules,
    plan_words,
    record_words,
    trace_words,
    verdict_words,
)
from pipeline.writers.format import (
    Limits,
    find_limits,
    format_exact,
    format_interval,
    format_label,
    format_number,
    format_reason,
    format_unit,
    format_value,
)
from pipeline.writers.key_figure import draw_figure
from pipeline.writers.plain_text import show_unsafe
from pipeline.writers.plan_bar import draw_plan_bars
from pipeline.writers.plan_figure import draw_plan_figure, list_legends
from pipeline.writers.quantities import STUDY_FACTS, STUDY_QUANTITIES, label_of
from pipeline.writers.remnant_bar import draw_remnant_bar
from pipeline.writers.tables import find_refusal

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"


def write_html(report: Report, pictures: tuple[Picture, ...] = ()) -> bytes:
    """Return the page of a study as UTF-8 HTML; a refused study's page says why and shows no number."""
    limits = find_limits(report)
    done = report.status == "done"
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    figures = [draw_figure(one, limits) for one in pictures if isinstance(one, KeyImage)] if done else []
    page = (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            limits=limits,
            done=done,
            refusal=find_refusal(report),
            alarms=alarms.list_alarms(report),
            no_record=record_words.say_no_record(report),
            others=[] if done else alarms.list_others(report, find_refusal(report)),
            cut=alarms.is_cut(report),
            figures=figures,
            related=[lesion for lesion in report.lesions if lesion_relations.has_relations(lesion)],
            pictured=[figure.lesion_id for figure in figures],
            by_id={lesion.id: lesion for lesion in report.lesions},
            ordered_measurements=_order_measurements(report),
            remnant_bar=draw_remnant_bar(report, limits) if done else None,
            clinical=_clinical_facts(report),
            homes=verdict_words.find_homes(report.assessment) if report.assessment is not None else {},
            **_gather_plans(report, limits, [one for one in pictures if isinstance(one, PlanPicture)] if done else []),
            style=style,
            policy=content_policy(style),
        )
    )
    return page.encode("utf-8")


def _gather_plans(report: Report, limits: Limits, pictures: Sequence[PlanPicture]) -> dict[str, object]:
    """Return what the page needs to show plans."""
    return {
        "plan_limits": plan_words.add_targets(report, limits),
        "plan_bars": draw_plan_bars(report),
        "plan_figures": [draw_plan_figure(picture) for picture in pictures],
        "plan_pictured": [picture.plan_id for picture in pictures],
        "plan_legends": list_legends(pictures),
        "plan_titles": plan_rules.find_titles(report),
    }


def content_policy(style: str) -> str:
    """Return the content security policy of the page: nothing but this style sheet and embedded pictures."""
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    return f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _order_measurements(report: Report) -> list[tuple[str, Measurement]]:
    """Return the study's measurements, known names in their usual order, then the others by name."""
    known = [text.name for text in STUDY_QUANTITIES if text.name in report.measurements]
    return [(name, report.measurements[name]) for name in (*known, *sorted(set(report.measurements) - set(known)))]


def _clinical_facts(report: Report) -> list[str]:
    """Return the names of the facts that do not come from the images."""
    return sorted(set(report.facts) - {text.name for text in STUDY_FACTS})


def _show_value(value: object) -> object:
    """Return what is put on the page for a value: a text of the study without characters that turn others around."""
    from markupsafe import Markup

    return show_unsafe(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _environment() -> Environment:
    """Return the template environment: everything escaped, an unknown name is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        finalize=_show_value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        label=label_of,
        reason=format_reason,
        unit=format_unit,
        exact=format_exact,
        number=format_number,
        plain_label=format_label,
        others_near=lesion_relations.list_others,
    )
    environment.globals.update(
        words=page_words,
        trace=trace_words,
        verdicts=verdict_words,
        relations=lesion_relations,
        plan_words=plan_words,
        plan_marks=plan_marks,
        plan_notes=plan_notes,
        plan_rules=plan_rules,
        format_value=format_value,
        format_interval=format_interval,
        quantity_texts=STUDY_QUANTITIES,
        fact_texts=STUDY_FACTS,
    )
    return environment
